//! Beta reputation (Jøsang and Ismail, 2002) with two decays: per job (lambda) and in time (half-life).

/// One outcome, in the fixed point of `Record::good` and `Record::bad`.
pub const ONE: u64 = 1_000_000_000;
/// What earlier outcomes keep at each new one: lambda = 0.98.
pub const LAMBDA_PER_MILLE: u64 = 980;
/// Time in which an outcome loses half its weight: 60 days, in seconds.
pub const HALF_LIFE: i64 = 60 * 24 * 3_600;

/// `2^-(2^-i)` for i = 1..=16, in units of 2^-32: enough for a fraction of a half-life to 16 bits (80 seconds).
const ROOTS: [u64; 16] = [
    3037000500, 3611622603, 3938502376, 4112874773, 4202935003, 4248701965, 4271771996, 4283353945, 4289156690,
    4292061010, 4293513907, 4294240540, 4294603903, 4294785595, 4294876445, 4294921870,
];

/// `count * 2^(-elapsed / HALF_LIFE)`, rounded down. `elapsed` in seconds, not negative.
pub fn decay_time(count: u64, elapsed: i64) -> Option<u64> {
    let halvings = u32::try_from(elapsed.checked_div(HALF_LIFE)?).ok()?;
    let whole = count.checked_shr(halvings).unwrap_or(0);
    let rest = elapsed.checked_rem(HALF_LIFE)?;
    // The fraction of a half-life left over, in units of 2^-16.
    let fraction = rest.checked_mul(1 << 16)?.checked_div(HALF_LIFE)?;
    let mut value = u128::from(whole);
    for (i, root) in ROOTS.iter().enumerate() {
        let bit = 15_usize.checked_sub(i)?;
        if (fraction >> bit) & 1 == 1 {
            value = value.checked_mul(u128::from(*root))? >> 32;
        }
    }
    u64::try_from(value).ok()
}

/// `count * lambda`, rounded down: applied to both counts at each new outcome. Bounds them by `ONE / (1 - lambda)`.
pub fn decay_job(count: u64) -> Option<u64> {
    let product = u128::from(count).checked_mul(u128::from(LAMBDA_PER_MILLE))?;
    u64::try_from(product.checked_div(1_000)?).ok()
}

/// Expected value of the beta distribution: `(good + 1) / (good + bad + 2)`, in bps, rounded down.
/// An operator without history scores 5,000.
pub fn score_bps(good: u64, bad: u64) -> Option<u16> {
    let numerator = u128::from(good).checked_add(u128::from(ONE))?.checked_mul(10_000)?;
    let two = u128::from(ONE).checked_mul(2)?;
    let denominator = u128::from(good).checked_add(u128::from(bad))?.checked_add(two)?;
    u16::try_from(numerator.checked_div(denominator)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn score_is_bounded() {
        assert_eq!(score_bps(0, 0), Some(5_000));
        assert_eq!(score_bps(u64::MAX, 0), Some(9_999));
        assert_eq!(score_bps(0, u64::MAX), Some(0));
    }

    #[test]
    fn counts_stay_below_fifty() {
        let mut count = 0;
        for _ in 0..10_000 {
            count = decay_job(count).unwrap() + ONE;
        }
        assert!(count < 50 * ONE, "{count}");
    }
}
