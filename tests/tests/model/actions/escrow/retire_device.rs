use assay_tests::assay_sdk::{addresses, ix};

use super::super::{Next, View, send};
use crate::{dice::Dice, state::need};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (operator, index) = (view.operator(dice), dice.below(2) as u16);
    let address = addresses::device(&operator, index);
    send(ix::escrow::retire_device(&operator, index), move |m| {
        need(m.devices.remove(&address))?;
        m.money.close(&address, &operator)
    })
}
