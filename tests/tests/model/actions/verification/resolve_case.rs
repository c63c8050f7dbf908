use assay_tests::assay_sdk::{
    ix,
    verification::{CasePhase, VerificationError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let (at, _) = view.case(dice, |case| case.phase == CasePhase::Judging && case.countable(now))?;
    send(ix::verification::resolve_case(&at), move |m| {
        let now = m.now;
        let case = need(m.cases.get_mut(&at))?;
        case.require(CasePhase::Judging)?;
        require(case.countable(now), VerificationError::ResolveTooEarly)?;
        case.count(now);
        Ok(())
    })
}
