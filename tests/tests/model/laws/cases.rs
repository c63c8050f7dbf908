//! Cases.

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    addresses,
    verification::{CaseKind, CasePhase},
};

use crate::state::{Case, Model};

/// All of them.
pub fn broken(model: &Model) -> Vec<String> {
    let mut broken: Vec<_> = model.cases.iter().flat_map(|(address, case)| of_case(model, address, case)).collect();
    for (address, job) in &model.jobs {
        let cases = model.cases.values().filter(|case| case.job == *address).count();
        if cases != usize::from(job.cases) {
            broken.push(format!("{address}: {cases} cases, and it says {}", job.cases));
        }
    }
    // Nobody's lock outlives its case.
    let orphans = model.ballots.iter().filter(|(_, ballot)| !model.cases.contains_key(&ballot.case));
    broken.extend(orphans.map(|(address, _)| format!("ballot {address} has no case")));
    for (address, pool) in &model.staking.pools {
        let about = model.cases.values().filter(|case| case.executor.is_some_and(|(it, _)| it == pool.operator));
        let about = about.count();
        if about > pool.open_cases as usize {
            broken.push(format!("{address}: {about} cases about its operator, and it says {}", pool.open_cases));
        }
    }
    broken
}

/// Its vault holds exactly what its parties are owed, its job is there, its ballots are counted, and an executor that answered
/// has as much at stake as who accuses it.
fn of_case(model: &Model, address: &Pubkey, case: &Case) -> Vec<String> {
    let mut broken = Vec::new();
    let ballots = || model.ballots.values().filter(|ballot| ballot.case == *address);
    let vault = addresses::case_vault(address);
    let (held, gifts) = (model.money.held(&vault), model.money.gifts_of(&vault));
    let owed = case.owes(ballots());
    if held != owed + gifts {
        broken.push(format!("case {address} holds {held}, of which {gifts} are gifts, and owes {owed}: {case:?}"));
    }
    if ballots().count() != usize::from(case.ballots) {
        broken.push(format!("case {address} has {} ballots, and says {}", ballots().count(), case.ballots));
    }
    let Some(job) = model.jobs.get(&case.job) else {
        broken.push(format!("case {address} has no job"));
        return broken;
    };
    let judged = !matches!(case.phase, CasePhase::Answering | CasePhase::Concluded);
    if let (CaseKind::Challenge { .. }, Some((executor, _))) = (case.kind, case.executor)
        && judged
        && job.live()
        && model.money.held(&addresses::surety(&case.job, &executor)) < case.bond
    {
        broken.push(format!("case {address}: the executor has less at stake than the opener"));
    }
    broken
}
