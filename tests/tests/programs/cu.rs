//! The compute units of every instruction and the rent of an open job, against the committed `docs/compute-units.md`.
//!
//! Fails if an instruction got more than 5 % dearer, if the file is further off than that, or above the ceiling.
//! `UPDATE=1` rewrites the file.

use std::{collections::BTreeMap, fmt::Write};

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::{JobTerms, Royalty, Strategy},
        ix,
        reputation::Outcome,
        token::ASY_MINT,
    },
    auction::auction,
    idl,
    market::*,
    table,
    world::*,
};

const PATH: &str = "docs/compute-units.md";
/// No instruction may take more.
const CEILING: u64 = 60_000;
/// What rivals do it in, or what we set ourselves.
const TARGETS: &[(&str, u64)] = &[
    ("escrow::place_bid", 15_000),
    ("escrow::post_job", 25_000),
    ("verification::seal_result", 8_000),
    ("verification::reveal_result", 10_000),
    ("escrow::settle", 25_000),
];

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
    inner(&mut w);
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
    w.ok(&[ix::verification::draw_accepted(&job)]);
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
    w.ok(&[ix::escrow::set_guardian(&authority, carol)]);
    w.ok(&[ix::escrow::set_paused(&carol, true)]);
    w.ok(&[ix::escrow::set_paused(&carol, false)]);
    w.ok(&[ix::escrow::propose_authority(&authority, authority)]);
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
    w.ok(&[ix::reputation::record_outcome(&addresses::record(&a, 0), Outcome::Valid)]);
    let job = w.post(&alice, terms(7));
    w.ok(&[ix::escrow::set_seed(&job, Some([1; 32]))]);
    w.claim(&job, &a);
    let seat = addresses::seat(&job, &a);
    w.ok(&[ix::escrow::seal_seat(&seat, [1; 32])]);
    w.ok(&[ix::escrow::reveal_seat(&seat, [1; 32])]);
    w.ok(&[ix::escrow::record_verdict(&job, [1; 32], 0, 1)]);
}

/// Lamports of rent that an open job holds when all its three seats are taken, by account; its uri has 26 bytes.
fn rent() -> Vec<(&'static str, u64)> {
    let mut w = World::with_operators(3);
    let alice = w.alice;
    let job = w.open(&alice, addresses::cheap_nonce(&alice, 1));
    let operators = w.operators.clone();
    operators.iter().for_each(|operator| drop(w.claim(&job, operator)));
    let seats = operators.iter().map(|operator| w.chain.lamports(&addresses::seat(&job, operator))).sum();
    vec![
        ("job", w.chain.lamports(&job)),
        ("vault", w.chain.lamports(&addresses::job_vault(&job))),
        ("round", w.chain.lamports(&addresses::round(&job))),
        ("three seats", seats),
    ]
}

fn render(units: &BTreeMap<String, u64>) -> String {
    let mut text = String::from(
        "# Compute units and rent\n\nMeasured in LiteSVM on the committed builds by `cargo test -p assay-tests --test programs cu`, each instruction alone\nin its transaction; the most that a job with three seats took. `UPDATE=1` rewrites this file; a rise of more than 5 %\nfails. Creating an address costs 1,500 CU for each bump below 255 that it needs: these are the addresses of this test.\nAn instruction marked * is called by another of our programs only, and counted there too.\n\n| instruction | CU | target |\n|---|---:|---:|\n",
    );
    for (name, units) in units {
        let target = TARGETS.iter().find(|(of, _)| of == name);
        let target = target.map_or(String::new(), |(_, target)| format!("{target}"));
        let star = if INNER.contains(&name.as_str()) { "*" } else { "" };
        writeln!(text, "| {name}{star} | {units} | {target} |").expect("a string takes all");
    }
    let parts = rent();
    let all: u64 = parts.iter().map(|(_, lamports)| lamports).sum();
    text.push_str("\nRent of one open job at its peak, in lamports; all of it returns (target: 10,000,000; this runtime still\nasks 6,960 lamports a byte, at 5,080 it is 27 % less):\n\n| account | lamports |\n|---|---:|\n");
    for (account, lamports) in parts {
        writeln!(text, "| {account} | {lamports} |").expect("a string takes all");
    }
    writeln!(text, "| all | {all} |").expect("a string takes all");
    text
}

const INNER: &[&str] = &[
    "escrow::record_verdict",
    "escrow::reveal_seat",
    "escrow::seal_seat",
    "escrow::set_seed",
    "reputation::record_outcome",
    "staking::lock_bond",
    "staking::release_bond",
    "staking::slash",
];

/// The table's figures.
fn committed(text: &str) -> BTreeMap<String, u64> {
    let row = |line: &str| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let name = cells.next()?.trim_end_matches('*').to_owned();
        Some((name, cells.next()?.parse().ok()?))
    };
    text.lines().filter_map(row).collect()
}

#[test]
fn compute_units_are_as_committed() {
    let world = measured();
    let units = &world.chain.compute_units;
    for instruction in idl::instructions() {
        assert!(units.contains_key(&instruction.name), "{} is not measured", instruction.name);
    }
    let text = render(units);
    println!("{text}");
    if table::update() {
        table::compare(PATH, &text);
    }
    let path = format!("{}/../{PATH}", env!("CARGO_MANIFEST_DIR"));
    let old =
        committed(&std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{path}: {why}; UPDATE=1 makes it")));
    let new = committed(&text);
    assert_eq!(old.keys().collect::<Vec<_>>(), new.keys().collect::<Vec<_>>(), "{PATH} is stale: UPDATE=1");
    let far: Vec<_> = new.iter().filter(|(name, units)| old[*name].abs_diff(**units) * 20 > old[*name]).collect();
    assert!(far.is_empty(), "more than 5 % off {PATH} (UPDATE=1 after a review): {far:?}");
    let dear: Vec<_> = units.iter().filter(|(_, units)| **units > CEILING).collect();
    assert!(dear.is_empty(), "above {CEILING}: {dear:?}");
}
