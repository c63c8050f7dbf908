//! The attack matrix over every instruction of the five IDLs, against a committed table of exact errors.
//!
//! Two locks: [`family`] says in code which errors an attack may end with, and `tests/tables/attacks.txt` which one
//! it does. Attacks that do no harm are listed in [`HARMLESS`], each with its reason.

use std::collections::BTreeSet;

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_tests::{
    World,
    assay_sdk::{ASY, addresses, escrow::Job, ix, reputation::Outcome::Valid, token::ASY_MINT},
    attack::{Case, Outcome},
    idl,
    market::*,
    table,
    world::*,
};

/// Attacks that land, and why that is right: (instruction, attack, account, reason). `*` is any.
const HARMLESS: &[(&str, &str, &str, &str)] = &[
    ("*", "trailing_data", "*", "Anchor ignores bytes after the arguments: the call does what the arguments say"),
    ("*", "extra_account", "*", "Anchor ignores accounts that nothing asks for; finalize_round, which asks, refuses"),
    ("token::initialize", "arbitrary_cpi_target", "program", EVENTS),
    ("staking::initialize", "arbitrary_cpi_target", "program", EVENTS),
    ("escrow::initialize", "arbitrary_cpi_target", "program", EVENTS),
    ("verification::initialize", "arbitrary_cpi_target", "program", EVENTS),
    ("token::open_fee_vault", "wrong_signer", "payer", "anybody may open a fee vault and pay for it"),
    ("token::set_minter", "twice", "-", "sets the same allowance again"),
    ("token::mint_to", "twice", "-", "within the allowance, which it counts down"),
    ("token::burn", "twice", "-", "the owner's own ASY"),
    ("token::collect_fees", "of_another", "fee_vault", "any account of the fee authority's may be swept"),
    ("staking::stake", "twice", "-", "the owner's own ASY"),
    ("staking::sync_weight", "twice", "-", "follows from the pool alone"),
    ("staking::sync_weight", "of_another", "pool", "anybody may bring any pool up to date"),
    ("staking::lock_bond", "of_another", "pool", SIGNED),
    ("staking::lock_bond", "twice", "-", SIGNED),
    ("staking::release_bond", "of_another", "pool", SIGNED),
    ("staking::release_bond", "twice", "-", SIGNED),
    ("staking::slash", "twice", "-", SIGNED),
    ("staking::slash", "duplicate_mutable", "harmed=caller", "the harmed party may be the caller"),
    ("staking::slash", "duplicate_mutable", "caller=harmed", "the harmed party may be the caller"),
    ("reputation::record_outcome", "of_another", "record", SIGNED),
    ("reputation::record_outcome", "twice", "-", SIGNED),
    ("escrow::set_seed", "of_another", "job", SIGNED),
    ("escrow::seal_seat", "of_another", "seat", SIGNED),
    ("escrow::reveal_seat", "of_another", "seat", SIGNED),
    ("escrow::record_verdict", "of_another", "job", SIGNED),
    ("escrow::expire_job", "of_another", "job", "the other job is late too, and anybody may expire it"),
    ("escrow::settle", "of_another", "fee_vault", "any account of the fee authority's can be swept"),
    ("escrow::slash_seat", "duplicate_mutable", "caller=harmed", "the harmed party may be the caller"),
    ("escrow::expire_seat", "duplicate_mutable", "caller=harmed", "the harmed party may be the caller"),
    ("escrow::refund", "twice", "-", "the second returns nothing"),
];
const EVENTS: &str = "an event always goes to the program itself, which initialize names once more as this_program";
const SIGNED: &str = "only the program above can sign this, and it has checked whom it names";

/// Numbers of Anchor's errors for an account that is not the one.
const ACCOUNT: &[u32] = &[2000, 2001, 2003, 2004, 2006, 2012, 2014, 2015, 2040, 3001, 3002, 3003, 3007, 3012];

/// Whether an attack may end with an error: its number, or the runtime's name.
fn family(outcome: &Outcome) -> bool {
    let code = outcome.result.split(' ').next().and_then(|code| code.parse::<u32>().ok());
    let ours = code.is_some_and(|code| code >= 6_000);
    let one_of = |codes: &[u32]| code.is_some_and(|code| codes.contains(&code));
    let runtime = |name: &str| outcome.result == name;
    match outcome.attack {
        "missing_signer" => one_of(&[3010]),
        "not_writable" => one_of(&[2000]) || runtime("PrivilegeEscalation"),
        "truncated_data" => one_of(&[101, 102]),
        "unknown_instruction" => one_of(&[101]),
        "missing_account" | "extra_account" => one_of(&[3005, 6413]),
        // Without its own program among the accounts, a program cannot call itself to emit its event.
        "arbitrary_cpi_target" => one_of(&[2012, 3008]) || ours || runtime("MissingAccount"),
        // The runtime of this LiteSVM is older than SIMD-0312, by which Anchor creates an account that has lamports
        // already: it refuses, where a cluster creates it, or says that it exists.
        "prefunded_pda" => runtime("InvalidInstructionData"),
        "twice" => ours || one_of(ACCOUNT) || runtime("InvalidInstructionData"),
        // SPL's own reading of a mint or ProgramData.
        "type_cosplay" => one_of(ACCOUNT) || ours || runtime("InvalidAccountData"),
        _ => ours || one_of(ACCOUNT),
    }
}

