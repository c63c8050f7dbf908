//! Beta reputation (Jøsang and Ismail, 2002) with two decays: per outcome (lambda) and in time (half-life). Outcomes are
//! weighted by what the job was worth; what one partner can give is capped. Counts are in units of 10^-9.

/// One outcome, in the fixed point of `Record::good` and `Record::bad`.
pub const ONE: u64 = 1_000_000_000;
/// An outcome of full weight takes a fiftieth of the earlier ones: lambda = 0.98.
pub const FADE: u64 = 50;
/// Time in which an outcome loses half its weight: 60 days, in seconds.
pub const HALF_LIFE: i64 = 60 * 24 * 3_600;

/// A job's value at which it begins to weigh: 0.1 ASY, in base units. Without it, dust would weigh as much as real work
/// for an operator who never did anything but dust.
pub const SMALL: u64 = 100_000_000;
/// Least weight of a good outcome.
pub const MIN_GOOD: u64 = 1_000_000;
/// Least weight of a bad outcome: cheating on small jobs must not be cheap for who did large ones.
pub const MIN_BAD: u64 = 500_000_000;
/// A good outcome of less weight than this does not lengthen the run of valid results: trust is not earned with dust.
pub const COUNTS: u64 = 100_000_000;
/// The moving average of values moves by 1 / 8 of the difference.
pub const AVERAGE_SHIFT: u32 = 3;

/// What one bucket of partners may hold in any case: three outcomes.
pub const PARTNER_FLOOR: u64 = 3 * ONE;
/// What one bucket may hold of the good count, in tenths: 30 %.
pub const PARTNER_TENTHS: u64 = 3;

/// From so many valid results in a row on, an operator is not re-checked every time.
pub const TRUSTED_RUN: u32 = 10;
/// 100 %, in bps.
pub const ALWAYS: u16 = 10_000;
/// Least probability of a re-check: 5 %, in bps.
pub const RECHECK_FLOOR: u16 = 500;

/// `2^-(2^-i)` for i = 1..=16, in units of 2^-32: enough for a fraction of a half-life to 16 bits (80 seconds).
const ROOTS: [u64; 16] = [
    3037000500, 3611622603, 3938502376, 4112874773, 4202935003, 4248701965, 4271771996, 4283353945, 4289156690,
    4292061010, 4293513907, 4294240540, 4294603903, 4294785595, 4294876445, 4294921870,
];

/// What counts keep: a number of halvings, then a factor in units of 2^-32. Made once and applied to each count, because
/// wide multiplications and divisions are what costs on chain.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    halvings: u32,
    factor: u64,
}

impl Keep {
    /// What is left after `elapsed` seconds, which are not negative: `2^(-elapsed / HALF_LIFE)`.
    pub fn after(elapsed: i64) -> Option<Self> {
        let halvings = u32::try_from(elapsed.checked_div(HALF_LIFE)?).ok()?;
        let rest = elapsed.checked_rem(HALF_LIFE)?;
        // The fraction of a half-life left over, in units of 2^-16.
        let fraction = rest.checked_mul(1 << 16)?.checked_div(HALF_LIFE)?;
        let mut factor = 1_u64 << 32;
        for (i, root) in ROOTS.iter().enumerate() {
            let bit = 15_usize.checked_sub(i)?;
            if (fraction >> bit) & 1 == 1 {
                // Both below 2^32, but for the first factor: the product fits.
                factor = factor.checked_mul(*root)? >> 32;
            }
        }
        Some(Self { halvings, factor })
    }

    /// What is left at a new outcome of `weight`: `1 - (1 - lambda) * weight`. In proportion to the weight, so that a
    /// hundred outcomes of dust do not wash a bad one away. Bounds a count by `FADE * ONE`.
    pub fn beside(weight: u64) -> Option<Self> {
        let lost = weight.min(ONE).checked_mul(1 << 32)?.div_ceil(FADE.checked_mul(ONE)?);
        Some(Self { halvings: 0, factor: (1_u64 << 32).checked_sub(lost)? })
    }

    /// Both, one after the other, in one.
    pub fn and(self, other: Self) -> Option<Self> {
        let factor = u128::from(self.factor).checked_mul(other.factor.into())? >> 32;
        let halvings = self.halvings.checked_add(other.halvings)?;
        Some(Self { halvings, factor: u64::try_from(factor).ok()? })
    }

    /// What `count` keeps, rounded down.
    pub fn of(self, count: u64) -> Option<u64> {
        let whole = count.checked_shr(self.halvings).unwrap_or(0);
        u64::try_from(u128::from(whole).checked_mul(self.factor.into())? >> 32).ok()
    }
}

/// The seconds of `elapsed` that [`Keep::after`] does not count, because they are less than its smallest fraction (80
/// seconds). They are kept for the next time: who had an outcome every minute would never decay otherwise.
pub fn uncounted(elapsed: i64) -> Option<i64> {
    let rest = elapsed.checked_rem(HALF_LIFE)?;
    Some(rest.checked_mul(1 << 16)?.checked_rem(HALF_LIFE)? >> 16)
}

