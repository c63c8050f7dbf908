//! Prices, fees, milestones, time and bonds: against the same in 128 bits.

use assay_escrow::math;

pub fn check(data: &[u8]) {
    let Some((units, price, bps, rate, seconds)) = crate::read::<(u64, u64, u16, u64, (i64, u32, u16))>(data) else {
        return;
    };
    let seat = u128::from(units) * u128::from(price);
    assert_eq!(math::seat_price(units, price).map(u128::from), Some(seat).filter(|seat| *seat <= u128::from(u64::MAX)));
    let exact = u128::from(price) * u128::from(bps);
    let fits = |value: u128| u64::try_from(value).ok();
    assert_eq!(math::bps_up(price, bps), fits(exact.div_ceil(10_000)));
    assert_eq!(math::bps_down(price, bps), fits(exact / 10_000));
    if let Some(bond) = math::bond(price, bps, rate) {
        // Rounded up twice: never below what the rate says.
        assert!(u128::from(bond) >= (exact / 10_000) * u128::from(rate) / u128::from(math::RATE_UNIT));
    }
    slices(price, bps % 10_001, (rate % 10_001) as u16);
    time(price, seconds, bps % 10_001);
}

/// Milestones that follow one another add up to the price.
fn slices(price: u64, a: u16, b: u16) {
    let (first, second) = (a.min(b), a.max(b));
    let part = |from, to| math::slice(price, from, to).expect("within the price");
    let all = [part(0, first), part(first, second), part(second, 10_000)];
    assert_eq!(all.iter().map(|part| u128::from(*part)).sum::<u128>(), u128::from(price));
}

/// More time never pays less, never more than all, and never less than the floor.
fn time(worth: u64, (elapsed, window, more): (i64, u32, u16), floor: u16) {
    let paid = math::for_time(worth, elapsed, window, floor).expect("a part of it");
    let later = math::for_time(worth, elapsed.saturating_add(more.into()), window, floor).expect("a part of it");
    let least = math::bps_down(worth, floor).expect("a part of it");
    assert!(least <= paid && paid <= later && later <= worth, "{least} {paid} {later} of {worth}");
}
