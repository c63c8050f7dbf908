use anchor_lang::prelude::*;
use assay_escrow::{Job, Strategy, VERIFIER, cpi::accounts::JobByVerifier, program::AssayEscrow};

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
/// 5. of a proven job: the ProofKey that it names, not retired
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

pub(crate) fn handler<'info>(ctx: Context<'info, Draw<'info>>) -> Result<()> {
    // Without a seed nobody takes a seat, so this is where a stale round is stopped.
    let job = &ctx.accounts.job;
    // A seat is taken only after a first draw, for which the round was fresh: from then on it is this posting's.
    let own = |round: &Account<Round>| round.is_of(job) && (round.is_fresh() || job.seats != 0);
    let ready = !job.strategy.has_round() || ctx.accounts.round.as_ref().is_some_and(own);
    require!(ready, VerificationError::StaleRound);
    if let Strategy::Proven { key } = job.strategy {
        provable(&key, ctx.remaining_accounts)?;
    }
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

/// Whether the key that a job names is there, and will be for as long as the job may take: else whoever claimed its seat would
/// lose a bond that no proof could save.
fn provable<'info>(key: &Pubkey, accounts: &'info [AccountInfo<'info>]) -> Result<()> {
    let info = accounts.first().ok_or(VerificationError::WrongKey)?;
    require_keys_eq!(*info.key, *key, VerificationError::WrongKey);
    let key = Account::<ProofKey>::try_from(info)?;
    require!(key.closes_at == 0, VerificationError::KeyRetired);
    Ok(())
}
