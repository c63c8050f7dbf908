use assay_tests::assay_sdk::{
    addresses, ix,
    token::ASY_MINT,
    verification::{CasePhase, VerificationError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{APPEALS, Appeal, ata, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let (at, case) = view.case(dice, |case| case.phase == CasePhase::Resolved && now <= case.until)?;
    let (by, job, vault) = (view.anybody(dice), case.job, addresses::case_vault(&at));
    send(ix::verification::appeal(&by, &job, &at), move |m| {
        let (now, slot) = (m.now, m.slot);
        let live = need(m.jobs.get(&job))?.live();
        let case = need(m.cases.get_mut(&at))?;
        require(live, VerificationError::CaseMoot)?;
        case.require(CasePhase::Resolved)?;
        require(case.appeals.len() < APPEALS, VerificationError::AppealsExhausted)?;
        require(now <= case.until, VerificationError::AppealTooLate)?;
        let bond = case.bond << (case.appeals.len() + 1);
        case.appeals.push(Appeal { by, against: case.decision, bond, heard: false });
        case.chairs *= 2;
        case.call(slot);
        m.money.transfer(&ata(&by, &ASY_MINT), &vault, bond)
    })
}
