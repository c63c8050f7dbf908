//! The attack matrix of results that are proven or attested: one line a call.

use super::*;
use crate::{attest, proofs, prover, signer::Signer};

/// Attacks that land, and why that is right; see [`super::COMMON`].
pub const HARMLESS: &[Harmless] = &[
    ("verification::register_key", "wrong_signer", "payer", "anybody may pay for a key"),
    ("verification::register_attestor", "wrong_signer", "payer", "anybody may pay for an attestor"),
];

/// Every instruction, in a world where it lands.
pub fn cases() -> Vec<Case> {
    let mut cases = keys();
    cases.extend(attestors());
    let mut w = proofs::world();
    let (alice, bob, [a, b]) = (w.alice, w.bob, [w.operators[0], w.operators[1]]);
    let [job, other] =
        [proofs::drawn(&mut w, &alice, proofs::proven(1)), proofs::drawn(&mut w, &bob, proofs::proven(1))];
    w.claim(&job, &a);
    w.claim(&other, &b);
    let proof = proofs::submission(&w, &job, &a);
    cases.push(Case::new(&w, proof).other(proofs::submission(&w, &other, &b)));

    let mut w = attest::world();
    let carol = w.carol;
    let [job, other] = [alice, bob].map(|who| proofs::drawn(&mut w, &who, attest::attested(1, carol, 2)));
    w.claim(&job, &a);
    w.claim(&other, &b);
    let with = |job: &Pubkey, operator: &Pubkey| {
        let mut calls = attest::attestation(&w, job, operator, &[0, 1]);
        (calls.pop().expect("the call comes last"), calls)
    };
    let ((call, signatures), (call_of_other, _)) = (with(&job, &a), with(&other, &b));
    cases.push(Case::new(&w, call).beside(signatures).other(call_of_other));
    cases
}

fn keys() -> Vec<Case> {
    use ix::verification::{close_key, register_key, retire_key};
    let mut w = World::empty();
    let [carol, bob] = [w.carol, w.bob];
    let registered = w.clone();
    w.ok(&[register_key(&carol, prover::key())]);
    w.ok(&[register_key(&bob, prover::key_of(1))]);
    let [one, two] = [0, 1].map(|setup| addresses::proof_key(&prover::key_of(setup)));
    let retiring = w.clone();
    w.ok(&[retire_key(&carol, &one)]);
    w.ok(&[retire_key(&bob, &two)]);
    w.tick(escrow_params().max_job_seconds.into(), 0);
    vec![
        Case::new(&registered, register_key(&carol, prover::key())).other(register_key(&bob, prover::key_of(1))),
        Case::new(&retiring, retire_key(&carol, &one)).other(retire_key(&bob, &two)),
        Case::new(&w, close_key(&one, &carol)).other(close_key(&two, &bob)),
    ]
}

fn attestors() -> Vec<Case> {
    use ix::verification::{close_attestor, register_attestor, revoke_attestor};
    let mut w = World::empty();
    let ([carol, bob], expires_at) = ([w.carol, w.bob], w.now + 100);
    let registered = w.clone();
    let key = Signer::new(0).key();
    let register = |who: &Pubkey| register_attestor(who, who, key, expires_at);
    w.ok(&[register(&carol)]);
    w.ok(&[register(&bob)]);
    let [one, two] = [carol, bob].map(|who| addresses::attestor(&who, &key));
    let revoking = w.clone();
    w.tick(101, 0);
    vec![
        Case::new(&registered, register(&carol)).other(register(&bob)),
        Case::new(&revoking, revoke_attestor(&carol, &one)).other(revoke_attestor(&bob, &two)),
        Case::new(&w, close_attestor(&one, &carol)).other(close_attestor(&two, &bob)),
    ]
}
