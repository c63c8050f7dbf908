//! `out_of_order_transition` of sampled jobs: every state x every instruction, in time and long after every deadline; and
//! that each state has a way out which needs nobody's goodwill.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_tests::{
    World,
    assay_sdk::{addresses, escrow::Job, ix, sample::Piece, verification::sample},
    market::*,
    sampled::*,
};

use super::sampled::world;

/// (state, what may land in time, what may land after all deadlines). Verifier 3 lies.
const ALLOWED: &[(&str, &[&str], &[&str])] = &[
    ("posted", &["draw", "cancel_job"], &["draw", "finalize", "cancel_job", "expire_job"]),
    ("drawn", &["claim", "cancel_job"], &["finalize", "cancel_job", "expire_job"]),
    ("claimed", &["seal", "cancel_job"], &["finalize", "expire_seat", "cancel_job"]),
    ("sealed", &["draw"], &["draw", "finalize"]),
    ("drawn again", &["claim"], &["finalize"]),
    ("one verifies", &["claim"], &["finalize"]),
    ("one sealed", &["claim"], &["finalize"]),
    ("all sealed", &["reveal_root", "reveal_sample"], &["finalize"]),
    ("root shown", &["prove", "reveal_sample"], &["finalize"]),
    ("leaves shown", &["reveal_sample"], &["finalize"]),
    ("all shown", &["finalize"], &["finalize"]),
    ("counted", &[], &["finalize"]),
    ("verified", &["settle", "slash", "refund", "close_round"], &["settle", "slash", "refund", "close_round"]),
    ("settled", &["refund", "close_round"], &["refund", "close_round"]),
];

/// A world with a job in a state.
fn at(state: &str) -> (World, Pubkey) {
    let (mut w, executor, [a, b, liar, _]) = world();
    let (alice, digests) = (w.alice, work(UNITS));
    let job = w.post(&alice, sampled(1));
    w.tick(0, 2);
    let steps: Vec<_> = ALLOWED.iter().map(|(state, ..)| *state).collect();
    let last = steps.iter().position(|step| *step == state).expect("a state");
    for step in &steps[1..=last] {
        let found = w.samples(&job, &digests);
        let vote = |who: &Pubkey| if *who == liar { garbage(&found, 0..4) } else { found.clone() };
        match *step {
            "drawn" | "drawn again" => {
                w.tick(0, 2);
                w.ok(&[ix::verification::draw(&job)]);
                w.tick(60, 1);
            }
            "claimed" => drop(w.claim(&job, &executor)),
            "sealed" => {
                w.ok(&[w.seal_first_ix(&job, &executor, &root(&digests))]);
                w.tick(0, 2);
            }
            "one verifies" => drop(w.claim(&job, &a)),
            "one sealed" => drop(w.seal(&job, &a, &sample::root(&found))),
            "all sealed" => [b, liar].iter().for_each(|who| w.verify(&job, who, &vote(who))),
            "root shown" => drop(w.ok(&[w.reveal_root_ix(&job, &executor, &root(&digests))])),
            "leaves shown" => {
                for piece in w.pieces(&job, &digests) {
                    w.ok(&[ix::verification::prove_sample(&executor, &job, piece)]);
                }
            }
            "all shown" => [a, b, liar].iter().for_each(|who| drop(w.reveal_sample(&job, who, &vote(who)))),
            "counted" => drop(w.finalize_sample(&job)),
            "verified" => drop(w.pronounce(&job)),
            "settled" => {
                [executor, a, b].iter().for_each(|who| drop(w.settle(&job, who)));
                w.slash(&job, &liar);
            }
            other => panic!("no state {other}"),
        }
    }
    (w, job)
}

/// Every instruction on a job, as it would land when its time has come.
fn instructions(w: &World, job: &Pubkey) -> Vec<(&'static str, Instruction)> {
    let (alice, carol, digests) = (w.alice, w.carol, work(UNITS));
    let [executor, a, _, liar, late, _] = w.operators[..] else { panic!("six operators") };
    let now = w.job(job);
    let none = Piece { leaf: 0, height: 0, hashes: vec![[1; 32]] };
    let piece = if w.drawn(job).is_empty() { None } else { w.pieces(job, &digests).into_iter().next() };
    vec![
        ("draw", ix::verification::draw(job)),
        ("claim", ix::escrow::claim_seat(&late, job, &now, 0)),
        ("seal", w.seal_first_ix(job, &executor, &root(&digests))),
        ("reveal_root", w.reveal_root_ix(job, &executor, &root(&digests))),
        ("prove", ix::verification::prove_sample(&executor, job, piece.unwrap_or(none))),
        ("reveal_sample", w.reveal_sample_ix(job, &a, &w.samples(job, &digests))),
        ("finalize", w.finalize_sample_ix(job)),
        ("settle", ix::escrow::settle(job, &now, &executor)),
        ("slash", ix::escrow::slash_seat(job, &alice, &liar, &carol)),
        ("expire_seat", ix::escrow::expire_seat(job, &alice, &executor, &carol)),
        ("cancel_job", ix::escrow::cancel_job_under(&alice, job, &w.seated(job))),
        ("expire_job", ix::escrow::expire_job(job, &carol)),
        ("refund", ix::escrow::refund(job, &now)),
        ("close_job", ix::escrow::close_job(job, &alice, &alice)),
        ("close_round", ix::verification::close_round(job, &alice)),
    ]
}

#[test]
fn out_of_order_transition() {
    let mut wrong = Vec::new();
    for (state, in_time, late) in ALLOWED {
        let (w, job) = at(state);
        for (when, allowed, seconds) in [("in time", in_time, 0), ("late", late, 100_000)] {
            let mut then = w.clone();
            then.tick(seconds, 0);
            for (name, call) in instructions(&then, &job) {
                let result = then.clone().send(&[call]).map_or_else(|failure| failure.name, |_| "ok".into());
                if (result == "ok") != allowed.contains(&name) {
                    wrong.push(format!("{state:<14} {when:<8} {name:<14} {result}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "transitions that must not end so:\n{}", wrong.join("\n"));
}

/// Cranks that anybody may send, in any order that lands, end every job with an empty world.
#[test]
fn every_state_has_a_permissionless_exit() {
    for (state, ..) in ALLOWED {
        let (mut w, job) = at(state);
        let posted: Job = w.job(&job);
        let (alice, carol) = (w.alice, w.carol);
        w.tick(100_000, 0);
        let _ = w.send(&[ix::escrow::expire_job(&job, &carol)]);
        for _ in 0..2 {
            let finalize = w.finalize_sample_ix(&job);
            let _ = w.send(&[finalize]);
            w.tick(REVEAL + 1, 0);
        }
        for seat in w.seated(&job) {
            let _ = w.send(&[ix::escrow::settle(&job, &posted, &seat)]);
            let _ = w.send(&[ix::escrow::slash_seat(&job, &alice, &seat, &carol)]);
            let _ = w.send(&[ix::escrow::expire_seat(&job, &alice, &seat, &carol)]);
        }
        let _ = w.send(&[ix::escrow::refund(&job, &posted)]);
        let _ = w.send(&[ix::escrow::close_job(&job, &alice, &alice)]);
        let _ = w.send(&[ix::verification::close_round(&job, &alice)]);
        for address in [job, addresses::job_vault(&job), addresses::round(&job)] {
            assert_eq!(w.chain.account(&address), None, "{state}: something is left");
        }
        w.operators.iter().for_each(|who| assert_eq!(w.pool(who).locked, 0, "{state}: a bond is left locked"));
    }
}
