//! Rounds: who may seal and reveal when, and when they are counted. How is in `count.rs`.

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    escrow::{SeatState, Strategy},
    verification::{Phase, VerificationError},
};

use super::{Job, Seat, Shown, Verdict, require, strategy};

#[derive(Clone, Debug)]
pub struct Round {
    pub phase: Phase,
    /// Seats asked for, and how many of them must agree.
    pub replicas: u8,
    pub quorum: u8,
    pub sealed: u8,
    pub revealed: u8,
    /// Seats that withheld before the round was widened.
    pub silent: Vec<u8>,
    pub job: Pubkey,
    pub payer: Pubkey,
    pub seal_by: i64,
    pub reveal_window: u32,
    pub reveal_by: i64,
    /// Of a sampled job.
    pub shown: Option<Shown>,
}

/// How many of the seats that a job asks for now must agree: what its requester wants, and more than half.
pub fn quorum_now(job: &Job) -> u8 {
    match job.strategy {
        Strategy::Replicated { quorum, .. } => quorum.max(job.replicas / 2 + 1),
        other => strategy::quorum(other),
    }
}

impl Round {
    /// One that begins.
    pub fn of(address: &Pubkey, job: &Job, payer: &Pubkey) -> Self {
        Self {
            phase: Phase::Sealing,
            replicas: job.replicas,
            quorum: quorum_now(job),
            sealed: 0,
            revealed: 0,
            silent: Vec::new(),
            job: *address,
            payer: *payer,
            seal_by: job.seal_by,
            reveal_window: job.reveal_window,
            reveal_by: job.seal_by + i64::from(job.reveal_window),
            shown: matches!(job.strategy, Strategy::Sampled { .. }).then(Shown::default),
        }
    }

    /// Whether it judges the job that stands at its address.
    pub fn is_of(&self, job: &Job) -> bool {
        let asked = (self.replicas, self.quorum) == (job.replicas, quorum_now(job));
        job.has_round() && asked && (self.seal_by, self.reveal_window) == (job.seal_by, job.reveal_window)
    }

    /// Nothing has happened in it.
    pub fn fresh(&self) -> bool {
        self.phase == Phase::Sealing && (self.sealed, self.revealed) == (0, 0)
    }

    /// Go on with what the job asks for now.
    pub fn follow(&mut self, job: &Job) {
        (self.replicas, self.quorum, self.seal_by) = (job.replicas, quorum_now(job), job.seal_by);
        self.reveal_by = self.last_seal(job.seal_by);
    }

    /// Everybody has sealed.
    pub fn reveals_from(&mut self, now: i64) {
        self.phase = Phase::Revealing;
        self.reveal_by = self.last_seal(now);
    }

    /// Counted: for a while a jury may be called.
    pub fn audits_from(&mut self, now: i64) {
        self.phase = Phase::Auditing;
        self.reveal_by = self.last_seal(now);
    }

    /// Whether a seat of a sampled job may show now what it sealed.
    pub fn shows(&self, seat: &Seat, now: i64) -> Verdict {
        require(self.shown.is_some(), VerificationError::NotSampled)?;
        require(![Phase::Auditing, Phase::Final].contains(&self.phase), VerificationError::WrongPhase)?;
        require(self.revealing(now), VerificationError::RevealTooEarly)?;
        require(now <= self.reveal_by, VerificationError::RevealTooLate)?;
        require(seat.state == SeatState::Sealed, VerificationError::WrongSeatState)
    }

    fn last_seal(&self, at: i64) -> i64 {
        at + i64::from(self.reveal_window)
    }

    /// Seals without which nobody reveals.
    pub fn needed(&self) -> u8 {
        self.quorum.min(self.replicas)
    }

    pub fn revealing(&self, now: i64) -> bool {
        match self.phase {
            Phase::Sealing => now > self.seal_by && self.sealed >= self.needed(),
            Phase::Revealing => true,
            Phase::Checking | Phase::Tied | Phase::Auditing | Phase::Final => false,
        }
    }

    /// No more can be revealed.
    fn complete(&self, now: i64) -> bool {
        usize::from(self.revealed) + self.silent.len() == usize::from(self.sealed) || now > self.reveal_by
    }

    pub fn countable(&self, now: i64) -> bool {
        match self.phase {
            Phase::Tied => now > self.reveal_by,
            Phase::Sealing if self.sealed < self.needed() => now > self.seal_by,
            _ => self.revealing(now) && self.complete(now),
        }
    }

    /// The keeper of canaries may still tell the answer.
    pub fn awaits_canary(&self, now: i64, seconds: u32) -> bool {
        self.revealing(now) && now < self.reveal_by - i64::from(self.reveal_window) + i64::from(seconds)
    }
}
