//! Models: who may change them, and that no author can raise what a requester agreed to.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::{EscrowError, Model, ModelTerms},
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
