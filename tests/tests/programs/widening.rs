//! Rounds that find no quorum: more are asked, by two, then a jury may be called, then the money goes back.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::{Device, EscrowError, Job, JobState, JobTerms},
        ix,
        reputation::Record,
        verification::{Phase, VerificationError},
    },
    market::*,
    world::*,
};

const DAY: u32 = 2_000;

/// A job that begins with `replicas` of which `quorum` must agree, and may ask for `most`; its seed is drawn.
fn open(operators: usize, (replicas, quorum, most): (u8, u8, u8)) -> (World, Pubkey, Vec<Pubkey>) {
    let mut w = World::with_operators(operators);
    let alice = w.alice;
    let job = w.open_with(&alice, JobTerms { strategy: up_to(replicas, quorum, most), ..terms(1) });
    let operators = w.operators.clone();
    (w, job, operators)
}

/// (state, winners, losers) of a job.
fn verdict(w: &World, job: &Pubkey) -> (JobState, u8, u8) {
    let Job { state, winners, losers, .. } = w.job(job);
    (state, winners, losers)
}

/// (valid, wrong, silent) of an operator in class 0.
fn record(w: &World, operator: &Pubkey) -> (u32, u32, u32) {
    let record: Record = w.chain.read(&addresses::record(operator, 0));
    (record.valid, record.wrong, record.silent)
}

#[test]
fn tie_widens() {
    let (mut w, job, o) = open(4, (2, 2, 4));
    let [a, b, c, d] = [o[0], o[1], o[2], o[3]];
    let (alice, supply) = (w.alice, w.supply());
    assert_eq!(w.usd_of(&alice), FUNDS - 4 * SEAT_PRICE, "all that may be asked are paid in advance");
    let widened = w.judge(&job, &[(a, honest()), (b, lie(&b))]);
    let told = widened.event("RoundWidened");
    assert_eq!((&told.json["replicas"], &told.json["quorum"], &told.json["silent"]), (&4.into(), &3.into(), &0.into()));
    let (now, round) = (w.job(&job), w.round(&job));
    assert_eq!((now.state, now.replicas, now.seats, now.seeded_at), (JobState::Open, 4, 0b11, 0));
    assert_eq!((round.phase, round.replicas, round.quorum, round.sealed), (Phase::Sealing, 4, 3, 2));
    assert_eq!((now.seal_by, now.seed_slot), (round.seal_by, w.slot));
    assert_eq!(round.reveal_by, round.seal_by + REVEAL);

    // The earlier seed seats nobody any more, and the next one cannot be known.
    w.refused(&[w.claim_ix(&job, &c, 0)], EscrowError::NotDrawn);
    w.refused(&[ix::verification::draw(&job)], VerificationError::SeedNotReady);
    w.next_stage(&job, &[(c, honest()), (d, honest())]);
    assert_eq!(verdict(&w, &job), (JobState::Verified, 0b1101, 0b0010));
    assert_eq!(w.job(&job).root, honest());
    w.wind_up(&job);

    let (harmed, caller) = (HALF_FEE, HALF_FEE);
    assert_eq!([a, b, c, d].map(|who| w.usd_of(&who)), [SEAT_PRICE - FEE, 0, SEAT_PRICE - FEE, SEAT_PRICE - FEE]);
    assert_eq!([a, b, c, d].map(|who| w.pool(&who).active), [STAKE, STAKE - EXPOSURE, STAKE, STAKE]);
    assert_eq!((w.usd_of(&alice), w.asy_of(&alice)), (FUNDS - 3 * SEAT_PRICE, harmed));
    assert_eq!((w.asy_of(&w.carol), supply - w.supply()), (caller, EXPOSURE - harmed - caller));
    assert_eq!([a, b, c, d].map(|who| record(&w, &who)), [(1, 0, 0), (0, 1, 0), (1, 0, 0), (1, 0, 0)]);
}

/// One vote below the quorum of the wider round is none, though it was enough before.
#[test]
fn quorum_edge() {
    let (mut w, job, o) = open(5, (3, 3, 5));
    let [a, b, c, d, e] = [o[0], o[1], o[2], o[3], o[4]];
    w.judge(&job, &[(a, honest()), (b, honest()), (c, lie(&c))]);
    assert_eq!((w.round(&job).replicas, w.round(&job).quorum), (5, 3));
    let mut enough = w.clone();
    enough.next_stage(&job, &[(d, honest()), (e, lie(&c))]);
    assert_eq!(verdict(&enough, &job), (JobState::Verified, 0b01011, 0b10100));
    w.next_stage(&job, &[(d, lie(&c)), (e, lie(&e))]);
    assert_eq!((w.round(&job).phase, w.job(&job).is_live()), (Phase::Tied, true));
    enough.wind_up(&job);

    let (mut w, job, o) = open(4, (2, 2, 4));
    w.judge(&job, &[(o[0], honest()), (o[1], lie(&o[1]))]);
    // Two of four had been enough of two.
    w.next_stage(&job, &[(o[2], honest()), (o[3], lie(&o[3]))]);
    assert_eq!(w.round(&job).phase, Phase::Tied);
}

