//! Juries about samples: called by whoever doubts the committee, and above it.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        ASY, addresses,
        escrow::JobState,
        ix,
        verification::{CaseKind, Phase, Ruling, VerificationError, sample},
    },
    sampled::*,
    world::*,
};

use super::sampled::{EXPOSURE, HALF_FEE, clear, kinds, verdict};

/// What who calls a jury puts at stake, and the parts of the three jurors of whom all agree.
const HALF: u64 = CHALLENGE_BOND / 2;
const JUROR: u64 = HALF / 3;
/// What is left of their half is the winner's.
const REST: u64 = HALF - 3 * JUROR;

/// Somebody's samples, by name.
type Samples = Vec<[u8; 32]>;

/// A counted job: executor (seat 0) and verifiers (1 to 3) found what `of` says (`true`: the truth). Operators 4 to 6 are free
/// to judge, 7 too. Returns the right samples, and the lie that all liars agree on.
fn counted(of: [bool; 4]) -> (World, Pubkey, Vec<Pubkey>, Samples, Samples) {
    let mut w = World::with_operators(8);
    let (o, alice, honest) = (w.operators.clone(), w.alice, work(UNITS));
    let lies = garbage(&honest, 0..UNITS);
    w.mint_asy(&alice, 100 * ASY);
    let computed = if of[0] { &honest } else { &lies };
    let job = w.open_with(&alice, patient(1));
    w.tick(90, 1);
    w.claim(&job, &o[0]);
    w.ok(&[w.seal_first_ix(&job, &o[0], &root(computed))]);
    w.tick(0, 2);
    w.ok(&[ix::verification::draw(&job)]);
    w.tick(90, 1);
    let (right, wrong) = (w.samples(&job, &honest), w.samples(&job, &lies));
    let votes: Vec<_> = (1..4).map(|i| (o[i], if of[i] { right.clone() } else { wrong.clone() })).collect();
    w.audit(&job, (&o[0], computed), &votes);
    (w, job, o, right, wrong)
}

/// A jury of operators 4 to 6 that finds this.
fn find(w: &mut World, case: &Pubkey, found: &[[u8; 32]]) {
    let votes: Vec<_> = (4..7).map(|i| (w.operators[i], Some(sample::root(found)))).collect();
    w.judge_case(case, &votes);
}

/// (whom, how much) the case owes.
fn dues(w: &World, case: &Pubkey) -> Vec<(Pubkey, u64)> {
    w.case(case).dues.iter().map(|due| (due.to, due.amount)).collect()
}

/// Pay, settle and close everything; jurors get their part, and nothing of the vault is left.
fn end(w: &mut World, job: &Pubkey, case: &Pubkey, each: u64) {
    assert_eq!(w.case(case).each, each);
    let jurors: Vec<_> = w.operators[4..7].to_vec();
    let before: Vec<_> = jurors.iter().map(|juror| w.asy_of(juror)).collect();
    w.clear_case(case);
    for (juror, before) in jurors.iter().zip(before) {
        assert_eq!(w.asy_of(juror), before + each);
    }
    clear(w, job);
}

/// An honest executor that two verifiers frame: it calls a jury in time, and they lose instead.
#[test]
fn a_framed_executor_is_right() {
    let (mut w, job, o, right, _) = counted([true, false, false, true]);
    let executor = o[0];
    let asy = w.asy_of(&executor);
    let case = w.call_jury(&executor, &job);
    assert_eq!(w.asy_of(&executor), asy - CHALLENGE_BOND);
    find(&mut w, &case, &right);
    let concluded = w.conclude_sample(&job);
    assert_eq!(kinds(&concluded), ["RoundFinalized", "CaseConcluded"]);
    assert_eq!(verdict(&w, &job), (JobState::Verified, 0b1001, 0b0110));
    assert_eq!(w.job(&job).root, root(&work(UNITS)));
    assert_eq!(dues(&w, &case), [(executor, HALF + REST)]);
    end(&mut w, &job, &case, JUROR);
    assert_eq!(w.asy_of(&executor), asy - HALF + REST);
    assert_eq!([o[1], o[2]].map(|liar| w.pool(&liar).active), [STAKE - EXPOSURE; 2]);
    assert_eq!([o[0], o[3]].map(|who| w.pool(&who).active), [STAKE; 2]);
    assert_eq!(w.usd_of(&w.alice), FUNDS - WHOLE - PART);
}