/// Weight of an outcome: `value / (average + value + SMALL)`, rounded down, at most 1. An equal of the usual jobs weighs
/// nearly a half, a much larger one nearly 1, dust nearly 0. The bounds are for [`good_weight`] and [`bad_weight`].
///
/// * `value`, `average`: base units of ASY; an `average` of 0 is a record without outcomes, and `value` is its average.
pub fn weight(value: u64, average: u64) -> Option<u64> {
    let average = if average == 0 { value } else { average };
    let sum = u128::from(average).checked_add(value.into())?.checked_add(SMALL.into())?;
    u64::try_from(u128::from(value).checked_mul(ONE.into())?.checked_div(sum)?).ok()
}

/// Weight of a good outcome, before its partner's cap: at least [`MIN_GOOD`].
pub fn good_weight(value: u64, average: u64) -> Option<u64> {
    weight(value, average).map(|weight| weight.max(MIN_GOOD))
}

/// Weight of a bad outcome: at least [`MIN_BAD`].
pub fn bad_weight(value: u64, average: u64) -> Option<u64> {
    weight(value, average).map(|weight| weight.max(MIN_BAD))
}

/// The moving average of values after one more: it moves by an eighth of the difference, rounded down; the first value is
/// the average.
pub fn average(average: u64, value: u64) -> Option<u64> {
    if average == 0 {
        return Some(value);
    }
    let sum = u128::from(average).checked_mul((1_u128 << AVERAGE_SHIFT).checked_sub(1)?)?.checked_add(value.into())?;
    u64::try_from(sum >> AVERAGE_SHIFT).ok()
}

/// What a bucket of partners that holds `bucket` may still get: up to three outcomes, or 30 % of the good count as it was
/// before.
pub fn room(bucket: u64, good: u64) -> Option<u64> {
    let share = good.checked_div(10)?.checked_mul(PARTNER_TENTHS)?;
    Some(share.max(PARTNER_FLOOR).saturating_sub(bucket))
}

/// Expected value of the beta distribution: `(good + 1) / (good + bad + 2)`, in bps, rounded down.
/// An operator without history scores 5,000.
pub fn score_bps(good: u64, bad: u64) -> Option<u16> {
    let numerator = u128::from(good).checked_add(u128::from(ONE))?.checked_mul(10_000)?;
    let two = u128::from(ONE).checked_mul(2)?;
    let denominator = u128::from(good).checked_add(u128::from(bad))?.checked_add(two)?;
    u16::try_from(numerator.checked_div(denominator)?).ok()
}

