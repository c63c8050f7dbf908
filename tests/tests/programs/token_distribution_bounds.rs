//! Distributions: every state against every instruction, every bound of an opening, and what one cannot do to another.

use assay_tests::{
    World,
    assay_sdk::{
        ASY, addresses, ix,
        token::{ASY_MINT, CLAIMS_SEED, DISTRIBUTION_SEED, Distribution, MAX_CLAIMS, TokenError},
    },
    world::*,
};

use crate::token_distribution::{LASTS, open, planned, world};
use anchor_lang::prelude::Pubkey;

/// `out_of_order_transition`: every state of a distribution x every instruction on it. 0: it lands.
#[test]
fn out_of_order_transition() {
    let paid: u32 = TokenError::AlreadyClaimed.into();
    let (expired, not_expired) = (TokenError::Expired.into(), TokenError::NotExpired.into());
    // The system program creates no account twice: it has no number of its own here. 3012: there is no such account.
    let there = u32::MAX;
    let expected: [(&str, [u32; 4]); 6] = [
        // open, claim 0, claim 1, sweep
        ("unopened", [0, 3012, 3012, 3012]),
        ("open", [there, 0, 0, not_expired]),
        ("0 claimed", [there, paid, 0, not_expired]),
        ("all claimed", [there, paid, paid, 0]),
        ("expired", [there, expired, expired, 0]),
        ("swept", [0, 3012, 3012, 3012]),
    ];
    for (state, results) in expected {
        let mut w = World::empty();
        let (alice, bob, carol) = (w.alice, w.bob, w.carol);
        w.mint_asy(&alice, ASY);
        let d = planned(&alice, 1, &[(bob, 100), (carol, 200)]);
        if state != "unopened" {
            open(&mut w, &alice, 1, &[(bob, 100), (carol, 200)]);
        }
        match state {
            "0 claimed" => drop(w.ok(&[d.claim(0)])),
            "all claimed" => drop(w.ok(&[d.claim(0), d.claim(1)])),
            "expired" | "swept" => w.tick(LASTS + 1, 0),
            _ => {}
        }
        if state == "swept" {
            w.ok(&[d.sweep()]);
        }
        let calls = [ix::token::open_distribution(&d.opening(&w, 1)), d.claim(0), d.claim(1), d.sweep()];
        for (call, expected) in calls.into_iter().zip(results) {
            let sent = w.clone().send(&[call]);
            let code = sent.as_ref().map_or_else(|failure| failure.code.unwrap_or(u32::MAX), |_| 0);
            assert_eq!(code, expected, "{state}: {sent:?}");
        }
    }
}

/// Every bound of an opening; and that it is funded by its opener, in the same transaction.
#[test]
fn bounds_of_an_opening() {
    let mut w = World::empty();
    let (alice, bob, mallory) = (w.alice, w.bob, w.mallory);
    w.mint_asy(&alice, 600);
    let d = planned(&alice, 1, &[(bob, 600)]);
    let good = d.opening(&w, 1);
    let opening = |change: fn(&mut ix::token::Opening)| {
        let mut opening = good;
        change(&mut opening);
        ix::token::open_distribution(&opening)
    };
    w.refused(&[opening(|o| o.root = [0; 32])], TokenError::EmptyRoot);
    w.refused(&[opening(|o| o.total = 0)], TokenError::ZeroAmount);
    w.refused(&[opening(|o| o.max_claims = 0)], TokenError::BadClaimCount);
    w.refused(&[opening(|o| o.max_claims = MAX_CLAIMS + 1)], TokenError::BadClaimCount);
    w.refused(&[opening(|o| o.max_claims = u32::MAX)], TokenError::BadClaimCount);
    w.refused(&[opening(|o| o.expires_at = START)], TokenError::BadExpiry);
    w.refused(&[opening(|o| o.expires_at = i64::MIN)], TokenError::BadExpiry);
    w.refused(&[opening(|o| o.expires_at = i64::MAX)], TokenError::BadExpiry);
    // 1 is SPL Token's InsufficientFunds.
    w.refused(&[opening(|o| o.total = 601)], 1_u32);
    w.refused(&[opening(|o| o.total = u64::MAX)], 1_u32);
    let mut theft = ix::token::open_distribution(&ix::token::Opening { opener: mallory, ..good });
    theft.accounts[4].pubkey = addresses::ata(&alice, &ASY_MINT);
    w.refused(&[theft], 2015_u32);
    let mut unsigned = ix::token::open_distribution(&good);
    unsigned.accounts[0].is_signer = false;
    w.refused(&[unsigned], 3010_u32);
    w.ok(&[opening(|o| o.max_claims = MAX_CLAIMS)]);
    assert_eq!(w.chain.account(&d.address).expect("open").data.len(), Distribution::head() + 8_192);
    // A claim of a tree that is not as high as it says.
    w.refused(&[d.claim(0)], TokenError::BadProof);
}