/// Two, four, six, seven: three, three and one. It ends without a jury, and nobody loses what nobody can judge.
#[test]
fn three_three_and_one() {
    let (mut w, job, o) = open(7, (2, 2, 7));
    let before = w.usd_of(&w.alice) + 7 * SEAT_PRICE;
    let (x, y) = (honest(), lie(&o[1]));
    // Until sortition lets all of seven pools come.
    let stage = |w: &mut World, digests: &[(Pubkey, [u8; 32])]| {
        w.redraw(&job);
        w.tick(60, 0);
        w.judge(&job, digests)
    };
    w.tick(60, 0);
    w.judge(&job, &[(o[0], x), (o[1], y)]);
    stage(&mut w, &[(o[2], x), (o[3], y)]);
    assert_eq!((w.round(&job).replicas, w.round(&job).quorum), (6, 4));
    stage(&mut w, &[(o[4], x), (o[5], y)]);
    assert_eq!((w.round(&job).replicas, w.round(&job).quorum), (7, 4));
    let mut broken = w.clone();

    let tied = stage(&mut w, &[(o[6], lie(&o[6]))]);
    let until = w.now + REVEAL;
    assert_eq!(tied.event("RoundTied").json["until"].as_str(), Some(until.to_string().as_str()));
    assert_eq!((w.round(&job).phase, w.round(&job).reveal_by), (Phase::Tied, until));
    w.at(until);
    w.refused(&[w.finalize_ix(&job)], VerificationError::FinalizeTooEarly);
    w.refused(&[w.reveal_ix(&job, &o[6], &x)], VerificationError::WrongPhase);
    w.tick(1, 0);
    w.finalize(&job);
    assert_eq!((verdict(&w, &job), w.job(&job).root), ((JobState::Unresolved, 0, 0), [0; 32]));
    w.wind_up(&job);
    assert_eq!((w.usd_of(&w.alice), w.asy_of(&w.alice)), (before, 0));
    o.iter().for_each(|who| assert_eq!((w.pool(who).active, record(&w, who)), (STAKE, (0, 0, 0))));

    // The seventh breaks the tie: four are paid, three slashed.
    stage(&mut broken, &[(o[6], x)]);
    assert_eq!(verdict(&broken, &job), (JobState::Verified, 0b101_0101, 0b010_1010));
    broken.wind_up(&job);
    for (i, who) in o.iter().enumerate() {
        let (paid, staked) = if i % 2 == 0 { (SEAT_PRICE - FEE, STAKE) } else { (0, STAKE - EXPOSURE) };
        assert_eq!((broken.usd_of(who), broken.pool(who).active), (paid, staked));
    }
    assert_eq!(broken.usd_of(&broken.alice), before - 4 * SEAT_PRICE);
    assert_eq!(broken.asy_of(&broken.alice), 3 * HALF_FEE);
}

/// Nobody is asked to work for a quorum that cannot come about.
#[test]
fn all_wrong() {
    let (mut w, job, o) = open(5, (5, 3, 7));
    let all: Vec<_> = o.iter().map(|who| (*who, lie(who))).collect();
    w.judge(&job, &all);
    assert_eq!((w.round(&job).phase, w.job(&job).replicas), (Phase::Tied, 5));
    w.untie(&job);
    assert_eq!(verdict(&w, &job), (JobState::Unresolved, 0, 0));
    w.wind_up(&job);
    assert_eq!(w.usd_of(&w.alice), FUNDS);
}

/// Who withheld a digest has lost, even if it shows it once the others' are known.
#[test]
fn silent_then_reveal() {
    let (mut w, job, o) = open(5, (3, 2, 5));
    let [a, b, c, d, e] = [o[0], o[1], o[2], o[3], o[4]];
    w.claim_and_seal(&job, &[(a, honest()), (b, lie(&b)), (c, honest())]);
    w.reveal(&job, &a, &honest());
    w.reveal(&job, &b, &lie(&b));
    w.at(w.round(&job).reveal_by + 1);
    w.refused(&[w.reveal_ix(&job, &c, &honest())], VerificationError::RevealTooLate);
    let widened = w.finalize(&job);
    assert_eq!(widened.event("RoundWidened").json["silent"], 0b100);
    w.refused(&[w.reveal_ix(&job, &c, &honest())], VerificationError::NotRevealedInTime);
    w.refused(&[w.expire_seat_ix(&job, &c)], EscrowError::WrongSeatState);
    w.redraw(&job);
    w.claim_and_seal(&job, &[(d, honest()), (e, honest())]);
    assert_eq!((w.round(&job).phase, w.round(&job).sealed), (Phase::Revealing, 5));
    w.refused(&[w.reveal_ix(&job, &c, &honest())], VerificationError::NotRevealedInTime);
    w.reveal(&job, &d, &honest());
    w.refused(&[w.finalize_ix(&job)], VerificationError::FinalizeTooEarly);
    w.reveal(&job, &e, &honest());
    // Nobody waits for the silent one.
    w.finalize(&job);
    assert_eq!(verdict(&w, &job), (JobState::Verified, 0b11001, 0b00110));
    let slashed = w.slash(&job, &c);
    assert_eq!(slashed.event("SeatSlashed").json["reason"], "Silent");
    w.wind_up(&job);
    assert_eq!([a, b, c].map(|who| record(&w, &who)), [(1, 0, 0), (0, 1, 0), (0, 0, 1)]);
    assert_eq!([a, b, c].map(|who| w.pool(&who).active), [STAKE, STAKE - EXPOSURE, STAKE - EXPOSURE]);
}

