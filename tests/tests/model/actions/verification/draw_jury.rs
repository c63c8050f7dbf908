use assay_tests::{
    assay_sdk::{
        ix,
        verification::{CasePhase, VerificationError},
    },
    chain::hash,
};

use super::{
    super::{Next, View, send},
    draw::REMEMBERED,
};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (at, _) = view.case(dice, |case| case.phase == CasePhase::Called)?;
    send(ix::verification::draw_jury(&at), move |m| {
        let (now, slot) = (m.now, m.slot);
        let case = need(m.cases.get_mut(&at))?;
        case.require(CasePhase::Called)?;
        let first = case.seed_slot + 1;
        require(first < slot, VerificationError::SeedNotReady)?;
        if first < slot - REMEMBERED {
            case.seed_slot = slot;
            return Ok(());
        }
        (case.seed, case.seeded_at) = (hash(&[b"slot", &first.to_le_bytes()]), now);
        case.phase = CasePhase::Judging;
        case.until = case.seals_until() + case.reveal_window;
        Ok(())
    })
}
