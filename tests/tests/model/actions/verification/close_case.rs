use assay_tests::assay_sdk::{
    addresses, escrow::JobState, ix, staking::StakingError, token::ASY_MINT, verification::VerificationError,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{ata, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let m = view.model;
    let (at, case) = view.case(dice, |case| m.jobs.get(&case.job).is_some_and(|job| case.closable(job, m.now)))?;
    let held = view.world.chain.find(&at)?;
    let (address, opener, executor) = (case.job, case.opener, case.executor.map(|(it, _)| it));
    let vault = addresses::case_vault(&at);
    send(ix::verification::close_case(&at, &held), move |m| {
        let now = m.now;
        let job = need(m.jobs.get_mut(&address))?;
        let case = need(m.cases.get(&at))?;
        if let Some(executor) = &executor {
            need(m.staking.pools.get(&addresses::pool(executor)))?;
        }
        require(case.opener == opener, VerificationError::WrongAddress)?;
        require(case.closable(job, now), VerificationError::CaseNotOver)?;
        // The last case of a job that nobody could judge ends it.
        if job.state == JobState::Doubted && job.cases == 1 {
            (job.root, job.winners, job.losers) = ([0; 32], Vec::new(), Vec::new());
            job.end(JobState::Unresolved, now);
        }
        job.cases -= 1;
        m.money.transfer(&vault, &ata(&opener, &ASY_MINT), m.money.held(&vault))?;
        m.money.close(&vault, &opener)?;
        if let Some(executor) = executor {
            let pool = need(m.staking.pools.get_mut(&addresses::pool(&executor)))?;
            require(pool.open_cases > 0, StakingError::NoCase)?;
            pool.open_cases -= 1;
        }
        m.cases.remove(&at);
        m.money.close(&at, &opener)
    })
}
