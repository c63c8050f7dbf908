//! Canaries: jobs whose answer is known to whoever keeps them, and to nobody else until all have sealed.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::{Job, JobState, JobTerms, Strategy},
        ix,
        reputation::Record,
        verification::{CANARY_LIFE, Canary, Phase, VerificationError, VerificationParams, canary},
    },
    chain::wallet,
    market::*,
    world::*,
};

const SALT: [u8; 32] = [77; 32];

/// A world whose keeper has committed to the answer of alice's job number 1.
fn committed() -> (World, Pubkey, [u8; 32]) {
    let mut w = World::with_operators(4);
    let keeper = verification_params().canary_keeper;
    w.chain.fund(&keeper, WALLET);
    let commitment = canary::commitment(&addresses::job(&w.alice, 1), &terms(1).spec_hash, &honest(), &SALT);
    w.ok(&[ix::verification::commit_canary(&keeper, commitment)]);
    w.tick(1, 0);
    (w, keeper, commitment)
}

/// The same with the job posted, three seats taken, and these digests sealed.
fn sealed(digests: &[[u8; 32]; 3]) -> (World, Pubkey, Pubkey, Vec<Pubkey>) {
    let (mut w, keeper, _) = committed();
    let (alice, o) = (w.alice, w.operators.clone());
    let job = w.open(&alice, 1);
    let digests: Vec<_> = o.iter().copied().zip(*digests).collect();
    w.claim_and_seal(&job, &digests);
    (w, keeper, job, o)
}

fn reveal_ix(w: &World, keeper: &Pubkey, job: &Pubkey) -> anchor_lang::solana_program::instruction::Instruction {
    ix::verification::reveal_canary(keeper, (job, &w.job(job)), honest(), SALT, keeper)
}

fn counted(w: &mut World, job: &Pubkey, digests: &[[u8; 32]; 3]) {
    let o = w.operators.clone();
    o.iter().zip(digests).for_each(|(who, digest)| drop(w.reveal(job, who, digest)));
    w.finalize(job);
}

/// Three that agree without computing: a quorum for a lie. It loses to the one that knows.
#[test]
fn a_lazy_quorum_is_slashed() {
    let lazy = lie(&wallet("whoever they copied"));
    let digests = [lazy; 3];
    let (mut w, keeper, job, o) = sealed(&digests);
    let mut without = w.clone();
    let had = w.chain.lamports(&keeper);
    let rent = w.chain.lamports(&addresses::canary(&canary::commitment(&job, &terms(1).spec_hash, &honest(), &SALT)));
    let revealed = w.ok(&[reveal_ix(&w, &keeper, &job)]);
    assert_eq!(revealed.event("CanaryRevealed").json["root"].as_str(), Some(hex::encode(honest()).as_str()));
    assert_eq!(w.job(&job).root, honest());
    assert_eq!(w.chain.lamports(&keeper), had + rent, "its account is closed");
    counted(&mut w, &job, &digests);
    let ended = w.job(&job);
    assert_eq!((ended.state, ended.winners, ended.losers), (JobState::Unresolved, 0, 0b111));
    o[..3].iter().for_each(|who| drop(w.slash(&job, who)));
    w.refund(&job);
    w.close(&job);
    w.close_round(&job).expect("it is final");
    assert_eq!((w.usd_of(&w.alice), w.asy_of(&w.alice)), (FUNDS, 3 * HALF_FEE));
    for who in &o[..3] {
        let record: Record = w.chain.read(&addresses::record(who, 0));
        assert_eq!((w.pool(who).active, record.wrong), (STAKE - EXPOSURE, 1));
    }
    // As any other job they had been paid.
    counted(&mut without, &job, &digests);
    assert_eq!((without.job(&job).state, without.job(&job).winners), (JobState::Verified, 0b111));
}

