//! What holds after every transaction of every test.

use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use anchor_spl::token::Mint;
use assay_sdk::{
    addresses,
    escrow::{Job, Seat},
    staking::{Pool, REWARDS_VAULT, Totals},
    token::{self, ASY_MINT},
    verification::{Ballot, Case, CasePhase},
};

use crate::{chain::Chain, world::World};

/// Check them all.
///
/// # Panics
/// If one is broken.
pub fn check(world: &World) {
    let mut exposed = jobs(world);
    let accused = cases(world, &mut exposed);
    pools(world, &exposed, &accused);
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

/// Every case's vault covers what is at stake, or owed, in it; a closed case leaves nothing; a job counts its cases. Adds the
/// jurors' bonds to what is exposed, and returns the open cases about each operator.
fn cases(world: &World, exposed: &mut BTreeMap<Pubkey, u64>) -> BTreeMap<Pubkey, u32> {
    let (mut accused, mut counted) = (BTreeMap::new(), BTreeMap::new());
    for address in &world.cases {
        let vault = addresses::case_vault(address);
        let Some(case) = world.chain.find::<Case>(address) else {
            assert!(world.chain.account(&vault).is_none(), "case {address} is closed and its vault is not");
            continue;
        };
        case.invariant().unwrap_or_else(|why| panic!("case {address}: {why}"));
        *counted.entry(case.job).or_insert(0) += 1;
        *accused.entry(case.executor).or_default() += 1;
        let mut owed = case.dues.iter().map(|due| due.amount).sum::<u64>();
        if case.phase != CasePhase::Concluded {
            owed = case.bond + case.appeals.iter().map(|appeal| appeal.bond).sum::<u64>();
        }
        let mut ballots = 0;
        for operator in &world.operators {
            let Some(ballot) = world.chain.find::<Ballot>(&addresses::ballot(address, operator)) else { continue };
            ballots += 1;
            *exposed.entry(*operator).or_default() += ballot.bond;
            if case.phase == CasePhase::Concluded {
                owed += ballot.earned(&case).unwrap_or_else(|why| panic!("{why}")).unwrap_or(0);
            }
        }
        assert_eq!(case.ballots, ballots, "ballots of {address}");
        let held = world.chain.tokens(&vault);
        assert!(held >= owed, "vault of {address} holds {held} and owes {owed}");
    }
    for job in world.jobs.iter().filter_map(|job| Some((job, world.chain.find::<Job>(job)?))) {
        assert_eq!(job.1.cases, counted.get(job.0).copied().unwrap_or(0), "cases of {}", job.0);
    }
    accused
}

/// Every pool's vault covers its stake, its locks are exactly its seats' exposures, and the totals are the pools' sum.
fn pools(world: &World, exposed: &BTreeMap<Pubkey, u64>, accused: &BTreeMap<Pubkey, u32>) {
    let (mut counted, mut staked, mut due) = (0, 0, 0);
    for operator in &world.operators {
        let address = addresses::pool(operator);
        let Some(pool) = world.chain.find::<Pool>(&address) else { continue };
        pool.invariant().unwrap_or_else(|why| panic!("pool of {operator}: {why}"));
        let held = world.chain.tokens(&addresses::pool_vault(&address));
        assert!(held >= pool.active + pool.cooling, "vault of {operator} holds {held}");
        if world.locks_are_exposures {
            assert_eq!(pool.open_cases, accused.get(operator).copied().unwrap_or(0), "cases about {operator}");
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
