use anchor_lang::Space;
use assay_tests::assay_sdk::{
    addresses,
    escrow::{self, Assignment, BidTerms, EscrowError, JobState},
    ix,
};

use super::{
    super::{Next, View, send},
    running,
};
use crate::{
    dice::Dice,
    state::{Bid, Job, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, job) =
        view.job(dice, |_, job| job.state == JobState::Open && job.assignment == Assignment::Auction)?;
    let operator = view.operator(dice);
    let (class, index) = (job.class, u16::from(dice.once_in(2)));
    let (bid, device) = (addresses::bid(&address, &operator), addresses::device(&operator, index));
    let (pool, record) = (addresses::pool(&operator), addresses::record(&operator, class));
    let m = view.model;
    let known = m.records.contains_key(&record);
    let able =
        known && m.staking.pools.contains_key(&pool) && m.devices.contains_key(&device) && !m.bids.contains_key(&bid);
    if !able && !dice.once_in(20) {
        return None;
    }
    let terms = terms(dice, &job, m.now);
    send(ix::escrow::place_bid(&operator, &address, class, index, terms), move |m| {
        let job = need(m.jobs.get(&address))?.clone();
        let fits = need(m.devices.get(&device))?.meets(&job.requirements);
        need(m.records.get(&record))?;
        let stake = need(m.staking.pools.get(&pool))?.active.amount;
        require(job.class == class, EscrowError::WrongAddress)?;
        running(m)?;
        require(job.state == JobState::Open, EscrowError::WrongState)?;
        require(job.assignment == Assignment::Auction, EscrowError::WrongAssignment)?;
        require(operator != job.requester, EscrowError::SelfDealing)?;
        let BidTerms { price, expires_at, posted_at, exposure } = terms;
        require(posted_at == job.posted_at, EscrowError::OtherPosting)?;
        require(m.now > job.posted_at, EscrowError::BidTooSoon)?;
        require(price > 0 && price <= job.seat_price, EscrowError::BadPrice)?;
        require(job.exposure <= exposure, EscrowError::ExposureRose)?;
        require(m.now + i64::from(job.seal_window) <= job.seal_by, EscrowError::TooLate)?;
        require(expires_at >= m.now && expires_at <= job.seal_by, EscrowError::BadExpiry)?;
        require(fits, EscrowError::DeviceUnfit)?;
        require(stake >= m.escrow.classes[usize::from(class)].stake, EscrowError::StakeTooLow)?;
        let rent = m.money.rent(8 + escrow::Bid::INIT_SPACE);
        m.money.create_by_hand(&operator, &bid, rent, m.bids.contains_key(&bid))?;
        m.bids.insert(bid, Bid { job: address, operator, device, price, exposure, expires_at, posted_at });
        Ok(())
    })
}

/// Mostly an offer that agrees to the job as it stands; at times to less than that.
fn terms(dice: &mut Dice, job: &Job, now: i64) -> BidTerms {
    let price = 1 + dice.below(job.seat_price);
    let expires_at = now + dice.below((job.seal_by - now).max(1) as u64 + 1) as i64;
    let exposure = if dice.once_in(2) { job.exposure } else { u64::MAX };
    let usual = BidTerms { price, expires_at, posted_at: job.posted_at, exposure };
    match dice.below(40) {
        0 => BidTerms { price: 0, ..usual },
        1 => BidTerms { price: job.seat_price.saturating_add(1), ..usual },
        2 => BidTerms { posted_at: job.posted_at + 1, ..usual },
        3 => BidTerms { exposure: job.exposure - 1, ..usual },
        4 => BidTerms { expires_at: now - 1, ..usual },
        5 => BidTerms { expires_at: job.seal_by + 1, ..usual },
        _ => usual,
    }
}
