//! Fees and the cap: nothing is lost in a split, nothing is minted above the cap.

use assay_token::math;

pub fn check(data: &[u8]) {
    let Some((amount, bps, minted, cap)) = crate::read::<(u64, u16, u64, u64)>(data) else { return };
    match math::split_fees(amount, bps) {
        Some((burned, treasury)) => {
            assert_eq!(u128::from(burned) + u128::from(treasury), u128::from(amount));
            assert!(u128::from(burned) * 10_000 <= u128::from(amount) * u128::from(bps), "the burn is rounded down");
        }
        None => assert!(bps > 10_000),
    }
    match math::minted_after(minted, amount, cap) {
        Some(after) => assert!(after <= cap && after - minted == amount),
        None => assert!(u128::from(minted) + u128::from(amount) > u128::from(cap)),
    }
}
