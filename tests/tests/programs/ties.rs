//! Ties: a jury says which digest of a round is right, and the job ends by it.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::JobState,
        ix::{self, verification as call},
        reputation::Record,
        verification::{CaseKind, Phase, Ruling, VerificationError},
    },
    market::*,
    world::*,
};

use super::cases::*;

/// A round of three whose replicas revealed three digests (or withheld), and which waits for a jury: as finalize_round
/// leaves it when no more may be asked.
fn tied(silent: bool) -> (World, Pubkey, Vec<Pubkey>) {
    let (mut w, _) = world();
    let (alice, o) = (w.alice, w.operators.clone());
    let job = w.open(&alice, 1);
    w.claim_and_seal(&job, &[(o[0], honest()), (o[1], lie(&o[1])), (o[2], lie(&o[2]))]);
    w.reveal(&job, &o[0], &honest());
    w.reveal(&job, &o[1], &lie(&o[1]));
    if !silent {
        w.reveal(&job, &o[2], &lie(&o[2]));
    }
    w.tie_round(&job);
    (w, job, o)
}

fn votes(jurors: &[Pubkey], digest: [u8; 32]) -> Vec<(Pubkey, Option<[u8; 32]>)> {
    jurors.iter().map(|juror| (*juror, Some(digest))).collect()
}

fn conclude(w: &mut World, job: &Pubkey, case: &Pubkey) -> assay_tests::Receipt {
    let until = w.case(case).until;
    w.at(until + 1);
    let conclude = call::conclude_tie(job, 0, &w.seated(job));
    w.ok(&[conclude])
}

fn clear(w: &mut World, job: &Pubkey) {
    clear_job(w, job);
    w.close_round(job).expect("a final round closes");
}

fn valid_in_a_row(w: &World, operator: &Pubkey) -> u32 {
    w.chain.read::<Record>(&addresses::record(operator, 0)).consecutive_valid
}

/// The one that was right is paid, the others are slashed; half of the opener's bond goes to the jurors, half back.
#[test]
fn a_digest_of_the_round_wins() {
    let (mut w, job, o) = tied(true);
    let mut expected = books_of(&w);
    let bob = w.bob;
    let case = w.tie(&bob, &job);
    w.refused(&[call::answer_case(&o[0], &job, &case, 0, honest(), &[])], VerificationError::WrongKind);
    w.refused(&[w.conclude_ix(&case)], VerificationError::WrongKind);
    let mut jury = votes(&o[4..6], honest());
    jury.push((o[3], Some(lie(&o[3]))));
    w.draw_jury(&case);
    w.refused(&[w.join_ix(&case, &o[1])], VerificationError::PartyCannotJudge);
    w.cast(&case, &jury);
    w.resolve(&case);
    w.refused(&[call::conclude_tie(&job, 0, &w.seated(&job))], VerificationError::ConcludeTooEarly);
    w.tick(REVEAL + 1, 0);
    w.refused(&[call::conclude_tie(&job, 0, &o[..2])], VerificationError::WrongSeats);
    let concluded = conclude(&mut w, &job, &case);
    assert!(concluded.compute_units <= 60_000, "{}", concluded.compute_units);
    let after = w.job(&job);
    assert_eq!((after.state, after.root, after.winners, after.losers), (JobState::Verified, honest(), 0b001, 0b110));
    assert_eq!(w.round(&job).phase, Phase::Final);
    w.settle(&job, &o[0]);
    assert_eq!(w.slash(&job, &o[1]).event("SeatSlashed").json["reason"], "Wrong");
    assert_eq!(w.slash(&job, &o[2]).event("SeatSlashed").json["reason"], "Silent");
    w.clear_case(&case);
    clear(&mut w, &job);

    let each = CHALLENGE_BOND / 4;
    expected.people[1] -= 2 * each;
    expected.spare[4] += each;
    expected.spare[5] += each;
    expected.slash_juror(3);
    expected.outvote(1);
    expected.outvote(2);
    expected.usd[0] += 2 * SEAT_PRICE;
    expected.usd[1] += SEAT_PRICE - FEE;
    assert_eq!(purse(&w), expected);
    assert_eq!([record(&w, &o[0]), record(&w, &o[1]), record(&w, &o[2])], [(1, 0, 0), (0, 1, 0), (0, 0, 1)]);
    assert_eq!(valid_in_a_row(&w, &o[0]), 1);
}

/// What the jury found is nobody's: all lose.
#[test]
fn all_wrong_by_a_jury() {
    let (mut w, job, o) = tied(false);
    let mut expected = books_of(&w);
    let bob = w.bob;
    let case = w.tie(&bob, &job);
    w.judge_case(&case, &votes(&o[3..6], [9; 32]));
    conclude(&mut w, &job, &case);
    let after = w.job(&job);
    assert_eq!((after.state, after.root, after.winners, after.losers), (JobState::Unresolved, [0; 32], 0, 0b111));
    o[..3].iter().for_each(|seat| drop(w.slash(&job, seat)));
    w.clear_case(&case);
    clear(&mut w, &job);
    let each = CHALLENGE_BOND / 6;
    expected.people[1] -= 3 * each;
    (3..6).for_each(|juror| expected.spare[juror] += each);
    (0..3).for_each(|seat| expected.outvote(seat));
    expected.usd[0] += 3 * SEAT_PRICE;
    assert_eq!(purse(&w), expected);
}

/// The jury cannot say: bonds back, the requester refunded, only who withheld is slashed.
#[test]
fn an_undecided_tie() {
    let (mut w, job, o) = tied(true);
    let mut expected = books_of(&w);
    let bob = w.bob;
    let case = w.tie(&bob, &job);
    w.judge_case(&case, &votes(&o[3..4], honest()));
    conclude(&mut w, &job, &case);
    assert_eq!((w.case(&case).ruling, w.job(&job).state), (Ruling::Undecided, JobState::Unresolved));
    w.settle(&job, &o[0]);
    w.settle(&job, &o[1]);
    w.slash(&job, &o[2]);
    w.clear_case(&case);
    clear(&mut w, &job);
    expected.outvote(2);
    expected.usd[0] += 3 * SEAT_PRICE;
    assert_eq!(purse(&w), expected);
}

/// A jury is called while the round waits for one, to its last second; once for a round.
#[test]
fn when_a_jury_may_be_called() {
    let (mut w, job, _) = tied(false);
    let bob = w.bob;
    let open = call::open_case(&bob, &job, CaseKind::Tie, None);
    w.at(w.round(&job).reveal_by);
    let mut late = w.clone();
    late.tick(1, 0);
    late.refused(std::slice::from_ref(&open), VerificationError::CaseTooLate);
    // Another job's round.
    let other = w.post(&bob, terms(1));
    let mut stale = open.clone();
    stale.accounts[7].pubkey = addresses::round(&other);
    w.refused(&[stale], VerificationError::WrongAddress);
    w.tie(&bob, &job);
    w.refused(&[open], 3007_u32);
    let cancel = ix::escrow::cancel_job_under(&w.alice, &job, &w.seated(&job));
    w.refused(&[cancel], assay_tests::assay_sdk::escrow::EscrowError::SeatAtWork);
}
