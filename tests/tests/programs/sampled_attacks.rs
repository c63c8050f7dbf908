//! What an executor, a verifier or a stranger may try with a sampled job, and which error stops it.

use assay_tests::{
    assay_sdk::{
        ix,
        sample::{self as client, Piece},
        verification::{Phase, VerificationError, sample},
    },
    market::*,
    sampled::*,
    world::*,
};

use super::sampled::{sealed, verdict, world};
use assay_tests::assay_sdk::escrow::JobState;

/// The units are drawn from a slot after the executor's seal, and not from the seed by which it came to its seat.
#[test]
fn the_executor_cannot_know_its_samples() {
    let digests = work(UNITS);
    let (mut w, executor, _) = world();
    let alice = w.alice;
    let job = w.open_with(&alice, sampled(1));
    w.tick(60, 1);
    w.claim(&job, &executor);
    let before = w.job(&job).seed;
    assert!(w.drawn(&job).is_empty(), "nobody is told units that are not drawn");
    w.tick(5, 7);
    w.ok(&[w.seal_first_ix(&job, &executor, &root(&digests))]);
    let sealed = w.job(&job);
    assert_eq!((sealed.seeded_at, sealed.seed_slot, sealed.replicas), (0, w.slot, 4));
    assert!(w.drawn(&job).is_empty());
    w.refused(&[ix::verification::draw(&job)], VerificationError::SeedNotReady);
    w.tick(0, 2);
    w.ok(&[ix::verification::draw(&job)]);
    assert_ne!(w.job(&job).seed, before);
    assert_ne!(w.drawn(&job), sample::units(&before, &job, UNITS, SAMPLES));
    // Nor is it drawn twice.
    w.tick(0, 2);
    assert!(w.send(&[ix::verification::draw(&job)]).is_err());
}

/// `seed_slot_aged_out`: the slot after the seal has left the sysvar; a later one decides, which nobody could know either.
#[test]
fn seed_slot_aged_out() {
    let digests = work(UNITS);
    let (mut w, executor, _) = world();
    let alice = w.alice;
    let job = w.open_with(&alice, sampled(1));
    w.tick(60, 1);
    w.claim(&job, &executor);
    w.ok(&[w.seal_first_ix(&job, &executor, &root(&digests))]);
    w.tick(0, 600);
    let armed = w.ok(&[ix::verification::draw(&job)]);
    assert_eq!(armed.event("DrawRearmed").u64("after_slot"), w.slot);
    assert!(w.drawn(&job).is_empty());
    w.tick(0, 2);
    w.ok(&[ix::verification::draw(&job)]);
    assert_eq!(w.drawn(&job).len(), 4);
}

/// The thief that computes nothing before it seals, and the drawn units after: their digests are right, and no path leads
/// from them to what it sealed. It cannot change what it sealed either.
#[test]
fn computing_only_what_is_drawn() {
    let honest = work(UNITS);
    let lies = garbage(&honest, 0..UNITS);
    let (mut w, job, executor, [a, b, c, _]) = sealed(&lies);
    let found = w.samples(&job, &honest);
    for verifier in [a, b, c] {
        w.verify(&job, &verifier, &found);
    }
    let reveal = w.reveal_root_ix(&job, &executor, &root(&honest));
    w.refused(&[reveal], VerificationError::WrongPreimage);
    w.ok(&[w.reveal_root_ix(&job, &executor, &root(&lies))]);
    w.refused(&[w.reveal_root_ix(&job, &executor, &root(&lies))], VerificationError::RootRevealed);

    // The right digest with the paths of what it sealed, and the right tree's whole path.
    let sealed = w.pieces(&job, &lies);
    let mut mixed = sealed[0].clone();
    mixed.hashes[0] = found[0];
    w.refused(&[ix::verification::prove_sample(&executor, &job, mixed)], VerificationError::WrongLeaf);
    let right = client::pieces(&honest, &w.drawn(&job), &Default::default()).expect("a tree");
    w.refused(&[ix::verification::prove_sample(&executor, &job, right[0].clone())], VerificationError::WrongLeaf);
    // The path of a unit that was not drawn.
    let drawn = w.drawn(&job);
    let undrawn = (0..UNITS).find(|unit| !drawn.contains(unit)).expect("36 are not");
    let other = client::pieces(&lies, &[undrawn], &Default::default()).expect("a tree").remove(0);
    w.refused(&[ix::verification::prove_sample(&executor, &job, other)], VerificationError::WrongLeaf);
    // All it can show is what it sealed, and that is not what the committee found.
    for piece in sealed {
        w.ok(&[ix::verification::prove_sample(&executor, &job, piece)]);
    }
    for verifier in [a, b, c] {
        w.reveal_sample(&job, &verifier, &found);
    }
    w.finalize_sample(&job);
    w.pronounce(&job);
    assert_eq!(verdict(&w, &job), (JobState::Verified, 0b1110, 0b0001));
}

