use anchor_lang::prelude::*;

use super::{ENGINES, Job};
use crate::EscrowError;

/// What a machine can do, for each of its slots. Its operator says so: only `Device::verified` says that somebody looked.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Bit set of engines, see `ENGINE_WASM`.
    pub engines: u8,
    pub cores: u16,
    pub memory_mib: u32,
    pub disk_gib: u32,
    pub gpus: u8,
    /// Of each GPU; 0 without one.
    pub gpu_memory_mib: u32,
    /// Up to four of `A-Z0-9`, then zeros, for instance `H100`; zeros without a GPU.
    pub gpu_model: [u8; 4],
    /// Two letters of ISO 3166-1, or zeros for a place that is not told.
    pub region: [u8; 2],
}

impl Capabilities {
    /// A machine can do something, and claims nothing of GPUs that it does not have.
    pub fn validate(&self) -> Result<()> {
        let engines = self.engines != 0 && self.engines & !ENGINES == 0;
        let host = self.cores > 0 && self.memory_mib > 0;
        let no_gpu = self.gpu_memory_mib == 0 && self.gpu_model == [0; 4];
        require!(engines && host && (self.gpus > 0 || no_gpu), EscrowError::BadDevice);
        require!(is_code(&self.gpu_model) && is_region(&self.region), EscrowError::BadDevice);
        Ok(())
    }
}

/// What a job asks of a machine; a zero asks for nothing.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Number of the engine's bit: the one field whose zero means something.
    pub engine: u8,
    pub cores: u16,
    pub memory_mib: u32,
    pub disk_gib: u32,
    pub gpus: u8,
    /// Of each GPU.
    pub gpu_memory_mib: u32,
    pub gpu_model: [u8; 4],
    pub region: [u8; 2],
    /// Whether only verified machines will do.
    pub verified: bool,
}

impl Requirements {
    /// Some machine could meet them: the engine is known, the names are ones that a machine may have.
    pub fn validate(&self) -> Result<()> {
        require!(Job::in_set(ENGINES, self.engine), EscrowError::BadDevice);
        require!(is_code(&self.gpu_model) && is_region(&self.region), EscrowError::BadDevice);
        Ok(())
    }

    /// Whether a machine meets them all. Whether it has a free slot is another question: `Device::take_slot`.
    pub fn fits(&self, device: &Device) -> bool {
        let can = &device.capabilities;
        let host = can.cores >= self.cores && can.memory_mib >= self.memory_mib && can.disk_gib >= self.disk_gib;
        let gpu = can.gpus >= self.gpus
            && can.gpu_memory_mib >= self.gpu_memory_mib
            && (self.gpu_model == [0; 4] || can.gpu_model == self.gpu_model);
        let place = self.region == [0; 2] || can.region == self.region;
        Job::in_set(can.engines, self.engine) && host && gpu && place && (device.verified || !self.verified)
    }
}

/// Where a machine is: derived, see `Device::state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceState {
    /// Told of by its operator, takes no work.
    Registered,
    /// Looked at by the protocol, takes no work.
    Verified,
    /// Takes work.
    Available,
    /// Works, and takes no more.
    Busy,
    /// Its account is closed.
    Retired,
}

/// A machine of an operator, at `["device", operator, index]`. It cannot be closed or changed while it works.
#[account]
#[derive(InitSpace, Debug)]
pub struct Device {
    pub version: u8,
    pub bump: u8,
    pub operator: Pubkey,
    pub index: u16,
    pub capabilities: Capabilities,
    /// How many seats it can work for at a time.
    pub slots: u16,
    /// How many seats it works for.
    pub busy: u16,
    /// Whether its operator wants work for it.
    pub available: bool,
    /// Whether the Config's authority or guardian vouches for the capabilities and slots as they are.
    pub verified: bool,
    /// Base units of ASY an hour below which its operator expects no offers: for quotes, not enforced.
    pub price_floor: u64,
}