#[test]
fn every_attack_on_every_instruction() {
    let cases = [token(), staking(), reputation(), escrow(), verification()].into_iter().flatten();
    let mut covered = BTreeSet::new();
    let mut outcomes = Vec::new();
    for case in cases {
        covered.insert(case.name());
        outcomes.extend(case.run());
    }
    let all: BTreeSet<String> = idl::instructions().iter().map(|ix| ix.name.clone()).collect();
    assert_eq!(all.difference(&covered).collect::<Vec<_>>(), Vec::<&String>::new(), "instructions without a case");

    let lines: Vec<String> = outcomes.iter().map(Outcome::line).collect();
    let text = format!("{}\n", lines.join("\n"));
    if table::update() {
        table::compare("tests/tables/attacks.txt", &text);
    }
    let wrong: Vec<_> = outcomes.iter().filter(|o| if o.result == "ok" { !harmless(o) } else { !family(o) }).collect();
    let wrong: Vec<_> = wrong.into_iter().map(Outcome::line).collect();
    assert!(wrong.is_empty(), "{} attacks that must not end so:\n{}", wrong.len(), wrong.join("\n"));
    let landed: Vec<_> = outcomes.iter().filter(|outcome| outcome.result == "ok").collect();
    let unused: Vec<_> =
        HARMLESS.iter().filter(|exception| !landed.iter().any(|outcome| is(exception, outcome))).collect();
    assert!(unused.is_empty(), "exceptions that nothing needs any more: {unused:?}");
    table::compare("tests/tables/attacks.txt", &text);
}

fn harmless(outcome: &Outcome) -> bool {
    HARMLESS.iter().any(|exception| is(exception, outcome))
}

/// Whether an outcome is one that an exception speaks of.
fn is((instruction, attack, account, _): &(&str, &str, &str, &str), outcome: &Outcome) -> bool {
    let same = |pattern: &str, value: &str| pattern == "*" || pattern == value;
    same(instruction, &outcome.instruction) && same(attack, outcome.attack) && same(account, &outcome.account)
}

fn token() -> Vec<Case> {
    let bare = World::bare();
    let mut w = World::with_operators(2);
    let (authority, alice, usd) = (w.authority, w.alice, w.usd);
    w.mint_asy(&alice, 10 * ASY);
    w.transfer(&alice, &ASY_MINT, &addresses::ata(&w.bob, &ASY_MINT), ASY);
    for shard in 0..2 {
        w.transfer(&alice, &usd, &addresses::fee_vault(&usd, shard), 1_000);
    }
    let ata = |who: &Pubkey| addresses::ata(who, &ASY_MINT);
    let burn = |who: &Pubkey| ix::token::burn(who, &ata(who), 1);
    vec![
        Case::new(&bare, ix::token::initialize(&bare.authority, MAX_SUPPLY, 5_000)),
        Case::new(&w, ix::token::set_minter(&authority, &w.carol, 7)),
        Case::new(&w, ix::token::mint_to(&authority, &ata(&alice), 5)),
        Case::new(&w, burn(&alice)).other(burn(&w.bob)),
        Case::new(&w, ix::token::open_fee_vault(&alice, &ASY_MINT, 0))
            .other(ix::token::open_fee_vault(&alice, &usd, 0)),
        Case::new(&w, ix::token::collect_fees(&usd, &addresses::fee_vault(&usd, 0)))
            .other(ix::token::collect_fees(&ASY_MINT, &addresses::fee_vault(&usd, 1))),
    ]
}