/// A part of the units made up is found by the samples or it is not: of 60 jobs about as many as 1 - (1 - f)^k says. What was
/// not drawn is not seen, and that is the bound of the strategy.
#[test]
fn a_part_made_up_is_found_as_often_as_the_docs_say() {
    let honest = work(UNITS);
    let mut caught = 0;
    for nonce in 0..60 {
        // A quarter of the units: 1 - (3/4)^4 = 68 %.
        let (executor_lies, seed) = (garbage(&honest, 0..10), assay_tests::chain::hash(&[&[nonce]]));
        let drawn = sample::units(&seed, &Default::default(), UNITS, SAMPLES);
        caught += u32::from(drawn.iter().any(|unit| executor_lies[*unit as usize] != honest[*unit as usize]));
    }
    assert!((30..=52).contains(&caught), "{caught} of 60");
}

/// A piece that comes twice, out of step or from another leaf changes nothing; a wrong one is made good.
#[test]
fn pieces_out_of_step() {
    let digests = work(UNITS);
    let (mut w, job, executor, [a, b, c, _]) = sealed(&digests);
    let found = w.samples(&job, &digests);
    for verifier in [a, b, c] {
        w.verify(&job, &verifier, &found);
    }
    let prove = |piece: &Piece| ix::verification::prove_sample(&executor, &job, piece.clone());
    w.refused(&[prove(&w.pieces(&job, &digests)[0])], VerificationError::RootHidden);
    w.ok(&[w.reveal_root_ix(&job, &executor, &root(&digests))]);
    let all: Vec<_> = w.pieces(&job, &digests).into_iter().flat_map(|piece| piece.hashes).collect();
    let piece = |leaf: u8, height: u8, hashes: &[[u8; 32]]| Piece { leaf, height, hashes: hashes.to_vec() };
    w.refused(&[prove(&piece(1, 0, &all[..1]))], VerificationError::OtherPiece);
    w.refused(&[prove(&piece(0, 1, &all[..1]))], VerificationError::OtherPiece);
    w.ok(&[prove(&piece(0, 0, &all[..3]))]);
    let at = w.round(&job).shown.expect("sampled");
    assert_eq!((at.leaves, at.height), (0, 3));
    // Sent twice, as a client does that heard nothing.
    w.ok(&[prove(&piece(0, 0, &all[..3]))]);
    w.refused(&[prove(&piece(0, 2, &all[2..3]))], VerificationError::OtherPiece);
    // A wrong neighbour, which only shows at the top.
    w.ok(&[prove(&piece(0, 3, &[[9; 32]]))]);
    w.refused(&[prove(&piece(0, 4, &all[4..8]))], VerificationError::WrongLeaf);
    for piece in w.pieces(&job, &digests) {
        w.ok(&[prove(&piece)]);
    }
    assert_eq!(w.round(&job).revealed, 1);
    w.refused(&[prove(&piece(4, 0, &all[..1]))], VerificationError::WrongSeatState);
}

