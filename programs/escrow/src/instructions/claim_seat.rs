use anchor_lang::prelude::*;
use assay_reputation::Record;
use assay_staking::{PoolHead, SLASHER, Totals, cpi::accounts::LockBond, program::AssayStaking, sortition};

use super::create::create_seat;
use crate::{EscrowError, emit, events::SeatClaimed, state::*};

/// Accounts of `claim_seat`, in order:
/// 0. `operator` (signer, writable): pays the seat's rent
/// 1. `config`
/// 2. `job` (writable)
/// 3. `seat` (writable, created): `["seat", job, operator]`
/// 4. `device` (writable): a machine of the operator's that fits, of which a slot is taken
/// 5. `record`: its reputation in the job's class
/// 6. `pool` (writable): its stake, where the exposure is locked
/// 7. `staking_config`, 8. `totals`: of the staking program
/// 9. `authority`: `["authority"]` of this program, which locks the bond
/// 10. `staking_program`
/// 11. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct ClaimSeat<'info> {
    #[account(mut)]
    pub operator: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(mut, dup)]
    pub job: Box<Account<'info, Job>>,
    /// CHECK: created here, at the address that its seeds say.
    #[account(mut, seeds = [SEAT_SEED, job.key().as_ref(), operator.key().as_ref()], bump)]
    pub seat: UncheckedAccount<'info>,
    #[account(mut, dup, has_one = operator @ EscrowError::NotOperator)]
    pub device: Account<'info, Device>,
    #[account(
        has_one = operator @ EscrowError::NotOperator,
        constraint = record.class == job.class @ EscrowError::WrongAddress
    )]
    pub record: Account<'info, Record>,
    #[account(mut, dup, has_one = operator @ EscrowError::NotOperator)]
    pub pool: Box<Account<'info, PoolHead>>,
    // Singletons of the staking program: their type and owner name them.
    pub staking_config: Account<'info, assay_staking::Config>,
    pub totals: Account<'info, Totals>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = SLASHER @ EscrowError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub staking_program: Program<'info, AssayStaking>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<ClaimSeat>, seed: [u8; 32], max_exposure: u64) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    ctx.accounts.validate(now, &seed)?;
    require!(ctx.accounts.job.exposure <= max_exposure, EscrowError::ExposureRose);
    let job = &mut ctx.accounts.job;
    let seal_by = now.checked_add(job.seal_window.into()).ok_or(EscrowError::Overflow)?;
    require!(seal_by <= job.seal_by, EscrowError::TooLate);

    let index = job.take_seat()?;
    ctx.accounts.device.take_slot()?;
    let (exposure, operator) = (job.exposure, ctx.accounts.operator.key());
    let seat = Seat {
        version: VERSION,
        bump: ctx.bumps.seat,
        index,
        state: SeatState::Claimed,
        job: job.key(),
        operator,
        payer: operator,
        device: ctx.accounts.device.key(),
        seal_by,
        commitment: [0; 32],
        progress: 0,
        heartbeat_at: now,
    };
    create_seat(&ctx.accounts.operator, &ctx.accounts.seat, &seat)?;
    let accounts = LockBond {
        slasher: ctx.accounts.authority.to_account_info(),
        config: ctx.accounts.staking_config.to_account_info(),
        pool: ctx.accounts.pool.to_account_info(),
    };
    let seeds: &[&[u8]] = &[AUTHORITY_SEED, &[AUTHORITY_BUMP]];
    let context = CpiContext::new_with_signer(assay_staking::ID, accounts, std::slice::from_ref(&seeds));
    assay_staking::cpi::lock_bond(context, exposure).map(drop)?;

    let (job, seat) = (ctx.accounts.job.key(), ctx.accounts.seat.key());
    emit(&ctx.accounts.event_authority, &SeatClaimed { job, seat, operator, index, exposure, seal_by })?;
    Ok(())
}

impl ClaimSeat<'_> {
    fn validate(&self, now: i64, seed: &[u8; 32]) -> Result<()> {
        let (job, params) = (&self.job, &self.config.params);
        require!(!self.config.paused, EscrowError::Paused);
        require!(job.state == JobState::Open, EscrowError::WrongState);
        require!(job.assignment() == Assignment::Sortition, EscrowError::WrongAssignment);
        require!(job.seeded_at != 0, EscrowError::NotDrawn);
        // An address may be posted to again; no two postings have one seed, which comes from a slot after the posting.
        require!(job.seed == *seed, EscrowError::OtherPosting);
        require_keys_neq!(self.operator.key(), job.requester, EscrowError::SelfDealing);
        require!(job.requirements.fits(&self.device), EscrowError::DeviceUnfit);
        let class = params.classes.get(usize::from(job.class)).ok_or(EscrowError::NoSuchClass)?;
        require!(self.pool.active >= class.stake, EscrowError::StakeTooLow);

        let epoch = self.staking_config.epoch(now);
        let score = self.record.score_bps(now).ok_or(EscrowError::Overflow)?;
        let weight = sortition::with_reputation(self.pool.weight.effective(epoch), score);
        let total = self.totals.weight.settled(epoch);
        let waited = now.checked_sub(job.seeded_at).ok_or(EscrowError::Overflow)?;
        let k = sortition::widened(job.chosen_at_first(params.spread), waited, params.widen_seconds.into());
        let draw = sortition::draw(&job.seed, sortition::ROLE_SEAT, &job.key(), &self.pool.key());
        require!(sortition::eligible(draw, k, weight, total), EscrowError::NotEligible);
        Ok(())
    }
}
