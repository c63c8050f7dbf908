use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    addresses,
    escrow::{EscrowError, JobState},
    ix,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let seated = dice.once_in(2);
    let (address, job) = view.job(dice, |_, job| job.live() && job.seats.is_empty() != seated)?;
    let who = if dice.once_in(6) { view.anybody(dice) } else { job.requester };
    let mut operators: Vec<Pubkey> =
        view.model.seats.values().filter(|seat| seat.job == address).map(|seat| seat.operator).collect();
    match dice.below(12) {
        0 => drop(operators.pop()),
        1 => operators.extend(operators.first().copied()),
        2 if operators.len() > 1 => operators[0] = operators[1],
        _ => {}
    }
    send(ix::escrow::cancel_job_under(&who, &address, &operators), move |m| {
        let now = m.now;
        let job = need(m.jobs.get(&address))?;
        require(who == job.requester, EscrowError::NotRequester)?;
        require(job.live(), EscrowError::WrongState)?;
        require(operators.len() == job.seats.len(), EscrowError::WrongSeats)?;
        let mut named = Vec::new();
        for operator in &operators {
            let seat = need(m.seats.get(&addresses::seat(&address, operator)))?;
            require(job.working(seat), EscrowError::SeatAtWork)?;
            if !named.contains(&seat.index) {
                named.push(seat.index);
            }
        }
        require(named.len() == job.seats.len(), EscrowError::WrongSeats)?;
        need(m.jobs.get_mut(&address))?.end(JobState::Cancelled, now);
        Ok(())
    })
}
