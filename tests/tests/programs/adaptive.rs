//! Adaptive replication: one operator first, and others only if the chain draws so.

use anchor_lang::{AccountSerialize, prelude::Pubkey};
use assay_tests::{
    Receipt, World,
    assay_sdk::{
        addresses,
        escrow::{EscrowError, JobState, JobTerms},
        ix,
        reputation::Record,
        verification::{Phase, VerificationError, VerificationParams, adaptive::recheck},
    },
    chain::hash,
    market::*,
    world::*,
};

/// An adaptive job that may ask for `most`, drawn and waited for so long that every operator may come.
fn open(operators: usize, most: u8) -> (World, Pubkey, Vec<Pubkey>) {
    let mut w = World::with_operators(operators);
    let alice = w.alice;
    let job = w.open_with(&alice, JobTerms { strategy: adaptive(most), deadline_seconds: 400, ..terms(1) });
    w.tick(120, 0);
    let operators = w.operators.clone();
    (w, job, operators)
}

fn record(w: &World, operator: &Pubkey) -> Record {
    w.chain.read(&addresses::record(operator, 0))
}

/// Give an operator a run of valid results.
fn trust(w: &mut World, operator: &Pubkey, run: u32) {
    let address = addresses::record(operator, 0);
    let record = Record { consecutive_valid: run, ..record(w, operator) };
    let mut account = w.chain.account(&address).expect("its record");
    account.data.clear();
    record.try_serialize(&mut account.data).expect("a record");
    w.chain.set(&address, account);
}

/// Let slots pass until the next draw would decide so, at this probability.
fn wait_for(w: &mut World, job: &Pubkey, operator: &Pubkey, (wanted, bps): (bool, u16)) {
    let decides = |slot: u64| recheck(&hash(&[b"slot", &slot.to_le_bytes()]), job, &addresses::pool(operator), bps);
    while decides(w.slot + 1) != wanted {
        w.tick(0, 1);
    }
}

/// Claim and seal with the one operator; the seal's slot is one after which the draw decides as `wanted`.
fn seal_for(w: &mut World, job: &Pubkey, operator: &Pubkey, digest: &[u8; 32], wanted: (bool, u16)) {
    w.claim(job, operator);
    wait_for(w, job, operator, wanted);
    w.seal(job, operator, digest);
    w.tick(0, 2);
}

fn draw(w: &mut World, job: &Pubkey, operator: &Pubkey) -> Receipt {
    w.ok(&[ix::verification::draw_recheck(None, job, operator, 0)])
}

/// (whether others check it, at which bps) as a draw told.
fn told(receipt: &Receipt) -> (bool, u64) {
    let drawn = &receipt.event("RecheckDrawn").json;
    (drawn["rechecked"] == true, drawn["bps"].as_u64().expect("bps"))
}

fn clear(w: &mut World, job: &Pubkey) {
    w.refund(job);
    w.close(job);
    w.close_round(job).expect("a final round closes");
    w.operators.iter().for_each(|operator| assert_eq!(w.pool(operator).locked, 0));
}

/// Who has no run of ten is checked, whatever the seed; and a checked result builds trust.
#[test]
fn the_untrusted_are_always_checked() {
    for run in [0, 9] {
        let (mut w, job, o) = open(3, 3);
        trust(&mut w, &o[0], run);
        w.refused(&[w.clone().claim_ix(&job, &o[1], 1)], 3012_u32);
        // A draw that would let a trusted one pass.
        seal_for(&mut w, &job, &o[0], &honest(), (false, 1_000));
        let drawn = draw(&mut w, &job, &o[0]);
        assert_eq!(told(&drawn), (true, 10_000));
        println!("draw of a re-check: {} CU", drawn.compute_units);
        assert!(drawn.compute_units <= 60_000, "{}", drawn.compute_units);
        let (now, round) = (w.job(&job), w.round(&job));
        assert_eq!((now.state, now.replicas, now.seats), (JobState::Open, 3, 0b1));
        assert_eq!((round.phase, round.replicas, round.quorum, round.sealed), (Phase::Sealing, 3, 2, 1));
        assert_eq!(now.seal_by, round.seal_by);
        w.claim_and_seal(&job, &[(o[1], honest()), (o[2], honest())]);
        o.iter().for_each(|who| drop(w.reveal(&job, who, &honest())));
        w.finalize(&job);
        assert_eq!((w.job(&job).state, w.job(&job).winners), (JobState::Verified, 0b111));
        o.iter().for_each(|who| drop(w.settle(&job, who)));
        clear(&mut w, &job);
        assert_eq!(o.iter().map(|who| record(&w, who).consecutive_valid).collect::<Vec<_>>(), [run + 1, 1, 1]);
    }
}