/// The one that computed is paid against a majority; who withholds loses too.
#[test]
fn one_honest_seat_wins_alone() {
    let digests = [lie(&wallet("x")), honest(), lie(&wallet("x"))];
    let (mut w, keeper, job, o) = sealed(&digests);
    w.reveal(&job, &o[0], &digests[0]);
    w.ok(&[reveal_ix(&w, &keeper, &job)]);
    w.reveal(&job, &o[1], &digests[1]);
    w.at(w.round(&job).reveal_by + 1);
    w.finalize(&job);
    let ended = w.job(&job);
    assert_eq!((ended.state, ended.winners, ended.losers, ended.root), (JobState::Verified, 0b010, 0b101, honest()));
    w.settle(&job, &o[1]);
    w.slash(&job, &o[0]);
    w.slash(&job, &o[2]);
    w.refund(&job);
    w.close(&job);
    assert_eq!((w.usd_of(&o[1]), w.usd_of(&w.alice)), (SEAT_PRICE - FEE, FUNDS - SEAT_PRICE));
    assert_eq!([0, 1, 2].map(|i| w.pool(&o[i]).active), [STAKE - EXPOSURE, STAKE, STAKE - EXPOSURE]);
}

/// Nobody can tell a canary before all have sealed: what is on the chain names no job, and the answer is not taken yet.
#[test]
fn nobody_knows_before() {
    let (mut w, keeper, commitment) = committed();
    let (alice, o) = (w.alice, w.operators.clone());
    let data = w.chain.account(&addresses::canary(&commitment)).expect("it is there").data;
    let job = addresses::job(&alice, 1);
    for secret in [job.to_bytes(), alice.to_bytes(), terms(1).spec_hash, honest(), SALT] {
        assert!(!data.windows(32).any(|window| window == secret));
    }
    w.open(&alice, 1);
    for who in &o[..3] {
        w.refused(&[reveal_ix(&w, &keeper, &job)], VerificationError::RevealTooEarly);
        w.claim(&job, who);
    }
    for who in &o[..3] {
        w.refused(&[reveal_ix(&w, &keeper, &job)], VerificationError::RevealTooEarly);
        w.seal(&job, who, &honest());
    }
    w.ok(&[reveal_ix(&w, &keeper, &job)]);
    counted(&mut w, &job, &[honest(); 3]);
    assert_eq!((w.job(&job).state, w.job(&job).winners), (JobState::Verified, 0b111));
}

/// Where not all seal, the answer may come once sealing is over.
#[test]
fn after_the_last_seal_that_may_come() {
    let (mut w, keeper, _) = committed();
    let (alice, o) = (w.alice, w.operators.clone());
    let job = w.open(&alice, 1);
    w.claim_and_seal(&job, &[(o[0], lie(&alice)), (o[1], lie(&alice))]);
    w.at(w.round(&job).seal_by);
    w.refused(&[reveal_ix(&w, &keeper, &job)], VerificationError::RevealTooEarly);
    w.tick(1, 0);
    w.ok(&[reveal_ix(&w, &keeper, &job)]);
    w.reveal(&job, &o[0], &lie(&alice));
    w.reveal(&job, &o[1], &lie(&alice));
    w.finalize(&job);
    assert_eq!((w.job(&job).winners, w.job(&job).losers), (0, 0b11));
}

/// The count waits for the keeper, and no longer.
#[test]
fn the_count_waits() {
    let (mut w, keeper, job, o) = sealed(&[honest(); 3]);
    let params = |canary_seconds| VerificationParams { canary_seconds, ..verification_params() };
    let authority = w.authority;
    w.ok(&[ix::verification::set_params(&authority, params(15))]);
    let last_seal = w.now;
    o[..3].iter().for_each(|who| drop(w.reveal(&job, who, &honest())));
    w.at(last_seal + 14);
    w.refused(&[w.finalize_ix(&job)], VerificationError::FinalizeTooEarly);
    w.clone().ok(&[reveal_ix(&w, &keeper, &job)]);
    w.tick(1, 0);
    w.finalize(&job);
    w.refused(&[reveal_ix(&w, &keeper, &job)], VerificationError::WrongPhase);
    w.refused(&[ix::verification::set_params(&authority, params(601))], VerificationError::BadParams);
}

