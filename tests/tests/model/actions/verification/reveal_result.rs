use assay_tests::{
    assay_sdk::{
        addresses,
        escrow::{SeatState, Strategy},
        ix,
        verification::{Phase, VerificationError},
    },
    market::{salt, seal_of},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Job, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let open = |at: &_| view.model.rounds.get(&addresses::round(at)).is_some_and(|r| r.revealing(view.model.now));
    let replicated = |job: &Job| matches!(job.strategy, Strategy::Replicated { .. });
    let (address, seat, _) =
        view.seat(dice, |job, seat| seat.state == SeatState::Sealed && replicated(job) && open(&seat.job))?;
    // Some never reveal.
    if seat.commitment[1] % 6 == 0 {
        return None;
    }
    let (job, operator) = (seat.job, seat.operator);
    let digest = match dice.below(24) {
        0 => [0; 32],
        1 => [7; 32],
        _ => seat.digest,
    };
    let round = addresses::round(&job);
    send(ix::verification::reveal_result(&operator, &job, digest, salt(&job, &operator)), move |m| {
        let now = m.now;
        let round = need(m.rounds.get_mut(&round))?;
        let seat = need(m.seats.get_mut(&address))?;
        require(digest != [0; 32], VerificationError::EmptyCommitment)?;
        require(round.shown.is_none(), VerificationError::NotReplicated)?;
        let over = [Phase::Tied, Phase::Auditing, Phase::Final].contains(&round.phase);
        require(!over, VerificationError::WrongPhase)?;
        require(!round.silent.contains(&seat.index), VerificationError::NotRevealedInTime)?;
        require(round.revealing(now), VerificationError::RevealTooEarly)?;
        require(now <= round.reveal_by, VerificationError::RevealTooLate)?;
        require(seat.state == SeatState::Sealed, VerificationError::WrongSeatState)?;
        require(seal_of(&job, &operator, &digest) == seat.commitment, VerificationError::WrongPreimage)?;
        round.revealed += 1;
        (seat.state, seat.commitment) = (SeatState::Revealed, digest);
        Ok(())
    })
}
