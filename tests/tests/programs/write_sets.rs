//! Two jobs with different parties share no writable account, from posting to settlement: nothing is hot.

use std::collections::BTreeSet;

use anchor_lang::prelude::Pubkey;
use assay_tests::{World, assay_sdk::addresses, market::*, world::*};

/// Everything that a job's transactions lock for writing.
fn live(w: &mut World, requester: Pubkey, nonce: u64, operators: [Pubkey; 3], caller: Pubkey) -> BTreeSet<Pubkey> {
    w.carol = caller;
    let mut written = BTreeSet::new();
    let mut note = |receipt: assay_tests::Receipt| written.extend(receipt.written);
    let usd = w.usd;
    let job = addresses::job(&requester, nonce);
    w.jobs.push(job);
    use assay_tests::assay_sdk::ix::{escrow, verification};
    note(w.ok(&[escrow::post_job(&requester, &usd, terms(nonce)), verification::open_round(&requester, &job)]));
    w.tick(0, 2);
    note(w.ok(&[verification::draw(&job)]));
    let [a, b, c] = operators;
    let digests = [(a, honest()), (b, lie(&b)), (c, honest())];
    operators.iter().for_each(|operator| note(w.claim(&job, operator)));
    digests.iter().for_each(|(operator, digest)| note(w.seal(&job, operator, digest)));
    digests.iter().for_each(|(operator, digest)| note(w.reveal(&job, operator, digest)));
    note(w.finalize(&job));
    note(w.settle(&job, &a));
    note(w.settle(&job, &c));
    note(w.refund(&job));
    written
}

#[test]
fn two_jobs_share_no_writable_account() {
    let mut w = World::with_operators(6);
    let (alice, bob, carol, mallory) = (w.alice, w.bob, w.carol, w.mallory);
    let o = w.operators.clone();
    // Fee vaults are sharded by the job's address: take two jobs of different shards, as three of four pairs are.
    let shard = |job: &Pubkey| addresses::fee_vault_of_job(&w.usd, job);
    let first = addresses::job(&alice, 1);
    let nonce = (1..).find(|nonce| shard(&addresses::job(&bob, *nonce)) != shard(&first)).expect("another shard");
    let one = live(&mut w, alice, 1, [o[0], o[1], o[2]], carol);
    let two = live(&mut w, bob, nonce, [o[3], o[4], o[5]], mallory);
    assert!(one.contains(&addresses::job_vault(&first)) && one.contains(&addresses::pool(&o[0])));
    assert_eq!(one.intersection(&two).collect::<Vec<_>>(), Vec::<&Pubkey>::new());
}

/// The exception: a slash burns, and so writes the ASY mint, which all slashes share; it is rare, and no honest job's.
#[test]
fn slashes_share_the_mint_alone() {
    let mut w = World::with_operators(6);
    let (alice, bob, carol, mallory) = (w.alice, w.bob, w.carol, w.mallory);
    let o = w.operators.clone();
    live(&mut w, alice, 1, [o[0], o[1], o[2]], carol);
    live(&mut w, bob, 1, [o[3], o[4], o[5]], mallory);
    w.carol = carol;
    let one = w.slash(&addresses::job(&alice, 1), &o[1]).written;
    w.carol = mallory;
    let two = w.slash(&addresses::job(&bob, 1), &o[4]).written;
    let shared: Vec<_> = one.intersection(&two).copied().collect();
    assert_eq!(shared, [assay_tests::assay_sdk::token::ASY_MINT]);
}
