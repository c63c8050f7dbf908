//! This machine's device on chain.

use anyhow::{Context, Result};
use assay_sdk::{
    addresses,
    escrow::{Capabilities, Device},
    ix,
};

use super::Agent;
use crate::chain::DEVICE;

/// Slots of the device for each job computed at once.
const SLOTS_PER_JOB: u16 = 8;

impl Agent {
    /// Register this machine if need be, as it was found out; say anew what it is if it has changed.
    pub(super) async fn ensure_device(&self) -> Result<()> {
        let operator = self.chain.operator();
        let capabilities = self.options.capabilities;
        // A seat keeps its slot until it is settled, long after its work is done.
        let slots = u16::try_from(self.options.jobs).unwrap_or(u16::MAX).saturating_mul(SLOTS_PER_JOB);
        let Some(device) = self.chain.account::<Device>(&addresses::device(&operator, DEVICE)).await? else {
            let register = ix::escrow::register_device(&operator, DEVICE, capabilities, slots, 0);
            self.chain.send(vec![register]).await.context("registering this machine: has the wallet some SOL?")?;
            tracing::info!(?capabilities, "registered this machine");
            return Ok(());
        };
        // Where it is and what it costs an hour is its operator's to say.
        let capabilities = Capabilities { region: device.capabilities.region, ..capabilities };
        if device.capabilities == capabilities && device.slots >= slots {
            return Ok(());
        }
        let slots = slots.max(device.slots);
        let update = ix::escrow::update_device(&operator, DEVICE, capabilities, slots, device.price_floor);
        match self.chain.send(vec![update]).await {
            Ok(_) => tracing::info!(?capabilities, "this machine has changed, and its device with it"),
            // It works with what is registered; perhaps it may be changed once its seats are settled.
            Err(why) => tracing::warn!("this machine has changed, but its device could not be: {why:#}"),
        }
        Ok(())
    }
}
