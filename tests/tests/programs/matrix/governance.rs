//! The attack matrix of the governance program: one line a call.

use assay_tests::{
    assay_sdk::governance::{AUTHORITY, Choice, DRAFT_SECONDS},
    governance::*,
};

use super::*;
use crate::ruled::rules;

/// Attacks that land, and why that is right; see [`super::COMMON`].
pub const HARMLESS: &[Harmless] = &[
    ("governance::initialize", "arbitrary_cpi_target", "program", EVENTS),
    ("governance::set_params", "twice", "-", "sets the same again"),
    ("governance::propose_authority", "twice", "-", "offers the same again"),
    ("governance::set_guardian", "twice", "-", "sets the same again"),
    ("governance::set_paused", "twice", "-", "sets the same again"),
    ("governance::veto", "of_another", "proposal", "the guardian may veto any"),
    ("governance::finish_vote", "of_another", "proposal", "anybody may count any"),
    (
        "governance::execute",
        "arbitrary_cpi_target",
        "program",
        "as initialize: here the action names the program again",
    ),
];

/// Every instruction, in a world where it lands.
pub fn cases() -> Vec<Case> {
    let bare = World::with_operators(2);
    let mut w = World::governed(2);
    let [a, b] = [w.operators[0], w.operators[1]];
    let pool = |who: &Pubkey| addresses::pool(who);
    let (authority, carol) = (w.authority, w.carol);
    w.ok(&[ix::governance::propose_authority(&authority, &AUTHORITY)]);
    let mut cases = vec![
        Case::new(&bare, ix::governance::initialize(&bare.authority, governance_params())),
        Case::new(&w, ix::governance::set_params(&authority, governance_params())),
        Case::new(&w, ix::governance::propose_authority(&authority, &carol)),
        Case::new(&w, ix::governance::accept_authority(&AUTHORITY)),
        Case::new(&w, ix::governance::set_guardian(&authority, &carol)),
        Case::new(&w, ix::governance::set_paused(&guardian(), true)),
    ];
    w.ok(&[ix::governance::accept_authority(&AUTHORITY)]);
    let call = rules(|p| p.quorum_bps = 1_000);
    let propose = |who: &Pubkey| ix::governance::propose(who, &pool(who), 0, TEXT, URI);
    cases.push(Case::new(&w, propose(&a)).other(propose(&b)));
    let drafts = [w.draft(&a, std::slice::from_ref(&call)), w.draft(&b, std::slice::from_ref(&call))];
    let add = |who: &Pubkey, id| ix::governance::add_action(who, id, 1, &call);
    cases.push(Case::new(&w, add(&a, drafts[0])).other(add(&b, drafts[1])));
    let start = |who: &Pubkey, id| ix::governance::start_vote(who, &pool(who), id);
    cases.push(Case::new(&w, start(&a, drafts[0])).other(start(&b, drafts[1])));
    w.ok(&[start(&a, drafts[0])]);
    w.ok(&[start(&b, drafts[1])]);
    let vote = |w: &World, who: &Pubkey, id| w.vote_ix(who, id, Choice::Yes);
    cases.push(Case::new(&w, vote(&w, &a, drafts[0])).other(vote(&w, &b, drafts[1])));
    for id in drafts {
        w.vote(&a, id, Choice::Yes);
        w.vote(&b, id, Choice::Yes);
    }
    let cancel = |who: &Pubkey, id| ix::governance::cancel(who, id);
    cases.push(Case::new(&w, cancel(&a, drafts[0])).other(cancel(&b, drafts[1])));
    let veto = |id| ix::governance::veto(&guardian(), id);
    cases.push(Case::new(&w, veto(drafts[0])).other(veto(drafts[1])));
    w.at(w.proposal(drafts[0]).ends_at);
    let finish = ix::governance::finish_vote;
    cases.push(Case::new(&w, finish(drafts[0])).other(finish(drafts[1])));
    let close = |who: &Pubkey, id| ix::governance::close_vote(who, &pool(who), id);
    cases.push(Case::new(&w, close(&a, drafts[0])).other(close(&b, drafts[1])));
    drafts.iter().for_each(|id| drop(w.ok(&[finish(*id)])));
    w.at(w.proposal(drafts[0]).eta);
    let execute = |id| ix::governance::execute(id, 0, &call);
    cases.push(Case::new(&w, execute(drafts[0])).other(execute(drafts[1])));
    w.tick(DRAFT_SECONDS, 0);
    let action = |who: &Pubkey, id| ix::governance::close_action(who, id, 0);
    cases.push(Case::new(&w, action(&a, drafts[0])).other(action(&b, drafts[1])));
    w.ok(&[action(&a, drafts[0])]);
    w.ok(&[action(&b, drafts[1])]);
    let proposal = |who: &Pubkey, id| ix::governance::close_proposal(who, id);
    cases.push(Case::new(&w, proposal(&a, drafts[0])).other(proposal(&b, drafts[1])));
    cases
}
