//! The attack matrix of the verification program: one line a call.

use assay_tests::assay_sdk::{
    escrow::JobTerms,
    verification::{CANARY_LIFE, canary},
};

use super::*;

/// Attacks that land, and why that is right; see [`super::COMMON`].
pub const HARMLESS: &[Harmless] = &[
    ("verification::initialize", "arbitrary_cpi_target", "program", EVENTS),
    ("verification::propose_authority", "twice", "-", "sets the same again"),
    ("verification::set_params", "twice", "-", "sets the same again"),
    ("verification::set_guardian", "twice", "-", "sets the same again"),
    ("verification::set_paused", "twice", "-", "sets the same again"),
    ("verification::close_canary", "of_another", "canary", "the other one is as old, and has the same payer"),
];

/// Every instruction, in a world where it lands.
pub fn cases() -> Vec<Case> {
    let bare = World::bare();
    let authority = bare.authority;
    let mut w = World::with_operators(6);
    let (alice, bob) = (w.alice, w.bob);
    let [job, other] = [w.post_only(&alice, terms(1)), w.post_only(&bob, terms(1))];
    let open = ix::verification::open_round;
    let mut cases = vec![
        Case::new(&bare, ix::verification::initialize(&authority, GENESIS, verification_params())),
        Case::new(&w, open(&alice, &job)).other(open(&bob, &other)),
    ];
    cases.extend(admin(&w));
    cases.extend(sampled::cases());
    w.ok(&[open(&alice, &job)]);
    w.ok(&[open(&bob, &other)]);
    w.tick(0, 2);
    cases.extend(drawn(&w));
    cases.extend(canaries(&w));
    let both = [(job, digests(&w, 0)), (other, digests(&w, 1))];
    for (job, digests) in &both {
        w.ok(&[ix::verification::draw(job)]);
        digests.iter().for_each(|(operator, _)| drop(w.claim(job, operator)));
    }
    let of = |w: &World, make: fn(&World, &Pubkey, &Pubkey, &[u8; 32]) -> Instruction| {
        let [one, two] = both.map(|(job, digests)| make(w, &job, &digests[0].0, &digests[0].1));
        Case::new(w, one).other(two)
    };
    cases.push(of(&w, World::seal_ix));
    for (job, digests) in &both {
        digests.iter().for_each(|(operator, digest)| drop(w.seal(job, operator, digest)));
    }
    cases.push(of(&w, World::reveal_ix));
    for (job, digests) in &both {
        digests.iter().for_each(|(operator, digest)| drop(w.reveal(job, operator, digest)));
    }
    let count = |w: &World, job: &Pubkey, _: &Pubkey, _: &[u8; 32]| {
        ix::verification::finalize_round_by(&w.carol, job, 0, &w.seated(job))
    };
    cases.push(of(&w, count));
    for (job, _) in &both {
        w.finalize(job);
    }
    let close = |w: &World, job: &Pubkey| ix::verification::close_round(job, &w.chain.read::<Job>(job).requester);
    cases.push(Case::new(&w, close(&w, &job)).other(close(&w, &other)));
    cases
}

/// Two adaptive jobs whose one operator has sealed: with what decides whether others check it, every account of a draw counts.
fn drawn(w: &World) -> Vec<Case> {
    let mut w = w.clone();
    let (alice, bob, carol) = (w.alice, w.bob, w.carol);
    let jobs = [alice, bob].map(|who| {
        let job = w.post(&who, JobTerms { strategy: adaptive(3), deadline_seconds: 400, ..terms(2) });
        w.tick(0, 2);
        w.ok(&[ix::verification::draw(&job)]);
        job
    });
    w.tick(120, 0);
    let seats = [0, 1].map(|i| (jobs[i], w.operators[i]));
    for (job, operator) in &seats {
        w.claim(job, operator);
        w.seal(job, operator, &honest());
    }
    w.tick(0, 2);
    let [call, other] = seats.map(|(job, operator)| ix::verification::draw_recheck(Some(&carol), &job, &operator, 0));
    vec![Case::new(&w, call).other(other)]
}

/// Alice's and bob's jobs number 3, whose answers the keeper has committed to.
fn canaries(w: &World) -> Vec<Case> {
    let mut w = w.clone();
    let (alice, bob, keeper) = (w.alice, w.bob, verification_params().canary_keeper);
    w.chain.fund(&keeper, WALLET);
    let of = |requester: &Pubkey| {
        canary::commitment(&addresses::job(requester, 3), &terms(3).spec_hash, &honest(), &[7; 32])
    };
    let commit = ix::verification::commit_canary(&keeper, of(&alice));
    let mut cases = vec![Case::new(&w, commit.clone())];
    w.ok(&[commit]);
    w.ok(&[ix::verification::commit_canary(&keeper, of(&bob))]);
    w.tick(1, 0);
    let jobs = [alice, bob].map(|who| w.open(&who, 3));
    for (job, operators) in jobs.iter().zip([0..3, 3..6]) {
        let digests: Vec<_> = w.operators[operators].iter().map(|who| (*who, honest())).collect();
        w.claim_and_seal(job, &digests);
    }
    let reveal = |job: &Pubkey| {
        let at = w.job(job);
        ix::verification::reveal_canary(&keeper, (job, &at), honest(), [7; 32], &keeper)
    };
    cases.push(Case::new(&w, reveal(&jobs[0])).other(reveal(&jobs[1])));
    w.tick(CANARY_LIFE, 0);
    let close = |who: &Pubkey| ix::verification::close_canary(&of(who), &keeper);
    cases.push(Case::new(&w, close(&alice)).other(close(&bob)));
    cases
}

fn admin(w: &World) -> Vec<Case> {
    let mut proposed = w.clone();
    proposed.ok(&[ix::verification::propose_authority(&w.authority, &w.bob)]);
    vec![
        Case::new(w, ix::verification::set_params(&w.authority, verification_params())),
        Case::new(w, ix::verification::propose_authority(&w.authority, &w.bob)),
        Case::new(&proposed, ix::verification::accept_authority(&w.bob)),
        Case::new(w, ix::verification::set_params(&w.authority, verification_params())),
        Case::new(w, ix::verification::set_guardian(&w.authority, &w.bob)),
        Case::new(w, ix::verification::set_paused(&w.authority, true)),
        Case::new(w, ix::verification::set_params(&w.authority, verification_params())),
    ]
}
