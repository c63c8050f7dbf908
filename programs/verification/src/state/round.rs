use anchor_lang::prelude::*;
use assay_escrow::{Job, Strategy};

use super::Shown;
use crate::{VerificationError, tally};

/// Where a round is.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Seals come in.
    Sealing,
    /// Of an adaptive job: the one that was asked has sealed; whether others are is being drawn.
    Checking,
    /// All have sealed: reveals come in until `reveal_by`.
    Revealing,
    /// No more may be asked, and there are different digests: a jury may be called until `reveal_by`.
    Tied,
    /// Of a sampled job: the committee has spoken, and until `reveal_by` a jury may be called.
    Auditing,
    /// The verdict is recorded.
    Final,
}

/// One verification of a job, at `["round", job]`. Terms are copied from the job, so that sealing and revealing need
/// not load it.
#[account]
#[derive(InitSpace, Debug)]
pub struct Round {
    pub version: u8,
    pub bump: u8,
    pub phase: Phase,
    pub replicas: u8,
    pub quorum: u8,
    /// Seats that sealed.
    pub sealed: u8,
    /// Seats that revealed.
    pub revealed: u8,
    /// Bit i: seat i did not reveal when it was its time, before the round was widened. It has lost.
    pub silent: u8,
    pub job: Pubkey,
    /// Paid the rent and gets it back.
    pub payer: Pubkey,
    /// The last moment for any seal.
    pub seal_by: i64,
    /// Seconds to reveal.
    pub reveal_window: u32,
    /// The last moment to reveal: `reveal_window` after the last seal, or after `seal_by` if not all seal.
    pub reveal_by: i64,
    /// Of a sampled job: the leaves that its executor has shown. A round without it has no room for it.
    pub shown: Option<Shown>,
}

impl Round {
    /// Bytes of the account.
    pub const fn space(sampled: bool) -> usize {
        let all = 8_usize.saturating_add(Self::INIT_SPACE);
        if sampled { all } else { all.saturating_sub(Shown::INIT_SPACE) }
    }

    /// Whether the round was opened for the job that stands at its address now. A requester may close a job, leave its
    /// round open and post again with the same nonce: the old round must not judge the new job.
    pub fn is_of(&self, job: &Job) -> bool {
        let terms = (self.replicas, self.seal_by, self.reveal_window);
        // Where no round judges, one that stands at the address is another posting's.
        let same = job.strategy.has_round() && terms == (job.replicas, job.seal_by, job.reveal_window);
        same && self.quorum == Self::quorum_for(job)
    }

    /// How many of the seats that a job asks for now must agree.
    pub fn quorum_for(job: &Job) -> u8 {
        match job.strategy {
            Strategy::Replicated { quorum, .. } => tally::quorum_of(job.replicas, quorum),
            _ => job.strategy.quorum(),
        }
    }

    /// Take over what the job asks for now: how many seats, of which how many must agree, and until when.
    pub fn follow(&mut self, job: &Job) -> Result<()> {
        self.replicas = job.replicas;
        self.quorum = Self::quorum_for(job);
        self.seal_by = job.seal_by;
        self.reveals_until(job.seal_by)
    }

    /// All have sealed by `now`: they may reveal.
    pub fn reveals_from(&mut self, now: i64) -> Result<()> {
        self.phase = Phase::Revealing;
        self.reveals_until(now)
    }

    /// Counted at `now`: a jury may be called for a while.
    pub fn audits_from(&mut self, now: i64) -> Result<()> {
        self.phase = Phase::Auditing;
        self.reveals_until(now)
    }

    /// Reveals have `reveal_window` seconds from the last seal on.
    fn reveals_until(&mut self, last_seal: i64) -> Result<()> {
        let reveal_by = last_seal.checked_add(self.reveal_window.into());
        self.reveal_by = reveal_by.ok_or(VerificationError::Overflow)?;
        Ok(())
    }

    /// Whether nothing has happened in it yet.
    pub fn is_fresh(&self) -> bool {
        self.phase == Phase::Sealing && self.sealed == 0 && self.revealed == 0
    }

    /// How many must seal before any may reveal: a quorum; one where only one is asked.
    pub fn needed(&self) -> u8 {
        self.quorum.min(self.replicas)
    }