fn staking() -> Vec<Case> {
    let mut empty = World::bare();
    let authority = empty.authority;
    empty.ok(&[ix::token::initialize(&authority, MAX_SUPPLY, 5_000)]);
    let mut w = World::with_operators(2);
    let [a, b] = [w.operators[0], w.operators[1]];
    let newcomer = w.mallory;
    let open = Case::new(&w, ix::staking::open_pool(&w.carol)).other(ix::staking::open_pool(&a));
    let stake = Case::new(&w, ix::staking::stake(&a, 5)).other(ix::staking::stake(&b, 5));
    let request = |who: &Pubkey| ix::staking::request_unstake(who, 0, 1_000);
    let unstake = Case::new(&w, request(&a)).other(request(&b));
    for who in [a, b] {
        w.ok(&[request(&who)]);
    }
    w.tick(1_000, 10);
    let withdraw = |who: &Pubkey| ix::staking::withdraw(who, 0);
    let sync = |who: &Pubkey| ix::staking::sync_weight(&addresses::pool(who));
    let mut cases = vec![
        Case::new(&empty, ix::staking::initialize(&authority, staking_params())),
        open,
        stake,
        unstake,
        Case::new(&w, withdraw(&a)).other(withdraw(&b)),
        Case::new(&w, sync(&a)).other(sync(&b)),
    ];
    // Called by escrow alone: with its PDA's signature, as only escrow has it.
    let pool = |who: &Pubkey| addresses::pool(who);
    let ata = |who: &Pubkey| addresses::ata(who, &ASY_MINT);
    let mut seated = seated_world();
    let (c, d) = (seated.operators[0], seated.operators[1]);
    seated.locks_are_exposures = false;
    let slash = |who: &Pubkey| ix::staking::slash(&pool(who), &ata(&w.alice), &ata(&newcomer), 5, 6);
    cases.push(Case::new(&seated, ix::staking::lock_bond(&pool(&c), 1)).other(ix::staking::lock_bond(&pool(&d), 1)));
    cases.push(
        Case::new(&seated, ix::staking::release_bond(&pool(&c), 1)).other(ix::staking::release_bond(&pool(&d), 1)),
    );
    cases.push(Case::new(&seated, slash(&c)).other(slash(&d)));
    cases
}

fn reputation() -> Vec<Case> {
    let w = World::with_operators(2);
    let [a, b] = [w.operators[0], w.operators[1]];
    let record = |who: &Pubkey| ix::reputation::record_outcome(&addresses::record(who, 0), Valid);
    vec![
        Case::new(&w, ix::reputation::open_record(&a, 1)).other(ix::reputation::open_record(&b, 0)),
        Case::new(&w, record(&a)).other(record(&b)),
    ]
}

/// Two jobs, alice's and bob's, with seats of operators 0 to 2 and 3 to 5.
fn two_jobs() -> (World, [Pubkey; 2]) {
    let mut w = World::with_operators(6);
    let (alice, bob) = (w.alice, w.bob);
    let jobs = [w.open(&alice, 1), w.open(&bob, 1)];
    (w, jobs)
}

fn seated_world() -> World {
    let (mut w, jobs) = two_jobs();
    let operators = w.operators.clone();
    w.claim(&jobs[0], &operators[0]);
    w.claim(&jobs[1], &operators[1]);
    w
}

/// The operators of job 0 and of job 1, each with one liar.
fn digests(w: &World, job: usize) -> [(Pubkey, [u8; 32]); 3] {
    let o = &w.operators[job * 3..];
    [(o[0], honest()), (o[1], honest()), (o[2], lie(&o[2]))]
}

