use assay_tests::{
    assay_sdk::{
        addresses,
        escrow::{EscrowError, SeatState},
        ix,
        verification::VerificationError,
    },
    market::salt,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, seat, job) = view.sampled_seat(dice, |job, seat| seat.index == 0 && job.root == [0; 32])?;
    let (at, operator) = (seat.job, seat.operator);
    let root = match dice.below(24) {
        0 => [0; 32],
        1 => [7; 32],
        _ => seat.digest,
    };
    let salt = salt(&at, &operator);
    let _ = job;
    send(ix::verification::reveal_root(&operator, &at, root, salt), move |m| {
        let job = need(m.jobs.get(&at))?;
        let round = need(m.rounds.get(&addresses::round(&at)))?;
        let seat = need(m.seats.get(&address))?;
        require(seat.index == 0, VerificationError::WrongSeat)?;
        require(root != [0; 32], VerificationError::EmptyCommitment)?;
        require(job.root == [0; 32], VerificationError::RootRevealed)?;
        round.shows(seat, m.now)?;
        require(seat.opens(&root, &salt), VerificationError::WrongPreimage)?;
        require(job.live(), EscrowError::WrongState)?;
        debug_assert_eq!(seat.state, SeatState::Sealed);
        need(m.jobs.get_mut(&at))?.root = root;
        Ok(())
    })
}