/// A tie does not save who was silent, in whichever stage.
#[test]
fn the_silent_lose_a_tie_too() {
    let (mut w, job, o) = open(4, (2, 2, 4));
    w.judge(&job, &[(o[0], honest()), (o[1], lie(&o[1]))]);
    w.redraw(&job);
    w.claim_and_seal(&job, &[(o[2], honest()), (o[3], honest())]);
    w.reveal(&job, &o[2], &honest());
    w.at(w.round(&job).reveal_by + 1);
    let tied = w.finalize(&job);
    assert_eq!(tied.event("RoundTied").json["silent"], 0b1000);
    w.refused(&[w.reveal_ix(&job, &o[3], &honest())], VerificationError::WrongPhase);
    w.untie(&job);
    assert_eq!(verdict(&w, &job), (JobState::Unresolved, 0, 0b1000));
    w.wind_up(&job);
    assert_eq!((w.pool(&o[3]).active, record(&w, &o[3])), (STAKE - EXPOSURE, (0, 0, 1)));
}

/// Nor does it save who was silent that nobody came to the next stage; who revealed is released.
#[test]
fn the_silent_lose_where_nobody_follows() {
    let (mut w, job, o) = open(3, (2, 2, 4));
    w.claim_and_seal(&job, &[(o[0], honest()), (o[1], honest())]);
    w.reveal(&job, &o[0], &honest());
    w.at(w.round(&job).reveal_by + 1);
    w.finalize(&job);
    assert_eq!((w.round(&job).replicas, w.round(&job).quorum, w.round(&job).silent), (4, 3, 0b10));
    w.at(w.round(&job).seal_by);
    w.refused(&[w.finalize_ix(&job)], VerificationError::FinalizeTooEarly);
    w.tick(1, 0);
    w.finalize(&job);
    assert_eq!(verdict(&w, &job), (JobState::Unresolved, 0, 0b10));
    w.wind_up(&job);
    assert_eq!([o[0], o[1]].map(|who| (w.pool(&who).active, w.usd_of(&who))), [(STAKE, 0), (STAKE - EXPOSURE, 0)]);
}

#[test]
fn the_same_operator_votes_once() {
    let (mut w, job, o) = open(4, (2, 2, 4));
    w.judge(&job, &[(o[0], honest()), (o[1], lie(&o[1]))]);
    w.redraw(&job);
    let again = w.send(&[w.claim_ix(&job, &o[0], 0)]).expect_err("it has a seat");
    assert_eq!(again.name, "3007 AccountOwnedByWrongProgram", "no account is created twice");
    w.refused(&[w.seal_ix(&job, &o[0], &honest())], VerificationError::WrongSeatState);
    w.refused(&[w.reveal_ix(&job, &o[0], &honest())], VerificationError::RevealTooEarly);
}

/// A ghost of a wider round loses its bond, and another takes its seat while there is time.
#[test]
fn ghosts_are_replaced() {
    let mut w = World::with_operators(5);
    let (alice, o) = (w.alice, w.operators.clone());
    let long = JobTerms { strategy: up_to(2, 2, 4), deadline_seconds: DAY, ..terms(1) };
    let job = w.open_with(&alice, long);
    w.judge(&job, &[(o[0], honest()), (o[1], lie(&o[1]))]);
    assert_eq!(w.round(&job).seal_by, w.job(&job).posted_at + i64::from(DAY), "a long job has time enough");
    w.redraw(&job);
    w.claim(&job, &o[2]);
    w.claim(&job, &o[3]);
    w.seal(&job, &o[2], &honest());
    w.tick(SEAL + 1, 0);
    w.refused(&[w.seal_ix(&job, &o[3], &honest())], VerificationError::SealTooLate);
    w.expire_seat(&job, &o[3]);
    assert_eq!((w.job(&job).state, w.job(&job).seats), (JobState::Open, 0b0111));
    w.claim(&job, &o[4]);
    w.seal(&job, &o[4], &honest());
    w.reveal(&job, &o[2], &honest());
    w.reveal(&job, &o[4], &honest());
    w.finalize(&job);
    assert_eq!(verdict(&w, &job), (JobState::Verified, 0b1101, 0b0010));
    w.wind_up(&job);
    assert_eq!((w.pool(&o[3]).active, w.usd_of(&o[4])), (STAKE - BOND, SEAT_PRICE - FEE));
}