fn escrow() -> Vec<Case> {
    let bare = World::bare();
    let empty = World::empty();
    let (mut w, [job, other]) = two_jobs();
    let (authority, alice, bob, usd) = (w.authority, w.alice, w.bob, w.usd);
    let o = w.operators.clone();
    let post = |who: &Pubkey, nonce| ix::escrow::post_job(who, &usd, terms(nonce));
    let claim = |who: &Pubkey, job: &Pubkey| ix::escrow::claim_seat(who, job, 0, 0);
    let round = ix::verification::open_round;
    let mut fresh = empty.clone();
    fresh.jobs = vec![addresses::job(&alice, 1), addresses::job(&bob, 1)];
    fresh.ok(&[post(&bob, 1), round(&bob, &fresh.jobs[1])]);
    let cancel = |who: &Pubkey, job: &Pubkey| ix::escrow::cancel_job(who, job);
    let mut cases = vec![
        Case::new(&bare, ix::escrow::initialize(&authority, escrow_params())),
        Case::new(&empty, ix::escrow::register_mint(&authority, &ASY_MINT, 5))
            .other(ix::escrow::register_mint(&authority, &usd, 5)),
        Case::new(&w, ix::escrow::register_device(&o[0], 1, MACHINE))
            .other(ix::escrow::register_device(&o[1], 0, MACHINE)),
        Case::new(&w, ix::escrow::retire_device(&o[0], 0)).other(ix::escrow::retire_device(&o[1], 0)),
        Case::new(&fresh, post(&alice, 1)).other(post(&bob, 1)),
        Case::new(&w, cancel(&alice, &job)).other(cancel(&bob, &other)),
        Case::new(&w, claim(&o[0], &job)).other(claim(&o[1], &other)),
    ];
    let mut late = w.clone();
    late.at(w.job(&job).seal_by + 1);
    cases.push(Case::new(&late, ix::escrow::expire_job(&job)).other(ix::escrow::expire_job(&other)));
    let mut ghosts = w.clone();
    ghosts.claim(&job, &o[0]);
    ghosts.claim(&other, &o[3]);
    ghosts.tick(SEAL + 1, 1);
    let expire = |w: &World, job: &Pubkey, who: &Pubkey| w.expire_seat_ix(job, who);
    cases.push(Case::new(&ghosts, expire(&ghosts, &job, &o[0])).other(expire(&ghosts, &other, &o[3])));

    for (i, job) in [job, other].iter().enumerate() {
        w.judge(job, &digests(&w, i));
    }
    let settle = |w: &World, job: &Pubkey, who: &Pubkey| ix::escrow::settle(job, &w.job(job), who);
    cases.push(Case::new(&w, settle(&w, &job, &o[0])).other(settle(&w, &other, &o[3])));
    cases.push(Case::new(&w, w.slash_ix(&job, &o[2])).other(w.slash_ix(&other, &o[5])));
    let refund = |w: &World, job: &Pubkey| ix::escrow::refund(job, &w.job(job));
    cases.push(Case::new(&w, refund(&w, &job)).other(refund(&w, &other)));
    for (i, job) in [job, other].iter().enumerate() {
        w.settle(job, &o[i * 3]);
        w.settle(job, &o[i * 3 + 1]);
        w.slash(job, &o[i * 3 + 2]);
        w.refund(job);
    }
    cases.push(Case::new(&w, ix::escrow::close_job(&job, &alice)).other(ix::escrow::close_job(&other, &bob)));
    cases.extend(by_the_verifier());
    cases
}

/// Called by verification alone: with its PDA's signature, as only verification has it.
fn by_the_verifier() -> Vec<Case> {
    let mut posted = World::with_operators(4);
    let (alice, bob) = (posted.alice, posted.bob);
    let jobs = [posted.post(&alice, terms(1)), posted.post(&bob, terms(1))];
    let seed = |job: &Pubkey| ix::escrow::set_seed(job, Some([1; 32]));
    let (mut w, [job, other]) = two_jobs();
    let o = w.operators.clone();
    w.claim(&job, &o[0]);
    w.claim(&other, &o[3]);
    let seats = [addresses::seat(&job, &o[0]), addresses::seat(&other, &o[3])];
    let seal = |seat: &Pubkey| ix::escrow::seal_seat(seat, [1; 32]);
    let reveal = |seat: &Pubkey| ix::escrow::reveal_seat(seat, [1; 32]);
    let verdict = |job: &Pubkey| ix::escrow::record_verdict(job, [1; 32], 0, 1);
    let mut cases = vec![
        Case::new(&posted, seed(&jobs[0])).other(seed(&jobs[1])),
        Case::new(&w, seal(&seats[0])).other(seal(&seats[1])),
        Case::new(&w, verdict(&job)).other(verdict(&other)),
    ];
    w.seal(&job, &o[0], &honest());
    w.seal(&other, &o[3], &honest());
    cases.push(Case::new(&w, reveal(&seats[0])).other(reveal(&seats[1])));
    cases
}

fn verification() -> Vec<Case> {
    let bare = World::bare();
    let authority = bare.authority;
    let mut w = World::with_operators(6);
    let (alice, bob) = (w.alice, w.bob);
    let [job, other] = [w.post_only(&alice, terms(1)), w.post_only(&bob, terms(1))];
    let open = ix::verification::open_round;
    let mut cases = vec![
        Case::new(&bare, ix::verification::initialize(&authority, GENESIS)),
        Case::new(&w, open(&alice, &job)).other(open(&bob, &other)),
    ];
    w.ok(&[open(&alice, &job)]);
    w.ok(&[open(&bob, &other)]);
    w.tick(0, 2);
    cases.push(Case::new(&w, ix::verification::draw(&job)).other(ix::verification::draw(&other)));
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
    cases.push(of(&w, |w, job, _, _| w.finalize_ix(job)));
    for (job, _) in &both {
        w.finalize(job);
    }
    let close = |w: &World, job: &Pubkey| ix::verification::close_round(job, &w.chain.read::<Job>(job).requester);
    cases.push(Case::new(&w, close(&w, &job)).other(close(&w, &other)));
    cases
}
