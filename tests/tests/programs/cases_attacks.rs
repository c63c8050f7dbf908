//! What a thief tries with a case: whom it may be about and when, leaves that are not the ones, donations, accounts that cannot be
//! paid, pauses.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    assay_sdk::{
        ASY, addresses,
        escrow::{JobTerms, Strategy},
        ix::{self, verification as call},
        merkle::{self, Proof},
        staking::StakingError,
        token::ASY_MINT,
        verification::{CaseKind, CasePhase, ID, VerificationError},
    },
    cases::*,
    market::*,
    world::*,
};

use super::cases::*;

/// What cannot be challenged, by whom, and when: the review's last second, and the one after it.
#[test]
fn who_may_challenge_and_until_when() {
    let (mut w, a) = world();
    let (alice, bob) = (w.alice, w.bob);
    let job = w.seat_reviewed(&alice, optimistic(1), &a);
    let open = |opener: &Pubkey, unit| call::open_case(opener, &job, CaseKind::Challenge { unit }, Some(&a));
    w.refused(&[open(&bob, 0)], VerificationError::WrongSeatState);
    w.ok(&[ix::escrow::deliver(&a, &job, root(&right(32)))]);
    w.refused(&[open(&a, 0)], VerificationError::NotOpener);
    w.refused(&[open(&bob, 32)], VerificationError::NoSuchUnit);
    let tie = call::open_case(&bob, &job, CaseKind::Tie, None);
    let mut roundless = tie.clone();
    roundless.accounts[7].pubkey = ID;
    w.refused(&[tie], 3012_u32);
    w.refused(&[roundless], VerificationError::WrongKind);
    // Another operator's pool, or another's seat.
    let mut other = open(&bob, 0);
    other.accounts[9].pubkey = addresses::pool(&w.operators[1]);
    w.refused(&[other], VerificationError::WrongAddress);
    w.at(w.seat(&job, &a).seal_by);
    w.clone().challenge(&bob, &job, 0, &a);
    w.tick(1, 0);
    w.refused(&[open(&bob, 0)], VerificationError::CaseTooLate);
    release(&mut w, &job, &a);
    w.refused(&[open(&bob, 0)], 3012_u32);
}

/// A seat of a round is not challenged; and a job that ended takes no case.
#[test]
fn only_what_is_reviewed_is_challenged() {
    let (mut w, _) = world();
    let (alice, bob, o) = (w.alice, w.bob, w.operators.clone());
    let job = w.open(&alice, 1);
    w.claim(&job, &o[0]);
    let open = call::open_case(&bob, &job, CaseKind::Challenge { unit: 0 }, Some(&o[0]));
    w.refused(&[open], VerificationError::WrongKind);
    w.refused(&[call::open_case(&bob, &job, CaseKind::Tie, None)], VerificationError::WrongKind);
}

/// A leaf proven for another unit, with a neighbour too many or too few, a node for a leaf, a promoted one with a neighbour.
#[test]
fn proofs_of_other_leaves() {
    let (mut w, a) = world();
    let (alice, bob) = (w.alice, w.bob);
    let digests = right(5);
    let terms = JobTerms { units: 5, ..optimistic(1) };
    let job = w.deliver_reviewed(&alice, terms, &a, &digests);
    let last = w.challenge(&bob, &job, 4, &a);
    let first = w.challenge(&bob, &job, 0, &a);
    let siblings = |unit: u64| Proof::create(&digests, unit).expect("a unit").siblings;
    let answer =
        |case: &Pubkey, digest: [u8; 32], siblings: &[[u8; 32]]| call::answer_case(&a, &job, case, 0, digest, siblings);
    assert_eq!(siblings(4).len(), 1);
    let leaf = |digest: &[u8; 32]| merkle::root(&[*digest]).expect("one");
    let wrong = [
        // Unit 3's for unit 4, and unit 1's for unit 0.
        (&last, digests[3], siblings(3)),
        (&first, digests[1], siblings(1)),
        // Another digest at the right place.
        (&last, lie(&a), siblings(4)),
        // A neighbour too many, also where a node is promoted.
        (&last, digests[4], vec![siblings(4)[0], [0; 32]]),
        (&last, digests[4], vec![leaf(&digests[4]), siblings(4)[0]]),
        (&first, digests[0], [siblings(0), vec![[0; 32]]].concat()),
        // `second_preimage`: the root of the first four as if it were a leaf.
        (&last, siblings(4)[0], vec![leaf(&digests[4])]),
    ];
    for (case, digest, siblings) in &wrong {
        w.refused(&[answer(case, *digest, siblings)], VerificationError::WrongProof);
    }
    w.refused(&[answer(&first, [0; 32], &siblings(0))], VerificationError::EmptyCommitment);
    let mut stranger = answer(&first, digests[0], &siblings(0));
    stranger.accounts[0].pubkey = bob;
    stranger.accounts[3].pubkey = addresses::surety(&job, &bob);
    stranger.accounts[4].pubkey = addresses::ata(&bob, &ASY_MINT);
    w.refused(&[stranger], VerificationError::NotExecutor);
    w.ok(&[answer(&last, digests[4], &siblings(4))]);
    w.ok(&[answer(&first, digests[0], &siblings(0))]);
    w.refused(&[answer(&first, digests[0], &siblings(0))], VerificationError::WrongCasePhase);
}

