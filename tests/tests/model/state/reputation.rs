//! What verified results say of an operator, by the formulas of `docs/token.md`. Only the decay in time is the program's own
//! arithmetic (a table of roots), which its unit tests check.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    assay_sdk::reputation::{Outcome, PARTNERS, Verified, math},
    chain::hash,
};

/// One outcome, in the fixed point of the counts.
const ONE: u128 = 1_000_000_000;

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
    pub avg_value: u64,
    pub partners: [u64; PARTNERS],
}

impl Record {
    pub fn new(operator: Pubkey, class: u8, now: i64) -> Self {
        let (good, bad, consecutive_valid, valid, wrong, silent) = Default::default();
        let (avg_value, partners) = Default::default();
        let updated_at = now;
        Self { operator, class, good, bad, updated_at, consecutive_valid, valid, wrong, silent, avg_value, partners }
    }

    fn each(&mut self, fade: impl Fn(u64) -> u64) {
        for count in [&mut self.good, &mut self.bad].into_iter().chain(&mut self.partners) {
            *count = fade(*count);
        }
    }

    /// All counts as they are worth at `now`.
    fn faded(&self, now: i64) -> Self {
        let elapsed = (now - self.updated_at).max(0);
        let keep = math::Keep::after(elapsed).expect("a walk of less than a few centuries");
        let mut faded = *self;
        faded.each(|count| keep.of(count).expect("a count below fifty"));
        // Seconds too few for the table's smallest fraction are kept for the next time.
        let uncounted = math::uncounted(elapsed).expect("a walk of less than a few centuries");
        faded.updated_at = (now - uncounted).max(self.updated_at);
        faded
    }

    /// Earlier outcomes lose 2 % times the weight of a new one; what is lost is rounded up to a 2^-32.
    fn make_room(&mut self, weight: u128) {
        let lost = (weight.min(ONE) << 32).div_ceil(50 * ONE);
        self.each(|count| ((u128::from(count) * ((1 << 32) - lost)) >> 32) as u64);
    }

    /// `value / (average + value + 0.1 ASY)`; the first value is the average.
    fn weight(&self, value: u64) -> u128 {
        let average = if self.avg_value == 0 { value } else { self.avg_value };
        let (value, average) = (u128::from(value), u128::from(average));
        value * ONE / (average + value + ONE / 10)
    }

    /// An outcome. What counts nothing changes nothing.
    pub fn apply(&mut self, verified: &Verified, now: i64) {
        let mut next = self.faded(now);
        let counted = match verified.outcome {
            Outcome::Valid => next.good_outcome(verified),
            Outcome::Wrong | Outcome::Silent => next.bad_outcome(verified),
        };
        if counted {
            *self = next;
        }
    }

    fn good_outcome(&mut self, verified: &Verified) -> bool {
        let bucket = usize::from(hash(&[b"assay:partner", self.operator.as_ref(), verified.partner.as_ref()])[0]) % PARTNERS;
        // 30 % of the good count, or three outcomes.
        let cap = (u128::from(self.good) / 10 * 3).max(3 * ONE);
        let room = cap.saturating_sub(self.partners[bucket].into());
        let weight = self.weight(verified.value).max(ONE / 1_000).min(room);
        if verified.partner == self.operator || weight == 0 {
            return false;
        }
        self.make_room(weight);
        self.good += weight as u64;
        self.partners[bucket] += weight as u64;
        self.avg_value = match self.avg_value {
            0 => verified.value,
            average => ((u128::from(average) * 7 + u128::from(verified.value)) / 8) as u64,
        };
        self.valid += 1;
        self.consecutive_valid += u32::from(verified.trust && weight >= ONE / 10);
        true
    }

    fn bad_outcome(&mut self, verified: &Verified) -> bool {
        let weight = self.weight(verified.value).max(ONE / 2);
        self.make_room(weight);
        self.bad += weight as u64;
        self.consecutive_valid = 0;
        *(if verified.outcome == Outcome::Wrong { &mut self.wrong } else { &mut self.silent }) += 1;
        true
    }

    /// `(good + 1) / (good + bad + 2)`, in bps.
    pub fn score_bps(&self, now: i64) -> u64 {
        let faded = self.faded(now);
        let (good, bad) = (u128::from(faded.good), u128::from(faded.bad));
        ((good + ONE) * 10_000 / (good + bad + 2 * ONE)) as u64
    }
}
