use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token, TokenAccount};
use assay_staking::{Pool, SLASHER, cpi::accounts::Slash, program::AssayStaking};
use assay_token::ASY_MINT;

use crate::{
    EscrowError,
    events::{SeatSlashed, SlashReason},
    state::*,
};

/// Accounts of `slash_seat` and `expire_seat`, in order:
/// 0. `job` (writable)
/// 1. `seat` (writable, closed): its rent returns to the operator
/// 2. `operator` (writable): the seat's
/// 3. `pool` (writable): the operator's
/// 4. `pool_vault` (writable): `["vault", pool]` of the staking program
/// 5. `asy_mint` (writable): part of a slash is burned
/// 6. `harmed` (writable): an ASY token account of the requester's
/// 7. `caller` (writable): the caller's ASY token account, which gets the bounty
/// 8. `authority`: `["authority"]` of this program
/// 9. `staking_config`, 10. `staking_program`, 11. `staking_events`: its event authority
/// 12. `token_program`, then the event accounts
///
/// Nobody signs: whoever sends it names the account that gets the bounty.
#[event_cpi]
#[derive(Accounts)]
pub struct SlashSeat<'info> {
    #[account(mut)]
    pub job: Box<Account<'info, Job>>,
    #[account(
        mut, close = operator, has_one = job @ EscrowError::WrongAddress, has_one = operator @ EscrowError::NotOperator
    )]
    pub seat: Account<'info, Seat>,
    /// CHECK: named by the seat; only receives lamports.
    #[account(mut)]
    pub operator: UncheckedAccount<'info>,
    #[account(mut, has_one = operator @ EscrowError::NotOperator)]
    pub pool: Box<Account<'info, Pool>>,
    /// CHECK: checked by the staking program.
    #[account(mut)]
    pub pool_vault: UncheckedAccount<'info>,
    #[account(mut, address = ASY_MINT @ EscrowError::WrongAddress)]
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
    let reason = if seat.state == SeatState::Revealed { SlashReason::Wrong } else { SlashReason::Silent };
    let amount = job.exposure;
    end(ctx, reason, amount)
}

pub(crate) fn expire(ctx: Context<SlashSeat>) -> Result<()> {
    let seat = &ctx.accounts.seat;
    require!(seat.state == SeatState::Claimed, EscrowError::WrongSeatState);
    require!(Clock::get()?.unix_timestamp > seat.seal_by, EscrowError::TooEarly);
    let amount = ctx.accounts.job.bond;
    end(ctx, SlashReason::Ghost, amount)
}

/// Take `amount` of the seat's exposure, release the rest, and give the seat up.
fn end(ctx: Context<SlashSeat>, reason: SlashReason, amount: u64) -> Result<()> {
    let index = ctx.accounts.seat.index;
    ctx.accounts.job.leave_seat(index)?;
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
    assay_staking::cpi::slash(context, amount, ctx.accounts.job.exposure, jail).map(drop)?;

    emit_cpi!(SeatSlashed {
        job: ctx.accounts.job.key(),
        seat: ctx.accounts.seat.key(),
        operator: ctx.accounts.operator.key(),
        reason,
        amount,
        last: Seat::clone(&ctx.accounts.seat),
    });
    Ok(())
}
