use assay_tests::assay_sdk::{
    addresses,
    escrow::{JobState, SeatState},
    ix,
    reputation::Verified,
    verification::{CaseKind, CasePhase, Phase, VerificationError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Seat, count::outcome, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let (_, case) = view.case(dice, |case| case.kind == CaseKind::Tie && case.over(now))?;
    let (address, class) = (case.job, view.model.jobs.get(&case.job)?.class);
    let operators = view.seated(dice, &address);
    let at = addresses::case(&address, &CaseKind::Tie);
    send(ix::verification::conclude_tie(&address, class, &operators), move |m| {
        let now = m.now;
        let job = need(m.jobs.get(&address))?.clone();
        let mut case = need(m.cases.get(&at))?.clone();
        let round = need(m.rounds.get(&addresses::round(&address)))?.clone();
        require(case.kind == CaseKind::Tie, VerificationError::WrongKind)?;
        require(job.live(), VerificationError::CaseMoot)?;
        case.require(CasePhase::Resolved)?;
        require(case.over(now), VerificationError::ConcludeTooEarly)?;
        let seats = m.all_seats(&address, class, &operators)?;

        let found = |seat: &&Seat| seat.state == SeatState::Revealed && seat.commitment == case.decision;
        let stays = |seat: &&Seat| case.undecided() && seat.state == SeatState::Revealed;
        let winners: Vec<u8> = seats.iter().filter(found).map(|seat| seat.index).collect();
        let lost = |seat: &&Seat| seat.state != SeatState::Claimed && !found(seat) && !stays(seat);
        let losers: Vec<u8> = seats.iter().filter(lost).map(|seat| seat.index).collect();
        case.divide(case.opener, None)?;

        need(m.rounds.get_mut(&addresses::round(&address)))?.phase = Phase::Final;
        let job = need(m.jobs.get_mut(&address))?;
        job.root = if winners.is_empty() { [0; 32] } else { case.decision };
        (job.winners, job.losers) = (winners, losers);
        job.end(if job.winners.is_empty() { JobState::Unresolved } else { JobState::Verified }, now);
        for seat in &seats {
            let record = need(m.records.get_mut(&addresses::record(&seat.operator, class)))?;
            if let Some(outcome) = outcome(seat, &job.winners, &job.losers) {
                record.apply(&Verified { outcome, value: job.bond, partner: job.requester, trust: true }, now);
            }
        }
        debug_assert!(round.silent.iter().all(|seat| job.losers.contains(seat)));
        m.cases.insert(at, case);
        Ok(())
    })
}