/// A trusted one is checked if the draw says so, and only then; what nobody checked is paid, and builds no trust.
#[test]
fn the_trusted_are_checked_as_drawn() {
    for (run, bps) in [(10, 1_000), (16, 625), (1_000, 500)] {
        for wanted in [false, true] {
            let (mut w, job, o) = open(3, 3);
            trust(&mut w, &o[0], run);
            seal_for(&mut w, &job, &o[0], &honest(), (wanted, bps));
            assert_eq!(told(&draw(&mut w, &job, &o[0])), (wanted, bps.into()));
            if wanted {
                assert_eq!((w.round(&job).phase, w.job(&job).state), (Phase::Sealing, JobState::Open));
                continue;
            }
            assert_eq!((w.round(&job).phase, w.job(&job).state), (Phase::Revealing, JobState::Seated));
            assert_eq!(w.round(&job).reveal_by, w.now + REVEAL);
            w.refused(&[w.claim_ix(&job, &o[1], 0)], EscrowError::WrongState);
            w.reveal(&job, &o[0], &honest());
            w.finalize(&job);
            assert_eq!((w.job(&job).state, w.job(&job).winners, w.job(&job).root), (JobState::Verified, 1, honest()));
            w.settle(&job, &o[0]);
            clear(&mut w, &job);
            assert_eq!((w.usd_of(&o[0]), w.usd_of(&w.alice)), (SEAT_PRICE - FEE, FUNDS - SEAT_PRICE));
            let record = record(&w, &o[0]);
            assert_eq!((record.valid, record.consecutive_valid), (1, run), "what nobody checked proves nothing");
        }
    }
}

/// What is worth more than its class's usual job is checked more often.
#[test]
fn dear_jobs_are_checked_more_often() {
    let (mut w, job, o) = open(3, 3);
    let class_values = [BOND / 4, 1, 1, 1, 1];
    let params = VerificationParams { class_values, ..verification_params() };
    w.ok(&[ix::verification::set_params(&w.authority, params)]);
    trust(&mut w, &o[0], 20);
    seal_for(&mut w, &job, &o[0], &honest(), (true, 2_000));
    assert_eq!(told(&draw(&mut w, &job, &o[0])), (true, 2_000));
}

/// The seal stands before the seed can be known: the seed is of a slot after it.
#[test]
fn the_operator_cannot_choose() {
    let (mut w, job, o) = open(3, 3);
    trust(&mut w, &o[0], 20);
    let first = w.job(&job);
    w.claim(&job, &o[0]);
    w.tick(1, 5);
    let first = (first, w.seal(&job, &o[0], &honest()).compute_units);
    println!("seal_result of a first stage: {} CU", first.1);
    assert!(first.1 <= 60_000, "{}", first.1);
    let (first, sealed) = (first.0, w.job(&job));
    assert_eq!((w.round(&job).phase, sealed.seeded_at, sealed.seed_slot), (Phase::Checking, 0, w.slot));
    w.refused(&[w.seal_ix(&job, &o[0], &lie(&o[0]))], VerificationError::WrongPhase);
    let call = ix::verification::draw_recheck(None, &job, &o[0], 0);
    w.refused(std::slice::from_ref(&call), VerificationError::SeedNotReady);
    // Nothing else goes on meanwhile.
    w.refused(&[w.reveal_ix(&job, &o[0], &honest())], VerificationError::RevealTooEarly);
    w.refused(&[w.claim_ix(&job, &o[1], 0)], EscrowError::WrongState);
    let mut late = w.clone();
    late.tick(100_000, 0);
    late.refused(&[late.finalize_ix(&job)], VerificationError::FinalizeTooEarly);
    late.refused(&[ix::escrow::cancel_job_under(&late.alice, &job, &[o[0]])], EscrowError::SeatAtWork);

    // However long it waits: a seed that aged out is drawn from a later slot, which nobody could know either.
    w.tick(0, 600);
    let rearmed = w.ok(std::slice::from_ref(&call));
    assert_eq!(rearmed.events[0].kind, "DrawRearmed");
    assert_eq!((w.round(&job).phase, w.job(&job).seed_slot), (Phase::Checking, w.slot));
    w.tick(0, 2);
    let drawn = w.ok(std::slice::from_ref(&call));
    let seed = w.job(&job).seed;
    assert_ne!(seed, first.seed);
    assert_eq!(told(&drawn).0, recheck(&seed, &job, &addresses::pool(&o[0]), 500));
    w.refused(&[call], EscrowError::AlreadyDrawn);
}

