//! Accounts of the reputation program.

use anchor_lang::prelude::*;

use crate::math;

/// Layout version that this build writes.
pub const VERSION: u8 = 1;
/// Job classes 0 to 4, by size (see the escrow program's Config for their times).
pub const CLASSES: u8 = 5;

/// Seed of a Record: `["record", operator, class]`.
pub const RECORD_SEED: &[u8] = b"record";

/// The one signer that may record outcomes: the verification program's `["authority"]` (its tests derive it).
pub const RECORDER: Pubkey = pubkey!("9yn1EK9NgTcFULkEQcA6CXo8mVV4w4p3bsf4P5AUAQY6");

/// How a seat ended, as verification found it.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The quorum's digest.
    Valid,
    /// A digest other than the quorum's.
    Wrong,
    /// Sealed but never revealed, or seated but never sealed.
    Silent,
}

/// One operator's history in one class, at `["record", operator, class]`.
#[account]
#[derive(InitSpace, Debug)]
pub struct Record {
    pub version: u8,
    pub bump: u8,
    pub operator: Pubkey,
    pub class: u8,
    /// Decayed count of good outcomes, in units of 10^-9.
    pub good: u64,
    /// Decayed count of bad outcomes, in units of 10^-9.
    pub bad: u64,
    /// Unix seconds of the last outcome.
    pub updated_at: i64,
    /// Good outcomes since the last bad one.
    pub consecutive_valid: u32,
    /// Undecayed totals, for display.
    pub valid: u32,
    pub wrong: u32,
    pub silent: u32,
}

impl Record {
    /// Apply one outcome at `now` (unix seconds): decay in time, decay per job, count.
    /// `None` on overflow.
    pub fn apply(&mut self, outcome: Outcome, now: i64) -> Option<()> {
        let elapsed = now.checked_sub(self.updated_at)?.max(0);
        let good = math::decay_job(math::decay_time(self.good, elapsed)?)?;
        let bad = math::decay_job(math::decay_time(self.bad, elapsed)?)?;
        if outcome == Outcome::Valid {
            self.good = good.checked_add(math::ONE)?;
            self.bad = bad;
            self.valid = self.valid.saturating_add(1);
            self.consecutive_valid = self.consecutive_valid.saturating_add(1);
        } else {
            self.good = good;
            self.bad = bad.checked_add(math::ONE)?;
            self.consecutive_valid = 0;
            if outcome == Outcome::Wrong {
                self.wrong = self.wrong.saturating_add(1);
            } else {
                self.silent = self.silent.saturating_add(1);
            }
        }
        self.updated_at = now;
        Some(())
    }

    /// Score now, in bps: see [`math::score_bps`]. Time decay since the last outcome is counted.
    pub fn score_bps(&self, now: i64) -> Option<u16> {
        let elapsed = now.checked_sub(self.updated_at)?.max(0);
        math::score_bps(math::decay_time(self.good, elapsed)?, math::decay_time(self.bad, elapsed)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh() -> Record {
        Record {
            version: VERSION,
            bump: 0,
            operator: Pubkey::default(),
            class: 0,
            good: 0,
            bad: 0,
            updated_at: 0,
            consecutive_valid: 0,
            valid: 0,
            wrong: 0,
            silent: 0,
        }
    }

    #[test]
    fn a_wrong_result_resets_the_run_and_lowers_the_score() {
        let mut record = fresh();
        assert_eq!(record.score_bps(0), Some(5_000));
        for _ in 0..10 {
            record.apply(Outcome::Valid, 0).unwrap();
        }
        let trusted = record.score_bps(0).unwrap();
        // good = (1 - 0.98^10) / 0.02 = 9.1464, and (good + 1) / (good + 2) = 0.9102.
        assert_eq!((record.consecutive_valid, trusted), (10, 9_102));
        record.apply(Outcome::Wrong, 0).unwrap();
        assert_eq!((record.consecutive_valid, record.valid, record.wrong), (0, 10, 1));
        assert!(record.score_bps(0).unwrap() < trusted);
    }

    #[test]
    fn a_clock_that_goes_back_changes_nothing() {
        let mut record = fresh();
        record.apply(Outcome::Valid, 1_000).unwrap();
        assert_eq!(record.score_bps(0), record.score_bps(1_000));
    }
}
