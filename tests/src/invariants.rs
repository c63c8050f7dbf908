//! What holds after every transaction of every test.

use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use anchor_spl::token::Mint;
use assay_sdk::{
    addresses,
    escrow::{Job, Seat},
    staking::{Pool, REWARDS_VAULT, Totals},
    token::{self, ASY_MINT},
};

use crate::{chain::Chain, world::World};

/// Check them all.
///
/// # Panics
/// If one is broken.
pub fn check(world: &World) {
    let exposed = jobs(world);
    pools(world, &exposed);
    supply(&world.chain);
}

/// Every vault covers what is owed; a closed job leaves nothing. Returns the exposure of each operator's seats.
fn jobs(world: &World) -> BTreeMap<Pubkey, u64> {
    let mut exposed = BTreeMap::new();
    for address in &world.jobs {
        let vault = addresses::job_vault(address);
        let Some(job) = world.chain.find::<Job>(address) else {
            assert!(world.chain.account(&vault).is_none(), "job {address} is closed and its vault is not");
            continue;
        };
        job.invariant().unwrap_or_else(|why| panic!("job {address}: {why}"));
        let owed = job.owed().unwrap_or_else(|why| panic!("{why}"));
        let held = world.chain.tokens(&vault);
        assert!(held >= owed, "vault of {address} holds {held} and owes {owed}");
        let mut taken = 0;
        for operator in &world.operators {
            if let Some(seat) = world.chain.find::<Seat>(&addresses::seat(address, operator)) {
                assert!(Job::in_set(job.seats, seat.index), "seat {} of {address} is not in its set", seat.index);
                taken += 1;
                *exposed.entry(*operator).or_default() += job.exposure;
            }
        }
        assert_eq!(job.seats.count_ones(), taken, "seats of {address}");
    }
    exposed
}

/// Every pool's vault covers its stake, its locks are exactly its seats' exposures, and the totals are the pools' sum.
fn pools(world: &World, exposed: &BTreeMap<Pubkey, u64>) {
    let (mut counted, mut staked, mut due) = (0, 0, 0);
    for operator in &world.operators {
        let address = addresses::pool(operator);
        let Some(pool) = world.chain.find::<Pool>(&address) else { continue };
        pool.invariant().unwrap_or_else(|why| panic!("pool of {operator}: {why}"));
        let held = world.chain.tokens(&addresses::pool_vault(&address));
        assert!(held >= pool.active + pool.cooling, "vault of {operator} holds {held}");
        if world.locks_are_exposures {
            assert_eq!(pool.locked, exposed.get(operator).copied().unwrap_or(0), "locks of {operator}");
        }
        counted += pool.counted;
        staked += pool.counted_stake;
        due += pool.rewards_due + pool.commission_due;
    }
    if let Some(totals) = world.chain.find::<Totals>(&addresses::totals()) {
        totals.invariant().unwrap_or_else(|why| panic!("totals: {why}"));
        assert_eq!(totals.weight.now, counted, "the totals are the sum of the pools");
        assert_eq!(totals.staked, staked, "the totals are the sum of the pools");
        let known = totals.pending + totals.distributed + due;
        assert_eq!(totals.accounted, known, "every reward waits, is distributed, or is owed by a pool");
        let held = world.chain.tokens(&REWARDS_VAULT);
        assert!(held >= known, "the rewards vault holds {held} of {known}");
    }
}

/// ASY comes and goes only by mint and burn: the supply is what was minted less the burns that events told of.
fn supply(chain: &Chain) {
    let Some(config) = chain.find::<token::Config>(&addresses::config(&token::ID)) else { return };
    let burned: u64 = chain
        .history
        .iter()
        .map(|event| match event.kind.as_str() {
            "Burned" => event.u64("amount"),
            "Slashed" | "FeesCollected" => event.u64("burned"),
            _ => 0,
        })
        .sum();
    assert_eq!(chain.read::<Mint>(&ASY_MINT).supply, config.minted - burned, "supply = minted - burned");
    assert!(config.minted <= config.max_supply);
}
