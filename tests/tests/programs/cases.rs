//! Challenges: who may open one and until when, how a leaf is opened, and what every end costs whom, to the base unit.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    Receipt, World,
    assay_sdk::{
        ASY, addresses,
        escrow::{EscrowError, JobState},
        ix::{self, verification as call},
        reputation::Record,
        verification::{CaseKind, Ruling, VerificationError},
    },
    cases::*,
    market::*,
    world::*,
};

/// Balances that a life must change as said, and in no other way: ASY that is not staked, and what is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purse {
    /// Of alice (who posts), bob (who challenges), carol (who cranks), mallory.
    pub people: [u64; 4],
    /// Of each operator: ASY that is not staked, and its active stake.
    pub spare: Vec<u64>,
    pub staked: Vec<u64>,
    pub supply: u64,
    /// tUSD of alice and of operator 0.
    pub usd: [u64; 2],
}

/// Balances when all is over.
pub fn purse(w: &World) -> Purse {
    w.operators.iter().for_each(|operator| assert_eq!(w.pool(operator).locked, 0, "nothing is locked between jobs"));
    w.operators.iter().for_each(|operator| assert_eq!(w.pool(operator).open_cases, 0, "no case is open"));
    books_of(w)
}

/// Balances where a job is under way.
pub fn books_of(w: &World) -> Purse {
    Purse {
        people: [w.alice, w.bob, w.carol, w.mallory].map(|who| w.asy_of(&who)),
        spare: w.operators.iter().map(|who| w.asy_of(who)).collect(),
        staked: w.operators.iter().map(|who| w.pool(who).active).collect(),
        supply: w.supply(),
        usd: [w.usd_of(&w.alice), w.usd_of(&w.operators[0])],
    }
}

impl Purse {
    /// A slash of an operator's exposure by its accuser: alice, who is harmed, gets its bond, the accuser 10 %.
    pub fn convict(&mut self, operator: usize, accuser: usize) {
        self.lose(operator, EXPOSURE, BOND);
        self.people[accuser] += EXPOSURE / 10;
        self.supply += EXPOSURE / 10;
    }

    /// A slash of an operator's exposure after a round: alice and carol get half a fee each.
    pub fn outvote(&mut self, operator: usize) {
        self.lose(operator, EXPOSURE, HALF_FEE);
        self.people[2] += HALF_FEE;
        self.supply += HALF_FEE;
    }

    /// A juror's slash: all is burned.
    pub fn slash_juror(&mut self, juror: usize) {
        self.lose(juror, JUROR_BOND, 0);
    }

    fn lose(&mut self, operator: usize, amount: u64, harmed: u64) {
        self.staked[operator] -= amount;
        self.people[0] += harmed;
        self.supply -= amount - harmed;
    }
}

/// A world with eight operators, in which alice posts and bob and mallory have ASY to challenge with.
pub fn world() -> (World, Pubkey) {
    let mut w = World::with_operators(8);
    for who in [w.alice, w.bob, w.mallory] {
        w.mint_asy(&who, 1_000 * ASY);
    }
    let executor = w.operators[0];
    (w, executor)
}

/// An optimistic job of 32 units, delivered with these digests by operator 0.
pub fn delivered(digests: &[[u8; 32]]) -> (World, Pubkey, Pubkey) {
    let (mut w, executor) = world();
    let alice = w.alice;
    let job = w.deliver_reviewed(&alice, optimistic(1), &executor, digests);
    (w, job, executor)
}

/// Nothing of a job that has ended may be left.
pub fn clear_job(w: &mut World, job: &Pubkey) {
    w.refund(job);
    w.close(job);
    for address in [*job, addresses::job_vault(job)] {
        assert_eq!(w.chain.account(&address), None);
    }
}

/// Pay for what nobody objects to any more.
pub fn release(w: &mut World, job: &Pubkey, executor: &Pubkey) {
    let by = w.mallory;
    w.ok(&[ix::escrow::release_milestone(&by, job, &w.job(job), executor)]);
    w.settle(job, executor);
}

/// Slash the seat that a case found wrong, for bob, who opened it.
pub fn convict(w: &mut World, job: &Pubkey, executor: &Pubkey) -> Receipt {
    let (alice, bob) = (w.alice, w.bob);
    w.ok(&[ix::escrow::slash_seat(job, &alice, executor, &bob)])
}

/// (valid, wrong, silent) of an operator in class 0.
pub fn record(w: &World, operator: &Pubkey) -> (u32, u32, u32) {
    let record: Record = w.chain.read(&addresses::record(operator, 0));
    (record.valid, record.wrong, record.silent)
}

