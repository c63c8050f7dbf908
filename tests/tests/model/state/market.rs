//! Devices, jobs, seats and rounds.

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    escrow::{Capabilities, EscrowError, JobState, SeatState},
    verification::Phase,
};

use super::{Refusal, Verdict, require};

#[derive(Clone, Copy, Debug)]
pub struct Device {
    pub operator: Pubkey,
    pub can: Capabilities,
}

#[derive(Clone, Debug)]
pub struct Job {
    pub vault: Pubkey,
    pub state: JobState,
    pub class: u8,
    pub engine: u8,
    pub cores: u16,
    pub memory_mib: u32,
    pub replicas: u8,
    pub quorum: u8,
    /// Which seats are taken; by number.
    pub seats: Vec<u8>,
    pub winners: Vec<u8>,
    pub losers: Vec<u8>,
    pub fee_bps: u16,
    pub requester: Pubkey,
    pub mint: Pubkey,
    pub nonce: u64,
    pub seat_price: u64,
    pub bond: u64,
    pub exposure: u64,
    pub seal_by: i64,
    pub seal_window: u32,
    pub reveal_window: u32,
    pub seed_slot: u64,
    pub seeded_at: i64,
    pub seed: [u8; 32],
    pub root: [u8; 32],
}

impl Job {
    /// Seats may still be claimed or judged.
    pub fn live(&self) -> bool {
        matches!(self.state, JobState::Open | JobState::Seated)
    }

    /// Nothing more can happen but refund and close.
    pub fn ended(&self) -> bool {
        !self.live() && self.state != JobState::Verified && self.seats.is_empty()
    }

    /// Base units that the vault owes to winners.
    pub fn owed(&self) -> u64 {
        let unpaid = self.winners.iter().filter(|seat| self.seats.contains(seat)).count();
        self.seat_price * unpaid as u64
    }

    pub fn take_seat(&mut self) -> Verdict<u8> {
        let free = (0..self.replicas).find(|seat| !self.seats.contains(seat));
        let index = free.ok_or(Refusal::Code(EscrowError::NoFreeSeat.into()))?;
        self.seats.push(index);
        if self.seats.len() == usize::from(self.replicas) {
            self.state = JobState::Seated;
        }
        Ok(index)
    }

    pub fn leave_seat(&mut self, index: u8) -> Verdict {
        require(self.seats.contains(&index), EscrowError::WrongSeatState)?;
        self.seats.retain(|seat| *seat != index);
        match self.state {
            JobState::Open | JobState::Seated => self.state = JobState::Open,
            JobState::Verified if self.seats.is_empty() => self.state = JobState::Settled,
            _ => {}
        }
        Ok(())
    }
}

#[derive(Clone, Debug)]
pub struct Seat {
    pub index: u8,
    pub state: SeatState,
    pub job: Pubkey,
    pub operator: Pubkey,
    pub seal_by: i64,
    pub commitment: [u8; 32],
    /// What the operator sealed and can reveal: not on the chain.
    pub digest: [u8; 32],
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
        self.replicas == job.replicas
            && self.quorum == job.quorum
            && self.seal_by == job.seal_by
            && self.reveal_window == job.reveal_window
    }

    pub fn revealing(&self, now: i64) -> bool {
        match self.phase {
            Phase::Sealing => now > self.seal_by && self.sealed >= self.quorum,
            Phase::Revealing => true,
            Phase::Final => false,
        }
    }

    pub fn countable(&self, now: i64) -> bool {
        let complete = self.revealed == self.sealed || now > self.reveal_by;
        let hopeless = self.phase == Phase::Sealing && now > self.seal_by && self.sealed < self.quorum;
        hopeless || (self.revealing(now) && complete)
    }
}
