use anchor_lang::prelude::*;
use assay_escrow::{Seat, SeatState, VERIFIER, cpi::accounts::SeatByVerifier, program::AssayEscrow};

use super::SIGNER;
use crate::{VerificationError, emit, events::ResultSealed, state::*};

/// Accounts of `seal_result`, in order:
/// 0. `operator` (signer): the seat's
/// 1. `round` (writable): of the seat's job
/// 2. `seat` (writable)
/// 3. `authority`: `["authority"]` of this program
/// 4. `escrow_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct SealResult<'info> {
    // `dup` (a round is no seat: nothing can be both) saves Anchor's HashSet of what is written, 1,400 CU.
    pub operator: Signer<'info>,
    #[account(mut, dup)]
    pub round: Box<Account<'info, Round>>,
    #[account(
        mut, dup, has_one = operator @ VerificationError::NotOperator,
        constraint = seat.job == round.job @ VerificationError::WrongAddress
    )]
    pub seat: Box<Account<'info, Seat>>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
}

pub(crate) fn handler(ctx: Context<SealResult>, seal: [u8; 32]) -> Result<()> {
    let (round, seat) = (&mut ctx.accounts.round, &ctx.accounts.seat);
    let now = Clock::get()?.unix_timestamp;
    require!(seal != [0; 32], VerificationError::EmptyCommitment);
    require!(round.phase == Phase::Sealing, VerificationError::WrongPhase);
    require!(seat.state == SeatState::Claimed, VerificationError::WrongSeatState);
    require!(now <= seat.seal_by, VerificationError::SealTooLate);

    round.sealed = round.sealed.checked_add(1).ok_or(VerificationError::Overflow)?;
    if round.sealed == round.replicas {
        round.phase = Phase::Revealing;
        round.reveal_by = now.checked_add(round.reveal_window.into()).ok_or(VerificationError::Overflow)?;
    }
    let accounts = SeatByVerifier {
        verifier: ctx.accounts.authority.to_account_info(),
        seat: ctx.accounts.seat.to_account_info(),
    };
    assay_escrow::cpi::seal_seat(CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER), seal).map(drop)?;

    let (job, operator, seat) = (ctx.accounts.round.job, ctx.accounts.operator.key(), ctx.accounts.seat.key());
    emit(&ctx.accounts.event_authority, &ResultSealed { job, operator, seat, seal })?;
    Ok(())
}
