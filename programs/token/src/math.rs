//! Pure arithmetic of the token program: fee splits, emission, claim bitmaps. No Anchor types.

/// 100 %, in bps.
pub const BPS: u64 = 10_000;

/// Where collected fees go, in base units. The four add up to exactly what was collected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub burned: u64,
    pub reserve: u64,
    pub rewards: u64,
    pub treasury: u64,
}

impl Parts {
    /// What they add up to.
    pub fn sum(&self) -> Option<u64> {
        self.burned.checked_add(self.reserve)?.checked_add(self.rewards)?.checked_add(self.treasury)
    }
}

/// `amount * bps / 10,000`, rounded down. `None` above 100 %.
pub fn share(amount: u64, bps: u16) -> Option<u64> {
    if u64::from(bps) > BPS {
        return None;
    }
    u64::try_from(u128::from(amount).checked_mul(bps.into())?.checked_div(BPS.into())?).ok()
}

/// Split collected ASY: each share is rounded down, the treasury takes the rest. `None` if the shares exceed 100 %.
pub fn split_asy(amount: u64, burn_bps: u16, reserve_bps: u16, rewards_bps: u16) -> Option<Parts> {
    let (burned, reserve, rewards) =
        (share(amount, burn_bps)?, share(amount, reserve_bps)?, share(amount, rewards_bps)?);
    let treasury = amount.checked_sub(burned)?.checked_sub(reserve)?.checked_sub(rewards)?;
    Some(Parts { burned, reserve, rewards, treasury })
}

/// Split a collected mint that is not ASY: it can be neither burned nor paid as rewards, so those shares go to the
/// reserve, to be swapped. One rounding only; the treasury takes the rest.
pub fn split_other(amount: u64, burn_bps: u16, reserve_bps: u16, rewards_bps: u16) -> Option<Parts> {
    let reserve = share(amount, burn_bps.checked_add(reserve_bps)?.checked_add(rewards_bps)?)?;
    Some(Parts { reserve, treasury: amount.checked_sub(reserve)?, ..Parts::default() })
}

/// What has been minted ever after minting `amount` more, or `None` above the cap (or above `u64::MAX`).
pub fn minted_after(minted: u64, amount: u64, max_supply: u64) -> Option<u64> {
    minted.checked_add(amount).filter(|after| *after <= max_supply)
}

/// One epoch of emission: (what is minted now, what the next epoch emits).
///
/// * `due`: the epoch's emission; clipped at what the cap leaves.
/// * `keep_bps`: what the next epoch keeps of `due`, rounded down. `None` above 100 %.
pub fn emit(due: u64, keep_bps: u16, minted: u64, max_supply: u64) -> Option<(u64, u64)> {
    let left = max_supply.checked_sub(minted)?;
    Some((due.min(left), share(due, keep_bps)?))
}

/// Bytes of a bitmap with one bit for each of `claims`.
pub fn bitmap_len(claims: u32) -> usize {
    usize::try_from(claims.div_ceil(8)).unwrap_or(usize::MAX)
}

/// Levels of a Merkle tree with one leaf for each of `claims`, padded to a power of two: the exact length of a proof.
pub fn proof_len(claims: u32) -> u32 {
    claims.checked_next_power_of_two().map_or(u32::BITS, u32::trailing_zeros)
}

