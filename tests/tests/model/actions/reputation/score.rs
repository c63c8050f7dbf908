//! Anybody may ask; nothing changes. What it answers is what sortition draws by: the model knows it there.

use assay_tests::assay_sdk::{addresses, ix};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Refusal, WRONG_OWNER},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let record = addresses::record(&view.operator(dice), dice.below(2) as u8);
    send(ix::reputation::score(&record), move |m| m.records.get(&record).map(|_| ()).ok_or(Refusal::Code(WRONG_OWNER)))
}
