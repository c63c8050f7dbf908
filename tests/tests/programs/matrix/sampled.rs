//! The attack matrix of sampled jobs.

use assay_tests::{
    assay_sdk::{
        escrow::{JobTerms, Strategy},
        verification::sample,
    },
    sampled::{UNITS, patient, root, work},
};

use super::*;

/// Every instruction of a sampled job, in a world where it lands: alice's, and bob's with other operators.
pub fn cases() -> Vec<Case> {
    let mut w = World::with_operators(6);
    let (requesters, o) = ([w.alice, w.bob], w.operators.clone());
    let digests = work(UNITS);
    let strategy = Strategy::Sampled { samples: 4, committee: 2 };
    let started = [(0, &o[..3]), (1, &o[3..])].map(|(i, who)| {
        let terms = JobTerms { strategy, ..patient(1) };
        (w.start(&requesters[i], terms, &who[0], &root(&digests)), who)
    });
    // Until the draw has widened, not everybody may take a seat of these few.
    w.tick(60, 0);
    let jobs = started.map(|(job, who)| {
        let found = w.samples(&job, &digests);
        who[1..].iter().for_each(|verifier| w.verify(&job, verifier, &found));
        (job, who, found)
    });
    let both = |w: &World, make: &dyn Fn(&World, usize) -> Instruction| Case::new(w, make(w, 0)).other(make(w, 1));
    let executor = |i: usize| (&jobs[i].0, &jobs[i].1[0]);
    let reveal_root = |w: &World, i: usize| w.reveal_root_ix(executor(i).0, executor(i).1, &root(&digests));
    let reveal_sample = |w: &World, i: usize| w.reveal_sample_ix(&jobs[i].0, &jobs[i].1[1], &jobs[i].2);
    let prove = |w: &World, i: usize| {
        let (job, who) = executor(i);
        ix::verification::prove_sample(who, job, w.pieces(job, &digests).remove(0))
    };
    let finalize =
        |w: &World, i: usize| ix::verification::finalize_sample(Some(&w.carol), &jobs[i].0, 0, &w.seated(&jobs[i].0));

    let mut cases = vec![both(&w, &reveal_root), both(&w, &reveal_sample)];
    for i in [0, 1] {
        let call = reveal_root(&w, i);
        w.ok(&[call]);
    }
    cases.push(both(&w, &prove));
    for (job, who, found) in &jobs {
        for piece in w.pieces(job, &digests) {
            w.ok(&[ix::verification::prove_sample(&who[0], job, piece)]);
        }
        who[1..].iter().for_each(|verifier| drop(w.reveal_sample(job, verifier, found)));
        w.finalize_sample(job);
    }
    let mut over = w.clone();
    over.tick(REVEAL + 1, 0);
    cases.push(both(&over, &finalize));

    // Each job's operators judge the other's.
    let called = jobs.each_ref().map(|(job, who, _)| w.call_jury(&who[0], job));
    for (i, case) in called.iter().enumerate() {
        let (others, found) = (&jobs[1 - i].1, sample::root(&jobs[i].2));
        let votes: Vec<_> = others.iter().map(|juror| (*juror, Some(found))).collect();
        w.judge_case(case, &votes);
    }
    w.tick(REVEAL + 1, 0);
    cases.push(both(&w, &|w: &World, i| {
        ix::verification::conclude_sample(Some(&w.carol), &jobs[i].0, 0, &w.seated(&jobs[i].0))
    }));
    cases
}
