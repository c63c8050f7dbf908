//! What every instruction costs, in compute units, accounts and bytes of data, against the committed
//! `programs/compute-units.json`, from which `docs/costs.md` is written.
//!
//! Fails when a figure is more than 2 % off, or above the ceiling. `UPDATE=1` rewrites both files.

use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    Usage, World,
    assay_sdk::{
        addresses,
        escrow::{JobTerms, Royalty, Strategy},
        ix,
        reputation::Outcome,
        token::ASY_MINT,
    },
    auction::auction,
    governance, idl,
    market::*,
    table,
    world::*,
};
use serde_json::{Value, json};

use super::{costs, matrix};

/// The figures, by instruction.
const FIGURES: &str = "programs/compute-units.json";
/// No instruction may take more,
const CEILING: u64 = 60_000;
/// but for those that check points and pairings, which have a ceiling of their own.
const PROOFS: &[(&str, u64)] = &[("verification::register_key", 100_000), ("verification::submit_proof", 130_000)];
/// A figure may be off by this many percent before the file is stale.
const DRIFT: u64 = 2;

/// Every instruction once, in a job of three seats with a liar, a ghost and a cancelled and an expired one beside it.
fn measured() -> World {
    let mut w = World::with_operators(5);
    let (alice, bob, authority, usd) = (w.alice, w.bob, w.authority, w.usd);
    let o = w.operators.clone();
    let job = w.open(&alice, addresses::cheap_nonce(&alice, 1));
    w.claim(&job, &o[4]);
    w.claim(&job, &o[0]);
    w.tick(SEAL + 1, 1);
    w.expire_seat(&job, &o[4]);
    w.expire_seat(&job, &o[0]);
    w.judge(&job, &[(o[0], honest()), (o[1], lie(&o[1])), (o[2], honest())]);
    w.settle(&job, &o[0]);
    w.slash(&job, &o[1]);
    w.settle(&job, &o[2]);
    w.refund(&job);
    w.close(&job);
    w.close_round(&job).expect("a final round closes");
    let cancelled = w.open(&bob, 1);
    w.ok(&[ix::escrow::cancel_job(&bob, &cancelled)]);
    let expired = w.open(&bob, 2);
    w.at(w.job(&expired).seal_by + 1);
    w.ok(&[ix::escrow::expire_job(&expired, &w.carol)]);

    let a = o[0];
    w.ok(&[ix::token::collect_fees(&usd, &addresses::fee_vault_of_job(&usd, &job))]);
    w.open_accounts(&authority);
    w.mint_asy(&authority, 10);
    w.ok(&[ix::token::burn(&authority, &addresses::ata(&authority, &ASY_MINT), 5)]);
    reviewed(&mut w);
    governed(&mut w);
    bids(&mut w);
    machines(&mut w, &a);
    w.ok(&[ix::staking::sync_weight(&addresses::pool(&o[1]))]);
    w.ok(&[ix::staking::request_unstake(&a, 0, 1_000_000)]);
    w.tick(1_000, 0);
    w.ok(&[ix::staking::withdraw(&a, 0)]);
    super::staking_rewards::every_instruction(&mut w);
    inner(&mut w);
    governance::every_instruction(&mut w);
    crate::token_admin::call_all(&mut w);
    w
}

/// A job of two milestones that alice reviews, with a royalty; she pays both and it is settled.
fn reviewed(w: &mut World) {
    let (alice, a, usd, carol) = (w.alice, w.operators[3], w.usd, w.carol);
    let (strategy, royalties) = (Strategy::Accepted { window: REVIEW }, vec![Royalty { to: carol, bps: 100 }]);
    let terms = JobTerms { strategy, royalties, milestones: vec![4_000, 6_000], ..terms(30) };
    let job = w.post_only(&alice, terms.clone());
    w.ok(&[ix::escrow::top_up(&alice, &usd, &job, terms.price_per_unit + 1, 1)]);
    w.tick(0, 2);
    w.ok(&[ix::verification::draw_roundless(&job)]);
    w.tick(60, 0);
    w.claim(&job, &a);
    w.ok(&[ix::escrow::heartbeat(&a, &job, 3)]);
    for _ in 0..2 {
        w.ok(&[ix::escrow::deliver(&a, &job, honest())]);
        let release = ix::escrow::release_milestone(&alice, &job, &w.job(&job), &a);
        w.ok(&[release]);
    }
    let pay = ix::escrow::pay_royalty(&job, &w.job(&job), 0, &addresses::ata(&carol, &usd));
    w.ok(&[pay]);
}

