use anchor_lang::prelude::*;
use assay_escrow::{Job, Seat, VERIFIER, cpi::accounts::JobByVerifier, program::AssayEscrow};

use super::opens;
use crate::{VerificationError, audit::EXECUTOR, emit, events::RootRevealed, instructions::SIGNER, state::*};

/// Accounts of `reveal_root`, in order:
/// 0. `operator` (signer): the executor, who has seat 0
/// 1. `config`
/// 2. `job` (writable): the seat's
/// 3. `round`: of the job
/// 4. `seat`
/// 5. `authority`: `["authority"]` of this program
/// 6. `escrow_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct RevealRoot<'info> {
    pub operator: Signer<'info>,
    pub config: Account<'info, Config>,
    #[account(mut)]
    pub job: Box<Account<'info, Job>>,
    #[account(has_one = job @ VerificationError::WrongAddress)]
    pub round: Box<Account<'info, Round>>,
    #[account(has_one = operator @ VerificationError::NotOperator, has_one = job @ VerificationError::WrongAddress)]
    pub seat: Box<Account<'info, Seat>>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
}

pub(crate) fn handler(ctx: Context<RevealRoot>, root: [u8; 32], salt: [u8; 32]) -> Result<()> {
    let RevealRoot { config, job, round, seat, .. } = &*ctx.accounts;
    require!(seat.index == EXECUTOR, VerificationError::WrongSeat);
    require!(root != [0; 32], VerificationError::EmptyCommitment);
    require!(job.root == [0; 32], VerificationError::RootRevealed);
    opens(config, round, seat, &root, &salt)?;

    let accounts =
        JobByVerifier { verifier: ctx.accounts.authority.to_account_info(), job: ctx.accounts.job.to_account_info() };
    let context = CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER);
    assay_escrow::cpi::set_root(context, root).map(drop)?;

    let (job, operator, seat) = (ctx.accounts.job.key(), ctx.accounts.operator.key(), ctx.accounts.seat.key());
    emit(&ctx.accounts.event_authority, &RootRevealed { job, operator, seat, root })
}
