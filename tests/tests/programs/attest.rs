//! Attested jobs: signatures of enough of the registrar's attestors settle one; nothing else does.

use anchor_lang::{error::ErrorCode, prelude::Pubkey, solana_program::instruction::Instruction};
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::{EscrowError, Job, JobState, JobTerms, Strategy},
        ix,
        reputation::Record,
        verification::{
            Attestor, AttestorKey, VerificationError,
            attest::{self, SECP256R1_PROGRAM},
            proof::Statement,
        },
    },
    chain::hash,
    market::*,
    world::*,
};
use solana_sdk::message::Message;

use super::signer::Signer;

/// Seconds for which attestors are registered.
const TERM: i64 = 1_000;

/// The usual job, for which `threshold` of carol's attestors must sign.
pub fn attested(nonce: u64, registrar: Pubkey, threshold: u8) -> JobTerms {
    JobTerms { strategy: Strategy::Attested { registrar, threshold }, ..terms(nonce) }
}

/// Three operators, and four attestors of carol's: two of each scheme.
pub fn world() -> World {
    let mut w = World::with_operators(3);
    let (carol, expires_at) = (w.carol, w.now + TERM);
    for number in 0..4 {
        let key = Signer::new(number).key();
        w.ok(&[ix::verification::register_attestor(&carol, &carol, key, expires_at)]);
    }
    w
}

/// A world in which the first operator has the seat of alice's job 1.
pub fn seated(threshold: u8) -> (World, Pubkey, Pubkey) {
    let mut w = world();
    let (alice, carol, a) = (w.alice, w.carol, w.operators[0]);
    let job = super::proofs::drawn(&mut w, &alice, attested(1, carol, threshold));
    w.claim(&job, &a);
    (w, job, a)
}

/// What attestors sign for an operator's root of a job as it stands.
fn message(w: &World, job: &Pubkey, operator: &Pubkey, root: &[u8; 32]) -> [u8; 32] {
    let Job { seed, spec_hash, .. } = &w.job(job);
    attest::message(&Statement { genesis: &GENESIS, job, seed, operator, spec_hash, root })
}

/// Address of carol's attestor of that number.
fn address(w: &World, number: u8) -> Pubkey {
    addresses::attestor(&w.carol, &Signer::new(number).key())
}

/// The submission that names these attestors, without signatures.
fn submit(w: &World, job: &Pubkey, operator: &Pubkey, attestors: &[u8]) -> Instruction {
    let attestors: Vec<_> = attestors.iter().map(|number| address(w, *number)).collect();
    ix::verification::submit_attestation(operator, job, 0, honest(), &attestors)
}

/// These signers' signatures of a message.
fn signed(message: &[u8; 32], numbers: &[u8]) -> Vec<Instruction> {
    let all: Vec<_> = numbers.iter().map(|number| Signer::new(*number).sign(message)).collect();
    ix::verification::signatures(message, &all)
}

/// All of a transaction by which these attestors attest `honest()`.
pub fn attestation(w: &World, job: &Pubkey, operator: &Pubkey, attestors: &[u8]) -> Vec<Instruction> {
    let mut calls = signed(&message(w, job, operator, &honest()), attestors);
    calls.push(submit(w, job, operator, attestors));
    calls
}