/// Set bit `index`. `None` if the bitmap has no such bit, `Some(false)` if it was set before.
pub fn set_bit(bitmap: &mut [u8], index: u32) -> Option<bool> {
    let byte = bitmap.get_mut(usize::try_from(index >> 3).ok()?)?;
    let mask = 1_u8.checked_shl(index & 7)?;
    let fresh = *byte & mask == 0;
    *byte |= mask;
    Some(fresh)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Three shares of at most 100 % together.
    fn shares() -> impl Strategy<Value = (u16, u16, u16)> {
        (0..=10_000_u16)
            .prop_flat_map(|a| (0..=10_000 - a).prop_flat_map(move |b| (Just(a), Just(b), 0..=10_000 - a - b)))
    }

    #[test]
    fn asy_is_split_four_ways() {
        let parts = Parts { burned: 5_000, reserve: 1_000, rewards: 2_000, treasury: 2_001 };
        assert_eq!(split_asy(10_001, 5_000, 1_000, 2_000), Some(parts));
        assert_eq!(split_asy(7, 0, 0, 0), Some(Parts { treasury: 7, ..Parts::default() }));
        assert_eq!(split_asy(u64::MAX, 10_000, 0, 0), Some(Parts { burned: u64::MAX, ..Parts::default() }));
        // The shares are rounded down, so that the treasury gets what is left: here all of it.
        assert_eq!(split_asy(1, 9_999, 1, 0), Some(Parts { treasury: 1, ..Parts::default() }));
        assert_eq!(split_asy(7, 10_001, 0, 0), None);
        assert_eq!(split_asy(u64::MAX, 10_000, 10_000, 0), None);
    }

    #[test]
    fn another_mint_is_neither_burned_nor_paid_as_rewards() {
        let parts = Parts { reserve: 8_000, treasury: 2_001, ..Parts::default() };
        assert_eq!(split_other(10_001, 5_000, 1_000, 2_000), Some(parts));
        assert_eq!(split_other(7, 10_000, 1, 0), None);
        assert_eq!(split_other(7, u16::MAX, 1, 0), None);
    }

    #[test]
    fn cap_counts_all_ever_minted() {
        assert_eq!(minted_after(90, 10, 100), Some(100));
        assert_eq!(minted_after(90, 11, 100), None);
        assert_eq!(minted_after(u64::MAX, 1, u64::MAX), None);
    }

    #[test]
    fn emission_decays_and_is_clipped_at_the_cap() {
        assert_eq!(emit(1_000, 9_990, 0, 10_000), Some((1_000, 999)));
        assert_eq!(emit(999, 9_990, 9_500, 10_000), Some((500, 998)));
        assert_eq!(emit(998, 9_990, 10_000, 10_000), Some((0, 997)));
        assert_eq!(emit(1, 9_999, 0, 10), Some((1, 0)));
        assert_eq!(emit(1, 10_001, 0, 10), None);
        assert_eq!(emit(1, 0, 11, 10), None);
    }

    #[test]
    fn a_bit_is_set_once() {
        let mut bitmap = vec![0; bitmap_len(9)];
        assert_eq!(bitmap.len(), 2);
        assert_eq!(set_bit(&mut bitmap, 8), Some(true));
        assert_eq!(set_bit(&mut bitmap, 8), Some(false));
        assert_eq!(bitmap, [0, 1]);
        assert_eq!(set_bit(&mut bitmap, 16), None);
        assert_eq!(set_bit(&mut bitmap, u32::MAX), None);
    }

    #[test]
    fn proofs_are_as_long_as_the_padded_tree_is_high() {
        let lengths = [1, 2, 3, 4, 5, 65_536, 65_537, u32::MAX].map(proof_len);
        assert_eq!(lengths, [0, 1, 2, 2, 3, 16, 17, 32]);
        assert_eq!((bitmap_len(0), bitmap_len(8), bitmap_len(65_536), bitmap_len(u32::MAX)), (0, 1, 8_192, 1 << 29));
    }

    proptest! {
        #[test]
        fn the_parts_are_the_whole((burn, reserve, rewards) in shares(), amount: u64) {
            for parts in [split_asy(amount, burn, reserve, rewards), split_other(amount, burn, reserve, rewards)] {
                let parts = parts.unwrap();
                prop_assert_eq!(parts.sum(), Some(amount));
            }
            let asy = split_asy(amount, burn, reserve, rewards).unwrap();
            let exact = |bps: u16| u128::from(amount) * u128::from(bps) / 10_000;
            prop_assert_eq!(u128::from(asy.burned), exact(burn));
            prop_assert_eq!(u128::from(asy.reserve), exact(reserve));
            prop_assert_eq!(u128::from(asy.rewards), exact(rewards));
            // At most one base unit of each of three roundings stays with the treasury.
            let left = 10_000 - burn - reserve - rewards;
            prop_assert!(u128::from(asy.treasury) >= exact(left) && u128::from(asy.treasury) <= exact(left) + 3);
        }

        #[test]
        fn emission_never_passes_the_cap(first: u64, keep in 0..=10_000_u16, minted: u64, cap: u64, epochs in 0..300_u32) {
            prop_assume!(minted <= cap);
            let (mut due, mut total) = (first, minted);
            for _ in 0..epochs {
                let (now, next) = emit(due, keep, total, cap).unwrap();
                prop_assert!(now <= due && next <= due);
                total = minted_after(total, now, cap).unwrap();
                due = next;
            }
            prop_assert!(total <= cap);
        }

        #[test]
        fn each_index_has_a_bit_of_its_own(claims in 1..=5_000_u32, picks in prop::collection::vec(any::<u32>(), 1..50)) {
            let mut bitmap = vec![0; bitmap_len(claims)];
            let mut seen = std::collections::BTreeSet::new();
            for pick in picks {
                let index = pick % claims;
                prop_assert_eq!(set_bit(&mut bitmap, index), Some(seen.insert(index)));
            }
            prop_assert_eq!(bitmap.iter().map(|byte| byte.count_ones() as usize).sum::<usize>(), seen.len());
        }
    }
}
