//! How a replicated round is counted, as `docs/market.md` says: a quorum decides; without one more are asked as long as that
//! could help; then a jury may be called where there is anything to decide.

use std::collections::BTreeMap;

use assay_tests::assay_sdk::{escrow::SeatState, reputation::Outcome, verification::Phase};

use super::{Job, Round, Seat};

/// What a count comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    /// The job ends: its root, and which seats win and lose.
    End { root: [u8; 32], winners: Vec<u8>, losers: Vec<u8> },
    /// So many seats are asked for.
    Widen(u8),
    /// Nobody else may be asked.
    Tie,
}

/// (how a count ends, seats that have withheld by then).
pub fn count(job: &Job, round: &Round, seats: &[Seat], widening: u8) -> (Count, Vec<u8>) {
    let that = |fits: &dyn Fn(&Seat) -> bool| -> Vec<u8> {
        seats.iter().filter(|seat| fits(seat)).map(|seat| seat.index).collect()
    };
    let ghost = |seat: &Seat| seat.state == SeatState::Claimed;
    let says = |seat: &Seat, root: &[u8; 32]| seat.state == SeatState::Revealed && seat.commitment == *root;
    // Only a canary's answer is told before there is a verdict.
    if job.root != [0; 32] {
        let root = job.root;
        let winners = that(&|seat| says(seat, &root));
        let losers = that(&|seat| !ghost(seat) && !says(seat, &root));
        return (Count::End { root, winners, losers }, round.silent.clone());
    }
    let nobody = |losers: Vec<u8>| Count::End { root: [0; 32], winners: Vec::new(), losers };
    if round.phase == Phase::Tied {
        return (nobody(round.silent.clone()), round.silent.clone());
    }

    let could_reveal = round.sealed >= round.needed();
    let withheld =
        that(&|seat| seat.state == SeatState::Sealed && (could_reveal || round.silent.contains(&seat.index)));
    let mut votes: BTreeMap<[u8; 32], u8> = BTreeMap::new();
    for seat in seats.iter().filter(|seat| seat.state == SeatState::Revealed) {
        *votes.entry(seat.commitment).or_default() += 1;
    }
    if let Some(root) = votes.iter().find(|(_, votes)| **votes >= round.needed()).map(|(root, _)| *root) {
        let wrong = that(&|seat| seat.state == SeatState::Revealed && seat.commitment != root);
        let winners = that(&|seat| says(seat, &root));
        return (Count::End { root, winners, losers: [wrong, withheld.clone()].concat() }, withheld);
    }
    if seats.iter().all(ghost) {
        return (nobody(Vec::new()), withheld);
    }
    let most = job.most();
    if round.replicas < most && in_reach(&votes, withheld.len(), most, super::strategy::quorum(job.strategy)) {
        return (Count::Widen((round.replicas + widening).min(most)), withheld);
    }
    (if votes.len() > 1 { Count::Tie } else { nobody(withheld.clone()) }, withheld)
}

/// Whether a digest could have the quorum of all that may be asked.
fn in_reach(votes: &BTreeMap<[u8; 32], u8>, withheld: usize, most: u8, quorum: u8) -> bool {
    let revealed: u8 = votes.values().sum();
    let open = usize::from(most) - usize::from(revealed) - withheld;
    let best = votes.values().max().copied().unwrap_or(0);
    usize::from(best) + open >= usize::from(quorum.max(most / 2 + 1))
}

/// What a seat's end says of its operator, if anything.
pub fn outcome(seat: &Seat, winners: &[u8], losers: &[u8]) -> Option<Outcome> {
    match seat.state {
        SeatState::Claimed | SeatState::Delivered => Some(Outcome::Silent),
        _ if winners.contains(&seat.index) => Some(Outcome::Valid),
        _ if !losers.contains(&seat.index) => None,
        SeatState::Sealed => Some(Outcome::Silent),
        SeatState::Revealed => Some(Outcome::Wrong),
    }
}
