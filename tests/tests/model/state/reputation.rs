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
        let since = Fade::since(self.updated_at, now);
        let mut faded = *self;
        faded.each(|count| since.of(count));
        faded
    }

    /// Earlier outcomes fade for the time that passed, and lose 2 % times the weight of a new one; what is lost is rounded
    /// up to a 2^-32.
    fn make_room(&mut self, weight: u128, now: i64) {
        let lost = (weight.min(ONE) << 32).div_ceil(50 * ONE);
        let since = Fade::since(self.updated_at, now);
        let both = Fade { factor: (since.factor * ((1 << 32) - lost)) >> 32, ..since };
        self.each(|count| both.of(count));
        // Seconds too few for the table's smallest fraction are kept for the next time.
        let uncounted = math::uncounted((now - self.updated_at).max(0)).expect("a walk of less than a few centuries");
        self.updated_at = (now - uncounted).max(self.updated_at);
    }

    /// `value / (average + value + 0.1 ASY)`; the first value is the average.
    fn weight(&self, value: u64) -> u128 {
        let average = if self.avg_value == 0 { value } else { self.avg_value };
        let (value, average) = (u128::from(value), u128::from(average));
        value * ONE / (average + value + ONE / 10)
    }

    /// An outcome. What counts nothing changes nothing.
    pub fn apply(&mut self, verified: &Verified, now: i64) {
        match verified.outcome {
            Outcome::Valid => self.good_outcome(verified, now),
            Outcome::Wrong | Outcome::Silent => self.bad_outcome(verified, now),
        }
    }

    fn good_outcome(&mut self, verified: &Verified, now: i64) {
        let bucket =
            usize::from(hash(&[b"assay:partner", self.operator.as_ref(), verified.partner.as_ref()])[0]) % PARTNERS;
        let faded = self.faded(now);
        // 30 % of the good count, or three outcomes.
        let cap = (u128::from(faded.good) / 10 * 3).max(3 * ONE);
        let room = cap.saturating_sub(faded.partners[bucket].into());
        let weight = self.weight(verified.value).max(ONE / 1_000).min(room);
        if verified.partner == self.operator || weight == 0 {
            return;
        }
        self.make_room(weight, now);
        self.good += weight as u64;
        self.partners[bucket] += weight as u64;
        self.avg_value = match self.avg_value {
            0 => verified.value,
            average => ((u128::from(average) * 7 + u128::from(verified.value)) / 8) as u64,
        };
        self.valid += 1;
        self.consecutive_valid += u32::from(verified.trust && weight >= ONE / 10);
    }

    fn bad_outcome(&mut self, verified: &Verified, now: i64) {
        let weight = self.weight(verified.value).max(ONE / 2);
        self.make_room(weight, now);
        self.bad += weight as u64;
        self.consecutive_valid = 0;
        *(if verified.outcome == Outcome::Wrong { &mut self.wrong } else { &mut self.silent }) += 1;
    }

    /// `(good + 1) / (good + bad + 2)`, in bps.
    pub fn score_bps(&self, now: i64) -> u64 {
        let faded = self.faded(now);
        let (good, bad) = (u128::from(faded.good), u128::from(faded.bad));
        ((good + ONE) * 10_000 / (good + bad + 2 * ONE)) as u64
    }
}

/// What counts keep after some time: so many halvings, and a part in units of 2^-32.
#[derive(Clone, Copy)]
struct Fade {
    halvings: u32,
    factor: u128,
}

impl Fade {
    fn since(then: i64, now: i64) -> Self {
        let elapsed = (now - then).max(0);
        let rest = math::Keep::after(elapsed % math::HALF_LIFE).and_then(|keep| keep.of(1 << 32));
        let factor = u128::from(rest.expect("less than one half-life"));
        Self { halvings: (elapsed / math::HALF_LIFE) as u32, factor }
    }

    fn of(self, count: u64) -> u64 {
        ((u128::from(count.checked_shr(self.halvings).unwrap_or(0)) * self.factor) >> 32) as u64
    }
}
