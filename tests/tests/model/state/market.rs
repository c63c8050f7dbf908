//! Devices, seats, bids and models. Jobs and rounds have files of their own.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    assay_sdk::{
        addresses,
        escrow::{Capabilities, EscrowError, Requirements, SeatState},
        verification::seal,
    },
    world::GENESIS,
};

use super::{Job, Verdict, require};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    pub operator: Pubkey,
    pub can: Capabilities,
    pub slots: u16,
    pub busy: u16,
    pub available: bool,
    pub verified: bool,
    pub price_floor: u64,
}

impl Device {
    /// Whether it is what a job asks for.
    pub fn meets(&self, wish: &Requirements) -> bool {
        let can = &self.can;
        [
            can.engines & (1 << wish.engine) != 0,
            can.cores >= wish.cores,
            can.memory_mib >= wish.memory_mib,
            can.disk_gib >= wish.disk_gib,
            can.gpus >= wish.gpus,
            can.gpu_memory_mib >= wish.gpu_memory_mib,
            wish.gpu_model == [0; 4] || wish.gpu_model == can.gpu_model,
            wish.region == [0; 2] || wish.region == can.region,
            !wish.verified || self.verified,
        ]
        .iter()
        .all(|met| *met)
    }

    pub fn take_slot(&mut self) -> Verdict {
        require(self.available, EscrowError::DeviceUnavailable)?;
        require(self.busy < self.slots, EscrowError::DeviceBusy)?;
        self.busy += 1;
        Ok(())
    }
}

#[derive(Clone, Debug)]
pub struct Seat {
    pub index: u8,
    pub state: SeatState,
    pub job: Pubkey,
    pub operator: Pubkey,
    pub payer: Pubkey,
    pub device: Pubkey,
    pub seal_by: i64,
    pub commitment: [u8; 32],
    pub progress: u64,
    pub heartbeat_at: i64,
    /// What the operator sealed and can reveal: not on the chain.
    pub digest: [u8; 32],
    /// The unit of what it delivered that is wrong, if one is: not on the chain.
    pub wrong: Option<u64>,
}

impl Seat {
    /// Whether this is what it sealed.
    pub fn opens(&self, digest: &[u8; 32], salt: &[u8; 32]) -> bool {
        seal::seal(&GENESIS, &addresses::round(&self.job), &self.operator, digest, salt) == self.commitment
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bid {
    pub job: Pubkey,
    pub operator: Pubkey,
    pub device: Pubkey,
    pub price: u64,
    pub exposure: u64,
    pub expires_at: i64,
    pub posted_at: i64,
}

impl Bid {
    /// Whether its operator agrees to the job as it stands.
    pub fn agrees(&self, job: &Job, now: i64) -> Verdict {
        require(self.posted_at == job.posted_at, EscrowError::OtherPosting)?;
        require(now <= self.expires_at, EscrowError::BidExpired)?;
        require(job.exposure <= self.exposure, EscrowError::ExposureRose)
    }
}

/// A published model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    pub author: Pubkey,
    pub id: u32,
    pub payee: Pubkey,
    pub content_hash: [u8; 32],
    pub royalty_bps: u16,
    pub revision: u32,
    pub uri: String,
}
