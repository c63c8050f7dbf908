//! Reputation on chain: what verification records, the score, and the migration of the first layout. Thief: forge an
//! outcome, deal with oneself, wash-trade with one partner, keep a record from being counted, gain by migrating.

use anchor_lang::{Space, prelude::Pubkey};
use assay_tests::{
    World,
    assay_sdk::{
        addresses, ix,
        reputation::{self, Outcome, Record, ReputationError, Verified, math},
    },
    market::*,
    world::*,
};

/// Bytes of a record of version 1, with its discriminator.
const V1: usize = 83;

fn record(w: &World, operator: &Pubkey) -> Record {
    w.chain.read(&addresses::record(operator, 0))
}

/// Make a record what version 1 wrote: its bytes, its rent.
pub fn age(w: &mut World, address: &Pubkey) {
    let mut account = w.chain.account(address).expect("a record");
    account.data.truncate(V1);
    account.data[8] = 1;
    account.lamports = 6_960 * (128 + V1 as u64);
    w.chain.set(address, account);
}

/// `forged_reputation_cpi`: nobody but verification's PDA, and not for an account that is no record.
#[test]
fn forged_reputation_cpi() {
    let mut w = World::with_operators(1);
    let (operator, alice) = (w.operators[0], w.alice);
    let good = ix::reputation::record_outcome(&addresses::record(&operator, 0), verified(Outcome::Valid, &alice));
    for forger in [operator, alice, w.authority] {
        let mut forged = good.clone();
        forged.accounts[0].pubkey = forger;
        w.refused(&[forged], ReputationError::NotRecorder);
    }
    let mut unsigned = good.clone();
    unsigned.accounts[0].is_signer = false;
    w.refused(&[unsigned], 3010_u32);
    assert_eq!(record(&w, &operator).valid, 0);
    w.ok(&[good]);
    assert_eq!(record(&w, &operator).valid, 1);
}

/// The score as return data is the record's, and decays with time.
#[test]
fn the_score_is_returned() {
    let mut w = World::with_operators(1);
    let operator = w.operators[0];
    let address = addresses::record(&operator, 0);
    for partner in [w.alice, w.bob, w.carol] {
        w.ok(&[ix::reputation::record_outcome(&address, verified(Outcome::Valid, &partner))]);
    }
    let score = |w: &mut World| {
        let data = w.ok(&[ix::reputation::score(&address)]).return_data;
        u16::from_le_bytes([data[0], data.get(1).copied().unwrap_or(0)])
    };
    let now = score(&mut w);
    assert_eq!(Some(now), record(&w, &operator).score_bps(w.now));
    assert!(now > 6_000, "{now}");
    w.tick(60 * 24 * 3_600, 0);
    let later = score(&mut w);
    assert!(later < now && later > 5_000, "{later}");
    w.refused(&[ix::reputation::score(&addresses::config(&assay_tests::assay_sdk::token::ID))], 3007_u32);
}

#[test]
fn self_dealing_reputation() {
    let mut w = World::with_operators(1);
    let operator = w.operators[0];
    let address = addresses::record(&operator, 0);
    w.ok(&[ix::reputation::record_outcome(&address, verified(Outcome::Wrong, &operator))]);
    let before = w.chain.account(&address);
    for _ in 0..20 {
        w.tick(60, 0);
        w.ok(&[ix::reputation::record_outcome(&address, verified(Outcome::Valid, &operator))]);
    }
    assert_eq!(w.chain.account(&address), before, "not a byte");
}

#[test]
fn wash_trading_partner_cap() {
    let mut w = World::with_operators(1);
    let (operator, alice) = (w.operators[0], w.alice);
    let address = addresses::record(&operator, 0);
    for _ in 0..60 {
        w.ok(&[ix::reputation::record_outcome(&address, verified(Outcome::Valid, &alice))]);
    }
    let washed = record(&w, &operator);
    assert!(washed.good <= 3 * math::ONE, "three outcomes at the most: {}", washed.good);
    assert!(washed.score_bps(w.now).is_some_and(|score| score <= 8_000));
    // Its bad ones count all the same.
    w.ok(&[ix::reputation::record_outcome(&address, verified(Outcome::Wrong, &alice))]);
    let caught = record(&w, &operator);
    assert_eq!((caught.consecutive_valid, caught.wrong), (0, 1));
    assert!(caught.bad >= math::MIN_BAD && caught.good < washed.good);
}

/// `max_u64` and `zero_amount` of the value.
#[test]
fn max_u64() {
    let mut w = World::with_operators(1);
    let (operator, alice, bob) = (w.operators[0], w.alice, w.bob);
    let address = addresses::record(&operator, 0);
    let with = |value, partner| Verified { outcome: Outcome::Valid, value, partner, trust: true };
    w.ok(&[ix::reputation::record_outcome(&address, with(0, alice))]);
    assert_eq!((record(&w, &operator).good, record(&w, &operator).consecutive_valid), (math::MIN_GOOD, 0));
    for _ in 0..5 {
        w.ok(&[ix::reputation::record_outcome(&address, with(u64::MAX, bob))]);
        w.ok(&[ix::reputation::record_outcome(&address, Verified { outcome: Outcome::Silent, ..with(u64::MAX, bob) })]);
    }
    let record = record(&w, &operator);
    assert!(record.good < 50 * math::ONE && record.bad < 50 * math::ONE);
}

