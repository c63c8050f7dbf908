use assay_tests::assay_sdk::{escrow::EscrowError, ix};

use super::{
    super::{Next, View, send},
    GOVERNED, admin,
};
use crate::{
    actions::admin::authority,
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let devices: Vec<_> = view.model.devices.iter().collect();
    let (address, device) = dice.pick(&devices).map(|(address, device)| (**address, **device))?;
    let by = authority(view, dice, &GOVERNED.program);
    // What was looked at, not always what is there.
    let (can, slots) = (device.can, if dice.once_in(10) { device.slots + 1 } else { device.slots });
    let verified = !dice.once_in(4);
    send(ix::escrow::verify_device(&by, &address, can, slots, verified), move |m| {
        let may = admin(m).guards(&by);
        let device = need(m.devices.get_mut(&address))?;
        require(may, EscrowError::NotGuardian)?;
        require((device.can, device.slots) == (can, slots), EscrowError::DeviceChanged)?;
        device.verified = verified;
        Ok(())
    })
}
