//! Proven jobs: a real proof settles one in one transaction; no other does.

use anchor_lang::{
    AnchorDeserialize, AnchorSerialize, error::ErrorCode, prelude::Pubkey, solana_program::instruction::Instruction,
};
use assay_tests::{
    Receipt, World,
    assay_sdk::{
        addresses,
        escrow::{Assignment, EscrowError, Job, JobState, JobTerms, SeatState, Strategy},
        ix,
        reputation::Record,
        verification::{
            ProofKey, VerificationError, VerifyingKey,
            proof::{self, PROOF, Statement},
        },
    },
    market::*,
    world::*,
};
use solana_sdk::message::Message;

use super::prover::{key, key_of, prove, prove_with};

/// The usual job, proven to the usual key.
pub fn proven(nonce: u64) -> JobTerms {
    JobTerms { strategy: Strategy::Proven { key: addresses::proof_key(&key()) }, ..terms(nonce) }
}

/// Three operators, and carol has registered the usual key.
pub fn world() -> World {
    let mut w = World::with_operators(3);
    let carol = w.carol;
    w.ok(&[ix::verification::register_key(&carol, key())]);
    w
}

/// Post a job, draw its seed, and let time pass until every operator may claim.
pub fn drawn(w: &mut World, requester: &Pubkey, terms: JobTerms) -> Pubkey {
    let job = w.post_only(requester, terms);
    w.tick(0, 2);
    let draw = ix::verification::draw_of(&job, &w.job(&job));
    w.ok(&[draw]);
    w.tick(60, 0);
    job
}

/// What an operator's proof for a root of a job as it stands is bound to.
pub fn binding(w: &World, job: &Pubkey, operator: &Pubkey, root: &[u8; 32]) -> [u8; 32] {
    let Job { seed, spec_hash, .. } = &w.job(job);
    proof::binding(&Statement { genesis: &GENESIS, job, seed, operator, spec_hash, root })
}

/// The submission of some proof.
fn submit(job: &Pubkey, operator: &Pubkey, root: [u8; 32], proof: [u8; PROOF]) -> Instruction {
    ix::verification::submit_proof(operator, job, 0, &addresses::proof_key(&key()), root, proof)
}

/// The submission of a proof of `honest()`.
pub fn submission(w: &World, job: &Pubkey, operator: &Pubkey) -> Instruction {
    submit(job, operator, honest(), prove(&binding(w, job, operator, &honest())))
}

/// A world in which the first operator has the seat of alice's job 1.
fn seated() -> (World, Pubkey, Pubkey) {
    let mut w = world();
    let (alice, a) = (w.alice, w.operators[0]);
    let job = drawn(&mut w, &alice, proven(1));
    w.claim(&job, &a);
    (w, job, a)
}

/// Bytes of the transaction that an operator signs and pays for.
fn bytes(calls: &[Instruction], operator: &Pubkey) -> usize {
    let message = Message::new(calls, Some(operator));
    assert_eq!(message.header.num_required_signatures, 1);
    message.serialize().len() + 1 + 64
}

fn prove_and_settle(w: &mut World, job: &Pubkey, a: &Pubkey) -> Receipt {
    let calls = [submission(w, job, a), ix::escrow::settle(job, &w.job(job), a)];
    assert!(bytes(&calls, a) <= 1_232, "{} bytes", bytes(&calls, a));
    w.ok(&calls)
}

#[test]
fn a_proof_settles_its_job_in_one_transaction() {
    let (mut w, job, a) = seated();
    let (alice, before) = (w.alice, w.asy_of(&w.operators[0]));
    assert_eq!(w.usd_of(&alice), FUNDS - SEAT_PRICE);
    assert_eq!(w.pool(&a).locked, EXPOSURE);
    let receipt = prove_and_settle(&mut w, &job, &a);
    println!("submit_proof and settle: {} CU", receipt.compute_units);
    assert!(receipt.compute_units < 200_000, "{}", receipt.compute_units);
    let shown = receipt.event("ResultProven");
    assert_eq!(shown.json["operator"], a.to_string());
    assert_eq!(shown.json["root"], hex::encode(honest()));

    let state = w.job(&job);
    assert_eq!((state.state, state.root), (JobState::Settled, honest()));
    assert_eq!((state.winners, state.losers, state.seats), (1, 0, 0));
    assert_eq!(w.usd_of(&a), SEAT_PRICE - FEE);
    assert_eq!(w.chain.tokens(&addresses::fee_vault_of_job(&w.usd, &job)), FEE);
    assert_eq!(w.chain.tokens(&addresses::job_vault(&job)), 0);
    assert_eq!((w.pool(&a).locked, w.pool(&a).active, w.asy_of(&a)), (0, STAKE, before));
    let record: Record = w.chain.read(&addresses::record(&a, 0));
    assert_eq!((record.valid, record.wrong, record.silent, record.consecutive_valid), (1, 0, 0, 0));
    assert!(record.good > 0 && record.bad == 0);

    w.refund(&job);
    w.close(&job);
    assert_eq!(w.usd_of(&alice), FUNDS - SEAT_PRICE);
    assert!(w.chain.account(&job).is_none());
}

