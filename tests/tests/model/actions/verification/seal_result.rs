use assay_tests::{
    assay_sdk::{
        addresses,
        escrow::SeatState,
        ix,
        verification::{Phase, VerificationError},
    },
    market::seal_of,
    world::{honest, lie},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, seat, _) =
        view.seat(dice, |job, seat| seat.state == SeatState::Claimed && job.has_round() && job.live())?;
    // Some never seal.
    if (seat.seal_by + i64::from(seat.index)) % 5 == 0 {
        return None;
    }
    let (job, operator) = (seat.job, seat.operator);
    let digest = match dice.below(6) {
        0 => lie(&operator),
        // Liars who agree.
        1 => lie(&job),
        _ => honest(),
    };
    let others: Vec<_> = view.model.seats.values().filter(|other| other.state == SeatState::Sealed).collect();
    let seal = match dice.below(16) {
        0 => [0; 32],
        // Copied: it cannot be revealed.
        1 => dice.pick(&others).map_or([1; 32], |other| other.commitment),
        _ => seal_of(&job, &operator, &digest),
    };
    let round = addresses::round(&job);
    send(ix::verification::seal_result(&operator, &job, seal), move |m| {
        let now = m.now;
        let round = need(m.rounds.get_mut(&round))?;
        let seat = need(m.seats.get_mut(&address))?;
        require(seal != [0; 32], VerificationError::EmptyCommitment)?;
        require(round.phase == Phase::Sealing, VerificationError::WrongPhase)?;
        require(seat.state == SeatState::Claimed, VerificationError::WrongSeatState)?;
        require(now <= seat.seal_by, VerificationError::SealTooLate)?;
        round.sealed += 1;
        if round.sealed == round.replicas {
            round.phase = Phase::Revealing;
            round.reveal_by = now + i64::from(round.reveal_window);
        }
        (seat.state, seat.commitment, seat.digest) = (SeatState::Sealed, seal, digest);
        Ok(())
    })
}
