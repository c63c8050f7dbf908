use anchor_lang::prelude::*;
use solana_sha256_hasher::hashv;

use super::{Outcome, PARTNERS};
use crate::math::{self, Keep};

/// One operator's history in one class, at `["record", operator, class]`. Nothing closes it: otherwise an operator could
/// leave a bad history behind and begin anew at the same address.
#[account]
#[derive(InitSpace, Debug)]
pub struct Record {
    pub version: u8,
    pub bump: u8,
    pub operator: Pubkey,
    pub class: u8,
    /// Decayed weight of good outcomes, in units of 10^-9.
    pub good: u64,
    /// Decayed weight of bad outcomes, in units of 10^-9.
    pub bad: u64,
    /// Unix seconds up to which decay in time is counted: the last outcome that counted, or up to 80 seconds before it.
    pub updated_at: i64,
    /// Good outcomes that count, of strategies that prove them, since the last bad one.
    pub consecutive_valid: u32,
    /// Undecayed numbers of outcomes that counted, for display.
    pub valid: u32,
    pub wrong: u32,
    pub silent: u32,
    /// Moving average of the values of good outcomes, in base units of ASY.
    pub avg_value: u64,
    /// Of `good`, what came from the partners of each bucket.
    pub partners: [u64; PARTNERS],
}

/// What verification says of a seat's end.
#[derive(Clone, Copy, Debug)]
pub struct Verified {
    pub outcome: Outcome,
    /// What the job was worth, in base units of ASY: its bond.
    pub value: u64,
    /// Who paid for it.
    pub partner: Pubkey,
    /// Whether the strategy proves the result, so that it may earn fewer re-checks.
    pub trust: bool,
}

/// The bucket of a partner. It depends on the operator too, so that no partner shares a bucket with another everywhere.
pub fn bucket(operator: &Pubkey, partner: &Pubkey) -> usize {
    let hash = hashv(&[b"assay:partner", operator.as_ref(), partner.as_ref()]).to_bytes();
    usize::from(hash[0]).checked_rem(PARTNERS).unwrap_or(0)
}

impl Record {
    /// Apply one outcome at `now` (unix seconds). `None` on overflow.
    ///
    /// A bad outcome always counts. A good one counts nothing when the operator paid for it itself, or when its partner's
    /// bucket is full; then nothing changes at all, decay included, so that such jobs are good for nothing.
    pub fn apply(&mut self, verified: &Verified, now: i64) -> Option<()> {
        let elapsed = now.checked_sub(self.updated_at)?.max(0);
        let since = Keep::after(elapsed)?;
        let counted = match verified.outcome {
            Outcome::Valid => self.good_outcome(verified, since)?,
            Outcome::Wrong | Outcome::Silent => self.bad_outcome(verified, since)?,
        };
        if counted {
            self.updated_at = now.checked_sub(math::uncounted(elapsed)?)?.max(self.updated_at);
        }
        Some(())
    }

    /// Score now, in bps: see [`math::score_bps`]. Time decay since the last outcome is counted.
    pub fn score_bps(&self, now: i64) -> Option<u16> {
        let elapsed = now.checked_sub(self.updated_at)?.max(0);
        let keep = Keep::after(elapsed)?;
        math::score_bps(keep.of(self.good)?, keep.of(self.bad)?)
    }

    fn fade(&mut self, keep: Keep) -> Option<()> {
        for count in [&mut self.good, &mut self.bad].into_iter().chain(&mut self.partners) {
            *count = keep.of(*count)?;
        }
        Some(())
    }

    /// Whether it counts; if not, nothing is changed. `since`: what counts kept since the last outcome.
    fn good_outcome(&mut self, verified: &Verified, since: Keep) -> Option<bool> {
        if verified.partner == self.operator {
            return Some(false);
        }
        let at = bucket(&self.operator, &verified.partner);
        let room = math::room(since.of(*self.partners.get(at)?)?, since.of(self.good)?)?;
        let weight = math::good_weight(verified.value, self.avg_value)?.min(room);
        if weight == 0 {
            return Some(false);
        }
        self.fade(since.and(Keep::beside(weight)?)?)?;
        self.good = self.good.checked_add(weight)?;
        let bucket = self.partners.get_mut(at)?;
        *bucket = bucket.checked_add(weight)?;
        self.avg_value = math::average(self.avg_value, verified.value)?;
        self.valid = self.valid.saturating_add(1);
        if verified.trust && weight >= math::COUNTS {
            self.consecutive_valid = self.consecutive_valid.saturating_add(1);
        }
        Some(true)
    }

    /// Always counts. It does not move the average: a large failure must not make the next ones small.
    fn bad_outcome(&mut self, verified: &Verified, since: Keep) -> Option<bool> {
        let weight = math::bad_weight(verified.value, self.avg_value)?;
        self.fade(since.and(Keep::beside(weight)?)?)?;
        self.bad = self.bad.checked_add(weight)?;
        self.consecutive_valid = 0;
        let total = if verified.outcome == Outcome::Wrong { &mut self.wrong } else { &mut self.silent };
        *total = total.saturating_add(1);
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        math::{COUNTS, ONE, PARTNER_FLOOR},
        state::VERSION,
    };

