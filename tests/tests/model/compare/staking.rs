//! Staking's accounts.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    Chain,
    assay_sdk::{addresses, staking},
};

use super::{Diff, Place};
use crate::state::{Model, Shared, Totals, Weight};

pub const PLACES: &[Place] = &[config, totals, pool, position, ticket];

fn config(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    if *address != addresses::config(&staking::ID) {
        return None;
    }
    let on: staking::Config = chain.find(address)?;
    let it = &model.staking;
    diff.same("params", &it.params, &on.params);
    diff.same("epochs", (it.epoch_base, it.epoch_from), (on.epoch_base, on.epoch_from));
    Some(())
}

fn weight(weight: &staking::Weight) -> Weight {
    Weight { epoch: weight.epoch, now: weight.now, last: weight.last }
}

fn totals(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    if *address != addresses::totals() {
        return None;
    }
    let staking::Totals { weight: of_all, staked, epoch, acc, pending, distributed, accounted, .. } =
        chain.find(address)?;
    let on = Totals { weight: weight(&of_all), staked, epoch, acc, pending, distributed, accounted };
    diff.at = "totals".into();
    diff.same("all", model.staking.totals, on);
    Some(())
}

fn pool(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let pool = model.staking.pools.get(address)?;
    let on: staking::Pool = chain.find(address)?;
    diff.at = format!("pool of {}", pool.operator);
    diff.same("operator", pool.operator, on.operator);
    let active = Shared { amount: on.active, shares: on.active_shares, era: on.active_era };
    let cooling = Shared { amount: on.cooling, shares: on.cooling_shares, era: on.cooling_era };
    diff.same("active", pool.active, active);
    diff.same("cooling", pool.cooling, cooling);
    diff.same("locked", pool.locked, on.locked);
    diff.same("weight", pool.weight, weight(&on.weight));
    diff.same("counted", (pool.counted, pool.counted_stake), (on.counted, on.counted_stake));
    diff.same("commission", (pool.commission_bps, pool.commission_since), (on.commission_bps, on.commission_since));
    diff.same("due", (pool.commission_due, pool.rewards_due), (on.commission_due, on.rewards_due));
    diff.same("rewards", (pool.per_share, pool.acc), (on.reward_per_share, on.acc));
    diff.same("own shares", pool.self_shares, on.self_shares);
    diff.same("jail", (pool.jailed_until, pool.open_cases), (on.jailed_until, on.open_cases));
    diff.same("accounts", (pool.positions, pool.tickets), (on.positions, on.tickets));
    Some(())
}

fn position(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let position = model.staking.positions.get(address)?;
    let on: staking::Position = chain.find(address)?;
    diff.at = format!("position of {} in {}", position.owner, position.pool);
    diff.same("pool", position.pool, on.pool);
    diff.same("owner", position.owner, on.owner);
    diff.same("shares", (position.shares, position.era), (on.shares, on.era));
    diff.same("tickets", (position.next_ticket, position.tickets), (on.next_ticket, on.tickets));
    diff.same("times", (position.staked_epoch, position.locked_until), (on.staked_epoch, on.locked_until));
    diff.same("rewards", (position.debt, position.owed), (on.reward_debt, on.owed));
    Some(())
}

fn ticket(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let ticket = model.staking.tickets.get(address)?;
    let on: staking::Ticket = chain.find(address)?;
    diff.at = format!("ticket {} of {}", ticket.nonce, ticket.owner);
    diff.same("pool", ticket.pool, on.pool);
    diff.same("owner", ticket.owner, on.owner);
    diff.same("shares", (ticket.shares, ticket.era), (on.shares, on.era));
    diff.same("ready at", ticket.ready_at, on.ready_at);
    Some(())
}
