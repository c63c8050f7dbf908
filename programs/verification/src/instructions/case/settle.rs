use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token};
use assay_staking::{
    JUDGE, Most, PoolHead,
    cpi::accounts::{ChangeBond, Slash},
    program::AssayStaking,
};
use assay_token::ASY_MINT;

use super::money;
use crate::{
    VerificationError, emit,
    events::{BallotSettled, BallotSlashed, CasePaid},
    instructions::SIGNER,
    state::*,
};

/// Accounts of `pay_case`, in order:
/// 0. `case` (writable): concluded
/// 1. `vault` (writable): `["vault", case]`
/// 2. `to` (writable): an ASY token account of whom it is owed to
/// 3. `asy_mint`
/// 4. `token_program`: SPL Token; then the event accounts
///
/// Nobody signs. Each is paid by itself, so that who cannot be paid stops nobody else.
#[event_cpi]
#[derive(Accounts)]
pub struct PayCase<'info> {
    #[account(mut)]
    pub case: Box<Account<'info, Case>>,
    /// CHECK: where its seeds say, only this program can have made an account, and it made the vault.
    #[account(mut, seeds = [VAULT_SEED, case.key().as_ref()], bump = case.vault_bump)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: an ASY token account of whom it is owed to.
    #[account(mut)]
    pub to: UncheckedAccount<'info>,
    #[account(address = ASY_MINT @ VerificationError::WrongAddress)]
    pub asy_mint: Box<Account<'info, Mint>>,
    pub token_program: Program<'info, Token>,
}

/// Accounts of `settle_ballot`, in order:
/// 0. `case` (writable): concluded
/// 1. `ballot` (writable, closed)
/// 2. `payer` (writable): the ballot's; gets its rent back
/// 3. `pool` (writable): the juror's, where the bond is released
/// 4. `vault` (writable): `["vault", case]`
/// 5. `to` (writable): an ASY token account of the juror's
/// 6. `asy_mint`
/// 7. `authority`: `["authority"]` of this program
/// 8. `staking_program`, 9. `token_program`: SPL Token; then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct SettleBallot<'info> {
    #[account(mut, dup)]
    pub case: Box<Account<'info, Case>>,
    #[account(
        mut, dup, close = payer, has_one = case @ VerificationError::WrongAddress,
        has_one = payer @ VerificationError::WrongAddress
    )]
    pub ballot: Box<Account<'info, Ballot>>,
    /// CHECK: named by the ballot; only receives lamports.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
    #[account(mut, dup, constraint = pool.operator == ballot.operator @ VerificationError::WrongAddress)]
    pub pool: Box<Account<'info, PoolHead>>,
    /// CHECK: where its seeds say, only this program can have made an account, and it made the vault.
    #[account(mut, seeds = [VAULT_SEED, case.key().as_ref()], bump = case.vault_bump)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: an ASY token account of the juror's.
    #[account(mut)]
    pub to: UncheckedAccount<'info>,
    #[account(address = ASY_MINT @ VerificationError::WrongAddress)]
    pub asy_mint: Box<Account<'info, Mint>>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = JUDGE @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub staking_program: Program<'info, AssayStaking>,
    pub token_program: Program<'info, Token>,
}

