//! Stake, rewards and reputation.

use assay_tests::assay_sdk::token::REWARDS_VAULT;

use crate::state::{Model, Pool};

/// All of them.
pub fn broken(model: &Model) -> Vec<String> {
    let mut broken = pools(model);
    broken.extend(totals(model));
    broken.extend(records(model));
    broken
}

/// Vaults are stakes, less slashes, and gifts, exactly; locks are the exposures of seats and the bonds of jurors; shares are all somebody's, and
/// never dearer than a base unit; accounts are counted.
fn pools(model: &Model) -> Vec<String> {
    let mut broken = Vec::new();
    for (address, pool) in &model.staking.pools {
        let mut law = |holds: bool, what: String| {
            if !holds {
                broken.push(format!("pool {address}: {what}"));
            }
        };
        let stake = pool.active.amount + pool.cooling.amount;
        let (held, gifts) = (model.money.held(&pool.vault), model.money.gifts_of(&pool.vault));
        law(held == stake + gifts, format!("vault {held}, stake {stake}, gifts {gifts}"));

        let seats = model.seats.values().filter(|seat| seat.operator == pool.operator);
        let ballots = model.ballots.values().filter(|ballot| ballot.operator == pool.operator);
        let exposed: u64 = seats.map(|seat| model.jobs[&seat.job].exposure).sum();
        let exposed = exposed + ballots.map(|ballot| ballot.bond).sum::<u64>();
        let covered = exposed == pool.locked && pool.locked <= pool.active.amount;
        law(covered, format!("locked {}, exposed {exposed}, active {}", pool.locked, pool.active.amount));

        let positions = || model.staking.positions.values().filter(|p| p.pool == *address);
        let tickets = || model.staking.tickets.values().filter(|t| t.pool == *address);
        let active = positions().map(|p| p.held(pool)).sum::<u128>();
        let cooling = tickets().filter(|t| t.era == pool.cooling.era).map(|t| t.shares).sum::<u128>();
        law(
            (active, cooling) == (pool.active.shares, pool.cooling.shares),
            format!("{active} and {cooling} shares held, of {:?} and {:?}", pool.active, pool.cooling),
        );
        let own: u128 = positions().filter(|p| p.owner == pool.operator).map(|p| p.held(pool)).sum();
        law(own == pool.self_shares, format!("own shares {own}, {} noted", pool.self_shares));
        let cheap = |part: &crate::state::Shared| u128::from(part.amount) <= part.shares;
        law(cheap(&pool.active) && cheap(&pool.cooling), "a share costs more than a base unit".into());
        let counts = (positions().count(), tickets().count());
        law(
            counts == (pool.positions as usize, pool.tickets as usize),
            format!("has {counts:?} positions and tickets"),
        );
        let bound: u32 = positions().map(|p| p.tickets).sum();
        law(bound == pool.tickets, format!("positions count {bound} tickets, the pool {}", pool.tickets));
        let owed = owed(model, address, pool);
        law(owed <= u128::from(pool.rewards_due), format!("owes {owed} of {} due", pool.rewards_due));
    }
    broken
}

/// What a pool's positions could claim now.
fn owed(model: &Model, address: &anchor_lang::prelude::Pubkey, pool: &Pool) -> u128 {
    let positions = model.staking.positions.values().filter(|p| p.pool == *address);
    let settled = positions.map(|position| {
        let mut position = position.clone();
        position.settle(pool);
        u128::from(position.owed)
    });
    settled.sum()
}

/// Each base unit of rewards is in exactly one counter, and in the vault; the totals are the sums of their parts.
fn totals(model: &Model) -> Vec<String> {
    let (totals, pools) = (&model.staking.totals, model.staking.pools.values());
    let sum = |of: fn(&Pool) -> u64| pools.clone().map(of).sum::<u64>();
    let counters = totals.pending + totals.distributed + sum(|p| p.rewards_due) + sum(|p| p.commission_due);
    let vault = model.money.held(&REWARDS_VAULT);
    let holds = counters == totals.accounted
        && totals.accounted <= vault
        && totals.weight.now == sum(|p| p.counted)
        && totals.staked == sum(|p| p.counted_stake);
    if holds { Vec::new() } else { vec![format!("{counters} in counters, {vault} in the vault, of {totals:?}")] }
}

/// Reputation is bounded: decay keeps each count at fifty, and a bucket of partners within its share.
fn records(model: &Model) -> Vec<String> {
    const ONE: u64 = 1_000_000_000;
    let wild = model.records.iter().filter(|(_, record)| {
        let most = (record.good / 10 * 3).max(3 * ONE) + 8;
        record.good > 50 * ONE
            || record.bad > 50 * ONE
            || record.partners.iter().sum::<u64>() > record.good + 8
            // A bucket that was full may be above its share when the rest has faded; it was within it when it grew.
            || record.partners.iter().any(|bucket| *bucket > most.max(record.good))
            || record.score_bps(model.now) > 10_000
    });
    wild.map(|(address, record)| format!("record {address}: {record:?}")).collect()
}
