//! `out_of_order_transition`: every state of a job x every instruction on it, in time and long after every deadline.
//!
//! [`ALLOWED`] says what may land; `tests/tables/states.txt` which error refuses the rest.

use std::fmt::Write;

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::{Job, JobTerms},
        ix,
        verification::{Phase, Round},
    },
    market::*,
    table,
    world::*,
};

/// (state, what may land in time, what may land after all deadlines).
const ALLOWED: &[(&str, &[&str], &[&str])] = &[
    ("posted", &["open_round", "cancel_job"], &["open_round", "cancel_job", "expire_job"]),
    ("round open", &["draw", "cancel_job"], &["draw", "finalize", "cancel_job", "expire_job"]),
    ("drawn", &["claim", "cancel_job"], &["finalize", "cancel_job", "expire_job"]),
    ("one claimed", &["claim", "seal", "cancel_job"], &["finalize", "expire_seat", "cancel_job"]),
    ("all claimed", &["seal", "cancel_job"], &["finalize", "expire_seat", "cancel_job"]),
    ("one sealed", &[], &["finalize"]),
    ("two sealed", &[], &["finalize"]),
    ("all sealed", &["reveal"], &["finalize"]),
    ("one revealed", &[], &["finalize"]),
    ("all revealed", &["finalize"], &["finalize"]),
    ("tied", &[], &["finalize"]),
    ("widened", &["draw"], &["draw", "finalize"]),
    ("widened, drawn", &["claim"], &["finalize"]),
    ("asked first", &["seal", "cancel_job"], &["finalize", "expire_seat", "cancel_job"]),
    ("checking", &["draw"], &["draw"]),
    ("checked", &["claim"], &["finalize"]),
    ("verified", &["settle", "slash", "refund", "close_round"], &["settle", "slash", "refund", "close_round"]),
    ("settled", &["refund", "close_round"], &["refund", "close_round"]),
    ("unresolved", &["settle", "refund", "close_round"], &["settle", "refund", "close_round"]),
    ("cancelled", &["refund", "close_round"], &["refund", "close_round"]),
    ("expired", &["refund", "close_round"], &["refund", "close_round"]),
    ("refunded", &["refund", "close_job", "close_round"], &["refund", "close_job", "close_round"]),
    ("closed", &["close_round"], &["close_round"]),
    ("forgotten", &[], &[]),
];

/// A world with a job in a state. Operators 0 to 2 have its seats, 2 lies.
fn at(state: &str) -> (World, Pubkey, Job) {
    let mut w = World::with_operators(5);
    let alice = w.alice;
    let strategy = match state {
        "widened" | "widened, drawn" => up_to(3, 2, 5),
        "asked first" | "checking" | "checked" => adaptive(3),
        _ => terms(1).strategy,
    };
    let job = w.post_only(&alice, JobTerms { strategy, ..terms(1) });
    let posted = w.job(&job);
    let o = w.operators.clone();
    let digests = [(o[0], honest()), (o[1], honest()), (o[2], lie(&o[2]))];
    let lies = [o[0], o[1], o[2]].map(|who| (who, lie(&who)));
    let before_the_draw = ["posted", "round open"];
    if state != "posted" {
        w.ok(&[ix::verification::open_round(&alice, &job)]);
    }
    w.tick(0, 2);
    if !before_the_draw.contains(&state) {
        w.ok(&[ix::verification::draw(&job)]);
    }
    let claim = |w: &mut World, count: usize| o[..count].iter().for_each(|operator| drop(w.claim(&job, operator)));
    let seal = |w: &mut World, count: usize| {
        claim(w, 3);
        digests[..count].iter().for_each(|(operator, digest)| drop(w.seal(&job, operator, digest)));
    };
    let reveal = |w: &mut World, count: usize| {
        seal(w, 3);
        digests[..count].iter().for_each(|(operator, digest)| drop(w.reveal(&job, operator, digest)));
    };
    let settle = |w: &mut World| {
        reveal(w, 3);
        w.finalize(&job);
        w.settle(&job, &o[0]);
        w.settle(&job, &o[1]);
        w.slash(&job, &o[2]);
    };
    match state {
        "posted" | "round open" | "drawn" => {}
        "tied" => drop(w.judge(&job, &lies)),
        "widened" | "widened, drawn" => {
            w.judge(&job, &lies);
            w.tick(0, 2);
            if state != "widened" {
                w.ok(&[ix::verification::draw(&job)]);
            }
        }
        "asked first" | "checking" | "checked" => {
            // Until sortition lets all come.
            w.tick(60, 0);
            claim(&mut w, 1);
            if state != "asked first" {
                w.seal(&job, &o[0], &honest());
                w.tick(0, 2);
            }
            if state == "checked" {
                w.ok(&[ix::verification::draw_recheck(None, &job, &o[0], 0)]);
            }
        }
        "one claimed" => claim(&mut w, 1),
        "all claimed" => claim(&mut w, 3),
        "one sealed" => seal(&mut w, 1),
        "two sealed" => seal(&mut w, 2),
        "all sealed" => seal(&mut w, 3),
        "one revealed" => reveal(&mut w, 1),
        "all revealed" => reveal(&mut w, 3),
        "verified" => {
            reveal(&mut w, 3);
            w.finalize(&job);
        }
        "settled" => settle(&mut w),
        "unresolved" => {
            w.judge(&job, &lies);
            w.untie(&job);
        }
        "cancelled" => drop(w.ok(&[ix::escrow::cancel_job(&alice, &job)])),
        "expired" => {
            w.at(posted.seal_by + 1);
            w.ok(&[ix::escrow::expire_job(&job, &w.carol)]);
        }
        "refunded" | "closed" | "forgotten" => {
            settle(&mut w);
            w.refund(&job);
            if state != "refunded" {
                w.close(&job);
            }
            if state == "forgotten" {
                w.close_round(&job).expect("a final round closes");
            }
        }
        other => panic!("no state {other}"),
    }
    (w, job, posted)
}