/// Only seat 0 shows root and leaves, only the others samples; and nobody for them.
#[test]
fn whose_turn_it_is() {
    let digests = work(UNITS);
    let (mut w, job, executor, [a, b, c, _]) = sealed(&digests);
    let found = w.samples(&job, &digests);
    w.verify(&job, &a, &found);
    // reveal_early: not before the whole committee has sealed, or sealing is over.
    w.refused(&[w.reveal_root_ix(&job, &executor, &root(&digests))], VerificationError::RevealTooEarly);
    w.refused(&[w.reveal_sample_ix(&job, &a, &found)], VerificationError::RevealTooEarly);
    for verifier in [b, c] {
        w.verify(&job, &verifier, &found);
    }
    w.refused(&[w.reveal_root_ix(&job, &a, &root(&digests))], VerificationError::WrongSeat);
    w.refused(&[w.reveal_sample_ix(&job, &executor, &found)], VerificationError::WrongSeat);
    w.refused(&[w.reveal_sample_ix(&job, &a, &[])], VerificationError::EmptyCommitment);
    w.refused(&[w.reveal_sample_ix(&job, &a, &found[..3])], VerificationError::WrongPreimage);
    w.ok(&[w.reveal_root_ix(&job, &executor, &root(&digests))]);
    let piece = w.pieces(&job, &digests).remove(0);
    w.refused(&[ix::verification::prove_sample(&a, &job, piece.clone())], VerificationError::WrongSeat);
    let mut forged = ix::verification::prove_sample(&executor, &job, piece);
    forged.accounts[0].pubkey = a;
    w.refused(&[forged], VerificationError::NotOperator);
    let mut forged = w.reveal_sample_ix(&job, &a, &found);
    forged.accounts[0].pubkey = b;
    w.refused(&[forged], VerificationError::NotOperator);
    w.reveal_sample(&job, &a, &found);
    w.refused(&[w.reveal_sample_ix(&job, &a, &found)], VerificationError::WrongSeatState);
}

/// The instructions of replicated jobs do not pass for those of sampled ones, nor the other way round: a root revealed
/// without its leaves would be taken for a sample root.
#[test]
fn instructions_of_the_other_strategy() {
    let digests = work(UNITS);
    let (mut w, job, executor, [a, b, c, _]) = sealed(&digests);
    let found = w.samples(&job, &digests);
    for verifier in [a, b, c] {
        w.verify(&job, &verifier, &found);
    }
    w.refused(&[w.reveal_ix(&job, &executor, &root(&digests))], VerificationError::NotReplicated);
    w.refused(&[w.reveal_ix(&job, &a, &sample::root(&found))], VerificationError::NotReplicated);
    w.at(w.round(&job).reveal_by + 1);
    w.refused(&[w.finalize_ix(&job)], VerificationError::NotReplicated);

    let bob = w.bob;
    let plain = w.open(&bob, 1);
    for operator in [executor, a, b] {
        w.claim(&plain, &operator);
        w.seal(&plain, &operator, &honest());
    }
    w.refused(&[w.reveal_root_ix(&plain, &executor, &honest())], VerificationError::NotSampled);
    w.refused(&[w.reveal_sample_ix(&plain, &a, &found)], VerificationError::NotSampled);
    w.refused(&[w.finalize_sample_ix(&plain)], VerificationError::NotSampled);
    let piece = Piece { leaf: 0, height: 0, hashes: vec![[1; 32]] };
    w.refused(&[ix::verification::prove_sample(&executor, &plain, piece)], VerificationError::NotSampled);
}

