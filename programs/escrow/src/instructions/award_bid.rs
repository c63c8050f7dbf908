use anchor_lang::prelude::*;
use assay_staking::{PoolHead, SLASHER, cpi::accounts::LockBond, program::AssayStaking};

use super::create::create_seat;
use crate::{
    EscrowError, emit,
    events::{BidAwarded, SeatClaimed},
    state::*,
};

/// Accounts of `award_bid`, in order:
/// 0. `requester` (signer, writable): the job's; pays the seat's rent and gets it back
/// 1. `config`
/// 2. `job` (writable)
/// 3. `bid` (writable, closed)
/// 4. `operator` (writable): the bid's; gets its rent
/// 5. `seat` (writable, created): `["seat", job, operator]`
/// 6. `device` (writable): the bid's: one of its slots is taken
/// 7. `pool` (writable): the operator's, where the exposure is locked
/// 8. `staking_config`: of the staking program, which reads its pause there
/// 9. `authority`: `["authority"]` of this program, which locks the bond
/// 10. `staking_program`
/// 11. `system_program`, then the event accounts
///
/// The operator does not sign: its bid says what it agrees to, and nothing else can be awarded.
#[event_cpi]
#[derive(Accounts)]
pub struct AwardBid<'info> {
    #[account(mut)]
    pub requester: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(mut, dup, has_one = requester @ EscrowError::NotRequester)]
    pub job: Box<Account<'info, Job>>,
    #[account(
        mut, dup, close = operator,
        has_one = job @ EscrowError::WrongAddress,
        has_one = operator @ EscrowError::NotOperator,
        has_one = device @ EscrowError::WrongAddress
    )]
    pub bid: Account<'info, Bid>,
    /// CHECK: named by the bid; only receives lamports.
    #[account(mut)]
    pub operator: UncheckedAccount<'info>,
    /// CHECK: created here, at the address that its seeds say.
    #[account(mut, seeds = [SEAT_SEED, job.key().as_ref(), operator.key().as_ref()], bump)]
    pub seat: UncheckedAccount<'info>,
    // Its address follows from its operator, whom it cannot change: the bid's machine is the bidder's.
    #[account(mut, dup, has_one = operator @ EscrowError::NotOperator)]
    pub device: Account<'info, Device>,
    #[account(mut, dup, has_one = operator @ EscrowError::NotOperator)]
    pub pool: Box<Account<'info, PoolHead>>,
    /// CHECK: passed on to the staking program, which checks it.
    pub staking_config: UncheckedAccount<'info>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = SLASHER @ EscrowError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub staking_program: Program<'info, AssayStaking>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<AwardBid>, price: u64) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    ctx.accounts.validate(price, now)?;
    let (operator, device) = (ctx.accounts.operator.key(), ctx.accounts.device.key());
    let job = &mut ctx.accounts.job;
    let seal_by = now.checked_add(job.seal_window.into()).ok_or(EscrowError::Overflow)?;
    require!(seal_by <= job.seal_by, EscrowError::TooLate);

    let index = job.award_seat(price)?;
    let exposure = job.exposure;
    ctx.accounts.device.take_slot()?;
    let seat = Seat {
        version: VERSION,
        bump: ctx.bumps.seat,
        index,
        state: SeatState::Claimed,
        job: job.key(),
        operator,
        payer: ctx.accounts.requester.key(),
        device,
        seal_by,
        commitment: [0; 32],
        progress: 0,
        heartbeat_at: now,
    };
    create_seat(&ctx.accounts.requester, &ctx.accounts.seat, &seat)?;
    ctx.accounts.lock(exposure)?;

    let (job, seat, bid) = (ctx.accounts.job.key(), ctx.accounts.seat.key(), ctx.accounts.bid.key());
    emit(&ctx.accounts.event_authority, &BidAwarded { bid, job, seat, price, last: Bid::clone(&ctx.accounts.bid) })?;
    emit(&ctx.accounts.event_authority, &SeatClaimed { job, seat, operator, index, exposure, seal_by })?;
    Ok(())
}

impl AwardBid<'_> {
    /// What held when the bid was placed holds still; and it is the bid that the requester saw.
    fn validate(&self, price: u64, now: i64) -> Result<()> {
        let (job, bid) = (&self.job, &self.bid);
        require!(!self.config.paused, EscrowError::Paused);
        require!(price == bid.price, EscrowError::BadPrice);
        bid.agrees_to(job, now)?;
        require!(job.requirements.fits(&self.device), EscrowError::DeviceUnfit);
        let class = self.config.params.classes.get(usize::from(job.class)).ok_or(EscrowError::NoSuchClass)?;
        require!(self.pool.active >= class.stake, EscrowError::StakeTooLow);
        Ok(())
    }

    fn lock(&self, exposure: u64) -> Result<()> {
        let accounts = LockBond {
            slasher: self.authority.to_account_info(),
            config: self.staking_config.to_account_info(),
            pool: self.pool.to_account_info(),
        };
        let seeds: &[&[u8]] = &[AUTHORITY_SEED, &[AUTHORITY_BUMP]];
        let context = CpiContext::new_with_signer(assay_staking::ID, accounts, std::slice::from_ref(&seeds));
        assay_staking::cpi::lock_bond(context, exposure).map(drop)
    }
}