/// The draw looks at the one that sealed, and at nobody else's history.
#[test]
fn another_ones_record() {
    let (mut w, job, o) = open(3, 3);
    trust(&mut w, &o[1], 1_000);
    let bob = w.bob;
    let other = w.open_with(&bob, terms(1));
    w.claim(&other, &o[1]);
    seal_for(&mut w, &job, &o[0], &honest(), (false, 500));
    let call = ix::verification::draw_recheck(None, &job, &o[0], 0);
    let swapped = |index: usize, address: Pubkey| {
        let mut call = call.clone();
        call.accounts[index].pubkey = address;
        call
    };
    assert_eq!(
        (call.accounts[4].pubkey, call.accounts[5].pubkey),
        (addresses::seat(&job, &o[0]), addresses::record(&o[0], 0))
    );
    w.refused(&[ix::verification::draw(&job)], VerificationError::SeatMissing);
    w.refused(&[swapped(5, addresses::record(&o[1], 0))], VerificationError::WrongSeats);
    w.refused(&[swapped(4, addresses::seat(&other, &o[1]))], VerificationError::WrongAddress);
    w.ok(&[ix::reputation::open_record(&o[0], 1)]);
    w.refused(&[swapped(5, addresses::record(&o[0], 1))], VerificationError::WrongSeats);
    w.ok(&[call]);
    assert_eq!(w.round(&job).phase, Phase::Sealing);
}

/// The first seal needs the job, and the very one.
#[test]
fn the_first_seal_names_its_job() {
    let (mut w, job, o) = open(3, 3);
    let bob = w.bob;
    let other = w.open_with(&bob, JobTerms { strategy: adaptive(3), deadline_seconds: 400, ..terms(1) });
    w.claim(&job, &o[0]);
    let seal = seal_of(&job, &o[0], &honest());
    w.refused(&[ix::verification::seal_result(&o[0], &job, seal)], VerificationError::JobMissing);
    let mut wrong = ix::verification::seal_result_first(&o[0], &job, seal);
    wrong.accounts.last_mut().expect("the job").pubkey = other;
    w.refused(&[wrong], VerificationError::WrongAddress);
    assert_eq!(w.round(&job).sealed, 0);
    w.seal(&job, &o[0], &honest());
}

/// A liar that is checked loses its stake and its run.
#[test]
fn a_failure_resets() {
    let (mut w, job, o) = open(3, 3);
    trust(&mut w, &o[0], 1_000);
    seal_for(&mut w, &job, &o[0], &lie(&o[0]), (true, 500));
    draw(&mut w, &job, &o[0]);
    w.claim_and_seal(&job, &[(o[1], honest()), (o[2], honest())]);
    w.reveal(&job, &o[0], &lie(&o[0]));
    w.reveal(&job, &o[1], &honest());
    w.reveal(&job, &o[2], &honest());
    w.finalize(&job);
    assert_eq!((w.job(&job).winners, w.job(&job).losers), (0b110, 0b001));
    w.slash(&job, &o[0]);
    assert_eq!((w.pool(&o[0]).active, record(&w, &o[0]).consecutive_valid), (STAKE - EXPOSURE, 0));
    // It is checked from now on.
    let bob = w.bob;
    let next = w.open_with(&bob, JobTerms { strategy: adaptive(3), deadline_seconds: 400, ..terms(1) });
    w.tick(120, 0);
    seal_for(&mut w, &next, &o[0], &honest(), (false, 500));
    assert_eq!(told(&draw(&mut w, &next, &o[0])), (true, 10_000));
}