/// What the authority does.
fn governed(w: &mut World) {
    let (authority, carol) = (w.authority, w.carol);
    w.ok(&[ix::escrow::set_params(&authority, escrow_params())]);
    w.ok(&[ix::escrow::set_guardian(&authority, &carol)]);
    w.ok(&[ix::escrow::set_paused(&carol, true)]);
    w.ok(&[ix::escrow::set_paused(&carol, false)]);
    w.ok(&[ix::escrow::propose_authority(&authority, &authority)]);
    w.ok(&[ix::escrow::accept_authority(&authority)]);
    w.ok(&[ix::escrow::register_mint(&authority, &ASY_MINT, 1)]);
    w.ok(&[ix::escrow::unregister_mint(&authority, &ASY_MINT, &carol)]);
}

/// An auction of which one bid is awarded and one taken back.
fn bids(w: &mut World) {
    let (alice, a, b) = (w.alice, w.operators[3], w.operators[2]);
    let job = w.auction(&alice, auction(addresses::cheap_nonce(&alice, 50)));
    w.bid(&job, &a, 1_000);
    w.bid(&job, &b, 1_000);
    w.ok(&[ix::escrow::withdraw_bid(&b, &job, &b)]);
    w.award(&job, &a);
    w.tick(SEAL + 1, 0);
    w.ok(&[w.expire_awarded_ix(&job, &a)]);
    w.ok(&[ix::escrow::cancel_job(&alice, &job)]);
}

/// What an operator and the authority do with a machine, and an author with a model.
fn machines(w: &mut World, operator: &Pubkey) {
    let (authority, alice) = (w.authority, w.alice);
    let device = addresses::device(operator, 0);
    w.ok(&[ix::escrow::update_device(operator, 0, MACHINE, 1, 7)]);
    w.ok(&[ix::escrow::verify_device(&authority, &device, MACHINE, 1, true)]);
    w.ok(&[ix::escrow::set_available(operator, 0, false)]);
    w.ok(&[ix::escrow::retire_device(operator, 0)]);
    w.ok(&[ix::escrow::publish_model(&alice, 0, model(&alice, 500))]);
    w.ok(&[ix::escrow::new_version(&alice, 0, [1; 32], "ipfs://two".into())]);
    w.ok(&[ix::escrow::set_payee(&alice, 0, authority)]);
    w.ok(&[ix::escrow::retire_model(&alice, 0)]);
}

/// Those that only another program may call, alone: as part of its caller each is counted there too.
fn inner(w: &mut World) {
    let (alice, carol, a) = (w.alice, w.carol, w.operators[3]);
    let ata = |who| addresses::ata(who, &ASY_MINT);
    let pool = addresses::pool(&a);
    w.locks_are_exposures = false;
    w.ok(&[ix::staking::lock_bond(&pool, 30)]);
    w.ok(&[ix::staking::release_bond(&pool, 10)]);
    w.ok(&[ix::staking::slash(&pool, &ata(&alice), &ata(&carol), 20, 20)]);
    w.locks_are_exposures = true;
    w.ok(&[ix::reputation::record_outcome(&addresses::record(&a, 0), verified(Outcome::Valid, &alice))]);
    let job = w.post(&alice, terms(7));
    w.ok(&[ix::escrow::set_seed(&job, Some([1; 32]))]);
    w.claim(&job, &a);
    let seat = addresses::seat(&job, &a);
    w.ok(&[ix::escrow::seal_seat(&seat, [1; 32])]);
    w.ok(&[ix::escrow::reveal_seat(&seat, [1; 32])]);
    w.ok(&[ix::escrow::ask(&job, 3, false)]);
    w.ok(&[ix::escrow::set_root(&job, [1; 32])]);
    w.ok(&[ix::escrow::change_cases(&job, true)]);
    w.ok(&[ix::escrow::change_cases(&job, false)]);
    w.ok(&[ix::escrow::record_verdict(&job, [1; 32], 0, 1)]);
}

