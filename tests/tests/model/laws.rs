//! What holds after every step, whatever happened: the invariants of the threat model, on the model, which the driver
//! has just compared with the chain.

use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{escrow::JobState, token::ASY_MINT};

use crate::state::{CHARGING, Model};

/// Lamports that there were at the start: none come, none go.
#[derive(Clone, Copy)]
pub struct Laws {
    lamports: u128,
}

impl Laws {
    pub fn of(model: &Model) -> Self {
        Self { lamports: lamports(model) }
    }

    /// The laws that are broken.
    pub fn broken(&self, model: &Model) -> Vec<String> {
        let mut broken = Vec::new();
        if lamports(model) != self.lamports {
            broken.push(format!("{} lamports, where there were {}", lamports(model), self.lamports));
        }
        broken.extend(tokens(model));
        broken.extend(jobs(model));
        broken.extend(pools(model));
        broken.extend(records(model));
        broken
    }
}

fn lamports(model: &Model) -> u128 {
    model.money.lamports.values().map(|lamports| u128::from(*lamports)).sum()
}

/// Every token is in some account; ASY comes only by minting, and never above the cap.
fn tokens(model: &Model) -> Vec<String> {
    let mut held: BTreeMap<Pubkey, u64> = BTreeMap::new();
    for tokens in model.money.tokens.values() {
        *held.entry(tokens.mint).or_default() += tokens.amount + tokens.withheld;
    }
    *held.entry(*CHARGING).or_default() += model.money.harvested;
    let supply = |mint: &Pubkey| model.money.supply.get(mint).copied().unwrap_or(0);
    let lost = held.iter().filter(|(mint, held)| **held != supply(mint));
    let mut broken: Vec<_> = lost.map(|(mint, held)| format!("{held} of {mint}'s {} exist", supply(mint))).collect();
    if supply(&ASY_MINT) > model.token.minted || model.token.minted > model.token.max_supply {
        broken.push(format!(
            "supply {}, minted {}, cap {}",
            supply(&ASY_MINT),
            model.token.minted,
            model.token.max_supply
        ));
    }
    broken
}

/// Vaults cover what is owed; ended jobs owe nothing; a job's seats are its own.
fn jobs(model: &Model) -> Vec<String> {
    let mut broken = Vec::new();
    for (address, job) in &model.jobs {
        let owed = job.owed();
        let held = model.money.held(&job.vault);
        if u128::from(held) < owed {
            broken.push(format!("vault of {address} holds {held} and owes {owed}"));
        }
        let due: u128 = job.legs.iter().map(|leg| u128::from(leg.due)).sum();
        if job.ended() && owed != due {
            broken.push(format!("{address} ended and owes {owed}, its legs {due}"));
        }
        let seats = model.seats.values().filter(|seat| seat.job == *address).count();
        if seats != job.seats.len() || (job.state == JobState::Settled && seats > 0) {
            broken.push(format!("{address} has {seats} seats, and says {:?}", job.seats));
        }
        // One bounty for each seat to settle and one for closing it, whatever became of the job.
        let seats = if job.live() { job.replicas.into() } else { job.seats.len() as u64 };
        let rent = model.money.rent(job.space) + u64::from(job.bounty) * (seats + 1);
        if model.money.lamports(address) < rent {
            broken.push(format!("{address} has {} lamports, and needs {rent}", model.money.lamports(address)));
        }
        if job.winners.iter().any(|seat| job.losers.contains(seat)) {
            broken.push(format!("{address}: a seat wins and loses"));
        }
    }
    for (address, device) in &model.devices {
        let busy = model.seats.values().filter(|seat| seat.device == *address).count();
        if busy != usize::from(device.busy) || device.busy > device.slots {
            broken.push(format!("{address} works for {busy} seats, and says {} of {}", device.busy, device.slots));
        }
    }
    let orphans = model.seats.iter().filter(|(_, seat)| !model.jobs.contains_key(&seat.job));
    broken.extend(orphans.map(|(address, _)| format!("seat {address} has no job")));
    broken
}

/// Vaults cover stakes; locks are the exposures of seats; shares are all somebody's; the total is the sum.
fn pools(model: &Model) -> Vec<String> {
    let mut broken = Vec::new();
    let mut counted = 0;
    for (address, pool) in &model.staking.pools {
        counted += pool.counted;
        let stake = pool.active.amount + pool.cooling.amount;
        let held = model.money.held(&pool.vault);
        if held < stake {
            broken.push(format!("vault of {address} holds {held} of a stake of {stake}"));
        }
        let seats = model.seats.values().filter(|seat| seat.operator == pool.operator);
        let exposed: u64 = seats.map(|seat| model.jobs[&seat.job].exposure).sum();
        if exposed != pool.locked || pool.locked > pool.active.amount {
            broken.push(format!("{address}: locked {}, exposed {exposed}, active {}", pool.locked, pool.active.amount));
        }
        let positions = model.staking.positions.values().filter(|p| p.pool == *address && p.era == pool.active.era);
        let tickets = model.staking.tickets.values().filter(|t| t.pool == *address && t.era == pool.cooling.era);
        let shares = (positions.map(|p| p.shares).sum(), tickets.map(|t| t.shares).sum());
        if shares != (pool.active.shares, pool.cooling.shares) {
            broken.push(format!("{address}: shares {shares:?} are held, of {:?} and {:?}", pool.active, pool.cooling));
        }
    }
    if counted != model.staking.totals.weight.now {
        broken.push(format!("the total weight is {} and its parts {counted}", model.staking.totals.weight.now));
    }
    broken
}

/// Reputation is bounded: decay keeps each count below fifty.
fn records(model: &Model) -> Vec<String> {
    const BOUND: u64 = 50 * 1_000_000_000;
    let wild = model.records.iter().filter(|(_, record)| record.good > BOUND || record.bad > BOUND);
    wild.map(|(address, record)| format!("record {address}: {} good, {} bad", record.good, record.bad)).collect()
}