/// Nobody but the keeper, and nobody at all where none is named.
#[test]
fn wrong_keeper() {
    let (mut w, keeper, job, _) = sealed(&[honest(); 3]);
    let (alice, mallory, authority) = (w.alice, w.mallory, w.authority);
    for other in [alice, mallory, authority] {
        w.refused(&[ix::verification::commit_canary(&other, [1; 32])], VerificationError::NotKeeper);
        let mut reveal = reveal_ix(&w, &keeper, &job);
        reveal.accounts[0].pubkey = other;
        w.refused(&[reveal], VerificationError::NotKeeper);
    }
    let nobody = VerificationParams { canary_keeper: Pubkey::default(), ..verification_params() };
    w.ok(&[ix::verification::set_params(&authority, nobody)]);
    let mut reveal = reveal_ix(&w, &keeper, &job);
    w.refused(std::slice::from_ref(&reveal), VerificationError::NotKeeper);
    reveal.accounts[0].pubkey = Pubkey::default();
    reveal.accounts[0].is_writable = false;
    w.refused(&[reveal], VerificationError::NotKeeper);
}

/// A job that is there already cannot be made a canary, not even in its second.
#[test]
fn older_than_its_job() {
    for seconds in [0, 1] {
        let mut w = World::with_operators(3);
        let (alice, keeper, o) = (w.alice, verification_params().canary_keeper, w.operators.clone());
        w.chain.fund(&keeper, WALLET);
        let job = w.open(&alice, 1);
        w.tick(seconds, 0);
        let commitment = canary::commitment(&job, &terms(1).spec_hash, &honest(), &SALT);
        w.ok(&[ix::verification::commit_canary(&keeper, commitment)]);
        w.claim_and_seal(&job, &[0, 1, 2].map(|i| (o[i], lie(&alice))));
        w.refused(&[reveal_ix(&w, &keeper, &job)], VerificationError::CanaryTooYoung);
    }
}

/// A canary is one job's, of one spec, with one answer.
#[test]
fn of_another_job_or_answer() {
    let (mut w, keeper, job, o) = sealed(&[honest(); 3]);
    let (bob, canary) = (w.bob, reveal_ix(&w, &keeper, &job).accounts[4].pubkey);
    let other = w.open(&bob, 1);
    w.claim_and_seal(&other, &[1, 2, 3].map(|i| (o[i], honest())));
    let at = |w: &World, job: &Pubkey, root: [u8; 32], salt: [u8; 32]| {
        let mut call = ix::verification::reveal_canary(&keeper, (job, &w.job(job)), root, salt, &keeper);
        call.accounts[4].pubkey = canary;
        call
    };
    w.refused(&[at(&w, &other, honest(), SALT)], VerificationError::WrongCanary);
    w.refused(&[at(&w, &job, lie(&bob), SALT)], VerificationError::WrongCanary);
    w.refused(&[at(&w, &job, honest(), [0; 32])], VerificationError::WrongCanary);
    w.refused(&[at(&w, &job, [0; 32], SALT)], VerificationError::EmptyCommitment);
    let mut mixed = at(&w, &job, honest(), SALT);
    mixed.accounts[3].pubkey = addresses::round(&other);
    w.refused(&[mixed], VerificationError::WrongAddress);
    let mut thief = at(&w, &job, honest(), SALT);
    thief.accounts[5].pubkey = bob;
    w.refused(&[thief], VerificationError::WrongAddress);
    w.ok(&[at(&w, &job, honest(), SALT)]);
}

