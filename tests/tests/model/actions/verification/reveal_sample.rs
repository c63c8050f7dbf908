use assay_tests::{
    assay_sdk::{addresses, escrow::SeatState, ix, verification::VerificationError},
    market::salt,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require, sample},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, seat, job) = view.sampled_seat(dice, |_, seat| seat.index != 0)?;
    // Some never reveal.
    if seat.commitment[1] % 16 == 0 {
        return None;
    }
    let (at, operator) = (seat.job, seat.operator);
    let mut digests = job.samples(&at, seat.wrong);
    match dice.below(24) {
        0 => digests.clear(),
        1 => digests.push([7; 32]),
        _ => {}
    }
    let salt = salt(&at, &operator);
    send(ix::verification::reveal_sample(&operator, &at, digests.clone(), salt), move |m| {
        let now = m.now;
        let round = need(m.rounds.get_mut(&addresses::round(&at)))?;
        let seat = need(m.seats.get_mut(&address))?;
        require(seat.index != 0, VerificationError::WrongSeat)?;
        require(!digests.is_empty() && digests.len() <= 16, VerificationError::EmptyCommitment)?;
        let root = sample::root(&digests);
        round.shows(seat, now)?;
        require(seat.opens(&root, &salt), VerificationError::WrongPreimage)?;
        round.revealed += 1;
        (seat.state, seat.commitment) = (SeatState::Revealed, root);
        Ok(())
    })
}
