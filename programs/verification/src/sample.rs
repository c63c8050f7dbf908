//! Which units of a sampled job are computed again, and what their digests add up to: pure, and used by nodes and the
//! simulator as by the chain.

use anchor_lang::prelude::Pubkey;
use solana_sha256_hasher::hashv;

/// Domain of the draws of units and of sample roots.
pub const SAMPLE_DOMAIN: &[u8] = b"assay:sample";

/// The units that `seed` draws of a job's `units`: `samples` of them, or all where they are fewer; distinct, ascending, each
/// set of them as likely as any other. `seed` must be of a slot after the executor's seal.
///
/// Floyd's way: one hash for each, however many units there are, and no draw is lost to one that came before.
pub fn units(seed: &[u8; 32], job: &Pubkey, units: u64, samples: u8) -> Vec<u64> {
    let first = units.saturating_sub(samples.into());
    let mut drawn = Vec::with_capacity(samples.into());
    for (i, last) in (0_u8..samples).zip(first..units) {
        let hash = hashv(&[seed, SAMPLE_DOMAIN, job.as_ref(), &[i]]).to_bytes();
        let unit = below(last.saturating_add(1), &hash);
        match drawn.binary_search(&unit) {
            // What was drawn before gives way to the last one, which is above them all.
            Ok(_) => drawn.push(last),
            Err(at) => drawn.insert(at, unit),
        }
    }
    drawn
}

/// A number below `bound`, each equally likely: the hash is four numbers, of which the first that is not among the surplus
/// of 2^64 over a multiple of `bound` decides. For bounds up to 2^32 all four are with a probability below 2^-128.
fn below(bound: u64, hash: &[u8; 32]) -> u64 {
    let mut high = 0;
    for part in hash.as_chunks::<8>().0 {
        let wide = u128::from(u64::from_le_bytes(*part)).saturating_mul(bound.into());
        let low = wide as u64;
        high = (wide >> 64) as u64;
        // The remainder of 2^64 by the bound is below the bound: it is worked out only where it can matter.
        if low >= bound || low >= bound.wrapping_neg().checked_rem(bound).unwrap_or(0) {
            break;
        }
    }
    high
}

/// What the digests of the drawn units, in order, add up to: what a verifier seals, and what the executor's leaves must give.
pub fn root(digests: &[[u8; 32]]) -> [u8; 32] {
    digests.iter().fold([0; 32], |root, digest| add(&root, digest))
}

/// A sample root with one more digest: `sha256("assay:sample", root, digest)`, beginning with zeros.
pub fn add(root: &[u8; 32], digest: &[u8; 32]) -> [u8; 32] {
    hashv(&[SAMPLE_DOMAIN, root, digest]).to_bytes()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const ALL: u64 = 1 << 32;

    fn job(n: u8) -> Pubkey {
        Pubkey::new_from_array([n; 32])
    }

    #[test]
    fn seed_and_job_name_the_units() {
        let drawn = units(&[1; 32], &job(2), 1_000_000, 16);
        assert_eq!(drawn, units(&[1; 32], &job(2), 1_000_000, 16));
        assert_ne!(drawn, units(&[2; 32], &job(2), 1_000_000, 16));
        assert_ne!(drawn, units(&[1; 32], &job(3), 1_000_000, 16));
        // Written down, so that no other build draws others.
        assert_eq!(units(&[1; 32], &job(2), ALL, 3), [1_574_128_317, 3_806_865_041, 4_257_639_900]);
    }

    #[test]
    fn few_units_are_drawn_all() {
        assert_eq!(units(&[1; 32], &job(2), 1, 16), [0]);
        assert_eq!(units(&[1; 32], &job(2), 5, 16), [0, 1, 2, 3, 4]);
        assert_eq!(units(&[1; 32], &job(2), 16, 16), (0..16).collect::<Vec<_>>());
        assert!(units(&[1; 32], &job(2), 0, 16).is_empty());
        assert!(units(&[1; 32], &job(2), 5, 0).is_empty());
    }

    /// Every pair of five units comes up about equally often: 10 pairs, 20,000 draws, and 2,000 each are expected with a
    /// deviation of 42.
    #[test]
    fn each_set_is_as_likely_as_any_other() {
        let mut found = std::collections::BTreeMap::new();
        for i in 0..20_000_u32 {
            let mut seed = [0; 32];
            seed[..4].copy_from_slice(&i.to_le_bytes());
            *found.entry(units(&seed, &job(1), 5, 2)).or_insert(0_u32) += 1;
        }
        assert_eq!(found.len(), 10);
        assert!(found.values().all(|count| (1_830..=2_170).contains(count)), "{found:?}");
    }

    #[test]
    fn a_draw_among_the_surplus_is_drawn_again() {
        let hash = |parts: [u64; 4]| -> [u8; 32] { parts.map(u64::to_le_bytes).concat().try_into().unwrap() };
        // 2^64 = 3 * 6148914691236517205 + 1: of each three-fold product the low half 0 is surplus.
        assert_eq!(below(3, &hash([0, u64::MAX, 0, 0])), 2);
        assert_eq!(below(3, &hash([1, u64::MAX, 0, 0])), 0);
        assert_eq!(below(3, &hash([0; 4])), 0);
        // A power of two has no surplus.
        assert_eq!(below(ALL, &hash([0, u64::MAX, 0, 0])), 0);
        assert_eq!(below(ALL, &hash([u64::MAX, 0, 0, 0])), ALL - 1);
        assert_eq!(below(1, &hash([u64::MAX; 4])), 0);
    }

    #[test]
    fn a_root_is_of_its_digests_in_their_order() {
        let [a, b] = [[1; 32], [2; 32]];
        assert_eq!(root(&[a, b]), add(&add(&[0; 32], &a), &b));
        let roots = [root(&[]), root(&[a]), root(&[b]), root(&[a, a]), root(&[a, b]), root(&[b, a]), root(&[a, b, b])];
        assert_eq!(roots.iter().collect::<BTreeSet<_>>().len(), roots.len());
    }

    proptest! {
        #[test]
        fn units_are_distinct_ascending_and_of_the_job(seed: [u8; 32], key: [u8; 32], of in 1..=ALL, samples in 1_u8..=16) {
            for of in [of, of % 40 + 1] {
                let drawn = units(&seed, &Pubkey::new_from_array(key), of, samples);
                prop_assert_eq!(drawn.len() as u64, of.min(samples.into()));
                prop_assert!(drawn.windows(2).all(|two| two[0] < two[1]));
                prop_assert!(drawn.iter().all(|unit| *unit < of));
            }
        }

        /// A thief that computes all but a part `bad` of the units gets by with all its samples with a probability of about
        /// (1 - bad)^k.
        #[test]
        fn any_part_is_found_as_often_as_its_size(bad in 1_u64..9, place in 0_u64..1_000, samples in 1_u8..=8) {
            let tries = 600_u32;
            let hit = |i: u32| {
                let mut seed = [0; 32];
                seed[..4].copy_from_slice(&i.to_le_bytes());
                let wrong = |unit: &u64| (unit + place) % 1_000 < bad * 100;
                units(&seed, &job(9), 1_000, samples).iter().any(wrong)
            };
            let missed = (0..tries).filter(|i| !hit(*i)).count() as f64 / f64::from(tries);
            let expected = (1.0 - bad as f64 / 10.0).powi(samples.into());
            let deviation = (expected * (1.0 - expected) / f64::from(tries)).sqrt();
            prop_assert!((missed - expected).abs() < 6.0 * deviation + 0.01, "{missed} for {expected}");
        }
    }
}
