//! Devices, seats, bids, models and rounds. Jobs have a file of their own.

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    escrow::{Capabilities, EscrowError, Requirements, SeatState},
    verification::Phase,
};

use super::{Job, Verdict, require, strategy};

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

#[derive(Clone, Debug)]
pub struct Round {
    pub phase: Phase,
    pub replicas: u8,
    pub quorum: u8,
    pub sealed: u8,
    pub revealed: u8,
    pub job: Pubkey,
    pub payer: Pubkey,
    pub seal_by: i64,
    pub reveal_window: u32,
    pub reveal_by: i64,
}

impl Round {
    pub fn is_of(&self, job: &Job) -> bool {
        let asked = job.has_round() && self.replicas == job.replicas;
        let in_time = self.seal_by == job.seal_by && self.reveal_window == job.reveal_window;
        // Widening changes the quorum, after there were seals.
        asked && in_time && (self.sealed > 0 || self.quorum == strategy::quorum(job.strategy))
    }

    pub fn revealing(&self, now: i64) -> bool {
        match self.phase {
            Phase::Sealing => now > self.seal_by && self.sealed >= self.quorum,
            Phase::Revealing => true,
            Phase::Checking | Phase::Tied | Phase::Auditing | Phase::Final => false,
        }
    }

    pub fn countable(&self, now: i64) -> bool {
        let complete = self.revealed == self.sealed || now > self.reveal_by;
        let hopeless = self.phase == Phase::Sealing && now > self.seal_by && self.sealed < self.quorum;
        hopeless || (self.revealing(now) && complete)
    }
}
