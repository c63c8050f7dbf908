//! The attack matrix of the staking program: one line a call.

use super::*;

/// Attacks that land, and why that is right; see [`super::COMMON`].
pub const HARMLESS: &[Harmless] = &[
    ("staking::initialize", "arbitrary_cpi_target", "program", EVENTS),
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
];

/// Every instruction, in a world where it lands.
pub fn cases() -> Vec<Case> {
    let mut empty = World::bare();
    let authority = empty.authority;
    empty.ok(&[ix::token::initialize(&authority, MAX_SUPPLY, token_params())]);
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
