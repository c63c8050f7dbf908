use assay_tests::assay_sdk::{addresses, escrow::EscrowError, ix};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (operator, index) = (view.operator(dice), dice.below(2) as u16);
    let address = addresses::device(&operator, index);
    if !view.model.devices.contains_key(&address) && !dice.once_in(20) {
        return None;
    }
    send(ix::escrow::retire_device(&operator, index), move |m| {
        require(need(m.devices.get(&address))?.busy == 0, EscrowError::DeviceBusy)?;
        m.devices.remove(&address);
        m.money.close(&address, &operator)
    })
}
