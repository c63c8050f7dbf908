use anchor_lang::prelude::*;
use assay_escrow::{Job, Seat, Strategy, VERIFIER, cpi::accounts::SeatByVerifier, program::AssayEscrow};

use super::in_time;
use crate::{VerificationError, audit::EXECUTOR, emit, events::SampleProven, instructions::SIGNER, sample, state::*};

/// Accounts of `prove_sample`, in order:
/// 0. `operator` (signer): the executor, who has seat 0. Nobody else: with wrong hashes it could hold up the right ones
/// 1. `job`: the seat's
/// 2. `round` (writable): of the job
/// 3. `seat` (writable)
/// 4. `authority`: `["authority"]` of this program
/// 5. `escrow_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct ProveSample<'info> {
    // `dup` as in `SealResult`.
    pub operator: Signer<'info>,
    pub job: Box<Account<'info, Job>>,
    #[account(mut, dup, has_one = job @ VerificationError::WrongAddress)]
    pub round: Box<Account<'info, Round>>,
    #[account(
        mut, dup, has_one = operator @ VerificationError::NotOperator, has_one = job @ VerificationError::WrongAddress
    )]
    pub seat: Box<Account<'info, Seat>>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
}

pub(crate) fn handler(ctx: Context<ProveSample>, leaf: u8, height: u8, hashes: Vec<[u8; 32]>) -> Result<()> {
    let ProveSample { job, round, seat, .. } = &mut *ctx.accounts;
    require!(seat.index == EXECUTOR, VerificationError::WrongSeat);
    in_time(round, seat)?;
    require!(job.root != [0; 32], VerificationError::RootHidden);
    let Strategy::Sampled { samples, .. } = job.strategy else { return err!(VerificationError::NotSampled) };
    let drawn = sample::units(&job.seed, &job.key(), job.units, samples);
    let tree = Tree { root: &job.root, units: job.units, drawn: &drawn };
    let shown = round.shown.as_mut().ok_or(VerificationError::NotSampled)?;
    shown.take((leaf, height), &hashes, &tree)?;

    let (leaves, height, root, whole) = (shown.leaves, shown.height, shown.root, shown.is_whole(&tree));
    if whole {
        round.revealed = round.revealed.checked_add(1).ok_or(VerificationError::Overflow)?;
        ctx.accounts.tell_escrow(root)?;
    }
    let (job, operator, seat) = (ctx.accounts.job.key(), ctx.accounts.operator.key(), ctx.accounts.seat.key());
    emit(&ctx.accounts.event_authority, &SampleProven { job, operator, seat, leaves, height, root, whole })
}

impl ProveSample<'_> {
    /// All leaves are shown: the seat's digest is what they add up to.
    fn tell_escrow(&self, root: [u8; 32]) -> Result<()> {
        let accounts = SeatByVerifier { verifier: self.authority.to_account_info(), seat: self.seat.to_account_info() };
        let context = CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER);
        assay_escrow::cpi::reveal_seat(context, root).map(drop)
    }
}
