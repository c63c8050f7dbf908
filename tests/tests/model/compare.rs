//! The chain against the model. A transaction can change only the accounts that it locked for writing, so comparing
//! those after each step compares everything.

use anchor_lang::prelude::Pubkey;
use anchor_spl::token::{Mint, TokenAccount};
use assay_tests::{
    Chain,
    assay_sdk::{addresses, escrow, reputation, staking, token, verification},
};

use crate::state::{Model, Record, Shared, Weight};

/// Collects what differs.
struct Diff {
    at: String,
    found: Vec<String>,
}

impl Diff {
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, model: T, chain: T) {
        if model != chain {
            self.found.push(format!("{}: {what} is {chain:?} on the chain, {model:?} in the model", self.at));
        }
    }
}

/// Compares an account with its place in the model; `None` if it has none there, or is no such account.
type Place = fn(&Model, &Chain, &Pubkey, &mut Diff) -> Option<()>;

/// What differs between model and chain at these addresses.
pub fn differences(model: &Model, chain: &Chain, addresses: impl IntoIterator<Item = Pubkey>) -> Vec<String> {
    addresses.into_iter().flat_map(|address| one(model, chain, &address)).collect()
}

/// Every address that the model knows.
pub fn known(model: &Model) -> Vec<Pubkey> {
    model.money.lamports.keys().copied().collect()
}

fn one(model: &Model, chain: &Chain, address: &Pubkey) -> Vec<String> {
    let mut diff = Diff { at: address.to_string(), found: Vec::new() };
    diff.same("lamports", model.money.lamports(address), chain.lamports(address));
    let places: [Place; 11] = [money, supply, pool, position, ticket, job, seat, round, record, device, singleton];
    let known = places.iter().filter(|place| place(model, chain, address, &mut diff).is_some()).count();
    let data = chain.account(address).is_some_and(|account| !account.data.is_empty());
    if known == 0 && data {
        diff.found.push(format!("{address}: an account on the chain that the model does not know"));
    }
    diff.found
}

fn money(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let tokens = model.money.tokens.get(address)?;
    let held: TokenAccount = chain.find(address)?;
    diff.at = format!("token account {address} of {}", tokens.owner);
    diff.same("mint", tokens.mint, held.mint);
    diff.same("owner", tokens.owner, held.owner);
    diff.same("amount", tokens.amount, held.amount);
    Some(())
}

fn supply(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let supply = model.money.supply.get(address)?;
    diff.same("supply", *supply, chain.find::<Mint>(address)?.supply);
    Some(())
}

fn weight(weight: &staking::Weight) -> Weight {
    Weight { epoch: weight.epoch, now: weight.now, last: weight.last }
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
    diff.same("counted", pool.counted, on.counted);
    Some(())
}

fn position(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let position = model.staking.positions.get(address)?;
    let on: staking::Position = chain.find(address)?;
    diff.at = format!("position of {}", position.owner);
    diff.same("pool", position.pool, on.pool);
    diff.same("owner", position.owner, on.owner);
    diff.same("shares", (position.shares, position.era), (on.shares, on.era));
    diff.same("next ticket", position.next_ticket, on.next_ticket);
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

fn bits(seats: &[u8]) -> u8 {
    seats.iter().fold(0, |set, seat| set | 1 << seat)
}

fn job(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let job = model.jobs.get(address)?;
    let on: escrow::Job = chain.find(address)?;
    diff.at = format!("job {} of {}", job.nonce, job.requester);
    diff.same("state", job.state, on.state);
    diff.same("seats", bits(&job.seats), on.seats);
    diff.same("winners", bits(&job.winners), on.winners);
    diff.same("losers", bits(&job.losers), on.losers);
    diff.same("replicas", (job.replicas, job.quorum), (on.replicas, on.quorum));
    diff.same("fee", job.fee_bps, on.fee_bps);
    diff.same("requester", (job.requester, job.nonce), (on.requester, on.nonce));
    diff.same("mint", job.mint, on.mint);
    diff.same("seat price", job.seat_price, on.seat_price);
    diff.same("bond", (job.bond, job.exposure), (on.bond, on.exposure));
    diff.same("windows", (job.seal_window, job.reveal_window), (on.seal_window, on.reveal_window));
    diff.same("seal by", job.seal_by, on.seal_by);
    diff.same("seed", (job.seed_slot, job.seeded_at, job.seed), (on.seed_slot, on.seeded_at, on.seed));
    diff.same("root", job.root, on.root);
    Some(())
}

fn seat(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let seat = model.seats.get(address)?;
    let on: escrow::Seat = chain.find(address)?;
    diff.at = format!("seat of {} in {}", seat.operator, seat.job);
    diff.same("parties", (seat.job, seat.operator), (on.job, on.operator));
    diff.same("index", seat.index, on.index);
    diff.same("state", seat.state, on.state);
    diff.same("seal by", seat.seal_by, on.seal_by);
    diff.same("commitment", seat.commitment, on.commitment);
    Some(())
}

fn round(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let round = model.rounds.get(address)?;
    let on: verification::Round = chain.find(address)?;
    diff.at = format!("round of {}", round.job);
    diff.same("job", (round.job, round.payer), (on.job, on.payer));
    diff.same("phase", round.phase, on.phase);
    diff.same("replicas", (round.replicas, round.quorum), (on.replicas, on.quorum));
    diff.same("counts", (round.sealed, round.revealed), (on.sealed, on.revealed));
    diff.same("times", (round.seal_by, round.reveal_by), (on.seal_by, on.reveal_by));
    diff.same("window", round.reveal_window, on.reveal_window);
    Some(())
}

fn record(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let record = model.records.get(address)?;
    let on: reputation::Record = chain.find(address)?;
    let copy = Record {
        operator: on.operator,
        class: on.class,
        good: on.good,
        bad: on.bad,
        updated_at: on.updated_at,
        consecutive_valid: on.consecutive_valid,
        valid: on.valid,
        wrong: on.wrong,
        silent: on.silent,
    };
    diff.same("record", *record, copy);
    Some(())
}

fn device(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    let device = model.devices.get(address)?;
    let on: escrow::Device = chain.find(address)?;
    diff.same("device", (device.operator, device.can), (on.operator, on.capabilities));
    Some(())
}

/// What there is one of, or one a person or mint.
fn singleton(model: &Model, chain: &Chain, address: &Pubkey, diff: &mut Diff) -> Option<()> {
    if *address == addresses::totals() {
        diff.same("total weight", model.staking.total, weight(&chain.find::<staking::Totals>(address)?.weight));
    } else if *address == addresses::config(&token::ID) {
        let config: token::Config = chain.find(address)?;
        diff.same("minted", model.minted, config.minted);
    } else if let Some(allowance) = model.allowances.get(address) {
        diff.same("allowance", *allowance, chain.find::<token::Minter>(address)?.allowance);
    } else if let Some((mint, rate)) = model.payments.get(address) {
        let on: escrow::PaymentMint = chain.find(address)?;
        diff.same("payment mint", (*mint, *rate), (on.mint, on.bond_rate));
    } else {
        // Configs that nothing changes.
        return model.money.lamports.contains_key(address).then_some(());
    }
    Some(())
}
