use assay_tests::assay_sdk::{addresses, ix};

use super::super::{Next, View, send};
use crate::{dice::Dice, state::need};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (operator, index) = (view.operator(dice), dice.below(2) as u16);
    let address = addresses::device(&operator, index);
    let held = view.model.devices.get(&address);
    if held.is_none() && !dice.once_in(20) {
        return None;
    }
    // Who set it aside mostly brings it back soon.
    let available = held.is_none_or(|device| !device.available) || !dice.once_in(4);
    send(ix::escrow::set_available(&operator, index, available), move |m| {
        need(m.devices.get_mut(&address))?.available = available;
        Ok(())
    })
}