/// Every instruction on a job. Seat 0 is operator 0's, who would lie no more; operator 3 has none.
fn instructions(w: &World, job: &Pubkey, posted: &Job) -> Vec<(&'static str, Instruction)> {
    let (alice, carol) = (w.alice, w.carol);
    let [a, c, stranger] = [w.operators[0], w.operators[2], w.operators[3]];
    let now = w.chain.find::<Job>(job).unwrap_or_else(|| posted.clone());
    let checking = w.chain.find::<Round>(&addresses::round(job)).is_some_and(|round| round.phase == Phase::Checking);
    let draw = if checking { ix::verification::draw_recheck(None, job, &a, 0) } else { ix::verification::draw(job) };
    vec![
        ("open_round", ix::verification::open_round(&alice, job)),
        ("draw", draw),
        ("claim", ix::escrow::claim_seat(&stranger, job, &now, 0)),
        ("seal", w.seal_ix(job, &a, &honest())),
        ("reveal", w.reveal_ix(job, &a, &honest())),
        ("finalize", w.finalize_ix(job)),
        ("settle", ix::escrow::settle(job, posted, &a)),
        ("slash", ix::escrow::slash_seat(job, &alice, &c, &carol)),
        ("expire_seat", ix::escrow::expire_seat(job, &alice, &a, &carol)),
        ("cancel_job", ix::escrow::cancel_job_under(&alice, job, &w.seated(job))),
        ("expire_job", ix::escrow::expire_job(job, &w.carol)),
        ("refund", ix::escrow::refund(job, posted)),
        ("close_job", ix::escrow::close_job(job, &alice, &alice)),
        ("close_round", ix::verification::close_round(job, &alice)),
    ]
}

#[test]
fn out_of_order_transition() {
    let mut text = String::new();
    let mut wrong = Vec::new();
    for (state, in_time, late) in ALLOWED {
        let (w, job, posted) = at(state);
        for (when, allowed, seconds) in [("in time", in_time, 0), ("late", late, 100_000)] {
            let mut then = w.clone();
            then.tick(seconds, 0);
            for (name, call) in instructions(&then, &job, &posted) {
                let sent = then.clone().send(&[call]);
                let landed = sent.is_ok();
                let result = sent.map_or_else(|failure| failure.name, |_| "ok".into());
                let line = format!("{state:<14} {when:<8} {name:<12} {result}");
                writeln!(text, "{line}").expect("a string takes all");
                if landed != allowed.contains(&name) {
                    wrong.push(line);
                }
            }
        }
    }
    if table::update() {
        table::compare("tests/tables/states.txt", &text);
    }
    assert!(wrong.is_empty(), "transitions that must not end so:\n{}", wrong.join("\n"));
    table::compare("tests/tables/states.txt", &text);
}

/// Every state has a way out that needs nobody's goodwill: cranks that anybody may send, in any order that lands, end
/// every job with an empty world.
#[test]
fn every_state_has_a_permissionless_exit() {
    for (state, ..) in ALLOWED.iter().filter(|(state, ..)| *state != "forgotten") {
        let (mut w, job, posted) = at(state);
        w.tick(100_000, 0);
        let seats: Vec<_> = w.operators.iter().take(3).copied().collect();
        let (alice, carol) = (w.alice, w.carol);
        let _ = w.send(&[ix::escrow::expire_job(&job, &w.carol)]);
        // A round may be drawn, counted, and end a tie.
        for _ in 0..3 {
            let _ = w.send(&[ix::verification::draw_recheck(None, &job, &seats[0], 0)]);
            let finalize = w.finalize_ix(&job);
            let _ = w.send(&[finalize]);
            w.tick(100_000, 0);
        }
        for seat in &seats {
            let _ = w.send(&[ix::escrow::settle(&job, &posted, seat)]);
            let _ = w.send(&[ix::escrow::slash_seat(&job, &alice, seat, &carol)]);
            let _ = w.send(&[ix::escrow::expire_seat(&job, &alice, seat, &carol)]);
        }
        let _ = w.send(&[ix::escrow::refund(&job, &posted)]);
        let _ = w.send(&[ix::escrow::close_job(&job, &alice, &alice)]);
        let _ = w.send(&[ix::verification::close_round(&job, &alice)]);
        for address in [job, addresses::job_vault(&job), addresses::round(&job)] {
            assert_eq!(w.chain.account(&address), None, "{state}: something is left");
        }
        for operator in &w.operators {
            assert_eq!(w.pool(operator).locked, 0, "{state}: a bond is left locked");
        }
    }
}