/// A liar is challenged at its lie, and loses: its surety pays jurors and challenger, its exposure is slashed.
#[test]
fn a_challenge_is_upheld() {
    let (mut w, job, a) = delivered(&wrong(32));
    let mut expected = books_of(&w);
    let (bob, o) = (w.bob, w.operators.clone());
    let case = w.challenge(&bob, &job, LIE, &a);
    assert_eq!((w.job(&job).cases, w.pool(&a).open_cases), (1, 1));
    w.answer(&case, &wrong(32));
    let truth = Some(right(32)[LIE as usize]);
    w.judge_case(&case, &[(o[1], truth), (o[2], truth), (o[3], truth)]);
    assert_eq!(Some(w.case(&case).decision), truth);
    w.refused(&[w.conclude_ix(&case)], VerificationError::ConcludeTooEarly);
    w.conclude(&case);
    let over = w.case(&case);
    assert_eq!((over.ruling, over.each, over.dues.len()), (Ruling::Decided, CHALLENGE_BOND / 6, 2));
    assert_eq!((w.job(&job).state, w.job(&job).losers, w.job(&job).accuser()), (JobState::Unresolved, 1, Some(bob)));
    let slashed = convict(&mut w, &job, &a);
    assert_eq!(slashed.event("SeatSlashed").json["reason"], "Wrong");
    w.clear_case(&case);
    assert_eq!(w.return_surety(&job, &a).event("SuretyReturned").u64("amount"), 0);
    clear_job(&mut w, &job);

    let each = CHALLENGE_BOND / 6;
    expected.spare[0] -= CHALLENGE_BOND;
    (1..4).for_each(|juror| expected.spare[juror] += each);
    expected.people[1] += CHALLENGE_BOND - 3 * each;
    expected.convict(0, 1);
    expected.usd[0] += SEAT_PRICE;
    assert_eq!(purse(&w), expected);
    assert_eq!(record(&w, &a), (0, 1, 0));
}

/// `griefing_challenger`: who challenges what is right pays the jurors and the executor, and delays it no longer than a case takes.
#[test]
fn a_challenge_is_lost() {
    let (mut w, job, a) = delivered(&right(32));
    let mut expected = books_of(&w);
    let (bob, o) = (w.bob, w.operators.clone());
    let case = w.challenge(&bob, &job, 7, &a);
    w.answer(&case, &right(32));
    w.refused(&[call::return_surety(&job, &a)], VerificationError::SuretyNeeded);
    let truth = Some(right(32)[7]);
    w.judge_case(&case, &[(o[1], truth), (o[2], truth), (o[3], Some(lie(&o[3])))]);
    w.conclude(&case);
    assert_eq!((w.job(&job).cases, w.job(&job).state), (1, JobState::Seated));
    w.tick(i64::from(WINDOW), 0);
    let early = ix::escrow::release_milestone(&w.mallory, &job, &w.job(&job), &a);
    w.refused(&[early], EscrowError::CasesOpen);
    w.refused(&[call::settle_ballot(&case, &o[3])], VerificationError::BallotLost);
    w.refused(&[w.slash_ballot_ix(&case, &o[1])], VerificationError::BallotNotLost);
    w.refused(&[call::close_case(&case, &w.case(&case))], VerificationError::CaseNotOver);
    w.clear_case(&case);
    assert_eq!(w.return_surety(&job, &a).event("SuretyReturned").u64("amount"), CHALLENGE_BOND);
    release(&mut w, &job, &a);
    clear_job(&mut w, &job);

    let each = CHALLENGE_BOND / 4;
    expected.people[1] -= CHALLENGE_BOND;
    expected.spare[1] += each;
    expected.spare[2] += each;
    expected.spare[0] += CHALLENGE_BOND - 2 * each;
    expected.slash_juror(3);
    expected.usd[1] += SEAT_PRICE - FEE;
    assert_eq!(purse(&w), expected);
    assert_eq!(record(&w, &a), (0, 0, 0));
}

