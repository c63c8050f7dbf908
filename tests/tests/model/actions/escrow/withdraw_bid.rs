use assay_tests::assay_sdk::{addresses, escrow::EscrowError, ix};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Bid, Model, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let any = dice.once_in(20);
    let bids: Vec<_> = view.model.bids.values().filter(|bid| any || !stands(view.model, bid)).collect();
    let (job, operator) = dice.pick(&bids).map(|bid| (bid.job, bid.operator))?;
    let by = if dice.once_in(3) { operator } else { view.anybody(dice) };
    let address = addresses::bid(&job, &operator);
    send(ix::escrow::withdraw_bid(&by, &job, &operator), move |m| {
        let bid = need(m.bids.get(&address))?;
        require(by == operator || !stands(m, bid), EscrowError::BidStands)?;
        m.bids.remove(&address);
        m.money.close(&address, &operator)
    })
}

/// Whether it may still come to be awarded.
fn stands(m: &Model, bid: &Bid) -> bool {
    m.jobs.get(&bid.job).is_some_and(|job| job.live() && bid.agrees(job, m.now).is_ok())
}
