//! Cases and juries.

use assay_sdk::verification::{Appeal, Ballot, BallotState, Case, CaseKind, CasePhase, Due, Ruling, Vote};

use super::*;
use crate::market::plan::Step;

pub(crate) const fn at() -> Pubkey {
    Pubkey::new_from_array([60; 32])
}

/// A challenge of unit 3 by operator 4 against operator 2.
pub(crate) fn case(phase: CasePhase) -> Case {
    Case {
        version: 1,
        bump: 0,
        vault_bump: 0,
        phase,
        ruling: if phase == CasePhase::Concluded { Ruling::Decided } else { Ruling::Open },
        level: 0,
        chairs: 3,
        joined: 0,
        sealed: 0,
        revealed: 0,
        ballots: 0,
        seat: 0,
        climbed: 0,
        job: address(),
        requester: key(9),
        opener: key(4),
        executor: key(2),
        bond: 10,
        juror_bond: 20,
        seal_window: 70,
        reveal_window: 20,
        until: NOW + 20,
        review_by: NOW + 60,
        seed_slot: 100,
        seeded_at: NOW,
        seed: [7; 32],
        root: [5; 32],
        node: [0; 32],
        claim: [6; 32],
        decision: [0; 32],
        appeals: [Appeal::default(); 2],
        each: 0,
        kind: CaseKind::Challenge { unit: 3 },
        dues: vec![],
        votes: vec![],
    }
}

pub(crate) fn ballot(operator: Pubkey, state: BallotState) -> Ballot {
    let (seal_by, commitment) = (NOW + 70, [6; 32]);
    Ballot {
        version: 1,
        bump: 0,
        state,
        level: 0,
        case: at(),
        operator,
        payer: operator,
        bond: 20,
        seal_by,
        commitment,
    }
}

/// A delivered optimistic job of operator 2's with this case.
fn market(case: Case, ballots: Vec<Ballot>) -> Snapshot {
    let strategy = Strategy::Optimistic { window: 60 };
    let job = Job { replicas: 1, strategy, state: JobState::Seated, seats: 1, cases: 1, ..job() };
    let mut market = snapshot(Some(job), None, vec![seat(0, key(2), SeatState::Delivered)]);
    market.cases.insert(at(), case);
    market.ballots.insert(at(), ballots);
    market
}

fn steps(market: &Snapshot) -> Vec<Step> {
    let step = |action| match action {
        Action::Case { case, step } => {
            assert_eq!(case, at());
            step
        }
        other => panic!("{other:?}"),
    };
    actions(market).into_iter().map(step).collect()
}

fn job_of(market: &mut Snapshot) -> &mut Job {
    market.jobs.get_mut(&address()).unwrap()
}

#[test]
fn whoever_is_challenged_answers_in_time() {
    let mine = || Case { executor: me(), ..case(CasePhase::Answering) };
    assert_eq!(steps(&market(mine(), vec![])), [Step::Answer]);
    assert_eq!(steps(&market(case(CasePhase::Answering), vec![])), []);
    let mut late = market(mine(), vec![]);
    late.now = NOW + 21;
    assert_eq!(steps(&late), [Step::Conclude]);
    assert!(Step::Answer.is_own(&me()) && Step::Answer.is_due());
}

#[test]
fn a_jury_is_drawn_once_its_slot_has_passed() {
    let mut called = market(case(CasePhase::Called), vec![]);
    assert_eq!(steps(&called), [Step::Draw]);
    called.slot = 100;
    assert_eq!(steps(&called), []);
    assert!(!Step::Draw.is_own(&me()) && !Step::Draw.is_due());
}

/// Whether `change` leaves a chair for this operator.
fn may(change: impl FnOnce(&mut Snapshot, &mut Case)) -> bool {
    let (mut market, mut case) = (market(case(CasePhase::Judging), vec![]), case(CasePhase::Judging));
    change(&mut market, &mut case);
    let job = market.jobs[&address()].clone();
    market.may_join(&at(), &case, &job)
}

