use assay_tests::assay_sdk::{
    addresses,
    escrow::{self, Assignment, EscrowError, JobState},
    ix,
};

use super::{
    super::{Next, View, send},
    fresh, running, seat_down,
};
use crate::{
    dice::Dice,
    state::{Job, Model, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let any = dice.once_in(10);
    let open = |m: &Model, job| m.jobs.get(job).is_some_and(|job: &Job| job.state == JobState::Open);
    let bids: Vec<_> = view.model.bids.iter().filter(|(_, bid)| any || open(view.model, &bid.job)).collect();
    let (at, bid) = dice.pick(&bids).map(|(at, bid)| (**at, (*bid).clone()))?;
    let mut named: escrow::Bid = view.world.chain.find(&at)?;
    if dice.once_in(20) {
        named.price += 1;
    }
    let requester = view.model.jobs.get(&bid.job).map(|job| job.requester).filter(|_| !dice.once_in(12));
    let requester = requester.unwrap_or_else(|| view.anybody(dice));
    let (operator, price, device) = (bid.operator, named.price, bid.device);
    let (seat, pool) = (addresses::seat(&bid.job, &operator), addresses::pool(&operator));
    send(ix::escrow::award_bid(&requester, &named), move |m| {
        let job = need(m.jobs.get(&bid.job))?.clone();
        let bid = need(m.bids.get(&at))?.clone();
        let fits = need(m.devices.get(&device))?.meets(&job.requirements);
        let stake = need(m.staking.pools.get(&pool))?.active.amount;
        require(requester == job.requester, EscrowError::NotRequester)?;
        require(bid.device == device, EscrowError::WrongAddress)?;
        running(m)?;
        require(price == bid.price, EscrowError::BadPrice)?;
        bid.agrees(&job, m.now)?;
        require(fits, EscrowError::DeviceUnfit)?;
        require(stake >= m.escrow.classes[usize::from(job.class)].stake, EscrowError::StakeTooLow)?;
        let seal_by = m.now + i64::from(job.seal_window);
        require(seal_by <= job.seal_by, EscrowError::TooLate)?;
        require(job.assignment == Assignment::Auction, EscrowError::WrongAssignment)?;
        require(price > 0 && price <= job.seat_price, EscrowError::BadPrice)?;
        let awarded = need(m.jobs.get_mut(&bid.job))?;
        let index = awarded.take_seat()?;
        awarded.prices[usize::from(index)] = price;
        need(m.devices.get_mut(&device))?.take_slot()?;
        seat_down(m, seat, fresh(index, (bid.job, operator, requester, device), m.now, seal_by))?;
        m.lock_bond(&pool, job.exposure)?;
        m.bids.remove(&at);
        m.money.close(&at, &operator)
    })
}