#[test]
fn attestors_settle_a_job() {
    let (mut w, job, a) = seated(4);
    let before = w.asy_of(&a);
    let calls = attestation(&w, &job, &a, &[0, 1, 2, 3]);
    // As many as a job may ask for fit, in the form that every wallet can sign.
    let bytes = Message::new(&calls, Some(&a)).serialize().len() + 65;
    assert!(bytes <= 1_232, "{bytes} bytes");
    let receipt = w.ok(&calls);
    println!("four signatures and submit_attestation: {} CU, {bytes} bytes", receipt.compute_units);
    let event = receipt.event("ResultAttested");
    assert_eq!(event.json["attestors"].as_array().map(Vec::len), Some(4));
    assert_eq!((w.job(&job).state, w.job(&job).root, w.job(&job).winners), (JobState::Verified, honest(), 1));
    w.settle(&job, &a);
    assert_eq!(w.usd_of(&a), SEAT_PRICE - FEE);
    assert_eq!(w.usd_of(&w.alice), FUNDS - SEAT_PRICE);
    assert_eq!((w.pool(&a).locked, w.pool(&a).active, w.asy_of(&a)), (0, STAKE, before));
    let record: Record = w.chain.read(&addresses::record(&a, 0));
    assert_eq!((record.valid, record.wrong, record.silent, record.consecutive_valid), (1, 0, 0, 0));
    w.refund(&job);
    w.close(&job);
    assert!(w.chain.account(&job).is_none());
}

/// The runtime verifies both schemes: a signature with one bit changed fails the transaction before any program counts it.
#[test]
fn a_forged_signature_lands_nowhere() {
    let (mut w, job, a) = seated(1);
    for number in [0, 1] {
        let message = message(&w, &job, &a, &honest());
        let (key, mut signature) = Signer::new(number).sign(&message);
        signature[40] ^= 1;
        let mut calls = ix::verification::signatures(&message, &[(key, signature)]);
        calls.push(submit(&w, &job, &a, &[number]));
        let failure = w.send(&calls).expect_err("it is forged");
        // PrecompileError::InvalidSignature.
        assert_eq!(failure.code, Some(2), "{}", failure.name);
        assert!(failure.logs.is_empty(), "{:?}", failure.logs);
    }
    // And a signature after the submission is verified, too.
    let mut calls = attestation(&w, &job, &a, &[0]);
    calls.reverse();
    calls[1].data[60] ^= 1;
    w.send(&calls).expect_err("it is forged");
    assert!(w.job(&job).is_live());
}

#[test]
fn signatures_may_come_before_or_after() {
    for number in [0, 1] {
        let (mut w, job, a) = seated(1);
        let mut calls = attestation(&w, &job, &a, &[number]);
        calls.reverse();
        w.ok(&calls);
    }
}

#[test]
fn threshold_edge() {
    let (mut w, job, a) = seated(2);
    w.refused(&attestation(&w, &job, &a, &[]), VerificationError::TooFewAttestors);
    w.refused(&attestation(&w, &job, &a, &[0]), VerificationError::TooFewAttestors);
    // A signature whose attestor is not given does not count.
    let mut calls = signed(&message(&w, &job, &a, &honest()), &[0, 1]);
    calls.push(submit(&w, &job, &a, &[1]));
    w.refused(&calls, VerificationError::TooFewAttestors);
    // An attestor whose signature is not there counts even less.
    let mut calls = signed(&message(&w, &job, &a, &honest()), &[0]);
    calls.push(submit(&w, &job, &a, &[0, 1]));
    w.refused(&calls, VerificationError::NotSigned);
    w.ok(&attestation(&w, &job, &a, &[0, 1]));
}

#[test]
fn the_same_key_twice() {
    let (mut w, job, a) = seated(2);
    let message = message(&w, &job, &a, &honest());
    for number in [0, 1] {
        let mut calls = signed(&message, &[number, number]);
        calls.push(submit(&w, &job, &a, &[number]));
        w.refused(&calls, VerificationError::TooFewAttestors);
        calls.pop();
        calls.push(submit(&w, &job, &a, &[number, number]));
        w.refused(&calls, VerificationError::AttestorTwice);
    }
    // The key under another registrar is another attestor, and not the job's.
    let (mallory, expires_at) = (w.mallory, w.now + TERM);
    let key = Signer::new(0).key();
    w.ok(&[ix::verification::register_attestor(&mallory, &mallory, key, expires_at)]);
    let mut calls = signed(&message, &[0]);
    let both = [addresses::attestor(&w.carol, &key), addresses::attestor(&mallory, &key)];
    calls.push(ix::verification::submit_attestation(&a, &job, 0, honest(), &both));
    w.refused(&calls, VerificationError::WrongAttestor);
}