/// Adaptive replication (as BOINC): the probability, in bps and rounded up, that a result is re-checked. Always before ten
/// valid results in a row; then `max(1 / consecutive_valid, 5 %)`, times `value / class_value` where the job is worth more
/// than its class's usual one.
pub fn recheck_bps(consecutive_valid: u32, value: u64, class_value: u64) -> u16 {
    if consecutive_valid < TRUSTED_RUN || class_value == 0 {
        return ALWAYS;
    }
    let base = u128::from(u32::from(ALWAYS).div_ceil(consecutive_valid)).max(RECHECK_FLOOR.into());
    let scaled = base.saturating_mul(value.max(class_value).into()).div_ceil(class_value.into());
    u16::try_from(scaled).unwrap_or(ALWAYS).min(ALWAYS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decay_time(count: u64, elapsed: i64) -> Option<u64> {
        Keep::after(elapsed)?.of(count)
    }

    fn decay_job(count: u64, weight: u64) -> Option<u64> {
        Keep::beside(weight)?.of(count)
    }

    #[test]
    fn an_outcome_takes_a_fiftieth() {
        assert_eq!(decay_job(50_000, ONE), Some(48_999));
        assert_eq!(decay_job(50 * ONE, ONE / 10), Some(49_899_999_995));
        assert_eq!(decay_job(50_000, 0), Some(50_000));
    }

    #[test]
    fn two_in_one() {
        let (day, job) = (Keep::after(86_400).unwrap(), Keep::beside(ONE / 2).unwrap());
        let (one, two) = (day.and(job).unwrap().of(40 * ONE).unwrap(), job.of(day.of(40 * ONE).unwrap()).unwrap());
        assert!(one.abs_diff(two) <= 20, "{one} {two}");
        let nothing = Keep::after(0).unwrap();
        assert_eq!(nothing.and(nothing).unwrap().of(u64::MAX), Some(u64::MAX));
    }

    #[test]
    fn roots_are_what_they_say() {
        for (i, root) in ROOTS.iter().enumerate() {
            let exact = (2f64).powf(-(0.5f64.powi(i as i32 + 1))) * 2f64.powi(32);
            assert!((exact - *root as f64).abs() <= 1.0, "root {i}: {exact} is not {root}");
        }
    }

    #[test]
    fn half_life_halves() {
        assert_eq!(decay_time(1_000, 0), Some(1_000));
        assert_eq!(decay_time(1_000, HALF_LIFE), Some(500));
        assert_eq!(decay_time(ONE, HALF_LIFE / 2), Some(707_106_781));
        assert_eq!(decay_time(u64::MAX, 64 * HALF_LIFE), Some(0));
        assert_eq!(decay_time(u64::MAX, i64::MAX), None);
    }

    /// Decay in small steps, each keeping what it did not count but for a part of a second, comes to what one step does.
    #[test]
    fn many_small_steps_decay_as_one_does() {
        let (mut count, mut from) = (1_000 * ONE, 0);
        for now in (0..=HALF_LIFE).step_by(601) {
            let elapsed = now - from;
            count = decay_time(count, elapsed).unwrap();
            from = now - uncounted(elapsed).unwrap();
        }
        let once = 500 * ONE;
        assert!(count.abs_diff(once) < once / 1_000, "{count} is not {once}");
    }

    #[test]
    fn score_is_bounded() {
        assert_eq!(score_bps(0, 0), Some(5_000));
        assert_eq!(score_bps(u64::MAX, 0), Some(9_999));
        assert_eq!(score_bps(0, u64::MAX), Some(0));
    }

    #[test]
    fn counts_stay_below_fifty() {
        for weight in [MIN_GOOD, MIN_BAD, ONE] {
            let mut count = 0;
            for _ in 0..10_000 {
                count = decay_job(count, weight).unwrap() + weight;
            }
            assert!(count <= 50 * ONE, "{count}");
        }
    }

    #[test]
    fn weights() {
        let asy = 1_000_000_000;
        // 1 / (1 + 1 + 0.1), the first of a record as the usual one.
        assert_eq!(weight(asy, asy), Some(476_190_476));
        assert_eq!(weight(asy, 0), Some(476_190_476));
        assert_eq!(weight(100 * asy, asy), Some(989_119_683));
        assert_eq!(weight(0, 0), Some(0));
        assert_eq!((good_weight(0, 0), bad_weight(0, 0)), (Some(MIN_GOOD), Some(MIN_BAD)));
        // Dust that is all an operator ever did is still dust.
        assert_eq!(good_weight(1_000, 1_000), Some(MIN_GOOD));
        assert_eq!(weight(u64::MAX, u64::MAX), Some(499_999_999));
    }

    #[test]
    fn the_average_moves_by_an_eighth() {
        assert_eq!(average(0, 800), Some(800));
        assert_eq!(average(800, 1_600), Some(900));
        assert_eq!(average(800, 0), Some(700));
        assert_eq!(average(u64::MAX, u64::MAX), Some(u64::MAX));
    }

    #[test]
    fn room_for_a_partner() {
        assert_eq!(room(0, 0), Some(3 * ONE));
        assert_eq!(room(2 * ONE, 9 * ONE), Some(ONE));
        assert_eq!(room(4 * ONE, 20 * ONE), Some(2 * ONE));
        assert_eq!(room(7 * ONE, 20 * ONE), Some(0));
    }

    #[test]
    fn rechecks() {
        assert_eq!(recheck_bps(9, 1, 1), 10_000);
        assert_eq!(recheck_bps(10, 1, 1), 1_000);
        assert_eq!(recheck_bps(11, 0, 1), 910);
        assert_eq!(recheck_bps(20, 1, 1), 500);
        assert_eq!(recheck_bps(u32::MAX, 1, 1), 500);
        assert_eq!(recheck_bps(20, 3, 1), 1_500);
        assert_eq!(recheck_bps(20, u64::MAX, 1), 10_000);
        assert_eq!(recheck_bps(20, 1, 0), 10_000);
    }

    proptest! {
        #[test]
        fn weights_are_bounded_and_rise_with_the_value(a: u64, b: u64, average: u64) {
            let (low, high) = (a.min(b), a.max(b));
            let average = average.max(1);
            prop_assert!(weight(low, average).unwrap() <= weight(high, average).unwrap());
            prop_assert!(good_weight(a, average).unwrap() >= MIN_GOOD && good_weight(a, average).unwrap() <= ONE);
            prop_assert!(bad_weight(a, average).unwrap() >= MIN_BAD && bad_weight(a, average).unwrap() <= ONE);
        }

        #[test]
        fn rechecks_are_bounded_and_rise_with_the_value(run: u32, a: u64, b: u64, class: u64) {
            let (low, high) = (recheck_bps(run, a.min(b), class), recheck_bps(run, a.max(b), class));
            prop_assert!((RECHECK_FLOOR..=ALWAYS).contains(&low) && low <= high);
        }

        #[test]
        fn decay_never_panics_and_never_grows(count: u64, weight in 0..=ONE, elapsed in 0..i64::MAX) {
            prop_assert!(decay_job(count, weight).unwrap() <= count);
            if let Some(after) = decay_time(count, elapsed) {
                prop_assert!(after <= count);
            }
            prop_assert!((0..80).contains(&uncounted(elapsed % HALF_LIFE).unwrap()));
        }
    }
}