/// One that is not checked and withholds its digest loses, and others do the work. It is the longest way that a round can go,
/// and its cranks are paid to the last.
#[test]
fn the_trusted_and_silent_are_replaced() {
    let mut w = World::with_operators(7);
    let (alice, carol, o) = (w.alice, w.carol, w.operators.clone());
    let before = w.chain.lamports(&alice);
    let job = w.post(&alice, JobTerms { strategy: adaptive(7), deadline_seconds: 400, ..terms(1) });
    let had = w.chain.lamports(&carol);
    let draw_by = |w: &mut World| {
        w.tick(0, 2);
        drop(w.ok(&[ix::verification::draw_by(&carol, &job)]));
    };
    let count_by = |w: &mut World| {
        let call = ix::verification::finalize_round_by(&carol, &job, 0, &w.seated(&job));
        w.ok(&[call])
    };
    draw_by(&mut w);
    w.tick(120, 0);
    trust(&mut w, &o[0], 1_000);
    seal_for(&mut w, &job, &o[0], &honest(), (false, 500));
    w.ok(&[ix::verification::draw_recheck(Some(&carol), &job, &o[0], 0)]);
    w.tick(REVEAL, 0);
    w.refused(&[w.finalize_ix(&job)], VerificationError::FinalizeTooEarly);
    w.tick(1, 0);
    let widened = count_by(&mut w);
    assert_eq!(widened.event("RoundWidened").json["silent"], 0b1);
    println!("finalize_round that widens: {} CU", widened.compute_units);
    assert!(widened.compute_units <= 60_000, "{}", widened.compute_units);
    assert_eq!((w.round(&job).replicas, w.round(&job).quorum), (3, 2));
    for (pair, digests) in [(1..3, [honest(), lie(&o[2])]), (3..5, [honest(), lie(&o[2])]), (5..7, [honest(); 2])] {
        draw_by(&mut w);
        w.tick(30, 0);
        let digests: Vec<_> = o[pair].iter().copied().zip(digests).collect();
        w.claim_and_seal(&job, &digests);
        digests.iter().for_each(|(who, digest)| drop(w.reveal(&job, who, digest)));
        count_by(&mut w);
    }
    assert_eq!(
        (w.job(&job).state, w.job(&job).winners, w.job(&job).losers),
        (JobState::Verified, 0b110_1010, 0b001_0101)
    );
    assert_eq!(w.chain.lamports(&carol) - had, 9 * BOUNTY, "five draws and four counts");
    for (i, who) in o.iter().enumerate() {
        if i % 2 == 0 && i < 6 {
            w.slash(&job, who)
        } else {
            w.settle(&job, who)
        };
    }
    clear(&mut w, &job);
    assert_eq!(w.usd_of(&alice), FUNDS - 4 * SEAT_PRICE);
    assert_eq!(before - w.chain.lamports(&alice), (9 + 4) * BOUNTY);
    let silent = record(&w, &o[0]);
    assert_eq!((w.pool(&o[0]).active, silent.silent, silent.consecutive_valid), (STAKE - EXPOSURE, 1, 0));
}

/// One that never seals is a ghost like any other, and the next one is asked first in its place.
#[test]
fn a_ghost_is_replaced_before_anything_is_drawn() {
    let (mut w, job, o) = open(3, 3);
    w.claim(&job, &o[0]);
    w.tick(SEAL + 1, 0);
    w.expire_seat(&job, &o[0]);
    assert_eq!((w.job(&job).state, w.round(&job).phase), (JobState::Open, Phase::Sealing));
    w.refused(&[ix::verification::draw(&job)], EscrowError::AlreadyDrawn);
    w.claim(&job, &o[1]);
    w.seal(&job, &o[1], &honest());
    assert_eq!((w.job(&job).seats, w.round(&job).phase), (0b1, Phase::Checking));
}