/// Who does not open the leaf in time has lost. `deadline_minus_1_s`, `deadline_plus_1_s`.
#[test]
fn an_unanswered_challenge_is_upheld() {
    let (mut w, job, a) = delivered(&wrong(32));
    let mut expected = books_of(&w);
    let bob = w.bob;
    let case = w.challenge(&bob, &job, LIE, &a);
    w.tick(REVEAL, 0);
    w.refused(&[w.conclude_ix(&case)], VerificationError::ConcludeTooEarly);
    w.clone().answer(&case, &wrong(32));
    w.tick(1, 0);
    w.refused(&[w.answer_ix(&case, &wrong(32))], VerificationError::AnswerTooLate);
    w.conclude(&case);
    assert_eq!(w.case(&case).ruling, Ruling::Unanswered);
    // Who found it is paid from the slash, not who is the fastest to send it.
    w.refused(&[w.slash_ix(&job, &a)], EscrowError::WrongAddress);
    convict(&mut w, &job, &a);
    w.clear_case(&case);
    clear_job(&mut w, &job);
    expected.convict(0, 1);
    expected.usd[0] += SEAT_PRICE;
    assert_eq!(purse(&w), expected);
}

/// A jury that cannot say, one juror silent: bonds go back, the silent one pays, and nobody is paid for the job or slashed for it.
#[test]
fn an_undecided_challenge_ends_the_job_without_a_verdict() {
    let (mut w, job, a) = delivered(&right(32));
    let mut expected = books_of(&w);
    let (bob, o) = (w.bob, w.operators.clone());
    let case = w.challenge(&bob, &job, 7, &a);
    w.answer(&case, &right(32));
    w.judge_case(&case, &[(o[1], Some(right(32)[7])), (o[2], Some(lie(&bob))), (o[3], None)]);
    w.conclude(&case);
    assert_eq!((w.case(&case).ruling, w.job(&job).state), (Ruling::Undecided, JobState::Doubted));
    assert!(w.job(&job).is_live());
    w.clear_case(&case);
    assert_eq!((w.job(&job).state, w.job(&job).losers), (JobState::Unresolved, 0));
    w.refused(&[ix::escrow::slash_seat(&job, &w.alice, &a, &bob)], EscrowError::SeatNotLost);
    w.settle(&job, &a);
    w.return_surety(&job, &a);
    clear_job(&mut w, &job);
    expected.slash_juror(3);
    expected.usd[0] += SEAT_PRICE;
    assert_eq!(purse(&w), expected);
    assert_eq!(record(&w, &a), (0, 0, 0));
}

/// Nobody judges at all: funds return fairly.
#[test]
fn nobody_judges() {
    let (mut w, job, a) = delivered(&right(32));
    let mut expected = books_of(&w);
    let bob = w.bob;
    let case = w.challenge(&bob, &job, 7, &a);
    w.answer(&case, &right(32));
    w.draw_jury(&case);
    w.at(w.case(&case).seals_until().expect("a time"));
    w.refused(&[call::resolve_case(&case)], VerificationError::ResolveTooEarly);
    w.tick(1, 0);
    w.resolve(&case);
    w.conclude(&case);
    w.clear_case(&case);
    w.settle(&job, &a);
    w.return_surety(&job, &a);
    clear_job(&mut w, &job);
    expected.usd[0] += SEAT_PRICE;
    assert_eq!(purse(&w), expected);
}

/// A friendly challenge of a right unit neither keeps a real one out nor saves the executor: an undecided case ends nothing while another
/// is open, the one that is lost ends the job, and the first is moot, with every bond back.
#[test]
fn a_friendly_case_blocks_no_real_one() {
    let (mut w, job, a) = delivered(&wrong(32));
    let mut expected = books_of(&w);
    let (bob, friend, o) = (w.bob, w.mallory, w.operators.clone());
    let friendly = w.challenge(&friend, &job, 7, &a);
    w.answer(&friendly, &wrong(32));
    let undecided = w.challenge(&friend, &job, 8, &a);
    w.answer(&undecided, &wrong(32));
    w.draw_jury(&undecided);
    w.at(w.case(&undecided).seals_until().expect("a time") + 1);
    w.resolve(&undecided);
    w.conclude(&undecided);
    w.draw_jury(&friendly);
    w.join(&friendly, &o[4]);

    let case = w.challenge(&bob, &job, LIE, &a);
    w.refused(&[call::open_case(&bob, &job, CaseKind::Challenge { unit: LIE }, Some(&a))], 3007_u32);
    w.answer(&case, &wrong(32));
    // One surety is enough for all of them.
    assert_eq!(w.chain.tokens(&addresses::surety(&job, &a)), CHALLENGE_BOND);
    let truth = Some(right(32)[LIE as usize]);
    w.judge_case(&case, &[(o[1], truth), (o[2], truth)]);
    w.refused(&[call::moot_case(&job, &friendly)], VerificationError::NotMoot);
    w.conclude(&case);
    w.refused(&[w.conclude_ix(&friendly)], VerificationError::CaseMoot);
    w.refused(&[w.join_ix(&friendly, &o[5])], VerificationError::CaseMoot);
    w.ok(&[call::moot_case(&job, &friendly)]);
    w.refused(&[call::moot_case(&job, &friendly)], VerificationError::WrongCasePhase);
    // A job waits for its cases: until they are closed no other can stand at its address.
    convict(&mut w, &job, &a);
    w.refund(&job);
    w.refused(&[ix::escrow::close_job(&job, &w.alice, &w.alice)], EscrowError::SeatsLeft);
    [case, friendly, undecided].iter().for_each(|case| w.clear_case(case));
    w.return_surety(&job, &a);
    clear_job(&mut w, &job);

    let each = CHALLENGE_BOND / 4;
    expected.spare[0] -= CHALLENGE_BOND;
    expected.spare[1] += each;
    expected.spare[2] += each;
    expected.people[1] += CHALLENGE_BOND - 2 * each;
    expected.convict(0, 1);
    expected.usd[0] += SEAT_PRICE;
    assert_eq!(purse(&w), expected);
}

