//! Models: who may change them, and that no author can raise what a requester agreed to.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::{EscrowError, JobTerms, Model, ModelTerms, Royalty},
        ix,
    },
    market::*,
};

#[test]
fn bad_models() {
    let mut w = World::empty();
    let alice = w.alice;
    let usual = || model(&alice, 500);
    let cases = [
        (ModelTerms { royalty_bps: 3_001, ..usual() }, EscrowError::BadModel),
        (ModelTerms { royalty_bps: u16::MAX, ..usual() }, EscrowError::BadModel),
        (ModelTerms { content_hash: [0; 32], ..usual() }, EscrowError::BadModel),
        (ModelTerms { payee: Pubkey::default(), ..usual() }, EscrowError::BadModel),
        (ModelTerms { uri: String::new(), ..usual() }, EscrowError::BadUri),
        (ModelTerms { uri: "u".repeat(129), ..usual() }, EscrowError::BadUri),
    ];
    for (terms, error) in cases {
        w.refused(&[ix::escrow::publish_model(&alice, 1, terms)], error);
    }
    w.ok(&[ix::escrow::publish_model(&alice, 1, ModelTerms { royalty_bps: 3_000, uri: "u".repeat(128), ..usual() })]);
    w.refused(&[ix::escrow::new_version(&alice, 1, [0; 32], "u".into())], EscrowError::BadModel);
    w.refused(&[ix::escrow::new_version(&alice, 1, [1; 32], String::new())], EscrowError::BadUri);
    w.refused(&[ix::escrow::new_version(&alice, 1, [1; 32], "u".repeat(129))], EscrowError::BadUri);
    w.refused(&[ix::escrow::set_payee(&alice, 1, Pubkey::default())], EscrowError::BadModel);
    // Others with the same number are others.
    w.ok(&[ix::escrow::publish_model(&w.bob, 1, usual())]);
}

/// Published, revised, handed over and retired: the history tells each, and the author gets all its rent.
#[test]
fn life_of_a_model() {
    let mut w = World::empty();
    let (alice, bob) = (w.alice, w.bob);
    let lamports = w.chain.lamports(&alice);
    let published = w.ok(&[ix::escrow::publish_model(&alice, u32::MAX, model(&alice, 500))]);
    assert_eq!(published.event("ModelPublished").json["royalty_bps"], 500);
    let address = addresses::model(&alice, u32::MAX);
    w.ok(&[ix::escrow::new_version(&alice, u32::MAX, [2; 32], "ipfs://a longer one".into())]);
    w.ok(&[ix::escrow::set_payee(&alice, u32::MAX, bob)]);
    let now: Model = w.chain.read(&address);
    assert_eq!((now.revision, now.content_hash, now.payee, now.author), (2, [2; 32], bob, alice));
    assert_eq!((now.royalty_bps, now.uri.as_str()), (500, "ipfs://a longer one"), "the royalty stays");
    let retired = w.ok(&[ix::escrow::retire_model(&alice, u32::MAX)]);
    assert_eq!(retired.event("ModelRetired").json["last"]["revision"], 2);
    assert_eq!(w.chain.account(&address), None);
    assert_eq!(w.chain.lamports(&alice), lamports);
}

/// A job with one royalty for each of these.
fn with_royalties(nonce: u64, royalties: &[(Pubkey, u16)]) -> JobTerms {
    let royalties = royalties.iter().map(|(to, bps)| Royalty { to: *to, bps: *bps }).collect();
    JobTerms { royalties, ..terms(nonce) }
}

