//! Appeals: to a jury of twice as many chairs, for twice the bond, twice at most.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        escrow::JobState,
        ix::verification as call,
        verification::{Ruling, VerificationError},
    },
    cases::*,
    market::*,
    world::*,
};

use super::cases::*;

/// A challenge by bob, of what is wrong or of what is right, that was answered, in a world with so many operators.
fn challenged(digests: &[[u8; 32]], operators: usize) -> (World, Pubkey, Pubkey, Vec<Pubkey>) {
    let (mut w, job, a) = delivered(digests);
    for i in 8..operators {
        w.add_operator(&format!("late operator {i}"), STAKE);
    }
    let unit = if digests == right(32) { 7 } else { LIE };
    let (bob, operators) = (w.bob, w.operators.clone());
    let case = w.challenge(&bob, &job, unit, &a);
    w.answer(&case, digests);
    (w, job, case, operators)
}

fn votes(jurors: &[Pubkey], digest: [u8; 32]) -> Vec<(Pubkey, Option<[u8; 32]>)> {
    jurors.iter().map(|juror| (*juror, Some(digest))).collect()
}

/// What the liar's friends on the jury would vote for: its claim.
fn claim() -> [u8; 32] {
    wrong(32)[LIE as usize]
}

fn truth() -> [u8; 32] {
    right(32)[LIE as usize]
}

/// A bought first jury is overruled: its jurors lose their bonds, the right ones of both are paid, the appellant has its bond back.
#[test]
fn an_appeal_changes_the_decision() {
    let (mut w, job, case, o) = challenged(&wrong(32), 10);
    let mut expected = books_of(&w);
    expected.people[1] += CHALLENGE_BOND;
    expected.spare[0] += CHALLENGE_BOND;
    let mut first = votes(&o[1..3], claim());
    first.push((o[3], Some(truth())));
    w.judge_case(&case, &first);
    assert_eq!(w.case(&case).decision, claim());
    let until = w.case(&case).until;
    w.at(until);
    let mallory = w.mallory;
    let appeal = call::appeal(&mallory, &job, &case);
    let mut late = w.clone();
    late.tick(1, 0);
    late.refused(std::slice::from_ref(&appeal), VerificationError::AppealTooLate);
    w.ok(&[appeal]);
    assert_eq!((w.case(&case).chairs, w.case(&case).level, w.case(&case).appeals[0].bond), (6, 1, 2 * CHALLENGE_BOND));
    // A vote of the first jury counts no more in the second.
    w.refused(&[w.show_ix(&case, &o[3], &truth())], VerificationError::WrongBallotState);
    let mut second = votes(&o[4..8], truth());
    second.push((o[8], Some(claim())));
    w.judge_case(&case, &second);
    assert_eq!(w.case(&case).decision, truth());
    w.conclude(&case);
    convict(&mut w, &job, &o[0]);
    w.clear_case(&case);
    w.return_surety(&job, &o[0]);
    clear_job(&mut w, &job);

    let each = CHALLENGE_BOND / 2 / 5;
    expected.spare[0] -= CHALLENGE_BOND;
    (3..8).for_each(|juror| expected.spare[juror] += each);
    expected.people[1] += CHALLENGE_BOND - 5 * each;
    for lost in [1, 2, 8] {
        expected.slash_juror(lost);
    }
    expected.convict(0, 1);
    expected.usd[0] += SEAT_PRICE;
    assert_eq!(purse(&w), expected);
}

/// An appeal for nothing: its bond joins what the loser loses.
#[test]
fn an_appeal_fails() {
    let (mut w, job, case, o) = challenged(&right(32), 10);
    let mut expected = books_of(&w);
    expected.people[1] += CHALLENGE_BOND;
    expected.spare[0] += CHALLENGE_BOND;
    let (bob, right) = (w.bob, right(32)[7]);
    w.judge_case(&case, &votes(&o[1..4], right));
    w.ok(&[call::appeal(&bob, &job, &case)]);
    w.judge_case(&case, &votes(&o[4..10], right));
    w.conclude(&case);
    assert_eq!((w.case(&case).ruling, w.case(&case).dues.len()), (Ruling::Decided, 1));
    w.clear_case(&case);
    w.return_surety(&job, &o[0]);
    release(&mut w, &job, &o[0]);
    clear_job(&mut w, &job);
    let each = 3 * CHALLENGE_BOND / 2 / 9;
    expected.people[1] -= 3 * CHALLENGE_BOND;
    (1..10).for_each(|juror| expected.spare[juror] += each);
    expected.spare[0] += 3 * CHALLENGE_BOND - 9 * each;
    expected.usd[1] += SEAT_PRICE - FEE;
    assert_eq!(purse(&w), expected);
}

