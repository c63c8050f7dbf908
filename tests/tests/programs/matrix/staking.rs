//! The attack matrix of the staking program: one line a call.

use super::*;

const SAME: &str = "sets the same value again";

/// Attacks that land, and why that is right; see [`super::COMMON`].
pub const HARMLESS: &[Harmless] = &[
    ("staking::initialize", "arbitrary_cpi_target", "program", EVENTS),
    ("staking::set_params", "twice", "-", SAME),
    ("staking::propose_authority", "twice", "-", SAME),
    ("staking::set_guardian", "twice", "-", SAME),
    ("staking::set_paused", "twice", "-", SAME),
    ("staking::set_commission", "twice", "-", SAME),
    ("staking::close_pool", "of_another", "to", "the operator may give a stranger's gift to anybody"),
    ("staking::redelegate", "twice", "-", "the owner's own shares, of which there are more"),
    ("staking::fund_rewards", "twice", "-", "the funder's own ASY"),
    ("staking::stake", "twice", "-", "the owner's own ASY"),
    ("staking::sync_weight", "twice", "-", "follows from the pool alone"),
    ("staking::sync_weight", "of_another", "pool", "anybody may bring any pool up to date"),
    ("staking::lock_bond", "of_another", "pool", SIGNED),
    ("staking::lock_bond", "twice", "-", SIGNED),
    ("staking::release_bond", "of_another", "pool", SIGNED),
    ("staking::release_bond", "twice", "-", SIGNED),
    ("staking::slash", "twice", "-", SIGNED),
    ("staking::open_case", "of_another", "pool", SIGNED),
    ("staking::open_case", "twice", "-", SIGNED),
    ("staking::close_case", "of_another", "pool", SIGNED),
    ("staking::lock_position", "of_another", "position", SIGNED),
    ("staking::lock_position", "twice", "-", "a lock only grows"),
    ("staking::slash", "duplicate_mutable", "harmed=caller", "the harmed party may be the caller"),
    ("staking::slash", "duplicate_mutable", "caller=harmed", "the harmed party may be the caller"),
];

/// Every instruction, in a world where it lands.
pub fn cases() -> Vec<Case> {
    let mut empty = World::bare();
    let authority = empty.authority;
    empty.ok(&[ix::token::initialize(&authority, MAX_SUPPLY, token_params())]);
    let mut cases = vec![Case::new(&empty, ix::staking::initialize(&authority, staking_params()))];
    cases.extend(admin());
    cases.extend(stakers());
    cases.extend(delegators());
    cases.extend(inner());
    cases
}

fn admin() -> Vec<Case> {
    let mut w = World::with_operators(1);
    let (authority, heir) = (w.authority, w.alice);
    w.ok(&[ix::staking::propose_authority(&authority, &heir)]);
    vec![
        Case::new(&w, ix::staking::set_params(&authority, staking_params())),
        Case::new(&w, ix::staking::propose_authority(&authority, &w.carol)),
        Case::new(&w, ix::staking::accept_authority(&heir)),
        Case::new(&w, ix::staking::set_guardian(&authority, &w.carol)),
        Case::new(&w, ix::staking::set_paused(&authority, true)),
    ]
}

/// Operators with their own stake.
fn stakers() -> Vec<Case> {
    let mut w = World::with_operators(2);
    let [a, b] = [w.operators[0], w.operators[1]];
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
    let commission = |who: &Pubkey| ix::staking::set_commission(who, 0);
    let mut cases = vec![
        open,
        stake,
        unstake,
        Case::new(&w, withdraw(&a)).other(withdraw(&b)),
        Case::new(&w, sync(&a)).other(sync(&b)),
        Case::new(&w, commission(&a)).other(commission(&b)),
        Case::new(&w, ix::staking::advance_epoch()),
    ];
    for who in [a, b] {
        w.ok(&[withdraw(&who)]);
        w.ok(&[ix::staking::request_unstake(&who, 1, w.position(&who, &who).shares)]);
    }
    w.tick(1_000, 10);
    for who in [a, b] {
        w.ok(&[ix::staking::withdraw(&who, 1)]);
    }
    cases.push(Case::new(&w, ix::staking::close_pool(&a)).other(ix::staking::close_pool(&b)));
    cases
}

/// Delegators, rewards.
fn delegators() -> Vec<Case> {
    let mut w = World::with_operators(2);
    let [a, b] = [w.operators[0], w.operators[1]];
    let (d, e) = (w.delegator("d", &a, ASY), w.delegator("e", &b, ASY));
    for (owner, other) in [(d, b), (e, a)] {
        w.ok(&[ix::staking::open_position(&other, &owner, 0)]);
    }
    w.next_epoch(1);
    let open = |pool: &Pubkey, owner: &Pubkey| ix::staking::open_position(pool, owner, 0);
    let fund = |who: &Pubkey| ix::staking::fund_rewards(who, 1_000);
    let mut cases = vec![
        Case::new(&w, open(&a, &w.carol)).other(open(&b, &w.bob)),
        Case::new(&w, ix::staking::close_position(&b, &d)).other(ix::staking::close_position(&a, &e)),
        Case::new(&w, ix::staking::redelegate(&d, &a, &b, 1_000)).other(ix::staking::redelegate(&e, &b, &a, 1_000)),
        Case::new(&w, fund(&d)).other(fund(&e)),
    ];
    w.mint_asy(&d, ASY);
    w.ok(&[ix::staking::fund_rewards(&d, ASY)]);
    w.next_epoch(0);
    let claim = |pool: &Pubkey, owner: &Pubkey| ix::staking::claim_rewards(pool, owner);
    cases.push(Case::new(&w, claim(&a, &d)).other(claim(&b, &e)));
    cases
}

/// Called by escrow or governance alone: with their PDA's signature, as only they have it.
fn inner() -> Vec<Case> {
    let pool = |who: &Pubkey| addresses::pool(who);
    let ata = |who: &Pubkey| addresses::ata(who, &ASY_MINT);
    let mut w = seated_world();
    let (c, d) = (w.operators[0], w.operators[1]);
    w.locks_are_exposures = false;
    let slash = |who: &Pubkey| ix::staking::slash(&pool(who), &ata(&w.alice), &ata(&w.mallory), 5, 6);
    let vote = |who: &Pubkey| ix::staking::lock_position(&addresses::position(&pool(who), who), w.now + 5);
    let mut cases = vec![
        Case::new(&w, ix::staking::lock_bond(&pool(&c), 1)).other(ix::staking::lock_bond(&pool(&d), 1)),
        Case::new(&w, ix::staking::release_bond(&pool(&c), 1)).other(ix::staking::release_bond(&pool(&d), 1)),
        Case::new(&w, slash(&c)).other(slash(&d)),
        Case::new(&w, ix::staking::open_case(&pool(&c))).other(ix::staking::open_case(&pool(&d))),
        Case::new(&w, vote(&c)).other(vote(&d)),
    ];
    for who in [c, d] {
        w.ok(&[ix::staking::open_case(&pool(&who))]);
    }
    cases.push(Case::new(&w, ix::staking::close_case(&pool(&c))).other(ix::staking::close_case(&pool(&d))));
    cases
}