#[test]
fn a_chair_is_taken_only_where_the_program_would_give_it() {
    assert!(may(|_, _| ()));
    assert!(!may(|_, case| case.opener = me()), "its own case");
    assert!(!may(|_, case| case.executor = me()), "against itself");
    assert!(!may(|_, case| case.requester = me()), "about its own job");
    assert!(!may(|_, case| case.appeals[0] = Appeal { by: me(), bond: 1, ..Appeal::default() }), "its own appeal");
    assert!(!may(|market, _| market.seats.get_mut(&address()).unwrap().push(seat(1, me(), SeatState::Revealed))));
    assert!(!may(|_, case| case.joined = 3), "full");
    assert!(may(|market, _| market.now = NOW + 140), "two windows after the draw");
    assert!(!may(|market, _| market.now = NOW + 141), "too late");
    assert!(!may(|market, _| market.me.pool.locked = 81), "19 free, 20 at stake");
    assert!(!may(|market, _| market.me.pool.active = 99), "less than the class stake");
    assert!(!may(|market, _| market.me.records.clear()), "no record of the class");
    // As many as there are chairs at first: 3 of a million, and twice as many every 10 s.
    let many = |market: &mut Snapshot| market.totals.weight.now = 1_000_000;
    assert!(!may(|market, _| many(market)));
    assert!(may(|market, case| (many(market), case.seeded_at = NOW - 139, market.now = NOW).0));
}

#[test]
fn a_juror_computes_seals_and_reveals() {
    let judging = |sealed, revealed| Case { joined: 3, sealed, revealed, until: NOW + 230, ..case(CasePhase::Judging) };
    assert_eq!(steps(&market(Case { joined: 2, ..judging(0, 0) }, vec![])), [Step::Join]);
    let with = |case, state| market(case, vec![ballot(key(5), state), ballot(me(), state)]);
    let mut joined = with(judging(0, 0), BallotState::Joined);
    assert_eq!(steps(&joined), [Step::Judge]);
    joined.now = NOW + 71;
    assert_eq!(steps(&joined), [], "too late to seal");
    assert_eq!(steps(&with(judging(2, 0), BallotState::Sealed)), [], "others may still seal");
    assert_eq!(steps(&with(judging(3, 0), BallotState::Sealed)), [Step::Vote]);
    let mut over = with(judging(2, 0), BallotState::Sealed);
    over.now = NOW + 211;
    assert_eq!(steps(&over), [Step::Vote], "nobody can seal any more");
    assert_eq!(steps(&with(judging(3, 2), BallotState::Revealed)), [], "one may still reveal");
    assert_eq!(steps(&with(judging(3, 3), BallotState::Revealed)), [Step::Resolve]);
    let mut withheld = with(judging(3, 2), BallotState::Revealed);
    withheld.now = NOW + 231;
    assert_eq!(steps(&withheld), [Step::Resolve]);
    for step in [Step::Judge, Step::Vote] {
        assert!(step.is_own(&me()) && step.is_due());
    }
    let work = |step| Action::Case { case: at(), step };
    assert!(work(Step::Judge).is_work() && work(Step::Join).takes_work() && !work(Step::Vote).is_work());
}

#[test]
fn a_ballot_of_the_jury_before_the_appeal_is_no_ballot_of_this_one() {
    let appealed = Case { level: 1, chairs: 6, joined: 1, until: NOW + 230, ..case(CasePhase::Judging) };
    let mut early = market(appealed, vec![ballot(me(), BallotState::Sealed)]);
    early.now = NOW + 1;
    assert_eq!(steps(&early), [], "one chair for each operator and case");
}

#[test]
fn a_case_is_concluded_when_nobody_can_appeal() {
    let mut resolved = market(case(CasePhase::Resolved), vec![]);
    assert_eq!(steps(&resolved), []);
    resolved.now = NOW + 21;
    assert_eq!(steps(&resolved), [Step::Conclude]);
    assert_eq!(steps(&market(Case { level: 2, ..case(CasePhase::Resolved) }, vec![])), [Step::Conclude]);
}

#[test]
fn a_case_whose_job_has_ended_is_moot() {
    for phase in [CasePhase::Answering, CasePhase::Called, CasePhase::Judging, CasePhase::Resolved] {
        let mut market = market(case(phase), vec![]);
        (job_of(&mut market).state, job_of(&mut market).ended_at) = (JobState::Unresolved, NOW);
        let moot = Action::Case { case: at(), step: Step::Conclude };
        assert_eq!(actions(&market), [Action::Settle { operator: key(2) }, moot]);
    }
}