/// A lying executor that calls a jury to gain time: the jury finds what the committee found, and half of its bond is the
/// requester's.
#[test]
fn a_lying_executor_is_wrong() {
    let (mut w, job, o, right, _) = counted([false, true, true, true]);
    let (alice, asy) = (w.alice, w.asy_of(&w.alice));
    let case = w.call_jury(&o[0], &job);
    find(&mut w, &case, &right);
    w.conclude_sample(&job);
    assert_eq!(verdict(&w, &job), (JobState::Verified, 0b1110, 0b0001));
    assert_eq!(w.job(&job).root, [0; 32]);
    assert_eq!(dues(&w, &case), [(alice, HALF + REST)]);
    end(&mut w, &job, &case, JUROR);
    assert_eq!(w.asy_of(&alice), asy + HALF + REST + HALF_FEE);
    assert_eq!(w.usd_of(&alice), FUNDS - 3 * PART);
}

/// An executor with friends in the committee: the one that they outvoted, or the requester, calls the jury.
#[test]
fn a_committee_of_friends() {
    for by_requester in [false, true] {
        let (mut w, job, o, right, _) = counted([false, false, false, true]);
        let opener = if by_requester { w.alice } else { o[3] };
        let case = w.call_jury(&opener, &job);
        find(&mut w, &case, &right);
        w.conclude_sample(&job);
        assert_eq!(verdict(&w, &job), (JobState::Verified, 0b1000, 0b0111));
        assert_eq!(dues(&w, &case), [(opener, HALF + REST)]);
        end(&mut w, &job, &case, JUROR);
        assert_eq!(w.usd_of(&w.alice), FUNDS - PART);
        assert_eq!([o[0], o[1], o[2]].map(|who| w.pool(&who).active), [STAKE - EXPOSURE; 3]);
    }
}

/// `griefing_requester`: who calls a jury about an honest job loses its bond, half of it to the executor that had to wait.
#[test]
fn a_jury_called_for_nothing() {
    let (mut w, job, o, right, _) = counted([true; 4]);
    let (alice, executor) = (w.alice, o[0]);
    let (asy, theirs) = (w.asy_of(&alice), w.asy_of(&executor));
    let case = w.call_jury(&alice, &job);
    find(&mut w, &case, &right);
    w.conclude_sample(&job);
    assert_eq!(verdict(&w, &job), (JobState::Verified, 0b1111, 0));
    end(&mut w, &job, &case, JUROR);
    assert_eq!((w.asy_of(&alice), w.asy_of(&executor)), (asy - CHALLENGE_BOND, theirs + HALF + REST));
    assert_eq!(w.usd_of(&alice), FUNDS - WHOLE - 3 * PART);
}

/// `all_wrong`: the jury finds what nobody found.
#[test]
fn nobody_was_right() {
    let (mut w, job, o, right, _) = counted([false, false, false, false]);
    let (alice, asy) = (w.alice, w.asy_of(&w.alice));
    let case = w.call_jury(&alice, &job);
    find(&mut w, &case, &right);
    w.conclude_sample(&job);
    assert_eq!(verdict(&w, &job), (JobState::Unresolved, 0, 0b1111));
    end(&mut w, &job, &case, JUROR);
    assert_eq!(w.usd_of(&alice), FUNDS);
    assert_eq!(w.asy_of(&alice), asy - HALF + REST + 4 * HALF_FEE);
    assert!(o[..4].iter().all(|who| w.pool(who).active == STAKE - EXPOSURE));
}

/// `jury_no_show`: a jury that cannot tell takes nothing from an executor with whom the committee agrees; one that the
/// committee contradicts is neither paid nor slashed, and nor is the committee.
#[test]
fn a_jury_that_does_not_come() {
    for (of, expected) in [
        ([true, true, true, false], (JobState::Verified, 0b0111, 0b1000)),
        ([true, false, false, true], (JobState::Unresolved, 0, 0)),
    ] {
        let (mut w, job, o, ..) = counted(of);
        let asy = w.asy_of(&o[3]);
        let case = w.call_jury(&o[3], &job);
        w.draw_jury(&case);
        let last = w.case(&case).until;
        w.at(last + 1);
        w.resolve(&case);
        let concluded = w.conclude_sample(&job);
        assert_eq!(concluded.event("CaseConcluded").json["ruling"], "Undecided");
        assert_eq!((verdict(&w, &job), w.case(&case).ruling), (expected, Ruling::Undecided));
        w.clear_case(&case);
        assert_eq!(w.asy_of(&o[3]), asy, "its bond is back");
        clear(&mut w, &job);
    }
}