impl Device {
    /// Where a machine is, of its account or of there being none.
    pub fn state(device: Option<&Device>) -> DeviceState {
        match device {
            None => DeviceState::Retired,
            Some(device) if device.busy > 0 && !device.takes_work() => DeviceState::Busy,
            Some(device) if device.takes_work() => DeviceState::Available,
            Some(device) if device.verified => DeviceState::Verified,
            Some(_) => DeviceState::Registered,
        }
    }

    /// Whether it would take a seat now.
    pub fn takes_work(&self) -> bool {
        self.available && self.busy < self.slots
    }

    /// Work for one more seat.
    pub fn take_slot(&mut self) -> Result<()> {
        require!(self.available, EscrowError::DeviceUnavailable);
        require!(self.busy < self.slots, EscrowError::DeviceBusy);
        self.busy = self.busy.checked_add(1).ok_or(EscrowError::Overflow)?;
        self.invariant()
    }

    /// Work for one seat less. Never refused to a machine that works: a seat must always find its end.
    pub fn free_slot(&mut self) -> Result<()> {
        self.busy = self.busy.checked_sub(1).ok_or(EscrowError::Invariant)?;
        self.invariant()
    }

    /// Holds after every change.
    pub fn invariant(&self) -> Result<()> {
        require!(self.slots > 0 && self.busy <= self.slots, EscrowError::Invariant);
        Ok(())
    }
}

/// Up to four of `A-Z0-9`, then zeros.
fn is_code(code: &[u8; 4]) -> bool {
    let length = code.iter().take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()).count();
    code.iter().skip(length).all(|byte| *byte == 0)
}

