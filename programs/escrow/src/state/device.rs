use anchor_lang::prelude::*;

use crate::EscrowError;

/// What a machine can do.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Bit set of engines, see `ENGINE_WASM`.
    pub engines: u8,
    pub cores: u16,
    pub memory_mib: u32,
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

/// A machine of an operator, at `["device", operator, index]`.
#[account]
#[derive(InitSpace, Debug)]
pub struct Device {
    pub version: u8,
    pub bump: u8,
    pub operator: Pubkey,
    pub index: u16,
    pub capabilities: Capabilities,
    /// How many seats it works for.
    pub busy: u16,
}

impl Device {
    /// Work for one more seat.
    pub fn take_slot(&mut self) -> Result<()> {
        self.busy = self.busy.checked_add(1).ok_or(EscrowError::Overflow)?;
        Ok(())
    }

    /// Work for one seat less. Never refused to a machine that works: a seat must always find its end.
    pub fn free_slot(&mut self) -> Result<()> {
        self.busy = self.busy.checked_sub(1).ok_or(EscrowError::Invariant)?;
        Ok(())
    }
}
