use anchor_lang::Space;
use assay_tests::assay_sdk::{
    addresses,
    escrow::{self, EscrowError},
    ix,
};

use super::{
    super::{Next, View, send},
    running,
    update_device::machine,
};
use crate::{
    dice::Dice,
    state::{Device, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (operator, index) = (view.operator(dice), dice.below(2) as u16);
    let address = addresses::device(&operator, index);
    if view.model.devices.contains_key(&address) && !dice.once_in(20) {
        return None;
    }
    let (can, slots, sound) = machine(dice);
    let price_floor = dice.below(1_000);
    send(ix::escrow::register_device(&operator, index, can, slots, price_floor), move |m| {
        m.money.create(&operator, &address, 8 + escrow::Device::INIT_SPACE)?;
        running(m)?;
        require(sound, EscrowError::BadDevice)?;
        let (busy, available, verified) = (0, true, false);
        m.devices.insert(address, Device { operator, can, slots, busy, available, verified, price_floor });
        Ok(())
    })
}