    /// 1 ASY.
    const USUAL: u64 = 1_000_000_000;

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
            avg_value: 0,
            partners: [0; PARTNERS],
        }
    }

    /// The first partner of each bucket.
    fn partners() -> [Pubkey; PARTNERS] {
        let key = |n: u8| Pubkey::new_from_array([n; 32]);
        std::array::from_fn(|wanted| (1..=255).map(key).find(|k| bucket(&Pubkey::default(), k) == wanted).unwrap())
    }

    fn verified(outcome: Outcome, value: u64, partner: Pubkey) -> Verified {
        Verified { outcome, value, partner, trust: true }
    }

    fn valid(partner: usize) -> Verified {
        verified(Outcome::Valid, USUAL, partners()[partner % PARTNERS])
    }

    #[test]
    fn a_wrong_result_resets_the_run_and_lowers_the_score() {
        let mut record = fresh();
        assert_eq!(record.score_bps(0), Some(5_000));
        for i in 0..10 {
            record.apply(&valid(i), 0).unwrap();
        }
        let trusted = record.score_bps(0).unwrap();
        // w = 1 / 2.1; good = w (1 - (1 - 0.02 w)^10) / (0.02 w) = 4.5623, and (good + 1) / (good + 2) = 0.8476.
        assert_eq!((record.consecutive_valid, trusted), (10, 8_476));
        record.apply(&verified(Outcome::Wrong, USUAL, partners()[0]), 0).unwrap();
        assert_eq!((record.consecutive_valid, record.valid, record.wrong), (0, 10, 1));
        assert!(record.score_bps(0).unwrap() < trusted);
    }

    #[test]
    fn a_clock_that_goes_back_changes_nothing() {
        let mut record = fresh();
        record.apply(&valid(0), 1_000).unwrap();
        assert_eq!(record.score_bps(0), record.score_bps(1_000));
        record.apply(&valid(1), 500).unwrap();
        assert_eq!(record.updated_at, 1_000 - math::uncounted(1_000).unwrap());
    }

    #[test]
    fn wash_trading_partner_cap() {
        let mut record = fresh();
        for _ in 0..1_000 {
            record.apply(&valid(0), 0).unwrap();
        }
        assert!(record.good <= PARTNER_FLOOR && record.good > PARTNER_FLOOR - ONE / 2, "{}", record.good);
        let stuck = record.clone();
        record.apply(&Verified { value: u64::MAX, ..valid(0) }, 0).unwrap();
        assert!(record.good <= PARTNER_FLOOR && record.consecutive_valid <= stuck.consecutive_valid + 1);
        // Others' outcomes make room: 30 % of the whole.
        for i in 0..1_000 {
            record.apply(&valid(i), 0).unwrap();
        }
        assert!(record.partners[0] > PARTNER_FLOOR && record.partners[0] < record.good * 3 / 10);
    }

    #[test]
    fn self_dealing_reputation() {
        let mut record = fresh();
        record.apply(&verified(Outcome::Wrong, USUAL, partners()[0]), 0).unwrap();
        let before = format!("{record:?}");
        let own = verified(Outcome::Valid, u64::MAX, record.operator);
        for now in 0..100 {
            record.apply(&own, now * 60).unwrap();
        }
        assert_eq!(format!("{record:?}"), before, "not even the bad one faded");
        record.apply(&verified(Outcome::Silent, 0, record.operator), 0).unwrap();
        assert_eq!((record.silent, record.wrong), (1, 1));
    }

    /// A thousand worthless jobs of as many partners as one likes neither wash a bad result away nor earn trust.
    #[test]
    fn dust_is_dust() {
        let mut record = fresh();
        record.apply(&verified(Outcome::Wrong, USUAL, partners()[0]), 0).unwrap();
        let bad = record.bad;
        for i in 0..1_000 {
            record.apply(&Verified { value: i % 1_000, ..valid(i as usize) }, 0).unwrap();
        }
        assert_eq!(record.consecutive_valid, 0);
        assert!(record.good < ONE && record.bad > bad * 97 / 100, "{} {}", record.good, record.bad);
    }

    #[test]
    fn only_proven_results_lengthen_the_run() {
        let mut record = fresh();
        record.apply(&Verified { trust: false, ..valid(0) }, 0).unwrap();
        assert_eq!((record.consecutive_valid, record.valid), (0, 1));
        record.apply(&valid(1), 0).unwrap();
        assert_eq!((record.consecutive_valid, record.valid), (1, 2));
    }

    proptest! {
        #[test]
        fn a_record_is_bounded(steps in prop::collection::vec((0..3_u8, any::<u64>(), 0..12_u8, any::<bool>(), 0..10_000_000_i64), 1..200)) {
            let (mut record, mut now) = (fresh(), 0);
            for (kind, value, partner, trust, wait) in steps {
                now += wait;
                let outcome = [Outcome::Valid, Outcome::Wrong, Outcome::Silent][usize::from(kind)];
                let partner = Pubkey::new_from_array([partner; 32]);
                let before = record.clone();
                record.apply(&Verified { outcome, value, partner, trust }, now).unwrap();
                prop_assert!(record.good <= 50 * ONE && record.bad <= 50 * ONE);
                let sum: u64 = record.partners.iter().sum();
                prop_assert!(sum <= record.good + 8, "the buckets are parts of the whole");
                let cap = (record.good * 3 / 10).max(PARTNER_FLOOR) + 8;
                prop_assert!(record.partners.iter().all(|bucket| *bucket <= cap));
                prop_assert!(record.consecutive_valid <= before.consecutive_valid + 1);
                let rose = record.consecutive_valid > before.consecutive_valid;
                prop_assert!(!rose || (trust && outcome == Outcome::Valid && record.good >= COUNTS));
                prop_assert!(record.score_bps(now).unwrap() <= 10_000 && record.updated_at <= now);
            }
        }
    }
}