/// `replay_across_jobs`: what was sealed and shown in one job opens nothing in another of the same work.
#[test]
fn replay_across_jobs() {
    let digests = work(UNITS);
    let (mut w, executor, [a, b, c, _]) = world();
    let (alice, bob) = (w.alice, w.bob);
    let [job, other] = [alice, bob].map(|who| w.start(&who, patient(1), &executor, &root(&digests)));
    assert_ne!(w.drawn(&job), w.drawn(&other), "another job, another draw");
    let (found, theirs) = (w.samples(&job, &digests), w.samples(&other, &digests));
    for verifier in [a, b, c] {
        w.verify(&job, &verifier, &found);
    }
    w.claim(&other, &a);
    w.ok(&[ix::verification::seal_result(&a, &other, w.seat(&job, &a).commitment)]);
    for verifier in [b, c] {
        w.verify(&other, &verifier, &theirs);
    }
    let replayed = ix::verification::reveal_sample(&a, &other, found.clone(), salt(&job, &a));
    w.refused(&[replayed], VerificationError::WrongPreimage);
    let replayed = ix::verification::reveal_root(&executor, &other, root(&digests), salt(&job, &executor));
    w.refused(&[replayed], VerificationError::WrongPreimage);
    // The other job's leaves are no answer: these are not the units that were drawn here.
    w.ok(&[w.reveal_root_ix(&job, &executor, &root(&digests))]);
    w.ok(&[w.reveal_root_ix(&other, &executor, &root(&digests))]);
    let piece = w.pieces(&job, &digests).remove(0);
    w.refused(&[ix::verification::prove_sample(&executor, &other, piece.clone())], VerificationError::WrongLeaf);
    // Nor do this job's accounts go with the other's.
    let mut mixed = ix::verification::prove_sample(&executor, &job, piece);
    mixed.accounts[1].pubkey = other;
    w.refused(&[mixed], VerificationError::WrongAddress);
}

/// `reveal_late`, `deadline_minus_1_s`, `deadline_plus_1_s`: to reveal, to prove, to count and to pronounce.
#[test]
fn deadlines() {
    let digests = work(UNITS);
    let (mut w, job, executor, [a, b, c, _]) = sealed(&digests);
    let found = w.samples(&job, &digests);
    for verifier in [a, b, c] {
        w.verify(&job, &verifier, &found);
    }
    let last = w.round(&job).reveal_by;
    assert_eq!(last, w.now + REVEAL);
    w.ok(&[w.reveal_root_ix(&job, &executor, &root(&digests))]);
    let pieces = w.pieces(&job, &digests);
    w.at(last);
    w.reveal_sample(&job, &a, &found);
    w.reveal_sample(&job, &b, &found);
    w.refused(&[w.finalize_sample_ix(&job)], VerificationError::FinalizeTooEarly);
    let mut late = w.clone();
    late.at(last + 1);
    late.refused(&[late.reveal_sample_ix(&job, &c, &found)], VerificationError::RevealTooLate);
    let prove = ix::verification::prove_sample(&executor, &job, pieces[0].clone());
    late.refused(&[prove], VerificationError::RevealTooLate);
    for piece in pieces {
        w.ok(&[ix::verification::prove_sample(&executor, &job, piece)]);
    }
    w.at(last + 1);
    w.finalize_sample(&job);
    // A jury may be called until then.
    let until = w.round(&job).reveal_by;
    assert_eq!((until, w.round(&job).phase), (w.now + REVEAL, Phase::Auditing));
    w.refused(&[w.reveal_sample_ix(&job, &c, &found)], VerificationError::WrongPhase);
    w.at(until);
    w.refused(&[w.finalize_sample_ix(&job)], VerificationError::AuditOpen);
    w.at(until + 1);
    w.finalize_sample(&job);
    assert_eq!(verdict(&w, &job), (JobState::Verified, 0b0111, 0b1000));
    w.refused(&[w.finalize_sample_ix(&job)], VerificationError::WrongPhase);
}

/// Counting needs every seat once, with its own record.
#[test]
fn counting_leaves_nobody_out() {
    let digests = work(UNITS);
    let (mut w, job, executor, [a, b, c, _]) = sealed(&digests);
    let found = w.samples(&job, &digests);
    for verifier in [a, b, c] {
        w.verify(&job, &verifier, &found);
    }
    for verifier in [a, b, c] {
        w.reveal_sample(&job, &verifier, &found);
    }
    w.show(&job, &executor, &digests);
    let with = |seats: &[_]| ix::verification::finalize_sample(None, &job, 0, seats);
    for seats in [vec![executor, a, b], vec![a, b, c], vec![executor, a, b, b], vec![executor, a, b, c, c], vec![]] {
        w.refused(&[with(&seats)], VerificationError::WrongSeats);
    }
    let mut swapped = w.finalize_sample_ix(&job);
    let records = swapped.accounts.len();
    swapped.accounts.swap(records - 1, records - 3);
    w.refused(&[swapped], VerificationError::WrongSeats);
    w.finalize_sample(&job);
}