/// Two of `A-Z`, or zeros.
fn is_region(region: &[u8; 2]) -> bool {
    *region == [0; 2] || region.iter().all(u8::is_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CAN: Capabilities = Capabilities {
        engines: 1,
        cores: 8,
        memory_mib: 16_384,
        disk_gib: 100,
        gpus: 2,
        gpu_memory_mib: 80_000,
        gpu_model: *b"H100",
        region: *b"DE",
    };
    const ASKS: Requirements = Requirements {
        engine: 0,
        cores: 8,
        memory_mib: 16_384,
        disk_gib: 100,
        gpus: 2,
        gpu_memory_mib: 80_000,
        gpu_model: *b"H100",
        region: *b"DE",
        verified: true,
    };

    fn device(capabilities: Capabilities) -> Device {
        Device {
            version: 1,
            bump: 255,
            operator: Pubkey::default(),
            index: 0,
            capabilities,
            slots: 2,
            busy: 0,
            available: true,
            verified: true,
            price_floor: 0,
        }
    }

    #[test]
    fn every_requirement_is_checked() {
        let fits = |asks: Requirements| asks.fits(&device(CAN));
        assert!(fits(ASKS) && fits(Requirements::default()));
        assert!(!fits(Requirements { engine: 1, ..ASKS }));
        assert!(!fits(Requirements { engine: 255, ..ASKS }));
        assert!(!fits(Requirements { cores: 9, ..ASKS }));
        assert!(!fits(Requirements { memory_mib: 16_385, ..ASKS }));
        assert!(!fits(Requirements { disk_gib: 101, ..ASKS }));
        assert!(!fits(Requirements { gpus: 3, ..ASKS }));
        assert!(!fits(Requirements { gpu_memory_mib: 80_001, ..ASKS }));
        assert!(!fits(Requirements { gpu_model: *b"A100", ..ASKS }));
        assert!(!fits(Requirements { gpu_model: *b"H10\0", ..ASKS }));
        assert!(!fits(Requirements { region: *b"FR", ..ASKS }));
        let unverified = Device { verified: false, ..device(CAN) };
        assert!(!ASKS.fits(&unverified));
        assert!(Requirements { verified: false, ..ASKS }.fits(&unverified));
    }

    #[test]
    fn a_machine_without_a_gpu_meets_no_wish_for_one() {
        let none = Capabilities { gpus: 0, gpu_memory_mib: 0, gpu_model: [0; 4], ..CAN };
        none.validate().unwrap();
        for asks in [
            Requirements { gpus: 1, ..Requirements::default() },
            Requirements { gpu_memory_mib: 1, ..Requirements::default() },
            Requirements { gpu_model: *b"H100", ..Requirements::default() },
        ] {
            asks.validate().unwrap();
            assert!(!asks.fits(&device(none)));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        CAN.validate().unwrap();
        for bad in [
            Capabilities { engines: 0, ..CAN },
            Capabilities { engines: ENGINES | 0x80, ..CAN },
            Capabilities { cores: 0, ..CAN },
            Capabilities { memory_mib: 0, ..CAN },
            Capabilities { gpus: 0, ..CAN },
            Capabilities { gpus: 0, gpu_model: [0; 4], ..CAN },
            Capabilities { gpus: 0, gpu_memory_mib: 0, ..CAN },
            Capabilities { gpu_model: *b"h100", ..CAN },
            Capabilities { gpu_model: *b"A\0\x30\0", ..CAN },
            Capabilities { region: *b"de", ..CAN },
            Capabilities { region: *b"D\0", ..CAN },
        ] {
            bad.validate().unwrap_err();
        }
        Requirements::default().validate().unwrap();
        for bad in [
            Requirements { engine: 3, ..ASKS },
            Requirements { engine: 255, ..ASKS },
            Requirements { gpu_model: *b"\0A\0\0", ..ASKS },
            Requirements { region: *b"1A", ..ASKS },
        ] {
            bad.validate().unwrap_err();
        }
    }

    #[test]
    fn states_as_shown() {
        let can = device(CAN);
        let shown =
            |busy, available, verified| Device::state(Some(&Device { busy, available, verified, ..can.clone() }));
        assert_eq!(shown(0, false, false), DeviceState::Registered);
        assert_eq!(shown(0, false, true), DeviceState::Verified);
        assert_eq!([shown(0, true, false), shown(1, true, true)], [DeviceState::Available; 2]);
        assert_eq!([shown(2, true, true), shown(1, false, true), shown(2, false, false)], [DeviceState::Busy; 3]);
        assert_eq!(Device::state(None), DeviceState::Retired);
    }

    #[test]
    fn slots_are_taken_and_given_back() {
        let mut device = device(CAN);
        device.free_slot().unwrap_err();
        device.take_slot().unwrap();
        device.take_slot().unwrap();
        assert_eq!(device.take_slot().unwrap_err(), EscrowError::DeviceBusy.into());
        device.available = false;
        device.free_slot().unwrap();
        assert_eq!(device.take_slot().unwrap_err(), EscrowError::DeviceUnavailable.into());
        device.free_slot().unwrap();
        assert_eq!(device.busy, 0);
    }

    proptest! {
        /// Whatever a machine is changed to, a bigger one meets at least what it met.
        #[test]
        fn a_bigger_machine_fits_as_well(
            cores: u16, memory_mib: u32, disk_gib: u32, gpus: u8, more in 0_u16..100,
            asks_cores: u16, asks_memory: u32, asks_disk: u32, asks_gpus: u8,
        ) {
            let can = Capabilities { cores, memory_mib, disk_gib, gpus, ..CAN };
            let bigger = Capabilities {
                cores: cores.saturating_add(more),
                memory_mib: memory_mib.saturating_add(more.into()),
                disk_gib: disk_gib.saturating_add(more.into()),
                gpus: gpus.saturating_add(1),
                ..CAN
            };
            let asks = Requirements {
                cores: asks_cores, memory_mib: asks_memory, disk_gib: asks_disk, gpus: asks_gpus, ..ASKS
            };
            prop_assert!(asks.fits(&device(can)) <= asks.fits(&device(bigger)));
        }
    }
}
