// Who governs a program, and whether it is paused: the same in all that have a Config. Included by each program's
// instructions/administration.rs, which names its error enum `Refused`.

/// Accounts of `set_params`, `propose_authority` and `set_guardian`, in order:
/// 0. `authority` (signer): the Config's; a wallet, or governance's PDA by CPI
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct Govern<'info> {
    pub authority: Signer<'info>,
    #[account(mut, has_one = authority @ Refused::NotAuthority)]
    pub config: Account<'info, Config>,
}

/// Accounts of `accept_authority`, in order:
/// 0. `pending` (signer): whom the authority was offered to
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct AcceptAuthority<'info> {
    pub pending: Signer<'info>,
    #[account(mut, has_one = pending @ Refused::NotPending)]
    pub config: Account<'info, Config>,
}

/// Accounts of `set_paused`, in order:
/// 0. `by` (signer): the Config's authority or guardian
/// 1. `config` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct SetPaused<'info> {
    pub by: Signer<'info>,
    #[account(mut, constraint = [config.authority, config.guardian].contains(by.key) @ Refused::NotGuardian)]
    pub config: Account<'info, Config>,
}

/// The authority is offered; the default address withdraws the offer.
#[event]
pub struct AuthorityProposed {
    pub pending: Pubkey,
}

/// The authority that was offered is taken.
#[event]
pub struct AuthorityAccepted {
    pub authority: Pubkey,
}

/// Who may pause besides the authority; the default address is nobody.
#[event]
pub struct GuardianSet {
    pub guardian: Pubkey,
}

/// Entries were stopped, or allowed again.
#[event]
pub struct PausedSet {
    pub paused: bool,
    pub by: Pubkey,
}

pub(crate) fn propose_authority(ctx: Context<Govern>, new: Pubkey) -> Result<()> {
    ctx.accounts.config.pending = new;
    emit(&ctx.accounts.event_authority, &AuthorityProposed { pending: new })
}

pub(crate) fn accept_authority(ctx: Context<AcceptAuthority>) -> Result<()> {
    let authority = ctx.accounts.pending.key();
    // Nobody has the default address' key; still, none is none.
    require_keys_neq!(authority, Pubkey::default(), Refused::NotPending);
    ctx.accounts.config.authority = authority;
    ctx.accounts.config.pending = Pubkey::default();
    emit(&ctx.accounts.event_authority, &AuthorityAccepted { authority })
}

pub(crate) fn set_guardian(ctx: Context<Govern>, guardian: Pubkey) -> Result<()> {
    ctx.accounts.config.guardian = guardian;
    emit(&ctx.accounts.event_authority, &GuardianSet { guardian })
}

pub(crate) fn set_paused(ctx: Context<SetPaused>, paused: bool) -> Result<()> {
    let by = ctx.accounts.by.key();
    require_keys_neq!(by, Pubkey::default(), Refused::NotGuardian);
    ctx.accounts.config.paused = paused;
    emit(&ctx.accounts.event_authority, &PausedSet { paused, by })
}