/// Only the requester rejects what it reviews; what was paid before stays paid.
#[test]
fn a_rejection_of_the_second_milestone() {
    let (mut w, a) = world();
    let (alice, bob, o) = (w.alice, w.bob, w.operators.clone());
    let job = w.deliver_reviewed(&alice, accepted(1, &[4_000, 6_000]), &a, &right(32));
    let had = w.usd_of(&a);
    w.ok(&[ix::escrow::release_milestone(&alice, &job, &w.job(&job), &a)]);
    let paid = w.usd_of(&a) - had;
    w.ok(&[ix::escrow::deliver(&a, &job, root(&wrong(32)))]);
    let mut expected = books_of(&w);
    let kind = CaseKind::Challenge { unit: LIE };
    w.refused(&[call::open_case(&bob, &job, kind, Some(&a))], VerificationError::NotOpener);
    let case = w.challenge(&alice, &job, LIE, &a);
    w.refused(&[ix::escrow::release_milestone(&alice, &job, &w.job(&job), &a)], EscrowError::CasesOpen);
    w.answer(&case, &wrong(32));
    let truth = Some(right(32)[LIE as usize]);
    w.judge_case(&case, &[(o[1], truth), (o[2], truth), (o[3], truth)]);
    w.conclude(&case);
    w.ok(&[ix::escrow::slash_seat(&job, &alice, &a, &alice)]);
    w.clear_case(&case);
    w.return_surety(&job, &a);
    let refunded = w.refund(&job).event("JobRefunded").u64("amount");
    w.close(&job);

    let each = CHALLENGE_BOND / 6;
    expected.spare[0] -= CHALLENGE_BOND;
    (1..4).for_each(|juror| expected.spare[juror] += each);
    expected.people[0] += CHALLENGE_BOND - 3 * each;
    expected.convict(0, 0);
    expected.usd[0] += refunded;
    assert_eq!(purse(&w), expected);
    assert_eq!((refunded, paid), (SEAT_PRICE - SEAT_PRICE * 4 / 10, SEAT_PRICE * 4 / 10 - SEAT_PRICE * 4 / 10 / 40));
}

/// A rejection that is lost: the requester pays the jurors and the executor, and then for the work.
#[test]
fn griefing_requester_rejects_what_is_right() {
    let (mut w, a) = world();
    let (alice, o) = (w.alice, w.operators.clone());
    let job = w.deliver_reviewed(&alice, accepted(1, &[]), &a, &right(32));
    let mut expected = books_of(&w);
    let case = w.challenge(&alice, &job, 31, &a);
    w.answer(&case, &right(32));
    let truth = Some(right(32)[31]);
    w.judge_case(&case, &[(o[1], truth), (o[2], truth), (o[3], truth)]);
    w.conclude(&case);
    w.clear_case(&case);
    w.return_surety(&job, &a);
    release(&mut w, &job, &a);
    clear_job(&mut w, &job);
    let each = CHALLENGE_BOND / 6;
    expected.people[0] -= CHALLENGE_BOND;
    (1..4).for_each(|juror| expected.spare[juror] += each);
    expected.spare[0] += CHALLENGE_BOND - 3 * each;
    expected.usd[1] += SEAT_PRICE - FEE;
    assert_eq!(purse(&w), expected);
}