#[test]
fn a_corrupted_proof_shows_nothing() {
    let (mut w, job, a) = seated();
    let good = prove(&binding(&w, &job, &a, &honest()));
    let refused = |w: &mut World, proof: [u8; PROOF]| {
        w.refused(&[submit(&job, &a, honest(), proof)], VerificationError::BadProof);
    };
    // A bit of every number; no such point is on its curve.
    for at in (31..PROOF).step_by(32) {
        let mut bad = good;
        bad[at] ^= 1;
        refused(&mut w, bad);
    }
    // Points that are on the curve: A and C exchanged, C at infinity, all of another proof's.
    let other = prove_with(0, &binding(&w, &job, &a, &lie(&a)));
    let (mut exchanged, mut infinite, mut mixed) = (good, good, good);
    exchanged[..64].copy_from_slice(&good[192..]);
    exchanged[192..].copy_from_slice(&good[..64]);
    infinite[192..].fill(0);
    mixed[..64].copy_from_slice(&other[..64]);
    // y is no number of the field: it would be another way to write the same point.
    let mut wide = good;
    wide[32..64].fill(0xff);
    for bad in [exchanged, infinite, mixed, wide, [0; PROOF]] {
        refused(&mut w, bad);
    }
    assert_eq!(w.seat(&job, &a).state, SeatState::Claimed);
    w.ok(&[submit(&job, &a, honest(), good)]);
}

/// A proof shows its root only, and to its key only.
#[test]
fn a_proof_of_something_else_shows_nothing() {
    let (mut w, job, a) = seated();
    let Job { seed, spec_hash, .. } = &w.job(&job);
    let good = prove(&binding(&w, &job, &a, &honest()));
    w.refused(&[submit(&job, &a, lie(&a), good)], VerificationError::BadProof);
    w.refused(&[submit(&job, &a, [0; 32], good)], VerificationError::EmptyCommitment);
    let own = Statement { genesis: &GENESIS, job: &job, seed, operator: &a, spec_hash, root: &honest() };
    let others = [
        Statement { genesis: &[7; 32], ..own },
        Statement { job: &a, ..own },
        Statement { seed: &[7; 32], ..own },
        Statement { operator: &job, ..own },
        Statement { spec_hash: &[7; 32], ..own },
    ];
    for of in others {
        w.refused(&[submit(&job, &a, honest(), prove(&proof::binding(&of)))], VerificationError::BadProof);
    }
    let other_setup = prove_with(1, &binding(&w, &job, &a, &honest()));
    w.refused(&[submit(&job, &a, honest(), other_setup)], VerificationError::BadProof);
    w.ok(&[submit(&job, &a, honest(), good)]);
}

#[test]
fn proof_other_job() {
    let mut w = world();
    let (alice, bob, [a, b]) = (w.alice, w.bob, [w.operators[0], w.operators[1]]);
    let job = drawn(&mut w, &alice, proven(1));
    let other = drawn(&mut w, &bob, proven(1));
    w.claim(&job, &a);
    w.claim(&other, &b);
    let of_other = prove(&binding(&w, &other, &b, &honest()));
    w.refused(&[submit(&job, &a, honest(), of_other)], VerificationError::BadProof);
    w.ok(&[submit(&other, &b, honest(), of_other)]);
    // A seat of one job, named with the other.
    let mut crossed = submission(&w, &job, &a);
    crossed.accounts[3].pubkey = addresses::seat(&other, &b);
    w.refused(&[crossed], VerificationError::WrongAddress);
}