/// Too few sealed: they have done their part, and more are asked; the first stage's seal is revealed with the others.
#[test]
fn too_few_sealed() {
    let (mut w, job, o) = open(5, (3, 2, 5));
    w.claim(&job, &o[0]);
    w.claim(&job, &o[1]);
    w.seal(&job, &o[0], &honest());
    w.at(w.round(&job).seal_by + 1);
    let widened = w.finalize(&job);
    assert_eq!(widened.event("RoundWidened").json["silent"], 0, "there was no time to reveal");
    w.expire_seat(&job, &o[1]);
    w.redraw(&job);
    w.claim_and_seal(&job, &[(o[2], honest()), (o[3], honest())]);
    w.refused(&[w.reveal_ix(&job, &o[0], &honest())], VerificationError::RevealTooEarly);
    w.at(w.round(&job).seal_by + 1);
    [o[0], o[2], o[3]].iter().for_each(|who| drop(w.reveal(&job, who, &honest())));
    w.finalize(&job);
    assert_eq!(verdict(&w, &job), (JobState::Verified, 0b0111, 0));
    w.wind_up(&job);
    assert_eq!([o[0], o[2], o[3]].map(|who| w.usd_of(&who)), [SEAT_PRICE - FEE; 3]);
}

/// A job to which nobody came ends when its time is over, however many it might have asked.
#[test]
fn nobody_came() {
    let (mut w, job, o) = open(3, (3, 2, 7));
    w.claim(&job, &o[0]);
    w.at(w.round(&job).seal_by + 1);
    w.finalize(&job);
    assert_eq!(verdict(&w, &job), (JobState::Unresolved, 0, 0));
    w.expire_seat(&job, &o[0]);
    w.wind_up(&job);
    assert_eq!(w.usd_of(&w.alice), FUNDS);
}

/// The requester has a friend in a seat, who says anything so that nobody need be paid. More are asked, the friend loses its
/// stake, and the requester cannot take the job back meanwhile, nor change it.
#[test]
fn griefing_requester() {
    for withholds in [false, true] {
        let (mut w, job, o) = open(4, (2, 2, 4));
        let (alice, usd, friend) = (w.alice, w.usd, o[1]);
        w.claim_and_seal(&job, &[(o[0], honest()), (friend, lie(&friend))]);
        w.reveal(&job, &o[0], &honest());
        if withholds {
            w.at(w.round(&job).reveal_by + 1);
        } else {
            w.reveal(&job, &friend, &lie(&friend));
        }
        w.finalize(&job);
        w.refused(&[ix::escrow::cancel_job_under(&alice, &job, &[o[0], friend])], EscrowError::SeatAtWork);
        w.refused(&[ix::escrow::top_up(&alice, &usd, &job, 40_000, 0)], EscrowError::SeatsLeft);
        w.refused(&[ix::verification::close_round(&job, &alice)], VerificationError::WrongPhase);
        w.refused(&[ix::escrow::expire_job(&job, &alice)], EscrowError::SeatsLeft);
        w.next_stage(&job, &[(o[2], honest()), (o[3], honest())]);
        assert_eq!(verdict(&w, &job), (JobState::Verified, 0b1101, 0b0010));
        w.wind_up(&job);
        assert_eq!(w.usd_of(&alice), FUNDS - 3 * SEAT_PRICE);
        assert_eq!(w.pool(&friend).active, STAKE - EXPOSURE);
        // Of the slash it gets back half a fee.
        assert_eq!(w.asy_of(&alice), HALF_FEE);
    }
}

/// What was computed with one engine is not compared with what another found: a job names one, and no machine without it
/// sits.
#[test]
fn engines_are_never_compared() {
    let (mut w, job, o) = open(2, (2, 2, 4));
    let address = addresses::device(&o[0], 0);
    let mut account = w.chain.account(&address).expect("its machine");
    let mut device: Device = w.chain.read(&address);
    device.capabilities.engines = 0b10;
    account.data.clear();
    anchor_lang::AccountSerialize::try_serialize(&device, &mut account.data).expect("a device");
    w.chain.set(&address, account);
    w.refused(&[w.claim_ix(&job, &o[0], 0)], EscrowError::DeviceUnfit);
    w.claim(&job, &o[1]);
}
