use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token, TokenAccount};
use assay_staking::{Most, PoolHead, SLASHER, cpi::accounts::Slash, program::AssayStaking};
use assay_token::ASY_MINT;

use crate::{
    EscrowError, emit,
    events::{SeatSlashed, SlashReason},
    holding::Holding,
    state::*,
};

/// Accounts of `slash_seat` and `expire_seat`, in order:
/// 0. `job` (writable)
/// 1. `seat` (writable, closed)
/// 2. `operator`: the seat's
/// 3. `payer` (writable): the seat's; gets its rent back
/// 4. `device` (writable): the seat's, of which a slot is free again
/// 5. `pool` (writable): the operator's
/// 6. `pool_vault` (writable): `["vault", pool]` of the staking program
/// 7. `asy_mint` (writable): part of a slash is burned
/// 8. `harmed` (writable): an ASY token account of the requester's
/// 9. `caller` (writable): the caller's ASY token account, which gets the caller's part; where a case found the seat wrong, one of
///    its opener's
/// 10. `authority`: `["authority"]` of this program
/// 11. `staking_config`, 12. `staking_program`, 13. `staking_events`: its event authority
/// 14. `token_program`: SPL Token, which ASY is of; then the event accounts
///
/// Nobody signs: whoever sends it names the account that gets the bounty.
#[event_cpi]
#[derive(Accounts)]
pub struct SlashSeat<'info> {
    #[account(mut, dup)]
    pub job: Box<Account<'info, Job>>,
    #[account(
        mut, dup, close = payer, has_one = job @ EscrowError::WrongAddress, has_one = operator @ EscrowError::NotOperator,
        has_one = payer @ EscrowError::WrongAddress, has_one = device @ EscrowError::WrongAddress
    )]
    pub seat: Box<Account<'info, Seat>>,
    /// CHECK: named by the seat, as the pool's.
    pub operator: UncheckedAccount<'info>,
    /// CHECK: named by the seat; only receives lamports.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
    #[account(mut, dup)]
    pub device: Account<'info, Device>,
    #[account(mut, dup, has_one = operator @ EscrowError::NotOperator)]
    pub pool: Box<Account<'info, PoolHead>>,
    /// CHECK: checked by the staking program.
    #[account(mut)]
    pub pool_vault: UncheckedAccount<'info>,
    #[account(mut, dup, address = ASY_MINT @ EscrowError::WrongAddress)]
    pub asy_mint: Box<Account<'info, Mint>>,
    #[account(mut, dup, token::mint = asy_mint, constraint = harmed.owner == job.requester @ EscrowError::WrongAddress)]
    pub harmed: Box<Account<'info, TokenAccount>>,
    /// CHECK: checked by the staking and token programs.
    #[account(mut, dup)]
    pub caller: UncheckedAccount<'info>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = SLASHER @ EscrowError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub staking_config: Box<Account<'info, assay_staking::Config>>,
    pub staking_program: Program<'info, AssayStaking>,
    /// CHECK: checked by the staking program.
    pub staking_events: UncheckedAccount<'info>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn slash(ctx: Context<SlashSeat>) -> Result<()> {
    let (job, seat) = (&ctx.accounts.job, &ctx.accounts.seat);
    require!(matches!(job.state, JobState::Verified | JobState::Unresolved), EscrowError::WrongState);
    require!(Job::in_set(job.losers, seat.index), EscrowError::SeatNotLost);
    // Who found it out is paid, whoever sends this: otherwise every challenge could be harvested by a watcher.
    if let Some(accuser) = job.accuser() {
        require_keys_eq!(Holding::read(&ctx.accounts.caller)?.owner, accuser, EscrowError::WrongAddress);
    }
    // What was revealed or delivered was found wrong; a seal was not opened.
    let shown = matches!(seat.state, SeatState::Revealed | SeatState::Delivered);
    let reason = if shown { SlashReason::Wrong } else { SlashReason::Silent };
    let amount = job.exposure;
    let most = job.most_of_slash()?;
    end(ctx, reason, amount, most)
}

pub(crate) fn expire(ctx: Context<SlashSeat>) -> Result<()> {
    let (job, seat) = (&ctx.accounts.job, &ctx.accounts.seat);
    // What the requester accepted is no ghost's, delivered or not.
    require!(job.is_working(seat) && !Job::in_set(job.winners, seat.index), EscrowError::WrongSeatState);
    // After a cancellation nobody need seal any more: only who was late by then is a ghost.
    let now = if job.state == JobState::Cancelled { job.ended_at } else { Clock::get()?.unix_timestamp };
    require!(now > seat.seal_by, EscrowError::TooEarly);
    let amount = job.bond;
    end(ctx, SlashReason::Ghost, amount, Most { harmed: amount, caller: amount })
}

/// Take `amount` of the seat's exposure, of which the requester and the caller get `most` at most, release the rest, and give the
/// seat up.
fn end(ctx: Context<SlashSeat>, reason: SlashReason, amount: u64, most: Most) -> Result<()> {
    let index = ctx.accounts.seat.index;
    ctx.accounts.job.leave_seat(index)?;
    ctx.accounts.device.free_slot()?;
    // A wrong or withheld result is misconduct; a machine that died is not.
    let jail = reason != SlashReason::Ghost;
    let accounts = Slash {
        slasher: ctx.accounts.authority.to_account_info(),
        config: ctx.accounts.staking_config.to_account_info(),
        pool: ctx.accounts.pool.to_account_info(),
        vault: ctx.accounts.pool_vault.to_account_info(),
        mint: ctx.accounts.asy_mint.to_account_info(),
        harmed: ctx.accounts.harmed.to_account_info(),
        caller: ctx.accounts.caller.to_account_info(),
        token_program: ctx.accounts.token_program.to_account_info(),
        event_authority: ctx.accounts.staking_events.to_account_info(),
        program: ctx.accounts.staking_program.to_account_info(),
    };
    let seeds: &[&[u8]] = &[AUTHORITY_SEED, &[AUTHORITY_BUMP]];
    let context = CpiContext::new_with_signer(assay_staking::ID, accounts, std::slice::from_ref(&seeds));
    assay_staking::cpi::slash(context, amount, ctx.accounts.job.exposure, jail, most).map(drop)?;

    emit(
        &ctx.accounts.event_authority,
        &SeatSlashed {
            job: ctx.accounts.job.key(),
            seat: ctx.accounts.seat.key(),
            operator: ctx.accounts.operator.key(),
            reason,
            amount,
            last: Seat::clone(&ctx.accounts.seat),
        },
    )?;
    Ok(())
}
