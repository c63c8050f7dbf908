//! What verified results say of an operator. The decay is the program's own arithmetic, which its unit tests check.

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::reputation::{Outcome, math};

/// One outcome, in the fixed point of the counts.
const ONE: u64 = 1_000_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    pub operator: Pubkey,
    pub class: u8,
    pub good: u64,
    pub bad: u64,
    pub updated_at: i64,
    pub consecutive_valid: u32,
    pub valid: u32,
    pub wrong: u32,
    pub silent: u32,
}

impl Record {
    pub fn new(operator: Pubkey, class: u8, now: i64) -> Self {
        let (good, bad, consecutive_valid, valid, wrong, silent) = Default::default();
        Self { operator, class, good, bad, updated_at: now, consecutive_valid, valid, wrong, silent }
    }

    /// Both counts as they are worth at `now`.
    fn faded(&self, now: i64) -> (u64, u64) {
        let fade = |count| math::decay_time(count, now - self.updated_at).expect("a walk of less than a few centuries");
        (fade(self.good), fade(self.bad))
    }

    pub fn apply(&mut self, outcome: Outcome, now: i64) {
        let (good, bad) = self.faded(now);
        let older = |count| math::decay_job(count).expect("a count below fifty");
        (self.good, self.bad, self.updated_at) = (older(good), older(bad), now);
        match outcome {
            Outcome::Valid => {
                self.good += ONE;
                self.valid += 1;
                self.consecutive_valid += 1;
            }
            Outcome::Wrong | Outcome::Silent => {
                self.bad += ONE;
                self.consecutive_valid = 0;
                *(if outcome == Outcome::Wrong { &mut self.wrong } else { &mut self.silent }) += 1;
            }
        }
    }

    /// `(good + 1) / (good + bad + 2)`, in bps.
    pub fn score_bps(&self, now: i64) -> u64 {
        let (good, bad) = self.faded(now);
        let (good, bad, one) = (u128::from(good), u128::from(bad), u128::from(ONE));
        ((good + one) * 10_000 / (good + bad + 2 * one)) as u64
    }
}
