use std::collections::BTreeSet;

use assay_tests::assay_sdk::{
    addresses,
    escrow::Strategy,
    ix,
    verification::{CaseKind, CasePhase, VerificationError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{
        need, require,
        sample::{Word, verdict},
    },
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let (_, case) = view.case(dice, |case| case.kind == CaseKind::Sample && case.over(now))?;
    let (address, class) = (case.job, view.model.jobs.get(&case.job)?.class);
    let operators = view.seated(dice, &address);
    let at = addresses::case(&address, &CaseKind::Sample);
    let caller = dice.once_in(2).then(|| view.anybody(dice));
    let call = ix::verification::conclude_sample(caller.as_ref(), &address, class, &operators);
    send(call, move |m| {
        let now = m.now;
        let job = need(m.jobs.get(&address))?.clone();
        let mut case = need(m.cases.get(&at))?.clone();
        need(m.rounds.get(&addresses::round(&address)))?;
        let Strategy::Sampled { committee, .. } = job.strategy else {
            return require(false, VerificationError::NotSampled);
        };
        require(case.kind == CaseKind::Sample, VerificationError::WrongKind)?;
        require(job.live(), VerificationError::CaseMoot)?;
        case.require(CasePhase::Resolved)?;
        require(case.over(now), VerificationError::ConcludeTooEarly)?;
        let seats = m.all_seats(&address, class, &operators)?;
        let word = if case.undecided() { Word::Undecided } else { Word::Found(case.decision) };
        let judged = verdict(&seats, committee, word);
        let sets = |(winners, losers): &(Vec<u8>, Vec<u8>)| -> [BTreeSet<u8>; 2] {
            [winners.iter().copied().collect(), losers.iter().copied().collect()]
        };
        // Who changed something, or who was right; or who has waited for nothing.
        let winner = if sets(&judged) != sets(&verdict(&seats, committee, Word::Uncalled)) {
            case.opener
        } else {
            let executor = seats.iter().find(|seat| seat.index == 0 && judged.0.contains(&0));
            executor.map_or(case.requester, |seat| seat.operator)
        };
        case.divide(winner, None)?;
        m.cases.insert(at, case);
        m.pronounce(&address, &seats, judged, caller.as_ref())
    })
}