/// A proof in pieces, two of them interleaved: none goes on where another began, and what began wrong begins anew.
#[test]
fn a_proof_in_pieces() {
    let (mut w, job, a) = delivered(&right(32));
    let bob = w.bob;
    let case = w.challenge(&bob, &job, 9, &a);
    let siblings = Proof::create(&right(32), 9).expect("a unit").siblings;
    let piece = |level: u8, digest: [u8; 32], siblings: &[[u8; 32]]| {
        call::answer_case(&a, &job, &case, level, digest, siblings)
    };
    let mine = right(32)[9];
    w.ok(&[piece(0, mine, &siblings[..2])]);
    assert_eq!((w.case(&case).climbed, w.case(&case).phase), (2, CasePhase::Answering));
    w.ok(&[piece(0, lie(&a), &siblings[..3])]);
    w.refused(&[piece(2, mine, &siblings[2..])], VerificationError::WrongPiece);
    w.refused(&[piece(3, mine, &siblings[3..])], VerificationError::WrongPiece);
    w.refused(&[piece(3, lie(&a), &siblings[3..])], VerificationError::WrongProof);
    w.refused(&[piece(3, lie(&a), &[siblings[3], siblings[4], [0; 32]])], VerificationError::WrongProof);
    w.ok(&[piece(0, mine, &siblings[..2])]);
    w.refused(&[piece(1, mine, &siblings[1..])], VerificationError::WrongPiece);
    w.ok(&[piece(2, mine, &siblings[2..4])]);
    w.ok(&[piece(4, mine, &siblings[4..])]);
    assert_eq!((w.case(&case).phase, w.case(&case).claim), (CasePhase::Called, mine));
}

/// What strangers send to a vault or a surety changes no accounting, and keeps nothing open. `donation_changes_no_accounting`.
#[test]
fn donations_to_a_case() {
    let (mut w, job, a) = delivered(&right(32));
    let mut expected = books_of(&w);
    let (bob, mallory, o) = (w.bob, w.mallory, w.operators.clone());
    let case = w.challenge(&bob, &job, 7, &a);
    w.transfer(&mallory, &ASY_MINT, &addresses::case_vault(&case), 3);
    w.answer(&case, &right(32));
    w.transfer(&mallory, &ASY_MINT, &addresses::surety(&job, &a), 5);
    let truth = Some(right(32)[7]);
    w.judge_case(&case, &[(o[1], truth), (o[2], truth), (o[3], truth)]);
    w.conclude(&case);
    w.clear_case(&case);
    w.return_surety(&job, &a);
    release(&mut w, &job, &a);
    let each = CHALLENGE_BOND / 6;
    (1..4).for_each(|juror| expected.spare[juror] += each);
    expected.people[1] -= CHALLENGE_BOND - 3;
    expected.people[3] -= 8;
    expected.spare[0] += CHALLENGE_BOND - 3 * each + 5;
    expected.usd[1] += SEAT_PRICE - FEE;
    assert_eq!(purse(&w), expected);
}

/// While a case is open no stake of the executor's leaves, and no case can be about a unit twice in one review.
#[test]
fn a_case_holds_the_stake_and_its_question() {
    let (mut w, job, a) = delivered(&right(32));
    let (bob, o) = (w.bob, w.operators.clone());
    w.ok(&[ix::staking::request_unstake(&a, 0, u128::from(ASY))]);
    let case = w.challenge(&bob, &job, 7, &a);
    w.refused(&[ix::staking::request_unstake(&a, 1, u128::from(ASY))], StakingError::CaseOpen);
    w.answer(&case, &right(32));
    let truth = Some(right(32)[7]);
    w.judge_case(&case, &[(o[1], truth), (o[2], truth), (o[3], truth)]);
    w.conclude(&case);
    let state = w.case(&case);
    state.dues.iter().enumerate().for_each(|(i, due)| drop(w.ok(&[call::pay_case(&case, i as u8, &due.to)])));
    w.refused(&[call::pay_case(&case, 0, &a)], VerificationError::NothingDue);
    o[1..4].iter().for_each(|juror| drop(w.ok(&[call::settle_ballot(&case, juror)])));
    w.at(state.review_by);
    w.refused(&[call::close_case(&case, &state)], VerificationError::CaseNotOver);
    w.tick(1, 0);
    w.close_case(&case);
    w.tick(1_000, 0);
    w.ok(&[ix::staking::withdraw(&a, 0)]);
}