    /// Whether reveals are accepted at `now`, were it not for `reveal_by`: all sealed, or sealing over with a quorum.
    pub fn revealing(&self, now: i64) -> bool {
        match self.phase {
            Phase::Revealing => true,
            Phase::Sealing => now > self.seal_by && self.sealed >= self.needed(),
            Phase::Checking | Phase::Tied | Phase::Auditing | Phase::Final => false,
        }
    }

    /// Whether the count can be made at `now`: nothing more may come in.
    pub fn countable(&self, now: i64) -> bool {
        let gone = u8::try_from(self.silent.count_ones()).unwrap_or(u8::MAX);
        let complete = self.revealed.saturating_add(gone) == self.sealed;
        let all_in = self.revealing(now) && (complete || now > self.reveal_by);
        let too_few = self.phase == Phase::Sealing && now > self.seal_by && self.sealed < self.needed();
        all_in || too_few || (self.phase == Phase::Tied && now > self.reveal_by)
    }

    /// Whether the count waits for a canary's answer, which may come until `seconds` after the last seal.
    pub fn awaits_canary(&self, now: i64, seconds: u32) -> bool {
        let last_seal = self.reveal_by.saturating_sub(self.reveal_window.into());
        self.revealing(now) && now < last_seal.saturating_add(seconds.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VERSION;

    fn round(phase: Phase, sealed: u8, revealed: u8) -> Round {
        Round {
            version: VERSION,
            bump: 0,
            phase,
            replicas: 3,
            quorum: 2,
            sealed,
            revealed,
            silent: 0,
            job: Pubkey::default(),
            payer: Pubkey::default(),
            seal_by: 100,
            reveal_window: 10,
            reveal_by: 110,
            shown: None,
        }
    }

    #[test]
    fn reveals_wait_for_all_seals_or_the_end_of_sealing() {
        assert!(!round(Phase::Sealing, 2, 0).revealing(100));
        assert!(round(Phase::Sealing, 2, 0).revealing(101));
        assert!(!round(Phase::Sealing, 1, 0).revealing(101));
        assert!(round(Phase::Revealing, 3, 0).revealing(0));
    }

    #[test]
    fn counting_waits_for_all_that_may_come() {
        assert!(!round(Phase::Revealing, 3, 2).countable(110));
        assert!(round(Phase::Revealing, 3, 2).countable(111));
        assert!(round(Phase::Revealing, 3, 3).countable(50));
        assert!(!round(Phase::Sealing, 1, 0).countable(100));
        assert!(round(Phase::Sealing, 1, 0).countable(101));
        assert!(!round(Phase::Sealing, 2, 1).countable(110));
        assert!(round(Phase::Sealing, 2, 1).countable(111));
        assert!(!round(Phase::Final, 3, 3).countable(1_000));
    }

    #[test]
    fn one_that_is_asked_first_is_enough() {
        let alone = Round { replicas: 1, ..round(Phase::Sealing, 1, 0) };
        assert!(!alone.revealing(100) && alone.revealing(101));
        assert!(Round { replicas: 1, ..round(Phase::Sealing, 0, 0) }.countable(101));
        assert!(!round(Phase::Checking, 1, 0).countable(1_000) && !round(Phase::Checking, 1, 0).revealing(1_000));
    }

    #[test]
    fn nobody_waits_for_who_withheld_before() {
        let widened = |revealed| Round { replicas: 5, quorum: 3, silent: 0b10, ..round(Phase::Revealing, 5, revealed) };
        assert!(!widened(3).countable(110) && widened(4).countable(50));
    }

    #[test]
    fn ties_wait_for_a_jury() {
        assert!(!round(Phase::Tied, 3, 3).countable(110) && round(Phase::Tied, 3, 3).countable(111));
        assert!(!round(Phase::Tied, 3, 3).revealing(50));
    }

    #[test]
    fn canaries_are_waited_for() {
        // The last seal was at 100.
        let sealed = round(Phase::Revealing, 3, 3);
        assert!(sealed.awaits_canary(104, 5) && !sealed.awaits_canary(105, 5) && !sealed.awaits_canary(100, 0));
        assert!(!round(Phase::Tied, 3, 3).awaits_canary(100, 5) && !round(Phase::Sealing, 1, 0).awaits_canary(101, 5));
    }
}
