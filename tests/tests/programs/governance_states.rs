//! `out_of_order_transition`: every state of a proposal x every instruction on it.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        governance::{AUTHORITY, Choice, ProposalState},
        ix::governance as gov,
    },
    governance::*,
};

use super::ruled::rules;

/// (state, what may land in it); `vote` is of a position that has not voted, `close_vote` of one that has.
const ALLOWED: &[(&str, &[&str])] = &[
    ("empty draft", &["add_action", "cancel"]),
    ("draft", &["add_action", "start_vote", "cancel"]),
    ("draft, expired", &["close_action"]),
    ("voting", &["vote", "veto", "cancel"]),
    ("voting, ended", &["finish_vote", "veto", "close_vote"]),
    ("voting, expired", &["close_action", "close_vote"]),
    ("queued", &["veto", "close_vote"]),
    ("queued, due", &["execute 0", "veto", "close_vote"]),
    ("queued, half done", &["execute 1", "veto", "close_vote"]),
    ("queued, expired", &["close_action", "close_vote"]),
    ("executed", &["close_action", "close_vote"]),
    ("defeated", &["close_action", "close_vote"]),
    ("vetoed", &["close_action", "close_vote"]),
    ("cancelled", &["close_action"]),
    ("actions closed", &["close_proposal", "close_vote"]),
    ("closed", &["close_vote"]),
];

fn calls() -> [Instruction; 2] {
    [rules(|p| p.quorum_bps = 1_000), rules(|p| p.quorum_bps = 3_000)]
}

/// A proposal in a state, of operator 0, on which operator 0 has voted where there was a vote.
fn at(mut w: World, state: &str) -> (World, u64) {
    let a = w.operators[0];
    let id = w.draft(&a, &calls()[if state == "empty draft" { 2 } else { 0 }..]);
    let voting = |w: &mut World, choice| {
        w.ok(&[gov::start_vote(&a, &addresses::pool(&a), id)]);
        w.vote(&a, id, choice);
    };
    let counted = |w: &mut World, choice| {
        voting(w, choice);
        w.at(w.proposal(id).ends_at);
        w.ok(&[gov::finish_vote(id)]);
    };
    let executed = |w: &mut World, count: u8| {
        counted(w, Choice::Yes);
        w.at(w.proposal(id).eta);
        (0..count).for_each(|index| drop(w.ok(&[gov::execute(id, index, &calls()[usize::from(index)])])));
    };
    match state {
        "empty draft" | "draft" => {}
        "draft, expired" => w.at(w.proposal(id).expires_at),
        "voting" => voting(&mut w, Choice::Yes),
        "voting, ended" | "voting, expired" => {
            voting(&mut w, Choice::Yes);
            let proposal = w.proposal(id);
            w.at(if state == "voting, ended" { proposal.ends_at } else { proposal.expires_at });
        }
        "queued" => counted(&mut w, Choice::Yes),
        "queued, due" => executed(&mut w, 0),
        "queued, half done" => executed(&mut w, 1),
        "queued, expired" => {
            counted(&mut w, Choice::Yes);
            w.at(w.proposal(id).expires_at);
        }
        "executed" => executed(&mut w, 2),
        "defeated" => counted(&mut w, Choice::No),
        "vetoed" => {
            counted(&mut w, Choice::Yes);
            w.ok(&[gov::veto(&guardian(), id)]);
        }
        "cancelled" => {
            voting(&mut w, Choice::Yes);
            w.ok(&[gov::cancel(&a, id)]);
        }
        "actions closed" | "closed" => {
            executed(&mut w, 2);
            w.ok(&[gov::close_action(&a, id, 0)]);
            w.ok(&[gov::close_action(&a, id, 1)]);
            if state == "closed" {
                w.ok(&[gov::close_proposal(&a, id)]);
            }
        }
        other => panic!("no state {other}"),
    }
    (w, id)
}

fn instructions(operators: &[Pubkey], id: u64, actions: usize) -> Vec<(&'static str, Instruction)> {
    let [a, b] = [operators[0], operators[1]];
    let pool = addresses::pool;
    let calls = calls();
    vec![
        ("add_action", gov::add_action(&a, id, actions as u8, &calls[0])),
        ("start_vote", gov::start_vote(&a, &pool(&a), id)),
        ("vote", gov::vote(&b, &pool(&b), id, Choice::No, gov::actions_hash(&calls[..actions]))),
        ("finish_vote", gov::finish_vote(id)),
        ("execute 0", gov::execute(id, 0, &calls[0])),
        ("execute 1", gov::execute(id, 1, &calls[1])),
        ("veto", gov::veto(&guardian(), id)),
        ("cancel", gov::cancel(&a, id)),
        ("close_action", gov::close_action(&a, id, 1)),
        ("close_proposal", gov::close_proposal(&a, id)),
        ("close_vote", gov::close_vote(&a, &pool(&a), id)),
    ]
}

#[test]
fn out_of_order_transition() {
    let mut start = World::governed(2);
    let authority = start.authority;
    start.ok(&[gov::propose_authority(&authority, &AUTHORITY)]);
    start.enact(&[gov::accept_authority(&AUTHORITY)]);
    start.tick(VOTE, 0);
    let mut wrong = Vec::new();
    for (state, allowed) in ALLOWED {
        let (w, id) = at(start.clone(), state);
        let actions = if *state == "empty draft" { 0 } else { 2 };
        for (name, call) in instructions(&w.operators, id, actions) {
            let sent = w.clone().send(&[call]);
            // 6508 and up are about the proposal itself; 3012 says that the account is closed.
            let named = |code: u32| (6508..6530).contains(&code) || code == 3012 || code == 6115;
            let fine = match &sent {
                Ok(_) => allowed.contains(&name),
                Err(failure) => !allowed.contains(&name) && failure.code.is_some_and(named),
            };
            if !fine {
                wrong.push(format!("{state:<18} {name:<16} {}", sent.map_or_else(|f| f.name, |_| "ok".into())));
            }
        }
    }
    assert!(wrong.is_empty(), "transitions that must not end so:\n{}", wrong.join("\n"));
    assert_eq!(at(start, "executed").0.proposal(1).state, ProposalState::Executed);
}
