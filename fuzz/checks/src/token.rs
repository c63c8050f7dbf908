//! Fees, emission and bitmaps: nothing is lost in a split, nothing is minted above the cap, no claim counts twice.

use assay_token::math;

pub fn check(data: &[u8]) {
    let Some((amount, shares, minted, cap, index)) = crate::read::<(u64, (u16, u16, u16), u64, u64, u32)>(data) else {
        return;
    };
    split(amount, shares);
    match math::minted_after(minted, amount, cap) {
        Some(after) => assert!(after <= cap && after - minted == amount),
        None => assert!(u128::from(minted) + u128::from(amount) > u128::from(cap)),
    }
    if let Some((now, next)) = math::emit(amount, shares.0, minted, cap) {
        assert!(now <= amount && u128::from(minted) + u128::from(now) <= u128::from(cap), "{now} above the cap");
        assert!(next <= amount, "emission grew");
    }
    bitmap(index);
}

fn split(amount: u64, (burn, reserve, rewards): (u16, u16, u16)) {
    let sum = u32::from(burn) + u32::from(reserve) + u32::from(rewards);
    for (parts, other) in [
        (math::split_asy(amount, burn, reserve, rewards), false),
        (math::split_other(amount, burn, reserve, rewards), true),
    ] {
        let Some(parts) = parts else {
            assert!(sum > 10_000, "a split of {sum} bps is refused");
            continue;
        };
        assert_eq!(parts.sum(), Some(amount));
        assert!(
            !other || (parts.burned, parts.rewards) == (0, 0),
            "what is not ASY can be neither burned nor paid out"
        );
        assert!(u128::from(parts.burned) * 10_000 <= u128::from(amount) * u128::from(burn));
    }
}

fn bitmap(index: u32) {
    let claims = index % 4_096 + 1;
    let mut bits = vec![0; math::bitmap_len(claims)];
    for at in [0, claims / 2, claims - 1] {
        let before = bits.clone();
        let fresh = math::set_bit(&mut bits, at).expect("within the bitmap");
        assert_eq!(fresh, before != bits, "a claim counted twice, or not at all");
        assert_eq!(math::set_bit(&mut bits, at), Some(false));
    }
    let beyond = bits.len() as u32 * 8;
    assert_eq!(math::set_bit(&mut bits, beyond), None);
    assert!(1_u64 << math::proof_len(claims) >= u64::from(claims));
}
