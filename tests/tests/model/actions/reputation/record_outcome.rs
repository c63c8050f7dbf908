//! As verification would, by its PDA's signature: outcomes of every value, so that some come to be trusted.

use assay_tests::assay_sdk::{
    addresses, ix,
    reputation::{Outcome, Verified},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Refusal, WRONG_OWNER},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    // One comes to be trusted, or no result would ever stand unchecked.
    let star = dice.once_in(2);
    let operator = if star { view.cast.operators[0] } else { view.operator(dice) };
    let record = addresses::record(&operator, if star { 0 } else { dice.below(2) as u8 });
    let outcome = match dice.below(if star { 400 } else { 40 }) {
        0 => Outcome::Wrong,
        1 => Outcome::Silent,
        _ => Outcome::Valid,
    };
    // Around an ASY, or of any size.
    let value = if dice.once_in(4) { dice.amount(u64::MAX) } else { dice.below(2_000_000_000) };
    let partner = if dice.once_in(10) { operator } else { view.anybody(dice) };
    let verified = Verified { outcome, value, partner, trust: star || !dice.once_in(3) };
    send(ix::reputation::record_outcome(&record, verified), move |m| {
        let now = m.now;
        m.records.get_mut(&record).ok_or(Refusal::Code(WRONG_OWNER))?.apply(&verified, now);
        Ok(())
    })
}