/// Fee and royalties together leave the operator 60 %: 2.5 % + 37.5 % and not one bps more, models or not.
#[test]
fn royalty_sum_above_limit() {
    let mut w = World::empty();
    let (alice, bob, carol, usd) = (w.alice, w.bob, w.carol, w.usd);
    w.ok(&[ix::escrow::publish_model(&bob, 1, model(&bob, 3_000))]);
    let address = addresses::model(&bob, 1);
    let post = |royalties: &[(Pubkey, u16)], models: &[Pubkey]| {
        ix::escrow::post_job_with(&alice, &usd, with_royalties(1, royalties), models)
    };
    w.refused(&[post(&[(carol, 3_751)], &[])], EscrowError::RoyaltiesTooHigh);
    w.refused(&[post(&[(carol, u16::MAX)], &[])], EscrowError::RoyaltiesTooHigh);
    w.refused(&[post(&[(carol, u16::MAX); 4], &[])], EscrowError::RoyaltiesTooHigh);
    w.refused(&[post(&[(address, 3_000), (carol, 751)], &[address])], EscrowError::RoyaltiesTooHigh);
    w.refused(&[post(&[(carol, 0)], &[])], EscrowError::BadRoyalties);
    w.refused(&[post(&[(Pubkey::default(), 1)], &[])], EscrowError::BadRoyalties);
    w.refused(&[post(&[(carol, 1); 5], &[])], EscrowError::BadRoyalties);
    w.jobs.push(addresses::job(&alice, 1));
    w.ok(&[post(&[(address, 3_000), (carol, 750)], &[address])]);
    let legs = w.job(&addresses::job(&alice, 1)).legs;
    assert_eq!(
        legs.iter().map(|leg| (leg.to, leg.bps, leg.due)).collect::<Vec<_>>(),
        [(bob, 3_000, 0), (carol, 750, 0)]
    );
}

/// What the requester signed is what it pays: an author that raises its share just before the job lands gets no job, and
/// what it changes afterwards reaches no job already posted.
#[test]
fn a_model_changed_before_the_job_is_posted() {
    let mut w = World::empty();
    let (alice, bob, carol, usd) = (w.alice, w.bob, w.carol, w.usd);
    let address = addresses::model(&bob, 1);
    w.ok(&[ix::escrow::publish_model(&bob, 1, model(&bob, 500))]);
    let post = ix::escrow::post_job_with(&alice, &usd, with_royalties(1, &[(address, 500)]), &[address]);
    let mut raised = w.clone();
    raised.ok(&[ix::escrow::retire_model(&bob, 1)]);
    raised.refused(std::slice::from_ref(&post), 3012_u32);
    raised.ok(&[ix::escrow::publish_model(&bob, 1, model(&bob, 3_000))]);
    raised.refused(std::slice::from_ref(&post), EscrowError::OtherRoyalty);

    w.jobs.push(addresses::job(&alice, 1));
    w.ok(&[post]);
    w.ok(&[ix::escrow::set_payee(&bob, 1, carol)]);
    w.ok(&[ix::escrow::retire_model(&bob, 1)]);
    let legs = w.job(&addresses::job(&alice, 1)).legs;
    assert_eq!((legs[0].to, legs[0].bps), (bob, 500));
}

/// `extra_remaining_accounts`: every further account is a model that the terms name, once; nothing else stands in for one.
#[test]
fn models_that_a_job_does_not_name() {
    let mut w = World::with_operators(1);
    let (alice, bob, carol, usd) = (w.alice, w.bob, w.carol, w.usd);
    for id in [1, 2] {
        w.ok(&[ix::escrow::publish_model(&bob, id, model(&bob, 500))]);
    }
    let [one, two] = [1, 2].map(|id| addresses::model(&bob, id));
    let post = |royalties: &[(Pubkey, u16)], models: &[Pubkey]| {
        ix::escrow::post_job_with(&alice, &usd, with_royalties(1, royalties), models)
    };
    w.refused(&[post(&[], &[one])], EscrowError::OtherRoyalty);
    w.refused(&[post(&[(carol, 500)], &[one])], EscrowError::OtherRoyalty);
    w.refused(&[post(&[(one, 500)], &[one, two])], EscrowError::OtherRoyalty);
    w.refused(&[post(&[(one, 500), (one, 500)], &[one])], EscrowError::OtherRoyalty);
    w.refused(&[post(&[(one, 499)], &[one])], EscrowError::OtherRoyalty);
    w.refused(&[post(&[(one, 501)], &[one])], EscrowError::OtherRoyalty);
    // Another account of this program's, and one of another's.
    let device = addresses::device(&w.operators[0], 0);
    w.refused(&[post(&[(device, 500)], &[device])], 3002_u32);
    let pool = addresses::pool(&w.operators[0]);
    w.refused(&[post(&[(pool, 500)], &[pool])], 3007_u32);
}
