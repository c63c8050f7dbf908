use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    addresses,
    escrow::{EscrowError, JobState, SeatState},
    ix,
    reputation::{Outcome, Verified},
    verification::{Phase, VerificationError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Seat, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let ready = |at: &_| view.model.rounds.get(&addresses::round(at)).is_some_and(|r| r.countable(view.model.now));
    let (address, job) = view.job(dice, |at, job| job.live() && ready(at))?;
    let taken = view.model.seats.values().filter(|seat| seat.job == address);
    let mut operators: Vec<Pubkey> = taken.map(|seat| seat.operator).collect();
    if dice.once_in(16) {
        operators.pop();
    }
    let (class, at) = (job.class, addresses::round(&address));
    send(ix::verification::finalize_round(&address, class, &operators), move |m| {
        let now = m.now;
        let job = need(m.jobs.get(&address))?.clone();
        let round = need(m.rounds.get_mut(&at))?;
        require(round.phase != Phase::Final, VerificationError::WrongPhase)?;
        require(round.is_of(&job), VerificationError::StaleRound)?;
        require(round.countable(now), VerificationError::FinalizeTooEarly)?;
        let mut seats = Vec::new();
        for operator in &operators {
            seats.push(need(m.seats.get(&addresses::seat(&address, operator)))?.clone());
        }
        let wrong = VerificationError::WrongSeats;
        require(class == job.class && seats.len() == job.seats.len(), wrong)?;
        let could_reveal = round.sealed >= round.quorum;
        round.phase = Phase::Final;
        require(job.live() && job.has_round(), EscrowError::WrongState)?;

        let root = winner(&seats, round.quorum);
        let judged = need(m.jobs.get_mut(&address))?;
        let outcomes: Vec<_> = seats.iter().map(|seat| (seat, outcome(seat, root, could_reveal))).collect();
        let of = |these: &[Option<Outcome>]| -> Vec<u8> {
            let those =
                outcomes.iter().filter(|(seat, outcome)| seat.state != SeatState::Claimed && these.contains(outcome));
            those.map(|(seat, _)| seat.index).collect()
        };
        judged.winners = of(&[Some(Outcome::Valid)]);
        judged.losers = of(&[Some(Outcome::Wrong), Some(Outcome::Silent)]);
        judged.root = root.unwrap_or_default();
        judged.end(if root.is_some() { JobState::Verified } else { JobState::Unresolved }, now);
        for (seat, outcome) in outcomes {
            let record = need(m.records.get_mut(&addresses::record(&seat.operator, class)))?;
            if let Some(outcome) = outcome {
                record.apply(&Verified { outcome, value: job.bond, partner: job.requester, trust: true }, now);
            }
        }
        Ok(())
    })
}

/// The digest that a quorum revealed.
fn winner(seats: &[Seat], quorum: u8) -> Option<[u8; 32]> {
    let mut votes: BTreeMap<[u8; 32], u8> = BTreeMap::new();
    for seat in seats.iter().filter(|seat| seat.state == SeatState::Revealed) {
        *votes.entry(seat.commitment).or_default() += 1;
    }
    votes.into_iter().find(|(_, votes)| *votes >= quorum).map(|(digest, _)| digest)
}

/// What the round says of a seat, if it can tell.
fn outcome(seat: &Seat, root: Option<[u8; 32]>, could_reveal: bool) -> Option<Outcome> {
    match (seat.state, root) {
        (SeatState::Claimed | SeatState::Delivered, _) => Some(Outcome::Silent),
        (SeatState::Sealed, _) => could_reveal.then_some(Outcome::Silent),
        (SeatState::Revealed, Some(root)) if seat.commitment == root => Some(Outcome::Valid),
        (SeatState::Revealed, Some(_)) => Some(Outcome::Wrong),
        (SeatState::Revealed, None) => None,
    }
}
