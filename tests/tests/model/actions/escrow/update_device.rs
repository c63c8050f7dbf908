use assay_tests::{
    assay_sdk::{
        addresses,
        escrow::{Capabilities, EscrowError},
        ix,
    },
    world::MACHINE,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (operator, index) = (view.operator(dice), dice.below(2) as u16);
    let address = addresses::device(&operator, index);
    let held = view.model.devices.get(&address);
    if held.is_none() && !dice.once_in(20) {
        return None;
    }
    // Half the time only the floor changes.
    let same = held.filter(|_| dice.once_in(2)).map(|device| (device.can, device.slots, true));
    let (can, slots, sound) = same.unwrap_or_else(|| machine(dice));
    let price_floor = dice.below(1_000);
    send(ix::escrow::update_device(&operator, index, can, slots, price_floor), move |m| {
        let device = need(m.devices.get_mut(&address))?;
        require(sound, EscrowError::BadDevice)?;
        if (device.can, device.slots) != (can, slots) {
            require(device.busy == 0, EscrowError::DeviceBusy)?;
            (device.can, device.slots, device.verified) = (can, slots, false);
        }
        device.price_floor = price_floor;
        Ok(())
    })
}

/// A machine, its slots, and whether it makes sense; mostly the usual one.
pub fn machine(dice: &mut Dice) -> (Capabilities, u16, bool) {
    let slots = 1 + dice.below(8) as u16;
    let gpu = Capabilities { gpus: 1, gpu_memory_mib: 80_000, gpu_model: *b"H100", ..MACHINE };
    match dice.below(60) {
        0 => (Capabilities { engines: 0, ..MACHINE }, slots, false),
        1 => (Capabilities { cores: 0, ..MACHINE }, slots, false),
        2 => (Capabilities { gpus: 0, ..gpu }, slots, false),
        3 => (Capabilities { gpu_model: *b"h100", ..gpu }, slots, false),
        4 => (Capabilities { region: *b"D1", ..MACHINE }, slots, false),
        5 => (MACHINE, 0, false),
        6..=8 => (Capabilities { cores: 1, ..MACHINE }, slots, true),
        9..=11 => (Capabilities { region: *b"FR", ..MACHINE }, slots, true),
        12..=25 => (gpu, slots, true),
        _ => (MACHINE, slots, true),
    }
}