#[test]
fn attestor_revoked() {
    let (mut w, job, a) = seated(2);
    let (carol, mallory) = (w.carol, w.mallory);
    let calls = attestation(&w, &job, &a, &[0, 1]);
    let of_one = address(&w, 1);
    w.refused(&[ix::verification::revoke_attestor(&mallory, &of_one)], VerificationError::NotRegistrar);
    // The job was posted, its seat claimed and the message signed before.
    w.ok(&[ix::verification::revoke_attestor(&carol, &of_one)]);
    w.refused(&calls, VerificationError::AttestorRevoked);
    w.refused(&[ix::verification::revoke_attestor(&carol, &of_one)], VerificationError::AttestorRevoked);
    // Closed, it is no attestor at all; only its registrar can bring it back.
    let rent = w.chain.lamports(&of_one);
    let before = w.chain.lamports(&carol);
    w.ok(&[ix::verification::close_attestor(&of_one, &carol)]);
    assert_eq!(w.chain.lamports(&carol), before + rent);
    w.refused(&calls, ErrorCode::AccountNotInitialized);
    let (key, expires_at) = (Signer::new(1).key(), w.now + TERM);
    let mut forged = ix::verification::register_attestor(&mallory, &mallory, key, expires_at);
    forged.accounts[2].pubkey = of_one;
    w.refused(&[forged], ErrorCode::ConstraintSeeds);
    w.ok(&attestation(&w, &job, &a, &[0, 2]));
}

#[test]
fn attestor_expired() {
    let (mut w, job, a) = seated(1);
    let (carol, now) = (w.carol, w.now);
    let signer = Signer::new(8);
    let key = signer.key();
    for expires_at in [now, now - 1, i64::MIN] {
        let call = ix::verification::register_attestor(&carol, &carol, key, expires_at);
        w.refused(&[call], VerificationError::BadExpiry);
    }
    w.ok(&[ix::verification::register_attestor(&carol, &carol, key, now + 10)]);
    let calls = attestation(&w, &job, &a, &[8]);
    let close = ix::verification::close_attestor(&address(&w, 8), &carol);
    w.at(now + 10);
    w.refused(std::slice::from_ref(&close), VerificationError::AttestorNotOver);
    let mut late = w.clone();
    late.at(now + 11);
    late.refused(&calls, VerificationError::AttestorExpired);
    late.ok(&[close]);
    w.ok(&calls);
}

/// Every index of an entry names an instruction. Signature, key and message must all come from the one that is verified:
/// the runtime would verify what another instruction holds, and the program read what this one does.
#[test]
fn signature_wrong_instruction_index() {
    let (mut w, job, a) = seated(1);
    let (message, mallory) = (message(&w, &job, &a, &honest()), w.mallory);
    for number in [0, 1] {
        let good = signed(&message, &[number]).remove(0);
        // Bytes of the entry's indices: of the signature, the key and the message.
        let at = [4, 8, 14];
        for byte in at {
            // Instruction 1 has the same bytes, so that the runtime finds a good signature there.
            let mut elsewhere = good.clone();
            elsewhere.data[byte..byte + 2].copy_from_slice(&1_u16.to_le_bytes());
            let calls = [elsewhere, good.clone(), submit(&w, &job, &a, &[number])];
            w.refused(&calls, VerificationError::SignatureElsewhere);
        }
        // The whole attack: mallory's own signature is verified, and this instruction holds the attestor's key and the
        // message, which nobody signed.
        let forger = Signer::new(number + 10);
        let own = ix::verification::signatures(&hash(&[b"mine"]), &[forger.sign(&hash(&[b"mine"]))]).remove(0);
        let mut forged = good.clone();
        let from = forged.data.len() - 64;
        forged.data[from..].fill(0);
        for byte in at {
            forged.data[byte..byte + 2].copy_from_slice(&1_u16.to_le_bytes());
        }
        let calls = [forged, own, submit(&w, &job, &a, &[number])];
        w.refused(&calls, VerificationError::SignatureElsewhere);
        // Its own number is as good as "here".
        let mut here = good.clone();
        for byte in at {
            here.data[byte..byte + 2].copy_from_slice(&0_u16.to_le_bytes());
        }
        let mut fork = w.clone();
        fork.ok(&[here.clone(), submit(&w, &job, &a, &[number])]);
        // But only where it is that number.
        let pad = ix::create_ata(&mallory, &mallory, &w.usd);
        let failure = fork.send(&[pad, here, submit(&w, &job, &a, &[number])]).expect_err("0 is another now");
        assert!(failure.code.is_some_and(|code| code < 10), "the runtime's: {}", failure.name);
    }
}

