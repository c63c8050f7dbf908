use anchor_lang::prelude::*;
use assay_escrow::{Job, Seat, SeatState, Strategy, VERIFIER, cpi::accounts::JobByVerifier, program::AssayEscrow};
use assay_reputation::{Record, math::recheck_bps};
use assay_staking::POOL_SEED;

use super::SIGNER;
use crate::{
    VerificationError, adaptive, emit,
    events::{DrawRearmed, RecheckDrawn, SeedDrawn},
    seed::{self, SLOT_HASHES, Seed},
    state::*,
};

/// Accounts of `draw`, in order:
/// 0. `job` (writable)
/// 1. `round` (writable): `["round", job]`, opened for this very job; this program's address for a job that no round judges
/// 2. `slot_hashes`: the sysvar
/// 3. `config`: what a usual job of each class is worth
/// 4. `seat`, 5. `record`: the one operator's that sealed, where the round is Checking; else this program's address
/// 6. `caller` (writable): gets the bounty; this program's address for nobody
/// 7. `authority`: `["authority"]` of this program
/// 8. `escrow_program`, then the event accounts
/// 9. of a proven job: the ProofKey that it names, not retired
///
/// Nobody signs: the seed is the same whoever asks.
#[event_cpi]
#[derive(Accounts)]
pub struct Draw<'info> {
    #[account(mut)]
    pub job: Box<Account<'info, Job>>,
    #[account(mut, has_one = job @ VerificationError::WrongAddress)]
    pub round: Option<Box<Account<'info, Round>>>,
    /// CHECK: the sysvar, by its address; too large to deserialize.
    #[account(address = SLOT_HASHES @ VerificationError::BadSlotHashes)]
    pub slot_hashes: UncheckedAccount<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(has_one = job @ VerificationError::WrongAddress)]
    pub seat: Option<Box<Account<'info, Seat>>>,
    /// CHECK: `Record::load` checks owner, type and layout; whose it is is compared.
    pub record: Option<UncheckedAccount<'info>>,
    /// CHECK: only receives lamports; whoever sends this names it.
    #[account(mut)]
    pub caller: Option<UncheckedAccount<'info>>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
}

pub(crate) fn handler<'info>(ctx: Context<'info, Draw<'info>>) -> Result<()> {
    // Without a seed nobody takes a seat, so this is where a stale round is stopped.
    require!(ctx.accounts.is_ready(), VerificationError::StaleRound);
    if let Strategy::Proven { key } = ctx.accounts.job.strategy {
        provable(&key, ctx.remaining_accounts)?;
    }
    let found = {
        let data = ctx.accounts.slot_hashes.try_borrow_data()?;
        seed::find(&data, ctx.accounts.job.seed_slot).ok_or(VerificationError::BadSlotHashes)?
    };
    let job = ctx.accounts.job.key();
    match found {
        Seed::NotYet => return err!(VerificationError::SeedNotReady),
        Seed::Found { slot, hash } => {
            assay_escrow::cpi::set_seed(ctx.accounts.tell_escrow(true), Some(hash)).map(drop)?;
            emit(&ctx.accounts.event_authority, &SeedDrawn { job, slot, seed: hash })?;
            if ctx.accounts.round.as_ref().is_some_and(|round| round.phase == Phase::Checking) {
                let drawn = ctx.accounts.check(&hash)?;
                emit(&ctx.accounts.event_authority, &drawn)?;
            }
        }
        Seed::AgedOut => {
            assay_escrow::cpi::set_seed(ctx.accounts.tell_escrow(false), None).map(drop)?;
            emit(&ctx.accounts.event_authority, &DrawRearmed { job, after_slot: Clock::get()?.slot })?;
        }
    }
    Ok(())
}

impl<'info> Draw<'info> {
    /// Whether the job's round, if it needs one, is this posting's: nobody has a seat before its first draw, for which the
    /// round must be fresh; and who has one keeps the round from being closed and opened anew.
    fn is_ready(&self) -> bool {
        let job = &self.job;
        let first = |round: &Round| round.is_fresh() && round.quorum == job.strategy.quorum();
        let own = |round: &Round| round.is_of(job) && (job.seats != 0 || first(round));
        !job.strategy.has_round() || self.round.as_ref().is_some_and(|round| own(round))
    }

    /// A call of escrow about the job; `paid` to the caller, if there is one.
    fn tell_escrow(&self, paid: bool) -> CpiContext<'static, 'static, 'static, 'info, JobByVerifier<'info>> {
        let accounts = JobByVerifier { verifier: self.authority.to_account_info(), job: self.job.to_account_info() };
        let caller = self.caller.iter().filter(|_| paid).map(ToAccountInfo::to_account_info).collect();
        CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER).with_remaining_accounts(caller)
    }

    /// With the seed just drawn, decide whether others check the one result that is sealed. If so they are asked, and the
    /// same seed draws them; else it is revealed, and stands by itself.
    #[inline(never)]
    fn check(&mut self, seed: &[u8; 32]) -> Result<RecheckDrawn> {
        let Strategy::Replicated { replicas, .. } = self.job.strategy else {
            return err!(VerificationError::NotReplicated);
        };
        let (operator, run) = self.sealed()?;
        let value = self.config.params.class_values.get(usize::from(self.job.class)).copied().unwrap_or(0);
        let bps = recheck_bps(run, self.job.bond, value);
        let (pool, _) = Pubkey::find_program_address(&[POOL_SEED, operator.as_ref()], &assay_staking::ID);
        let rechecked = adaptive::recheck(seed, &self.job.key(), &pool, bps);
        let call = self.tell_escrow(false);
        let round = self.round.as_mut().ok_or(VerificationError::StaleRound)?;
        if rechecked {
            assay_escrow::cpi::ask(call, replicas, false).map(drop)?;
            self.job.reload()?;
            round.phase = Phase::Sealing;
            round.follow(&self.job)?;
        } else {
            round.reveals_from(Clock::get()?.unix_timestamp)?;
        }
        Ok(RecheckDrawn { job: self.job.key(), operator, rechecked, bps })
    }

    /// The one operator that sealed, and how many valid results in a row it has in the job's class.
    fn sealed(&self) -> Result<(Pubkey, u32)> {
        let (Some(seat), Some(record)) = (&self.seat, &self.record) else {
            return err!(VerificationError::SeatMissing);
        };
        // While a round is Checking its job has one seat, and that one has sealed.
        require!(seat.state == SeatState::Sealed, VerificationError::WrongSeatState);
        let record = Record::load(record)?;
        require!((record.operator, record.class) == (seat.operator, self.job.class), VerificationError::WrongSeats);
        Ok((seat.operator, record.consecutive_valid))
    }
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