/// Where the committee came to nothing the executor may have its result judged, and is paid.
#[test]
fn a_jury_where_there_is_no_majority() {
    let (mut w, executor, [a, b, c, _]) = super::sampled::world();
    let (alice, digests) = (w.alice, work(UNITS));
    let jurors = ["juror 1", "juror 2", "juror 3"].map(|name| w.add_operator(name, STAKE));
    w.tick(200, 250);
    let job = w.open_with(&alice, patient(1));
    w.tick(120, 1);
    w.claim(&job, &executor);
    w.ok(&[w.seal_first_ix(&job, &executor, &root(&digests))]);
    w.tick(0, 2);
    w.ok(&[ix::verification::draw(&job)]);
    w.tick(120, 1);
    let found = w.samples(&job, &digests);
    let votes = [(a, garbage(&found, [0])), (b, garbage(&found, [1])), (c, found.clone())];
    w.audit(&job, (&executor, &digests), &votes);
    let case = w.call_jury(&executor, &job);
    w.judge_case(&case, &jurors.map(|juror| (juror, Some(sample::root(&found)))));
    w.conclude_sample(&job);
    assert_eq!(verdict(&w, &job), (JobState::Verified, 0b1001, 0b0110));
    w.clear_case(&case);
    clear(&mut w, &job);
    assert_eq!(w.usd_of(&alice), FUNDS - WHOLE - PART);
}

/// When a jury may be called, by which case, and what waits for it.
#[test]
fn one_case_in_time() {
    let (mut w, job, o, right, _) = counted([true, true, true, false]);
    assert_eq!(w.round(&job).phase, Phase::Auditing);
    let until = w.round(&job).reveal_by;
    let tie = ix::verification::open_case(&o[3], &job, CaseKind::Tie, None);
    w.refused(&[tie], VerificationError::WrongKind);
    let mut late = w.clone();
    late.at(until + 1);
    late.refused(&[late.call_jury_ix(&o[3], &job)], VerificationError::CaseTooLate);
    w.at(until);
    let case = w.call_jury(&o[3], &job);
    assert!(w.send(&[w.call_jury_ix(&o[0], &job)]).is_err(), "one is enough");
    // However long it takes, the committee's word does not stand meanwhile.
    w.at(until + 1);
    w.refused(&[w.finalize_sample_ix(&job)], VerificationError::AuditOpen);
    w.refused(&[w.conclude_sample_ix(&job)], VerificationError::WrongCasePhase);
    // Whoever has a seat in the job does not judge it, and nor does who called.
    w.draw_jury(&case);
    w.refused(&[w.join_ix(&case, &o[1])], VerificationError::PartyCannotJudge);
    let votes: Vec<_> = (4..7).map(|i| (o[i], Some(sample::root(&right)))).collect();
    w.cast(&case, &votes);
    w.resolve(&case);
    w.at(w.case(&case).until);
    w.refused(&[w.conclude_sample_ix(&job)], VerificationError::ConcludeTooEarly);
    let other = ix::verification::conclude_tie(&job, 0, &w.seated(&job));
    w.refused(&[other], VerificationError::WrongKind);
    w.conclude_sample(&job);
    w.refused(&[w.conclude_sample_ix(&job)], VerificationError::CaseMoot);
}

/// Before the count there is nothing to judge, and another strategy's job has no samples.
#[test]
fn no_case_before_the_count() {
    let digests = work(UNITS);
    let (mut w, job, executor, [a, b, c, _]) = super::sampled::sealed(&digests);
    w.refused(&[w.call_jury_ix(&a, &job)], VerificationError::WrongKind);
    let found = w.samples(&job, &digests);
    for verifier in [a, b, c] {
        w.verify(&job, &verifier, &found);
    }
    w.refused(&[w.call_jury_ix(&a, &job)], VerificationError::WrongKind);
    let bob = w.bob;
    let plain = w.open(&bob, 1);
    w.refused(&[w.call_jury_ix(&a, &plain)], VerificationError::WrongKind);
    let _ = (executor, addresses::round(&job));
}