/// A program that is no precompile says nothing, whatever its data look like.
#[test]
fn only_the_runtime_verifies() {
    let (mut w, job, a) = seated(1);
    let mut calls = attestation(&w, &job, &a, &[0]);
    calls[0].program_id = Pubkey::from_str_const("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
    calls[0].data.fill(b' ');
    w.refused(&calls, VerificationError::NotSigned);
    // And no other account is the instructions sysvar.
    let mut calls = attestation(&w, &job, &a, &[0]);
    calls[1].accounts[4].pubkey = w.mallory;
    w.refused(&calls, VerificationError::WrongAddress);
    // A key of one scheme does not sign for the other.
    let mut calls = attestation(&w, &job, &a, &[1]);
    assert_eq!(calls[0].program_id, SECP256R1_PROGRAM);
    calls[1] = submit(&w, &job, &a, &[0]);
    w.refused(&calls, VerificationError::NotSigned);
}

#[test]
fn wrong_message() {
    let (mut w, job, a) = seated(1);
    let (bob, carol, b) = (w.bob, w.carol, w.operators[1]);
    let other = super::proofs::drawn(&mut w, &bob, attested(1, carol, 1));
    w.claim(&other, &b);
    let Job { seed, spec_hash, .. } = &w.job(&job);
    let own = Statement { genesis: &GENESIS, job: &job, seed, operator: &a, spec_hash, root: &honest() };
    let others = [
        Statement { genesis: &[7; 32], ..own },
        Statement { seed: &[7; 32], ..own },
        Statement { operator: &b, ..own },
        Statement { spec_hash: &[7; 32], ..own },
        Statement { root: &[7; 32], ..own },
    ];
    let mut messages: Vec<_> = others.iter().map(attest::message).collect();
    messages.push(message(&w, &other, &b, &honest()));
    // What is bound in a proof is no message, though it says the same.
    messages.push(super::proofs::binding(&w, &job, &a, &honest()));
    for message in messages {
        let mut calls = signed(&message, &[0]);
        calls.push(submit(&w, &job, &a, &[0]));
        w.refused(&calls, VerificationError::OtherMessage);
    }
    // A part of the message, or a signature of something else beside it.
    let mut part = attestation(&w, &job, &a, &[0]);
    part[0].data[12..14].copy_from_slice(&0_u16.to_le_bytes());
    w.send(&part).expect_err("the runtime sees that it is not what was signed");
    let mut calls = attestation(&w, &job, &a, &[0]);
    calls.extend(signed(&[7; 32], &[1]));
    w.refused(&calls, VerificationError::OtherMessage);
    let mut empty = submit(&w, &job, &a, &[0]);
    let at = empty.data.len() - 32;
    empty.data[at..].fill(0);
    w.refused(&[empty], VerificationError::EmptyCommitment);
}

/// A posting at the same address has another seed: what was signed for the first one is nothing to it.
#[test]
fn an_attestation_is_not_replayed() {
    let (mut w, job, a) = seated(1);
    let (alice, carol) = (w.alice, w.carol);
    let calls = attestation(&w, &job, &a, &[0]);
    w.ok(&calls);
    w.refused(&calls, VerificationError::WrongJobState);
    w.settle(&job, &a);
    w.refund(&job);
    w.close(&job);
    assert_eq!(super::proofs::drawn(&mut w, &alice, attested(1, carol, 1)), job);
    w.claim(&job, &a);
    w.refused(&calls, VerificationError::OtherMessage);
    w.ok(&attestation(&w, &job, &a, &[0]));
    w.settle(&job, &a);
    assert_eq!(w.usd_of(&a), 2 * (SEAT_PRICE - FEE));
}

#[test]
fn an_attestation_is_in_time_and_its_seats() {
    let (mut w, job, a) = seated(1);
    let (b, seal_by) = (w.operators[1], w.seat(&job, &a).seal_by);
    let calls = attestation(&w, &job, &a, &[1]);
    let mut by_another = calls.clone();
    by_another[1].accounts[0].pubkey = b;
    w.refused(&by_another, VerificationError::NotOperator);
    let mut for_another = calls.clone();
    for_another[1].accounts[5].pubkey = addresses::record(&b, 0);
    w.refused(&for_another, VerificationError::WrongAddress);
    let mut late = w.clone();
    late.at(seal_by + 1);
    late.refused(&calls, VerificationError::SealTooLate);
    late.expire_seat(&job, &a);
    assert_eq!(late.pool(&a).active, STAKE - BOND);
    w.at(seal_by);
    w.ok(&calls);
    w.at(seal_by + 1);
    let expire = w.expire_seat_ix(&job, &a);
    w.refused(&[expire], EscrowError::WrongSeatState);
    w.settle(&job, &a);
}

#[test]
fn only_attested_jobs_are_attested() {
    let mut w = world();
    let (alice, carol, a) = (w.alice, w.carol, w.operators[0]);
    w.ok(&[ix::verification::register_key(&carol, super::prover::key())]);
    let job = super::proofs::drawn(&mut w, &alice, super::proofs::proven(1));
    w.claim(&job, &a);
    w.refused(&attestation(&w, &job, &a, &[0]), VerificationError::WrongStrategy);
    let other = super::proofs::drawn(&mut w, &alice, attested(2, carol, 1));
    w.claim(&other, &a);
    let proof = super::proofs::submission(&w, &other, &a);
    w.refused(&[proof], VerificationError::WrongStrategy);
}

#[test]
fn an_attestors_key_is_sound() {
    let mut w = World::empty();
    let (carol, expires_at) = (w.carol, w.now + TERM);
    let mut uncompressed = Signer::new(1).key();
    if let AttestorKey::Secp256r1 { key } = &mut uncompressed {
        key[0] = 4;
    }
    for bad in [AttestorKey::Ed25519 { key: [0; 32] }, AttestorKey::Secp256r1 { key: [0; 33] }, uncompressed] {
        let call = ix::verification::register_attestor(&carol, &carol, bad, expires_at);
        w.refused(&[call], VerificationError::BadAttestorKey);
    }
    let (key, authority) = (Signer::new(1).key(), w.authority);
    // Who pays need not be who vouches; and the rent is the payer's.
    w.ok(&[ix::verification::register_attestor(&carol, &authority, key, expires_at)]);
    let attestor: Attestor = w.chain.read(&addresses::attestor(&carol, &key));
    assert_eq!((attestor.registrar, attestor.payer, attestor.key), (carol, authority, key));
    w.at(expires_at + 1);
    let close = ix::verification::close_attestor(&addresses::attestor(&carol, &key), &carol);
    w.refused(&[close], VerificationError::WrongAddress);
}
