use anchor_lang::prelude::*;
use assay_escrow::{Job, Seat, SeatState, VERIFIER, cpi::accounts::SeatByVerifier, program::AssayEscrow};

use super::SIGNER;
use crate::{VerificationError, emit, events::ResultRevealed, seal, state::*};

/// Accounts of `reveal_result`, in order:
/// 0. `operator` (signer): the seat's
/// 1. `config`
/// 2. `round` (writable): of the seat's job
/// 3. `seat` (writable)
/// 4. `authority`: `["authority"]` of this program
/// 5. `escrow_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct RevealResult<'info> {
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

pub(crate) fn handler(ctx: Context<RevealResult>, digest: [u8; 32], salt: [u8; 32]) -> Result<()> {
    let (round, seat) = (&ctx.accounts.round, &ctx.accounts.seat);
    let (now, operator) = (Clock::get()?.unix_timestamp, ctx.accounts.operator.key());
    require!(digest != [0; 32], VerificationError::EmptyCommitment);
    require!(round.shown.is_none(), VerificationError::NotReplicated);
    let over = matches!(round.phase, Phase::Tied | Phase::Auditing | Phase::Final);
    require!(!over, VerificationError::WrongPhase);
    // The digests of the stage in which it withheld its own are known by now.
    require!(!Job::in_set(round.silent, seat.index), VerificationError::NotRevealedInTime);
    require!(round.revealing(now), VerificationError::RevealTooEarly);
    require!(now <= round.reveal_by, VerificationError::RevealTooLate);
    require!(seat.state == SeatState::Sealed, VerificationError::WrongSeatState);
    let expected = seal::seal(&ctx.accounts.config.genesis, &round.key(), &operator, &digest, &salt);
    require!(expected == seat.commitment, VerificationError::WrongPreimage);

    let round = &mut ctx.accounts.round;
    round.revealed = round.revealed.checked_add(1).ok_or(VerificationError::Overflow)?;
    let accounts = SeatByVerifier {
        verifier: ctx.accounts.authority.to_account_info(),
        seat: ctx.accounts.seat.to_account_info(),
    };
    let context = CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER);
    assay_escrow::cpi::reveal_seat(context, digest).map(drop)?;

    let (job, seat) = (ctx.accounts.round.job, ctx.accounts.seat.key());
    emit(&ctx.accounts.event_authority, &ResultRevealed { job, operator, seat, digest })?;
    Ok(())
}
