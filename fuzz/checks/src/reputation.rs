//! Decay, weight and score: bounded, monotone, and never a panic.

use assay_reputation::math::{self, Keep, ONE};

pub fn check(data: &[u8]) {
    let Some((good, bad, value, average, elapsed, more)) = crate::read::<(u64, u64, u64, u64, i64, u32)>(data) else {
        return;
    };
    decay(good, elapsed.saturating_abs(), more.into());
    weights(value, average, more.into());
    let score = math::score_bps(good, bad).expect("a score");
    assert!(score <= 10_000);
    assert!(math::score_bps(good, bad.saturating_add(more.into())).expect("a score") <= score, "a bad outcome helped");
    assert!(math::score_bps(good.saturating_add(more.into()), bad).expect("a score") >= score, "a good outcome harmed");
    let recheck = math::recheck_bps(more, value, average);
    assert!((500..=10_000).contains(&recheck));
    assert!(math::recheck_bps(more, value.saturating_add(1), average) >= recheck, "a dearer job is checked less");
}

fn decay(count: u64, elapsed: i64, more: i64) {
    let Some(left) = Keep::after(elapsed).and_then(|keep| keep.of(count)) else { return };
    assert!(left <= count, "time made {left} of {count}");
    if let Some(later) = Keep::after(elapsed.saturating_add(more)).and_then(|keep| keep.of(count)) {
        // The factor is a product of up to 16, each rounded down: 16 parts in 2^32, and a unit, are lost at most.
        let slack = (count >> 28).saturating_add(1);
        assert!(later <= left.saturating_add(slack), "{count} grew from {left} to {later}");
    }
    let rest = math::uncounted(elapsed).expect("less than a fraction");
    assert!((0..=80).contains(&rest) && rest <= elapsed, "{rest} of {elapsed} seconds are not counted");
}

fn weights(value: u64, average: u64, more: u64) {
    let weight = math::weight(value, average).expect("a weight");
    assert!(weight <= ONE);
    let dearer = math::weight(value.saturating_add(more), average).expect("a weight");
    assert!(average == 0 || dearer >= weight, "a dearer job weighs less");
    for bounded in [math::good_weight(value, average), math::bad_weight(value, average)] {
        assert!(bounded.is_some_and(|bounded| bounded >= weight && bounded <= ONE));
    }
    let kept = Keep::beside(weight).and_then(|keep| keep.of(average)).expect("a part");
    assert!(kept <= average);
    let moved = math::average(average, value).expect("between the two");
    let ends = if average == 0 { (value, value) } else { (value.min(average), value.max(average)) };
    assert!(ends.0 <= moved.saturating_add(1) && moved <= ends.1, "{moved} is not between {average} and {value}");
    if let Some(room) = math::room(value, average) {
        assert!(room <= math::room(0, average).expect("a room"), "a fuller bucket has more room");
    }
}