/// The same terms posted again at the same address are another posting, with another seed. And a proof that was seen, and held
/// back until its operator had lost the seat, is nobody else's.
#[test]
fn proof_replayed() {
    let (mut w, job, a) = seated();
    let alice = w.alice;
    let old = submission(&w, &job, &a);
    w.ok(&[old.clone(), ix::escrow::settle(&job, &w.job(&job), &a)]);
    w.refund(&job);
    w.close(&job);
    let again = drawn(&mut w, &alice, proven(1));
    assert_eq!(again, job);
    w.claim(&job, &a);
    w.refused(&[old], VerificationError::BadProof);
    prove_and_settle(&mut w, &job, &a);
    assert_eq!(w.usd_of(&a), 2 * (SEAT_PRICE - FEE));

    let (mut w, job, a) = seated();
    let b = w.operators[1];
    let seen = prove(&binding(&w, &job, &a, &honest()));
    w.at(w.seat(&job, &a).seal_by + 1);
    w.expire_seat(&job, &a);
    w.ok(&[ix::escrow::top_up(&w.alice, &w.usd, &job, terms(1).price_per_unit, 100)]);
    w.claim(&job, &b);
    w.refused(&[submit(&job, &b, honest(), seen)], VerificationError::BadProof);
    assert_eq!((w.seat(&job, &b).state, w.usd_of(&b)), (SeatState::Claimed, 0));
    prove_and_settle(&mut w, &job, &b);
    assert_eq!((w.usd_of(&a), w.usd_of(&b)), (0, SEAT_PRICE - FEE));
}

#[test]
fn a_proof_counts_once() {
    let (mut w, job, a) = seated();
    let alice = w.alice;
    let call = submission(&w, &job, &a);
    w.ok(std::slice::from_ref(&call));
    w.refused(&[call], VerificationError::WrongJobState);
    // Nobody takes back what is proven, and nobody calls the winner a ghost.
    w.refused(&[ix::escrow::cancel_job_under(&alice, &job, &[a])], EscrowError::WrongState);
    w.at(w.seat(&job, &a).seal_by + 1);
    let expire = w.expire_seat_ix(&job, &a);
    w.refused(&[expire], EscrowError::WrongSeatState);
    w.settle(&job, &a);
    assert_eq!(w.usd_of(&a), SEAT_PRICE - FEE);
}

#[test]
fn a_proof_is_in_time() {
    let (mut w, job, a) = seated();
    let call = submission(&w, &job, &a);
    let seal_by = w.seat(&job, &a).seal_by;
    let mut late = w.clone();
    late.at(seal_by + 1);
    late.refused(std::slice::from_ref(&call), VerificationError::SealTooLate);
    late.expire_seat(&job, &a);
    late.refused(std::slice::from_ref(&call), ErrorCode::AccountNotInitialized);
    assert_eq!(late.pool(&a).active, STAKE - BOND);
    w.at(seal_by);
    w.ok(&[call]);
}

#[test]
fn a_proof_is_its_seats() {
    let (mut w, job, a) = seated();
    let b = w.operators[1];
    let mut call = submission(&w, &job, &a);
    call.accounts[0].pubkey = b;
    w.refused(&[call], VerificationError::NotOperator);
    let mut call = submission(&w, &job, &a);
    call.accounts[5].pubkey = addresses::record(&b, 0);
    w.refused(&[call], VerificationError::WrongAddress);
    let mut call = submission(&w, &job, &a);
    let carol = w.carol;
    w.ok(&[ix::verification::register_key(&carol, key_of(1))]);
    call.accounts[4].pubkey = addresses::proof_key(&key_of(1));
    w.refused(&[call], VerificationError::WrongKey);
}

#[test]
fn only_proven_jobs_are_proven() {
    let mut w = world();
    let (alice, a) = (w.alice, w.operators[0]);
    let job = w.open(&alice, 1);
    w.claim(&job, &a);
    let call = submission(&w, &job, &a);
    w.refused(&[call], VerificationError::WrongStrategy);
}

/// A round that an earlier posting left at the address takes seals, but what it took is nothing: the seat is a ghost's.
#[test]
fn an_old_round_judges_no_proven_job() {
    let mut w = world();
    let (alice, a) = (w.alice, w.operators[0]);
    let sampled = Strategy::Sampled { samples: 1, committee: 1 };
    let job = w.open_with(&alice, JobTerms { strategy: sampled, ..terms(1) });
    w.ok(&[ix::escrow::cancel_job(&alice, &job)]);
    w.refund(&job);
    w.close(&job);
    assert_eq!(drawn(&mut w, &alice, proven(1)), job);
    w.claim(&job, &a);
    let seal = w.seal_ix(&job, &a, &lie(&a));
    w.refused(&[seal], VerificationError::StaleRound);
    w.at(w.job(&job).seal_by + 1);
    let finalize = w.finalize_ix(&job);
    w.refused(&[finalize], VerificationError::NotReplicated);
    w.expire_seat(&job, &a);
    assert_eq!((w.usd_of(&a), w.pool(&a).active), (0, STAKE - BOND));
}

