//! Bids and awards. What could be lost: an operator's stake, if a bid could be awarded for another job, for less, later
//! or for more exposure than it agreed to; a requester's money, if a bid could be dearer than what it awarded; and
//! either's, if bids of others could be removed, or stood in each other's way.

use anchor_lang::prelude::*;
use assay_reputation::Record;
use assay_staking::PoolHead;

use super::create::{Create, store};
use crate::{
    EscrowError, emit,
    events::{BidPlaced, BidWithdrawn},
    state::*,
};

/// Accounts of `place_bid`, in order:
/// 0. `operator` (signer, writable): pays
/// 1. `config`
/// 2. `job`: an open auction; not written, so that bids do not wait for one another
/// 3. `bid` (writable, created): `["bid", job, operator]`
/// 4. `device`: a machine of the operator's that fits
/// 5. `record`: its reputation in the job's class: who judges the seat writes there
/// 6. `pool`: its stake
/// 7. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct PlaceBid<'info> {
    #[account(mut)]
    pub operator: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    pub job: Box<Account<'info, Job>>,
    /// CHECK: created here, at the address that its seeds say.
    #[account(mut, seeds = [BID_SEED, job.key().as_ref(), operator.key().as_ref()], bump)]
    pub bid: UncheckedAccount<'info>,
    #[account(has_one = operator @ EscrowError::NotOperator)]
    pub device: Account<'info, Device>,
    #[account(
        has_one = operator @ EscrowError::NotOperator,
        constraint = record.class == job.class @ EscrowError::WrongAddress
    )]
    pub record: Account<'info, Record>,
    #[account(has_one = operator @ EscrowError::NotOperator)]
    pub pool: Box<Account<'info, PoolHead>>,
    pub system_program: Program<'info, System>,
}

/// Accounts of `withdraw_bid`, in order:
/// 0. `by` (signer): the bid's operator; or anyone, once the bid can be awarded no more
/// 1. `bid` (writable, closed)
/// 2. `operator` (writable): the bid's; gets the rent
/// 3. `job`: the bid's, even if it is no more, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct WithdrawBid<'info> {
    pub by: Signer<'info>,
    #[account(
        mut, close = operator, has_one = operator @ EscrowError::NotOperator, has_one = job @ EscrowError::WrongAddress
    )]
    pub bid: Account<'info, Bid>,
    /// CHECK: named by the bid; only receives lamports.
    #[account(mut)]
    pub operator: UncheckedAccount<'info>,
    /// CHECK: named by the bid; read if it is a job, which only this program can have made there.
    pub job: UncheckedAccount<'info>,
}

pub(crate) fn place(ctx: Context<PlaceBid>, terms: BidTerms) -> Result<()> {
    ctx.accounts.validate(&terms, Clock::get()?.unix_timestamp)?;
    let BidTerms { price, expires_at, posted_at, exposure } = terms;
    let (job, operator) = (ctx.accounts.job.key(), ctx.accounts.operator.key());
    let device = ctx.accounts.device.key();
    let bump = ctx.bumps.bid;
    let bid = Bid { version: VERSION, bump, job, operator, device, price, exposure, expires_at, posted_at };
    ctx.accounts.create(&bid)?;
    emit(
        &ctx.accounts.event_authority,
        &BidPlaced { bid: ctx.accounts.bid.key(), job, operator, device, price, exposure, expires_at },
    )?;
    Ok(())
}

impl PlaceBid<'_> {
    fn validate(&self, terms: &BidTerms, now: i64) -> Result<()> {
        let (job, params) = (&self.job, &self.config.params);
        require!(!self.config.paused, EscrowError::Paused);
        require!(job.state == JobState::Open, EscrowError::WrongState);
        require!(job.assignment() == Assignment::Auction, EscrowError::WrongAssignment);
        require_keys_neq!(self.operator.key(), job.requester, EscrowError::SelfDealing);
        require!(terms.posted_at == job.posted_at, EscrowError::OtherPosting);
        require!(now > job.posted_at, EscrowError::BidTooSoon);
        require!(terms.price > 0 && terms.price <= job.seat_price, EscrowError::BadPrice);
        require!(job.exposure <= terms.exposure, EscrowError::ExposureRose);
        let seal_by = now.checked_add(job.seal_window.into()).ok_or(EscrowError::Overflow)?;
        require!(seal_by <= job.seal_by, EscrowError::TooLate);
        require!(terms.expires_at >= now && terms.expires_at <= job.seal_by, EscrowError::BadExpiry);
        require!(job.requirements.fits(&self.device), EscrowError::DeviceUnfit);
        let class = params.classes.get(usize::from(job.class)).ok_or(EscrowError::NoSuchClass)?;
        require!(self.pool.active >= class.stake, EscrowError::StakeTooLow);
        Ok(())
    }

    #[inline(never)]
    fn create(&self, bid: &Bid) -> Result<()> {
        let (payer, account, space) =
            (self.operator.as_ref(), self.bid.as_ref(), 8_usize.saturating_add(Bid::INIT_SPACE));
        let (lamports, bump) = (Rent::get()?.minimum_balance(space), [bid.bump]);
        let seeds: &[&[u8]] = &[BID_SEED, bid.job.as_ref(), bid.operator.as_ref(), &bump];
        Create { payer, account, owner: &crate::ID, space, lamports, seeds }.run()?;
        store(account, bid)
    }
}

pub(crate) fn withdraw(ctx: Context<WithdrawBid>) -> Result<()> {
    let (bid, by) = (&ctx.accounts.bid, ctx.accounts.by.key());
    if by != bid.operator {
        let job = job_at(&ctx.accounts.job)?;
        let stands = bid.stands(job.as_ref(), Clock::get()?.unix_timestamp);
        require!(!stands, EscrowError::BidStands);
    }
    emit(
        &ctx.accounts.event_authority,
        &BidWithdrawn { bid: ctx.accounts.bid.key(), by, last: Bid::clone(&ctx.accounts.bid) },
    )?;
    Ok(())
}

/// The job at an address where only a job of this program's can be; none if it is closed.
fn job_at(account: &UncheckedAccount) -> Result<Option<Job>> {
    if *account.owner != crate::ID {
        return Ok(None);
    }
    Job::try_deserialize(&mut account.try_borrow_data()?.as_ref()).map(Some)
}