/// An appeal that no jury hears changes nothing: what was decided stands, and its bond goes back.
#[test]
fn an_appeal_is_not_heard() {
    let (mut w, job, case, o) = challenged(&right(32), 8);
    let mut expected = books_of(&w);
    expected.people[1] += CHALLENGE_BOND;
    expected.spare[0] += CHALLENGE_BOND;
    let (bob, right) = (w.bob, right(32)[7]);
    w.judge_case(&case, &votes(&o[1..4], right));
    w.ok(&[call::appeal(&bob, &job, &case)]);
    // Three of six are no majority.
    w.judge_case(&case, &votes(&o[4..7], lie(&bob)));
    assert_eq!(w.case(&case).decision, right);
    w.conclude(&case);
    w.clear_case(&case);
    w.return_surety(&job, &o[0]);
    release(&mut w, &job, &o[0]);
    clear_job(&mut w, &job);
    let each = CHALLENGE_BOND / 6;
    expected.people[1] -= CHALLENGE_BOND;
    (1..4).for_each(|juror| expected.spare[juror] += each);
    expected.spare[0] += CHALLENGE_BOND - 3 * each;
    (4..7).for_each(|juror| expected.slash_juror(juror));
    expected.usd[1] += SEAT_PRICE - FEE;
    assert_eq!(purse(&w), expected);
}

/// `appeal_exhausted`: decided wrongly, appealed, decided rightly, appealed again, decided rightly; there is no third, and the last
/// decision stands at once.
#[test]
fn appeal_exhausted() {
    let (mut w, job, case, o) = challenged(&wrong(32), 22);
    let mut expected = books_of(&w);
    expected.people[1] += CHALLENGE_BOND;
    expected.spare[0] += CHALLENGE_BOND;
    let (bob, mallory) = (w.bob, w.mallory);
    w.judge_case(&case, &votes(&o[1..4], claim()));
    w.ok(&[call::appeal(&bob, &job, &case)]);
    w.judge_case(&case, &votes(&o[4..10], truth()));
    w.ok(&[call::appeal(&mallory, &job, &case)]);
    assert_eq!((w.case(&case).chairs, w.case(&case).appeals[1].bond), (12, 4 * CHALLENGE_BOND));
    let mut last = votes(&o[10..20], truth());
    last.push((o[20], Some(claim())));
    last.push((o[21], None));
    w.judge_case(&case, &last);
    w.refused(&[call::appeal(&bob, &job, &case)], VerificationError::AppealsExhausted);
    let conclude = w.conclude_ix(&case);
    let concluded = w.ok(&[conclude]);
    println!("conclude_challenge after two appeals: {} CU", concluded.compute_units);
    assert!(concluded.compute_units <= 60_000, "{}", concluded.compute_units);
    assert_eq!(w.job(&job).state, JobState::Unresolved);
    w.refused(&[call::appeal(&bob, &job, &case)], VerificationError::CaseMoot);
    convict(&mut w, &job, &o[0]);
    w.clear_case(&case);
    w.return_surety(&job, &o[0]);
    clear_job(&mut w, &job);

    // The liar's surety and mallory's lost appeal; sixteen jurors were right.
    let pot = 5 * CHALLENGE_BOND;
    let each = pot / 2 / 16;
    expected.spare[0] -= CHALLENGE_BOND;
    (4..20).for_each(|juror| expected.spare[juror] += each);
    expected.people[1] += pot - 16 * each;
    expected.people[3] -= 4 * CHALLENGE_BOND;
    [1, 2, 3, 20, 21].into_iter().for_each(|juror| expected.slash_juror(juror));
    expected.convict(0, 1);
    expected.usd[0] += SEAT_PRICE;
    assert_eq!(purse(&w), expected);
}

/// A first jury that nobody came to is appealed as well, and then judges.
#[test]
fn an_appeal_against_no_decision() {
    let (mut w, job, case, o) = challenged(&right(32), 8);
    let (alice, right) = (w.alice, right(32)[7]);
    w.judge_case(&case, &votes(&o[1..2], right));
    assert_eq!(w.case(&case).decision, [0; 32]);
    w.ok(&[call::appeal(&alice, &job, &case)]);
    w.judge_case(&case, &votes(&o[2..6], right));
    let had = w.asy_of(&alice);
    w.conclude(&case);
    w.clear_case(&case);
    assert_eq!(w.asy_of(&alice) - had, 2 * CHALLENGE_BOND);
    assert_eq!(w.job(&job).state, JobState::Seated);
}
