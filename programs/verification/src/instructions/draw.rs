use anchor_lang::prelude::*;
use assay_escrow::{Job, VERIFIER, cpi::accounts::JobByVerifier, program::AssayEscrow};

use super::SIGNER;
use crate::{
    VerificationError, emit,
    events::{DrawRearmed, SeedDrawn},
    seed::{self, SLOT_HASHES, Seed},
    state::*,
};

/// Accounts of `draw`, in order:
/// 0. `job` (writable)
/// 1. `round`: `["round", job]`, fresh and opened for this very job; this program's address for a job that no round judges
/// 2. `slot_hashes`: the sysvar
/// 3. `authority`: `["authority"]` of this program
/// 4. `escrow_program`, then the event accounts
///
/// Nobody signs: the seed is the same whoever asks.
#[event_cpi]
#[derive(Accounts)]
pub struct Draw<'info> {
    #[account(mut)]
    pub job: Account<'info, Job>,
    #[account(has_one = job @ VerificationError::WrongAddress)]
    pub round: Option<Account<'info, Round>>,
    /// CHECK: the sysvar, by its address; too large to deserialize.
    #[account(address = SLOT_HASHES @ VerificationError::BadSlotHashes)]
    pub slot_hashes: UncheckedAccount<'info>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
}

pub(crate) fn handler(ctx: Context<Draw>) -> Result<()> {
    // Without a seed nobody takes a seat, so this is where a stale round is stopped.
    let job = &ctx.accounts.job;
    let own = |round: &Account<Round>| round.is_fresh() && round.is_of(job) && round.quorum == job.strategy.quorum();
    let ready = !job.strategy.has_round() || ctx.accounts.round.as_ref().is_some_and(own);
    require!(ready, VerificationError::StaleRound);
    let found = {
        let data = ctx.accounts.slot_hashes.try_borrow_data()?;
        seed::find(&data, ctx.accounts.job.seed_slot).ok_or(VerificationError::BadSlotHashes)?
    };
    let job = ctx.accounts.job.key();
    let accounts =
        JobByVerifier { verifier: ctx.accounts.authority.to_account_info(), job: ctx.accounts.job.to_account_info() };
    let context = CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER);
    match found {
        Seed::NotYet => return err!(VerificationError::SeedNotReady),
        Seed::Found { slot, hash } => {
            assay_escrow::cpi::set_seed(context, Some(hash)).map(drop)?;
            emit(&ctx.accounts.event_authority, &SeedDrawn { job, slot, seed: hash })?;
        }
        Seed::AgedOut => {
            assay_escrow::cpi::set_seed(context, None).map(drop)?;
            emit(&ctx.accounts.event_authority, &DrawRearmed { job, after_slot: Clock::get()?.slot })?;
        }
    }
    Ok(())
}
