//! Decay and score: bounded, monotone, and never a panic.

use assay_reputation::math;

pub fn check(data: &[u8]) {
    let Some((good, bad, elapsed, more)) = crate::read::<(u64, u64, i64, u32)>(data) else { return };
    let elapsed = elapsed.saturating_abs();
    if let Some(left) = math::decay_time(good, elapsed) {
        assert!(left <= good, "time made {left} of {good}");
        if let Some(later) = math::decay_time(good, elapsed.saturating_add(more.into())) {
            // Each of 16 factors is rounded down, which can cost a count up to 16 units (of 10^-9) more.
            assert!(later <= left.saturating_add(16), "{good} grew from {left} to {later}");
        }
    }
    let less = math::decay_job(good).expect("less than it was");
    assert!(less <= good);
    let score = math::score_bps(good, bad).expect("a score");
    assert!(score <= 10_000);
    assert!(math::score_bps(good, bad.saturating_add(more.into())).expect("a score") <= score, "a bad outcome helped");
    assert!(math::score_bps(good.saturating_add(more.into()), bad).expect("a score") >= score, "a good outcome harmed");
}
