//! Time passes: a little, to an epoch's end, or to just before, on or just after a deadline.

use super::super::{Clock, Next, View};
use crate::dice::Dice;

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let slots = match dice.below(20) {
        0 => 300,
        1 => 600,
        2 => 0,
        _ => 2,
    };
    let seconds = match dice.below(24) {
        0..=18 => dice.below(6) as i64,
        19..=22 => {
            let next = deadlines(view).into_iter().filter(|at| *at > now).min()?;
            // Never back in time.
            (next - now + dice.below(3) as i64 - 1).max(0)
        }
        _ => {
            let staking = &view.model.staking;
            staking.params.epoch_seconds - (now - staking.epoch_from) % staking.params.epoch_seconds
        }
    };
    Some(Next::Wait(Clock { seconds, slots }))
}

fn deadlines(view: &View) -> Vec<i64> {
    let model = view.model;
    let jobs = model.jobs.values().filter(|job| job.live()).map(|job| job.seal_by);
    let seats = model.seats.values().map(|seat| seat.seal_by);
    let rounds = model.rounds.values().map(|round| round.reveal_by);
    let tickets = model.staking.tickets.values().map(|ticket| ticket.ready_at);
    let bids = model.bids.values().map(|bid| bid.expires_at);
    let grace = i64::from(model.escrow.royalty_grace_seconds);
    let royalties =
        model.jobs.values().filter(|job| !job.live() && !job.legs.is_empty()).map(|job| job.ended_at + grace);
    let cases =
        model.cases.values().flat_map(|case| [case.until, case.joins_until(), case.seals_until(), case.review_by]);
    let ballots = model.ballots.values().map(|ballot| ballot.seal_by);
    let jobs = jobs.chain(cases).chain(ballots);
    jobs.chain(seats).chain(rounds).chain(tickets).chain(bids).chain(royalties).collect()
}