/// Told once: not again, not with a second answer that was kept for the case, and not for the next job at the address.
#[test]
fn told_once() {
    let (mut w, keeper, commitment) = committed();
    let (alice, o) = (w.alice, w.operators.clone());
    let other = canary::commitment(&addresses::job(&alice, 1), &terms(1).spec_hash, &lie(&alice), &SALT);
    w.ok(&[ix::verification::commit_canary(&keeper, other)]);
    w.tick(1, 0);
    let job = w.open(&alice, 1);
    w.claim_and_seal(&job, &[0, 1, 2].map(|i| (o[i], honest())));
    let first = reveal_ix(&w, &keeper, &job);
    w.ok(std::slice::from_ref(&first));
    let second = ix::verification::reveal_canary(&keeper, (&job, &w.job(&job)), lie(&alice), SALT, &keeper);
    w.refused(std::slice::from_ref(&second), VerificationError::AlreadyKnown);
    w.refused(std::slice::from_ref(&first), 3012_u32);
    counted(&mut w, &job, &[honest(); 3]);
    o[..3].iter().for_each(|who| drop(w.settle(&job, who)));
    w.refund(&job);
    w.close(&job);
    w.close_round(&job).expect("it is final");

    // The next posting at the address: what was told is gone, and committing to it anew is too late.
    w.tick(1, 0);
    assert_eq!(w.open(&alice, 1), job);
    w.claim_and_seal(&job, &[0, 1, 2].map(|i| (o[i], lie(&alice))));
    w.refused(std::slice::from_ref(&first), 3012_u32);
    w.ok(&[ix::verification::commit_canary(&keeper, commitment)]);
    w.refused(&[first], VerificationError::CanaryTooYoung);
}

/// Other strategies have no such count.
#[test]
fn replicated_jobs_only() {
    let (mut w, keeper, _) = committed();
    let alice = w.alice;
    let strategy = Strategy::Sampled { samples: 2, committee: 3 };
    let job = w.open_with(&alice, JobTerms { strategy, ..terms(1) });
    w.refused(&[reveal_ix(&w, &keeper, &job)], VerificationError::NotReplicated);
    w.at(w.round(&job).seal_by + 1);
    w.refused(&[w.finalize_ix(&job)], VerificationError::NotReplicated);
}

/// A canary that nobody told can be closed by anybody in the end, to who paid for it.
#[test]
fn an_untold_canary_is_closed() {
    let (mut w, keeper, commitment) = committed();
    let (had, address) = (w.chain.lamports(&keeper), addresses::canary(&commitment));
    let canary: Canary = w.chain.read(&address);
    let rent = w.chain.lamports(&address);
    let close = ix::verification::close_canary(&commitment, &keeper);
    w.at(canary.created_at + CANARY_LIFE);
    w.refused(std::slice::from_ref(&close), VerificationError::CanaryKept);
    w.tick(1, 0);
    let mallory = w.mallory;
    w.refused(&[ix::verification::close_canary(&commitment, &mallory)], VerificationError::WrongAddress);
    w.ok(&[close]);
    assert_eq!((w.chain.account(&address), w.chain.lamports(&keeper)), (None, had + rent));
}

/// One that is trusted and not checked is caught as well, alone.
#[test]
fn an_adaptive_canary() {
    let (mut w, keeper, _) = committed();
    let (alice, o) = (w.alice, w.operators.clone());
    let job = w.open_with(&alice, JobTerms { strategy: adaptive(3), deadline_seconds: 400, ..terms(1) });
    w.tick(90, 0);
    w.claim(&job, &o[0]);
    w.seal(&job, &o[0], &lie(&alice));
    w.refused(&[reveal_ix(&w, &keeper, &job)], VerificationError::RevealTooEarly);
    w.tick(0, 2);
    w.ok(&[ix::verification::draw_recheck(None, &job, &o[0], 0)]);
    assert_eq!(w.round(&job).phase, Phase::Sealing, "nobody trusts it yet");
    w.claim_and_seal(&job, &[(o[1], lie(&alice)), (o[2], lie(&alice))]);
    w.ok(&[reveal_ix(&w, &keeper, &job)]);
    counted(&mut w, &job, &[lie(&alice); 3]);
    let Job { winners, losers, .. } = w.job(&job);
    assert_eq!((winners, losers), (0, 0b111));
}
