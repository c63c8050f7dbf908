use anchor_lang::Space;
use assay_tests::{
    assay_sdk::{
        addresses, escrow,
        escrow::{Capabilities, EscrowError},
        ix,
    },
    world::MACHINE,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Device, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (operator, index) = (view.operator(dice), dice.below(2) as u16);
    let can = match dice.below(40) {
        0 => Capabilities { engines: 0, ..MACHINE },
        1 => Capabilities { cores: 0, ..MACHINE },
        2 => Capabilities { cores: 1, ..MACHINE },
        _ => MACHINE,
    };
    let address = addresses::device(&operator, index);
    send(ix::escrow::register_device(&operator, index, can), move |m| {
        m.money.create(&operator, &address, 8 + escrow::Device::INIT_SPACE)?;
        require(can.engines != 0 && can.cores > 0 && can.memory_mib > 0, EscrowError::BadDevice)?;
        m.devices.insert(address, Device { operator, can });
        Ok(())
    })
}
