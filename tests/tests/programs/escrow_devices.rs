//! Machines: what they say of themselves, who vouches for it, and that they stay while they work.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::{Capabilities, Device, DeviceState, EscrowError},
        ix,
    },
    world::*,
};

/// A machine with two GPUs.
const BIG: Capabilities = Capabilities { gpus: 2, gpu_memory_mib: 80_000, gpu_model: *b"H100", ..MACHINE };

fn device(w: &World, operator: &Pubkey, index: u16) -> Device {
    w.chain.read(&addresses::device(operator, index))
}

/// A machine must be able to do something, with engines that there are and GPUs that it has.
#[test]
fn bad_devices() {
    let mut w = World::with_operators(1);
    let a = w.operators[0];
    for bad in [
        Capabilities { engines: 0, ..MACHINE },
        Capabilities { engines: 0b1000, ..MACHINE },
        Capabilities { engines: u8::MAX, ..MACHINE },
        Capabilities { cores: 0, ..MACHINE },
        Capabilities { memory_mib: 0, ..MACHINE },
        Capabilities { gpus: 0, ..BIG },
        Capabilities { gpu_model: *b"h100", ..BIG },
        Capabilities { region: *b"de", ..MACHINE },
    ] {
        w.refused(&[ix::escrow::register_device(&a, 1, bad, 1, 0)], EscrowError::BadDevice);
        w.refused(&[ix::escrow::update_device(&a, 0, bad, 1, 0)], EscrowError::BadDevice);
    }
    w.refused(&[ix::escrow::register_device(&a, 1, MACHINE, 0, 0)], EscrowError::BadDevice);
    w.refused(&[ix::escrow::update_device(&a, 0, MACHINE, 0, 0)], EscrowError::BadDevice);
    w.ok(&[ix::escrow::register_device(&a, 1, BIG, u16::MAX, u64::MAX)]);
    assert_eq!(device(&w, &a, 1).capabilities, BIG);
}

/// What was looked at is what is vouched for: an operator that changes its machine just before the verification lands
/// gets none, and one that changes it afterwards loses it.
#[test]
fn a_machine_changed_before_it_is_verified() {
    let mut w = World::with_operators(1);
    let (authority, a) = (w.authority, w.operators[0]);
    let address = addresses::device(&a, 0);
    let verify = ix::escrow::verify_device(&authority, &address, MACHINE, SLOTS, true);
    for (capabilities, slots) in [(BIG, SLOTS), (MACHINE, SLOTS + 1)] {
        let mut changed = w.clone();
        changed.ok(&[ix::escrow::update_device(&a, 0, capabilities, slots, 0)]);
        changed.refused(std::slice::from_ref(&verify), EscrowError::DeviceChanged);
        let mut after = w.clone();
        after.ok(std::slice::from_ref(&verify));
        assert!(device(&after, &a, 0).verified);
        let updated = after.ok(&[ix::escrow::update_device(&a, 0, capabilities, slots, 0)]);
        assert_eq!(updated.event("DeviceUpdated").json["verified"], false);
        assert!(!device(&after, &a, 0).verified);
    }
    w.ok(&[verify]);
    w.ok(&[ix::escrow::update_device(&a, 0, MACHINE, SLOTS, 9)]);
    assert!(device(&w, &a, 0).verified, "a price is no claim about the machine");
    w.ok(&[ix::escrow::verify_device(&authority, &address, MACHINE, SLOTS, false)]);
    assert!(!device(&w, &a, 0).verified);
}

/// Retiring and registering again at the same address leaves no verification behind.
#[test]
fn close_then_revive_in_one_tx() {
    let mut w = World::with_operators(1);
    let (authority, a) = (w.authority, w.operators[0]);
    w.ok(&[ix::escrow::verify_device(&authority, &addresses::device(&a, 0), MACHINE, SLOTS, true)]);
    let revived = [ix::escrow::retire_device(&a, 0), ix::escrow::register_device(&a, 0, MACHINE, SLOTS, 0)];
    let _ = w.send(&revived);
    let now: Option<Device> = w.chain.find(&addresses::device(&a, 0));
    assert!(now.is_none_or(|device| !device.verified), "a new machine is not verified");
}

/// The states that are shown, through a machine's whole life.
#[test]
fn life_of_a_machine() {
    let mut w = World::with_operators(1);
    let (authority, a) = (w.authority, w.operators[0]);
    let shown = |w: &World| Device::state(w.chain.find::<Device>(&addresses::device(&a, 0)).as_ref());
    let lamports = w.chain.lamports(&a);
    let rent = w.chain.lamports(&addresses::device(&a, 0));
    assert_eq!(shown(&w), DeviceState::Available);
    w.ok(&[ix::escrow::set_available(&a, 0, false)]);
    assert_eq!(shown(&w), DeviceState::Registered);
    w.ok(&[ix::escrow::verify_device(&authority, &addresses::device(&a, 0), MACHINE, SLOTS, true)]);
    assert_eq!(shown(&w), DeviceState::Verified);
    w.ok(&[ix::escrow::set_available(&a, 0, true)]);
    assert_eq!(shown(&w), DeviceState::Available);
    let retired = w.ok(&[ix::escrow::retire_device(&a, 0)]);
    assert_eq!(retired.event("DeviceRetired").json["last"]["verified"], true);
    assert_eq!(shown(&w), DeviceState::Retired);
    assert_eq!(w.chain.lamports(&a), lamports + rent, "all rent returns");
}