#[test]
fn a_decided_case_pays_and_slashes_and_is_closed() {
    let decided = || Case {
        decision: [6; 32],
        ballots: 3,
        dues: vec![Due { to: key(4), amount: 0 }, Due { to: me(), amount: 7 }],
        votes: vec![Vote { digest: [6; 32], now: 2, all: 2 }],
        ..case(CasePhase::Concluded)
    };
    let other = Ballot { commitment: [7; 32], ..ballot(key(5), BallotState::Revealed) };
    let ballots = vec![ballot(me(), BallotState::Revealed), other, ballot(key(6), BallotState::Sealed)];
    let paid = [
        Step::Settle { juror: me() },
        Step::Slash { juror: key(5) },
        Step::Slash { juror: key(6) },
        Step::Pay { index: 1, to: me() },
    ];
    assert_eq!(steps(&market(decided(), ballots)), paid);
    assert_eq!(paid.map(|step| step.is_own(&me())), [true, false, false, true]);
    let over = || Case { ballots: 0, dues: vec![], ..decided() };
    let mut closed = market(over(), vec![]);
    assert_eq!(steps(&closed), [], "the same could still be asked again");
    closed.now = NOW + 61;
    assert_eq!(steps(&closed), [Step::Close]);
}

/// A round of three seats, of which seat 0 is mine.
fn counted(phase: Phase, strategy: Strategy, found: [u8; 3]) -> Snapshot {
    let job = Job { replicas: 3, strategy, state: JobState::Seated, seats: 0b111, ..job() };
    let operators = [me(), key(2), key(3)];
    let seats = (0..).zip(operators).zip(found);
    let seats = seats.map(|((index, operator), found)| Seat {
        commitment: [found; 32],
        ..seat(index, operator, SeatState::Revealed)
    });
    let round = Round { quorum: Round::quorum_for(&job), reveal_by: NOW + 20, ..round(phase, 3, 3) };
    snapshot(Some(job), Some(round), seats.collect())
}

#[test]
fn a_tie_goes_to_a_jury_once() {
    let mut tied = counted(Phase::Tied, Strategy::plain(3, 2), [1, 2, 3]);
    assert_eq!(actions(&tied), [Action::CallJury]);
    assert!(Action::CallJury.is_due() && !Action::CallJury.is_own(&me()));
    let liar = Policy { lies: true, ..Policy::default() };
    assert_eq!(actions_under(&tied, &liar), [], "whoever lies wants no jury");
    job_of(&mut tied).cases = 1;
    assert_eq!(actions(&tied), []);
    tied.now = NOW + 21;
    assert_eq!(actions(&tied), [], "the case goes on");
    job_of(&mut tied).cases = 0;
    assert_eq!(actions(&tied), [Action::Finalize { operators: vec![me(), key(2), key(3)] }]);
}

#[test]
fn whoever_the_committee_finds_wrong_calls_a_jury() {
    let sampled = Strategy::Sampled { samples: 2, committee: 2 };
    assert_eq!(actions(&counted(Phase::Auditing, sampled, [1, 2, 2])), [Action::CallJury]);
    assert_eq!(actions(&counted(Phase::Auditing, sampled, [1, 1, 2])), [Action::CallJury], "no majority");
    assert_eq!(actions(&counted(Phase::Auditing, sampled, [1, 1, 1])), []);
    let mut audited = counted(Phase::Auditing, sampled, [1, 1, 1]);
    audited.now = NOW + 21;
    assert_eq!(actions(&audited), [Action::Finalize { operators: vec![me(), key(2), key(3)] }]);
}

#[test]
fn a_vote_is_named_by_posting_case_jury_and_seed() {
    let name = |at: Pubkey, case: &Case, job: &Job| question::vote(&address(), job, &at, case);
    let (judged, job) = (case(CasePhase::Judging), job());
    let first = name(at(), &judged, &job);
    assert_eq!(first, name(at(), &Case { joined: 2, phase: CasePhase::Resolved, ..judged.clone() }, &job));
    let others = [
        name(key(61), &judged, &job),
        name(at(), &Case { level: 1, ..judged.clone() }, &job),
        name(at(), &Case { seed: [8; 32], ..judged.clone() }, &job),
        name(at(), &judged, &Job { posted_at: 901, ..job.clone() }),
        posting(&address(), &job),
        question::sample(&address(), &job),
    ];
    assert!(others.iter().all(|other| *other != first));
}
