use anchor_lang::prelude::*;
use assay_escrow::{MAX_SAMPLES, Seat, VERIFIER, cpi::accounts::SeatByVerifier, program::AssayEscrow};

use super::opens;
use crate::{VerificationError, audit::EXECUTOR, emit, events::SampleRevealed, instructions::SIGNER, sample, state::*};

/// Accounts of `reveal_sample`, in order:
/// 0. `operator` (signer): the seat's
/// 1. `config`
/// 2. `round` (writable): of the seat's job
/// 3. `seat` (writable): any but seat 0
/// 4. `authority`: `["authority"]` of this program
/// 5. `escrow_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct RevealSample<'info> {
    // `dup` as in `SealResult`.
    pub operator: Signer<'info>,
    pub config: Account<'info, Config>,
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

pub(crate) fn handler(ctx: Context<RevealSample>, digests: Vec<[u8; 32]>, salt: [u8; 32]) -> Result<()> {
    let RevealSample { config, round, seat, .. } = &*ctx.accounts;
    require!(seat.index != EXECUTOR, VerificationError::WrongSeat);
    // Whether they are as many as were drawn need not be asked: others add up to what nobody else finds.
    require!((1..=usize::from(MAX_SAMPLES)).contains(&digests.len()), VerificationError::EmptyCommitment);
    let root = sample::root(&digests);
    opens(config, round, seat, &root, &salt)?;

    let round = &mut ctx.accounts.round;
    round.revealed = round.revealed.checked_add(1).ok_or(VerificationError::Overflow)?;
    let accounts = SeatByVerifier {
        verifier: ctx.accounts.authority.to_account_info(),
        seat: ctx.accounts.seat.to_account_info(),
    };
    let context = CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER);
    assay_escrow::cpi::reveal_seat(context, root).map(drop)?;

    let (job, seat) = (ctx.accounts.round.job, ctx.accounts.seat.key());
    let operator = ctx.accounts.operator.key();
    emit(&ctx.accounts.event_authority, &SampleRevealed { job, operator, seat, root, digests })
}