const INNER: &[&str] = &[
    "escrow::ask",
    "escrow::change_cases",
    "escrow::convict",
    "escrow::doubt",
    "escrow::record_verdict",
    "escrow::reveal_seat",
    "escrow::seal_seat",
    "escrow::set_root",
    "escrow::set_seed",
    "reputation::record_outcome",
    "staking::close_case",
    "staking::lock_bond",
    "staking::lock_position",
    "staking::open_case",
    "staking::release_bond",
    "staking::slash",
];

/// What each instruction takes on the typical path: in the story, or else in its case of the attack matrix.
fn usage() -> (BTreeMap<String, Usage>, Vec<World>) {
    let mut usage = BTreeMap::new();
    let mut worlds = Vec::new();
    for case in matrix::all_cases() {
        let before = case.world().clone();
        let mut fresh = case.land();
        usage.extend(fresh.chain.usage.remove_entry(&case.name()));
        worlds.extend([before, fresh]);
    }
    let story = measured();
    usage.extend(story.chain.usage.clone());
    worlds.push(story);
    (usage, worlds)
}

fn to_json(usage: &BTreeMap<String, Usage>) -> Value {
    let entry = |(name, of): (&String, &Usage)| {
        (name.replace("::", "."), json!({ "cu": of.cu, "accounts": of.accounts, "data_bytes": of.data_bytes }))
    };
    Value::Object(usage.iter().map(entry).collect())
}

fn from_json(value: &Value) -> BTreeMap<String, Usage> {
    let number = |of: &Value, key: &str| of[key].as_u64().unwrap_or_else(|| panic!("{FIGURES}: {key} of {of}"));
    let entry = |(name, of): (&String, &Value)| {
        let (accounts, data_bytes) = (number(of, "accounts") as usize, number(of, "data_bytes") as usize);
        (name.replace('.', "::"), Usage { cu: number(of, "cu"), accounts, data_bytes })
    };
    value.as_object().into_iter().flatten().map(entry).collect()
}

#[test]
fn costs_are_as_committed() {
    let (usage, worlds) = usage();
    let known: Vec<_> = idl::instructions().iter().map(|instruction| &instruction.name).collect();
    let missing: Vec<_> = known.iter().filter(|name| !usage.contains_key(**name)).collect();
    assert!(missing.is_empty(), "neither in the story nor in the matrix: {missing:?}");
    let ceiling = |name: &str| PROOFS.iter().find(|(of, _)| *of == name).map_or(CEILING, |(_, ceiling)| *ceiling);
    let dear: Vec<_> = usage.iter().filter(|(name, of)| of.cu > ceiling(name)).collect();
    assert!(dear.is_empty(), "above their ceiling: {dear:?}");

    if table::update() {
        let text = serde_json::to_string_pretty(&to_json(&usage)).expect("plain data");
        table::compare(FIGURES, &format!("{text}\n"));
    }
    let path = format!("{}/../{FIGURES}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{path}: {why}; UPDATE=1 makes it"));
    let committed = from_json(&serde_json::from_str(&text).unwrap_or_else(|why| panic!("{path}: {why}")));
    let names = |of: &BTreeMap<String, Usage>| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&usage), "{FIGURES} is stale: UPDATE=1");
    let off = |name: &str, new: &Usage| {
        let old = &committed[name];
        let shape = (old.accounts, old.data_bytes) != (new.accounts, new.data_bytes);
        shape || old.cu.abs_diff(new.cu) * 100 > old.cu * DRIFT
    };
    let far: Vec<_> =
        usage.iter().filter(|(name, new)| off(name, new)).map(|(n, new)| (n, committed[n], new)).collect();
    assert!(far.is_empty(), "more than {DRIFT} % off {FIGURES} (UPDATE=1 after a review): {far:#?}");
    // From the committed figures, so that a drift of a few units changes no document.
    table::compare("docs/costs.md", &costs::render(&committed, INNER, &worlds));
}
