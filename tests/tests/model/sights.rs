//! What a walk comes by: an instruction that lands shows little where it can end in several ways.

use assay_tests::assay_sdk::{
    escrow::JobState,
    verification::{CasePhase, Phase, Ruling},
};

use crate::state::{Case, Model, Round};

/// All that a walk of the usual length must have seen.
pub const SIGHTS: &[&str] = &[
    "a result is checked by others",
    "a result is not checked",
    "a round is widened",
    "a round is widened, and somebody withheld",
    "a tie",
    "an audit",
    "a canary is told",
    "a proof in parts",
    "a case without an answer",
    "a decided case",
    "an undecided case",
    "a moot case",
    "an appeal is heard",
    "a job is doubted",
    "a doubted job ends",
];

/// Which of them a step led to.
pub fn seen(before: &Model, after: &Model) -> Vec<&'static str> {
    let mut seen = Vec::new();
    for (at, round) in &after.rounds {
        seen.extend(before.rounds.get(at).and_then(|was| of_round(was, round)));
    }
    for (at, case) in &after.cases {
        seen.extend(before.cases.get(at).and_then(|was| of_case(was, case)));
    }
    for (at, job) in &after.jobs {
        let Some(was) = before.jobs.get(at) else { continue };
        let told = job.live() && was.root == [0; 32] && job.root != [0; 32];
        let replicated = after.rounds.values().any(|round| round.job == *at && round.shown.is_none());
        match (was.state, job.state) {
            _ if told && replicated => seen.push("a canary is told"),
            (JobState::Open | JobState::Seated, JobState::Doubted) => seen.push("a job is doubted"),
            (JobState::Doubted, JobState::Unresolved) => seen.push("a doubted job ends"),
            _ => {}
        }
    }
    seen
}

fn of_round(was: &Round, round: &Round) -> Option<&'static str> {
    match (was.phase, round.phase) {
        (Phase::Checking, Phase::Sealing) => Some("a result is checked by others"),
        (Phase::Checking, Phase::Revealing) => Some("a result is not checked"),
        (Phase::Sealing | Phase::Revealing, Phase::Sealing) if round.replicas > was.replicas => {
            let withheld = round.silent.len() > was.silent.len();
            (round.shown.is_none()).then_some(if withheld {
                "a round is widened, and somebody withheld"
            } else {
                "a round is widened"
            })
        }
        (was, Phase::Tied) if was != Phase::Tied => Some("a tie"),
        (was, Phase::Auditing) if was != Phase::Auditing => Some("an audit"),
        _ => None,
    }
}

fn of_case(was: &Case, case: &Case) -> Option<&'static str> {
    if was.ruling != case.ruling {
        return match case.ruling {
            Ruling::Open => None,
            Ruling::Unanswered => Some("a case without an answer"),
            Ruling::Decided => Some("a decided case"),
            Ruling::Undecided => Some("an undecided case"),
            Ruling::Moot => Some("a moot case"),
        };
    }
    let heard = |case: &Case| case.appeals.iter().filter(|appeal| appeal.heard).count();
    if heard(case) > heard(was) {
        return Some("an appeal is heard");
    }
    let in_parts = case.phase == CasePhase::Answering && case.climbed.1 > 0 && case.climbed != was.climbed;
    in_parts.then_some("a proof in parts")
}