/// A judged job: what finalize_round tells reputation of it.
#[test]
fn a_job_is_recorded_with_its_bond_and_requester() {
    let mut w = World::with_operators(3);
    let (alice, o) = (w.alice, w.operators.clone());
    let job = w.open(&alice, 1);
    w.judge(&job, &[(o[0], honest()), (o[1], lie(&o[1])), (o[2], honest())]);
    let winner = record(&w, &o[0]);
    let weight = math::good_weight(BOND, 0).expect("a weight");
    assert_eq!((winner.good, winner.avg_value, winner.consecutive_valid), (weight, BOND, 1));
    assert_eq!(winner.partners[reputation::bucket(&o[0], &alice)], weight);
    let loser = record(&w, &o[1]);
    assert_eq!((loser.bad, loser.wrong, loser.consecutive_valid), (math::MIN_BAD, 1, 0));
}

/// A record of version 1 is refused by name wherever it is needed, migrated in place with rent topped up by anyone, and
/// keeps every figure. Twice does nothing; a record of this version is refused.
#[test]
fn layout_upgrade() {
    let mut w = World::with_operators(3);
    let (alice, mallory, o) = (w.alice, w.mallory, w.operators.clone());
    let address = addresses::record(&o[0], 0);
    w.ok(&[ix::reputation::record_outcome(&address, verified(Outcome::Valid, &alice))]);
    w.ok(&[ix::reputation::record_outcome(&address, verified(Outcome::Silent, &alice))]);
    let (job, next) = (w.open(&alice, 1), w.open(&alice, 2));
    let digests: Vec<_> = o.iter().map(|operator| (*operator, honest())).collect();
    w.claim_and_seal(&job, &digests);
    digests.iter().for_each(|(operator, digest)| drop(w.reveal(&job, operator, digest)));
    let old = record(&w, &o[0]);
    age(&mut w, &address);
    let aged = w.chain.account(&address).expect("a record");
    assert_eq!((aged.data.len(), aged.data[8]), (V1, 1));

    // Everything that reads or writes a record.
    let outcome = ix::reputation::record_outcome(&address, verified(Outcome::Valid, &alice));
    w.refused(&[outcome], ReputationError::OldLayout);
    w.refused(&[ix::reputation::score(&address)], ReputationError::OldLayout);
    w.refused(&[w.finalize_ix(&job)], ReputationError::OldLayout);
    // Escrow reads it as Anchor's account: 3003 is AccountDidNotDeserialize.
    w.refused(&[w.claim_ix(&next, &o[0], 0)], 3003_u32);
    assert_eq!(w.chain.account(&address).as_ref(), Some(&aged), "and nothing changed it");

    // Anyone pays exactly the rent that is lacking.
    let before = w.chain.lamports(&mallory);
    let receipt = w.ok(&[ix::reputation::upgrade_record(&mallory, &address)]);
    let event = receipt.event("RecordUpgraded");
    assert_eq!((event.json["from"].as_u64(), event.json["to"].as_u64()), (Some(1), Some(2)));
    let new = w.chain.account(&address).expect("a record");
    assert_eq!(new.data.len(), 8 + Record::INIT_SPACE);
    assert_eq!(before - w.chain.lamports(&mallory), new.lamports - aged.lamports);
    assert_eq!(new.lamports, 6_960 * (128 + new.data.len() as u64));
    let migrated = record(&w, &o[0]);
    assert_eq!((migrated.good, migrated.bad, migrated.updated_at), (old.good, old.bad, old.updated_at));
    assert_eq!((migrated.valid, migrated.wrong, migrated.silent), (1, 0, 1));
    assert_eq!((migrated.version, migrated.avg_value, migrated.partners), (2, 0, [0; 8]));

    w.refused(&[ix::reputation::upgrade_record(&mallory, &address)], ReputationError::NotOldLayout);
    w.refused(&[ix::reputation::upgrade_record(&mallory, &addresses::record(&o[1], 0))], ReputationError::NotOldLayout);
    let pool = addresses::pool(&o[0]);
    w.refused(&[ix::reputation::upgrade_record(&mallory, &pool)], 3007_u32);
    // And the round goes on.
    w.finalize(&job);
    assert_eq!(record(&w, &o[0]).valid, 2);
}

/// The most seats that a round can have: what their records cost together.
#[test]
fn seven_seats_are_counted_below_the_ceiling() {
    let mut w = World::with_operators(7);
    let (alice, o) = (w.alice, w.operators.clone());
    let terms = assay_tests::assay_sdk::escrow::JobTerms { strategy: of(7, 4), ..terms(1) };
    let job = w.open_with(&alice, terms);
    let digests: Vec<_> = o.iter().map(|operator| (*operator, honest())).collect();
    let units = w.judge(&job, &digests).compute_units;
    assert!(units < 60_000, "{units}");
}
