//! The attack matrix over every instruction of the six IDLs, against a committed table of exact errors.
//!
//! Two locks: [`family`] says in code which errors an attack may end with, and `tests/tables/attacks.txt` which one
//! it does. Attacks that do no harm are listed as `HARMLESS` beside the cases of each program, with the reason.

use std::collections::BTreeSet;

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_tests::{
    World,
    assay_sdk::{ASY, addresses, escrow::Job, ix, reputation::Outcome::Valid, token::ASY_MINT},
    attack::{Case, Outcome},
    auction::auction,
    idl,
    market::*,
    table,
    world::*,
};

mod cases;
mod escrow;
mod governance;
mod reputation;
mod sampled;
mod staking;
mod token;
mod verification;
mod verification_shown;

/// (instruction, attack, account, reason); `*` is any.
type Harmless = (&'static str, &'static str, &'static str, &'static str);

/// Attacks that land on every instruction, and why that is right.
const COMMON: &[Harmless] = &[
    ("*", "trailing_data", "*", "Anchor ignores bytes after the arguments: the call does what the arguments say"),
    ("*", "extra_account", "*", "Anchor ignores accounts that nothing asks for; finalize_round, which asks, refuses"),
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
        // post_job takes a further account for a Model, submit_attestation one for an attestor.
        "missing_account" | "extra_account" => one_of(&[3005, 3007, 6364, 6413, 6445, 6519]),
        // Without its own program among the accounts, a program cannot call itself to emit its event.
        // What may be left out is given as the program itself: another program there is no account of the right type.
        "arbitrary_cpi_target" => one_of(&[2012, 3007, 3008]) || ours || runtime("MissingAccount"),
        // The runtime of this LiteSVM is older than SIMD-0312, by which Anchor creates an account that has lamports
        // already: it refuses, where a cluster creates it, or says that it exists.
        "prefunded_pda" => runtime("InvalidInstructionData"),
        // A bounty alone is too little for an address that has nothing.
        "wrong_address" => ours || one_of(ACCOUNT) || outcome.result.starts_with("InsufficientFundsForRent"),
        "twice" => ours || one_of(ACCOUNT) || runtime("InvalidInstructionData"),
        // SPL's own reading of a mint or ProgramData.
        "type_cosplay" => one_of(ACCOUNT) || ours || runtime("InvalidAccountData"),
        _ => ours || one_of(ACCOUNT),
    }
}

/// Every instruction, each in a world where it lands.
pub fn all_cases() -> impl Iterator<Item = Case> {
    let all = [
        token::cases(),
        staking::cases(),
        reputation::cases(),
        escrow::cases(),
        verification::cases(),
        cases::cases(),
        verification_shown::cases(),
        governance::cases(),
    ];
    all.into_iter().flatten()
}

#[test]
fn every_attack_on_every_instruction() {
    let mut covered = BTreeSet::new();
    let mut outcomes = Vec::new();
    for case in all_cases() {
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
        harmless_ones().filter(|exception| !landed.iter().any(|outcome| is(exception, outcome))).collect();
    assert!(unused.is_empty(), "exceptions that nothing needs any more: {unused:?}");
    table::compare("tests/tables/attacks.txt", &text);
}

/// All exceptions there are.
fn harmless_ones() -> impl Iterator<Item = &'static Harmless> {
    let all = [
        COMMON,
        token::HARMLESS,
        staking::HARMLESS,
        reputation::HARMLESS,
        escrow::HARMLESS,
        verification::HARMLESS,
        cases::HARMLESS,
        verification_shown::HARMLESS,
        governance::HARMLESS,
    ];
    all.into_iter().flatten()
}

fn harmless(outcome: &Outcome) -> bool {
    harmless_ones().any(|exception| is(exception, outcome))
}

/// Whether an outcome is one that an exception speaks of.
fn is((instruction, attack, account, _): &Harmless, outcome: &Outcome) -> bool {
    let same = |pattern: &str, value: &str| pattern == "*" || pattern == value;
    same(instruction, &outcome.instruction) && same(attack, outcome.attack) && same(account, &outcome.account)
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