/// The largest distribution: the last claim's bit is in the last byte, and the proof fits a transaction.
#[test]
fn the_largest_distribution() {
    let mut w = World::empty();
    let (alice, bob, carol) = (w.alice, w.bob, w.carol);
    w.mint_asy(&alice, ASY);
    let list: Vec<_> = (0..MAX_CLAIMS).map(|i| (if i % 2 == 0 { bob } else { carol }, 1 + u64::from(i % 3))).collect();
    let d = open(&mut w, &alice, 1, &list);
    for index in [0, 7, 8, MAX_CLAIMS - 1] {
        w.ok(&[d.claim(index)]);
        w.refused(&[d.claim(index)], TokenError::AlreadyClaimed);
    }
    let data = w.chain.account(&d.address).expect("open").data;
    let bits = &data[Distribution::head()..];
    assert_eq!((bits[0], bits[1], bits[8_191]), (0b1000_0001, 1, 0b1000_0000));
    assert_eq!(bits.iter().map(|byte| byte.count_ones()).sum::<u32>(), 4);
}

/// `frozen_vault_locks_nobody_else`: a claimant whose account is frozen, or a distribution whose vault is.
#[test]
fn frozen_vault_locks_nobody_else() {
    let (mut w, d) = world();
    let (alice, bob) = (w.alice, w.bob);
    let other = open(&mut w, &alice, 2, &[(bob, 5)]);
    let freeze = |w: &mut World, address: &Pubkey, state: u8| {
        let mut account = w.chain.account(address).expect("a token account");
        account.data[108] = state;
        w.chain.set(address, account);
    };
    let bob = addresses::ata(&w.bob, &ASY_MINT);
    freeze(&mut w, &bob, 2);
    w.refused(&[d.claim(0)], 17_u32);
    w.ok(&[d.claim(1)]);
    freeze(&mut w, &bob, 1);
    let vault = addresses::claims_vault(&d.address);
    freeze(&mut w, &vault, 2);
    w.refused(&[d.claim(0)], 17_u32);
    w.ok(&[other.claim(0)]);
    freeze(&mut w, &vault, 1);
    w.ok(&[d.claim(0)]);
}

/// `seed_collision`: no opener and id lead to another's distribution, and none to another kind of account.
#[test]
fn seed_collision() {
    let (w, _) = world();
    let mut seen = std::collections::BTreeSet::new();
    for opener in [w.alice, w.bob] {
        for id in [0, 1, 256, u64::MAX] {
            assert!(seen.insert(addresses::distribution(&opener, id)));
            assert!(seen.insert(addresses::claims_vault(&addresses::distribution(&opener, id))));
        }
    }
    use assay_tests::assay_sdk::token as t;
    let prefixes = [
        DISTRIBUTION_SEED,
        CLAIMS_SEED,
        t::SWAP_SEED,
        t::RESERVE_SEED,
        t::TREASURY_SEED,
        t::FEE_VAULT_SEED,
        t::FEES_SEED,
        t::MINTER_SEED,
        t::MINT_SEED,
        t::CONFIG_SEED,
    ];
    // Addresses are made of the seeds run together. Of two kinds whose seeds may be equally long, no prefix begins
    // another but "fee" and "fees", "mint" and "minter"; and those differ in length: 3 + 33 and 4, 4 and 6 + 32.
    for (i, a) in prefixes.iter().enumerate() {
        for b in &prefixes[i + 1..] {
            let known = [("fee", "fees"), ("mint", "minter")].map(|(a, b)| (a.as_bytes(), b.as_bytes()));
            let apart = !a.starts_with(b) && !b.starts_with(a);
            assert!(apart || known.contains(&(*a, *b)) || known.contains(&(*b, *a)), "{a:?} {b:?}");
        }
    }
}