/// Accounts of `slash_ballot`, in order:
/// 0. `case` (writable): concluded
/// 1. `ballot` (writable, closed)
/// 2. `payer` (writable): the ballot's; gets its rent back
/// 3. `pool` (writable): the juror's
/// 4. `pool_vault` (writable): `["vault", pool]` of the staking program
/// 5. `asy_mint` (writable): all of the slash is burned
/// 6. `harmed` (writable): an ASY token account of the job's requester's, which gets nothing
/// 7. `caller` (writable): an ASY token account of whoever sends this, which gets nothing either
/// 8. `authority`: `["authority"]` of this program
/// 9. `staking_config`, 10. `staking_program`, 11. `staking_events`: its event authority
/// 12. `token_program`: SPL Token; then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct SlashBallot<'info> {
    #[account(mut, dup)]
    pub case: Box<Account<'info, Case>>,
    #[account(
        mut, dup, close = payer, has_one = case @ VerificationError::WrongAddress,
        has_one = payer @ VerificationError::WrongAddress
    )]
    pub ballot: Box<Account<'info, Ballot>>,
    /// CHECK: named by the ballot; only receives lamports.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
    #[account(mut, dup, constraint = pool.operator == ballot.operator @ VerificationError::WrongAddress)]
    pub pool: Box<Account<'info, PoolHead>>,
    /// CHECK: checked by the staking program.
    #[account(mut)]
    pub pool_vault: UncheckedAccount<'info>,
    /// CHECK: checked by the staking program.
    #[account(mut)]
    pub asy_mint: UncheckedAccount<'info>,
    /// CHECK: an ASY token account of the requester's.
    #[account(mut)]
    pub harmed: UncheckedAccount<'info>,
    // The harmed party may be the caller.
    /// CHECK: checked by the staking and token programs.
    #[account(mut)]
    pub caller: UncheckedAccount<'info>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = JUDGE @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    /// CHECK: checked by the staking program.
    pub staking_config: UncheckedAccount<'info>,
    pub staking_program: Program<'info, AssayStaking>,
    /// CHECK: checked by the staking program.
    pub staking_events: UncheckedAccount<'info>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn pay(ctx: Context<PayCase>, index: u8) -> Result<()> {
    let due = ctx.accounts.case.dues.get_mut(usize::from(index)).filter(|due| due.amount > 0);
    let due = due.ok_or(VerificationError::NothingDue)?;
    let Due { to, amount } = *due;
    due.amount = 0;
    let accounts = &ctx.accounts;
    money::belongs(&accounts.to, &to)?;
    money::pay(&accounts.case, &accounts.vault, &accounts.asy_mint, &accounts.to, amount)?;
    emit(&accounts.event_authority, &CasePaid { case: accounts.case.key(), index, to, amount })
}

pub(crate) fn settle(ctx: Context<SettleBallot>) -> Result<()> {
    let accounts = ctx.accounts;
    let (operator, bond) = (accounts.ballot.operator, accounts.ballot.bond);
    let paid = accounts.ballot.earned(&accounts.case)?.ok_or(VerificationError::BallotLost)?;
    accounts.case.ballots = accounts.case.ballots.checked_sub(1).ok_or(VerificationError::CaseInvariant)?;
    money::belongs(&accounts.to, &operator)?;
    money::pay(&accounts.case, &accounts.vault, &accounts.asy_mint, &accounts.to, paid)?;
    let release = ChangeBond { slasher: accounts.authority.to_account_info(), pool: accounts.pool.to_account_info() };
    let context = CpiContext::new_with_signer(assay_staking::ID, release, SIGNER);
    assay_staking::cpi::release_bond(context, bond).map(drop)?;

    let (case, ballot, last) = (accounts.case.key(), accounts.ballot.key(), Ballot::clone(&accounts.ballot));
    emit(&accounts.event_authority, &BallotSettled { case, ballot, operator, paid, released: bond, last })
}

pub(crate) fn slash(ctx: Context<SlashBallot>) -> Result<()> {
    let accounts = ctx.accounts;
    let (operator, bond) = (accounts.ballot.operator, accounts.ballot.bond);
    require!(accounts.ballot.earned(&accounts.case)?.is_none(), VerificationError::BallotNotLost);
    accounts.case.ballots = accounts.case.ballots.checked_sub(1).ok_or(VerificationError::CaseInvariant)?;
    money::belongs(&accounts.harmed, &accounts.case.requester)?;
    let slash = Slash {
        slasher: accounts.authority.to_account_info(),
        config: accounts.staking_config.to_account_info(),
        pool: accounts.pool.to_account_info(),
        vault: accounts.pool_vault.to_account_info(),
        mint: accounts.asy_mint.to_account_info(),
        harmed: accounts.harmed.to_account_info(),
        caller: accounts.caller.to_account_info(),
        token_program: accounts.token_program.to_account_info(),
        event_authority: accounts.staking_events.to_account_info(),
        program: accounts.staking_program.to_account_info(),
    };
    let context = CpiContext::new_with_signer(assay_staking::ID, slash, SIGNER);
    // The bond is the price of a wrong or a missing vote; no jail, for an honest juror may be outvoted. And nobody gets any of it:
    // it cost the requester nothing, and a captured jury costs whoever called it nothing.
    assay_staking::cpi::slash(context, bond, bond, false, Most::NOTHING).map(drop)?;

    let (case, ballot, last) = (accounts.case.key(), accounts.ballot.key(), Ballot::clone(&accounts.ballot));
    emit(&accounts.event_authority, &BallotSlashed { case, ballot, operator, amount: bond, last })
}