/// Whoever is owed something and closed its account, or gave it away, stops nobody else; any account of its own will do.
#[test]
fn who_cannot_be_paid_stops_nobody_else() {
    let (mut w, job, a) = delivered(&right(32));
    let (bob, o) = (w.bob, w.operators.clone());
    let case = w.challenge(&bob, &job, 7, &a);
    w.answer(&case, &right(32));
    let truth = Some(right(32)[7]);
    w.judge_case(&case, &[(o[1], truth), (o[2], truth), (o[3], None)]);
    w.conclude(&case);
    // Alice, whose account is named where the silent juror is slashed, and operator 0, who won, have no account any more.
    for who in [w.alice, a] {
        w.chain.set(&addresses::ata(&who, &ASY_MINT), solana_sdk::account::Account::default());
    }
    w.refused(&[w.slash_ballot_ix(&case, &o[3])], 3007_u32);
    o[1..3].iter().for_each(|juror| drop(w.ok(&[call::settle_ballot(&case, juror)])));
    let another =
        [w.token_account("alice's other", &ASY_MINT, &w.alice.clone()), w.token_account("a's", &ASY_MINT, &a)];
    let mut slash = w.slash_ballot_ix(&case, &o[3]);
    slash.accounts[6].pubkey = another[0];
    w.ok(&[slash]);
    let mut pay = call::pay_case(&case, 0, &a);
    pay.accounts[2].pubkey = addresses::ata(&bob, &ASY_MINT);
    w.refused(std::slice::from_ref(&pay), VerificationError::WrongAddress);
    pay.accounts[2].pubkey = another[1];
    w.ok(&[pay]);
    assert_eq!(w.chain.tokens(&another[1]), CHALLENGE_BOND / 2);
    assert_eq!(w.chain.tokens(&another[0]), 0, "a juror's bond is burned");
}

/// `pause_stops_entry_not_exit`: with every program paused a case goes on to its end; new jurors do not come.
#[test]
fn a_pause_stops_no_case() {
    let (mut w, job, a) = delivered(&right(32));
    let (bob, o, authority) = (w.bob, w.operators.clone(), w.authority);
    let waits = w.challenge(&bob, &job, 8, &a);
    w.answer(&waits, &right(32));
    let case = w.challenge(&bob, &job, 7, &a);
    w.answer(&case, &right(32));
    w.tick(0, 2);
    w.ok(&[call::draw_jury(&waits)]);
    w.draw_jury(&case);
    o[1..4].iter().for_each(|juror| drop(w.join(&case, juror)));
    w.ok(&[ix::staking::set_paused(&authority, true)]);
    w.ok(&[ix::escrow::set_paused(&authority, true)]);
    w.ok(&[ix::verification::set_paused(&authority, true)]);
    w.refused(&[w.join_ix(&waits, &o[4])], StakingError::Paused);
    let during = w.challenge(&bob, &job, 9, &a);
    w.answer(&during, &right(32));
    let truth = right(32)[7];
    o[1..4].iter().for_each(|juror| drop(w.ok(&[w.ballot_ix(&case, juror, &truth)])));
    o[1..4].iter().for_each(|juror| drop(w.ok(&[w.show_ix(&case, juror, &truth)])));
    w.resolve(&case);
    w.conclude(&case);
    w.clear_case(&case);
}

/// Strategies that no case of this kind is about.
#[test]
fn sampled_jobs_are_not_challenged() {
    let (mut w, a) = world();
    let (alice, bob) = (w.alice, w.bob);
    let terms = JobTerms { strategy: Strategy::Sampled { samples: 2, committee: 3 }, ..terms(1) };
    let job = w.post(&alice, terms);
    w.tick(0, 2);
    w.ok(&[call::draw(&job)]);
    w.tick(60, 0);
    w.claim(&job, &a);
    let open = call::open_case(&bob, &job, CaseKind::Challenge { unit: 0 }, Some(&a));
    w.refused(&[open], VerificationError::WrongKind);
}