/// A proof names the seed, so an auction needs one too.
#[test]
fn an_auction_is_drawn_before_it_is_awarded() {
    let mut w = world();
    let (alice, a) = (w.alice, w.operators[0]);
    let terms = JobTerms { assignment: Assignment::Auction, ..proven(1) };
    let job = w.auction(&alice, terms);
    w.bid(&job, &a, SEAT_PRICE - 32);
    let award = ix::escrow::award_bid(&alice, &w.bid_of(&job, &a));
    w.refused(std::slice::from_ref(&award), EscrowError::NotDrawn);
    let draw = ix::verification::draw_of(&job, &w.job(&job));
    w.ok(&[draw]);
    w.ok(&[award]);
    let call = submission(&w, &job, &a);
    w.ok(&[call]);
    let settle = ix::escrow::for_seat(ix::escrow::settle(&job, &w.job(&job), &a), &w.seat(&job, &a));
    w.ok(&[settle]);
    // 2.5 % of 1,000,000.
    assert_eq!(w.usd_of(&a), 1_000_000 - 25_000);
}

#[test]
fn a_key_is_sound() {
    let mut w = World::empty();
    let carol = w.carol;
    let good = key();
    let mut refused = |bad: VerifyingKey| {
        w.refused(&[ix::verification::register_key(&carol, bad)], VerificationError::BadKey);
    };
    let mut bytes = Vec::new();
    good.serialize(&mut bytes).expect("plain data");
    let changed = |point: std::ops::Range<usize>, change: fn(&mut [u8])| {
        let mut bytes = bytes.clone();
        change(&mut bytes[point]);
        VerifyingKey::deserialize(&mut bytes.as_slice()).expect("as long as before")
    };
    for point in [0..64, 64..192, 192..320, 320..448, 448..512, 512..576, 576..640] {
        refused(changed(point.clone(), |point| *point.last_mut().expect("bytes") ^= 1));
        refused(changed(point, |point| point.fill(0)));
    }
    // Real and imaginary parts exchanged, the usual mistake.
    refused(changed(64..192, |point| point.chunks_mut(64).for_each(|number| number.rotate_left(32))));
    // A setup that was not finished: whoever has the key can prove anything.
    refused(VerifyingKey { delta: good.gamma, ..good.clone() });
    w.ok(&[ix::verification::register_key(&carol, good)]);
}

/// No key stands where another is named, and none goes under a job: its owner could take the bond of whoever works.
#[test]
fn a_key_stays_as_long_as_a_job_may_take() {
    let (mut w, job, a) = seated();
    let (alice, bob, carol, mallory) = (w.alice, w.bob, w.carol, w.mallory);
    let address = addresses::proof_key(&key());
    let close = ix::verification::close_key(&address, &carol);
    // No other key comes to its address.
    let mut other = ix::verification::register_key(&mallory, key_of(1));
    other.accounts[1].pubkey = address;
    w.refused(&[other], ErrorCode::ConstraintSeeds);
    w.refused(&[ix::verification::retire_key(&mallory, &address)], VerificationError::NotKeyPayer);
    w.refused(std::slice::from_ref(&close), VerificationError::KeyNotOver);
    w.ok(&[ix::verification::retire_key(&carol, &address)]);
    w.refused(&[ix::verification::retire_key(&carol, &address)], VerificationError::KeyRetired);
    let closes_at = w.chain.read::<ProofKey>(&address).closes_at;
    assert_eq!(closes_at, w.now + i64::from(escrow_params().max_job_seconds));
    assert!(closes_at > w.job(&job).seal_by);

    // It starts no job any more, but serves those that it started.
    let late = w.post_only(&bob, proven(1));
    w.tick(0, 2);
    w.refused(&[ix::verification::draw_proven(&late, &address)], VerificationError::KeyRetired);
    w.ok(&[ix::escrow::cancel_job(&bob, &late)]);
    prove_and_settle(&mut w, &job, &a);

    w.at(closes_at - 1);
    w.refused(std::slice::from_ref(&close), VerificationError::KeyNotOver);
    w.at(closes_at);
    let (before, rent) = (w.chain.lamports(&carol), w.chain.lamports(&address));
    w.ok(&[close]);
    assert_eq!(w.chain.lamports(&carol), before + rent);
    // Without its key a job is not drawn, so nobody can lose a bond in it.
    let keyless = w.post_only(&alice, proven(2));
    w.tick(0, 2);
    w.refused(&[ix::verification::draw_roundless(&keyless)], VerificationError::WrongKey);
    w.refused(&[ix::verification::draw_proven(&keyless, &address)], ErrorCode::AccountNotInitialized);
    w.refused(&[ix::verification::draw_proven(&keyless, &alice)], VerificationError::WrongKey);
    // Anybody may bring it back.
    w.ok(&[ix::verification::register_key(&mallory, key())]);
    w.ok(&[ix::verification::draw_proven(&keyless, &address)]);
}
