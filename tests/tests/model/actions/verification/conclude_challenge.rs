use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    addresses,
    escrow::{EscrowError, JobState},
    ix,
    reputation::{Outcome, Verified},
    verification::{CaseKind, CasePhase, Ruling, VerificationError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Case, Model, Verdict, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let unanswered = |case: &Case| case.phase == CasePhase::Answering && now > case.until;
    let (at, case) = view.case(dice, |case| case.executor.is_some() && (unanswered(case) || case.over(now)))?;
    let (executor, _) = case.executor?;
    let (job, class) = (case.job, view.model.jobs.get(&case.job)?.class);
    send(ix::verification::conclude_challenge(&job, class, &at, &executor), move |m| {
        let now = m.now;
        let live = need(m.jobs.get(&job))?.live();
        let mut case = need(m.cases.get(&at))?.clone();
        require(matches!(case.kind, CaseKind::Challenge { .. }), VerificationError::WrongKind)?;
        require(live, VerificationError::CaseMoot)?;
        require(m.jobs[&job].class == class, VerificationError::WrongAddress)?;
        if case.phase == CasePhase::Answering {
            require(now > case.until, VerificationError::ConcludeTooEarly)?;
            case.give_back(Ruling::Unanswered)?;
            convict(m, &case)?;
        } else {
            case.require(CasePhase::Resolved)?;
            require(case.over(now), VerificationError::ConcludeTooEarly)?;
            judge(m, &at, &mut case, executor)?;
        }
        m.cases.insert(at, case);
        Ok(())
    })
}

/// The executor was right, or wrong, or nobody could say.
fn judge(m: &mut Model, at: &Pubkey, case: &mut Case, executor: Pubkey) -> Verdict {
    if case.undecided() {
        need(m.jobs.get_mut(&case.job))?.state = JobState::Doubted;
        return case.give_back(Ruling::Undecided);
    }
    if case.decision == case.claim {
        return case.divide(executor, None);
    }
    m.money.transfer(&addresses::surety(&case.job, &executor), &addresses::case_vault(at), case.bond)?;
    case.divide(case.opener, Some(case.opener))?;
    convict(m, case)
}

/// The job ends, and its executor has lost.
fn convict(m: &mut Model, case: &Case) -> Verdict {
    let now = m.now;
    let (executor, seat) = case.executor.expect("a challenge is about somebody");
    let job = need(m.jobs.get_mut(&case.job))?;
    require(job.seats.contains(&seat), EscrowError::BadVerdict)?;
    // It has no root: who found it out stands there.
    (job.accuser, job.root) = (Some(case.opener), case.opener.to_bytes());
    (job.winners, job.losers) = (Vec::new(), vec![seat]);
    job.end(JobState::Unresolved, now);
    let verified = Verified { outcome: Outcome::Wrong, value: job.bond, partner: job.requester, trust: false };
    need(m.records.get_mut(&addresses::record(&executor, job.class)))?.apply(&verified, now);
    Ok(())
}
