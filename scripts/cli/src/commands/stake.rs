//! `stake`: an operator's pool.

use assay_sdk::{
    addresses, ix,
    reputation::Record,
    staking::{self, Pool, Position, Ticket},
    token::ASY_MINT,
};
use serde_json::{Value, json};
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use crate::{
    amount::{self, ASY_DECIMALS, Part},
    context::Context,
    duration::words,
    error::{Error, Result},
    output::{facts, table},
};

/// Opening a pool and five records takes less than 250,000.
const OPEN_COMPUTE_UNITS: u32 = 400_000;
const COMPUTE_UNITS: u32 = 200_000;
/// Tickets withdrawn in one transaction.
const TICKETS_AT_ONCE: usize = 4;
/// Where a Ticket's owner is: after discriminator, version, bump and pool.
const TICKET_OWNER: usize = 8 + 1 + 1 + 32;
const CLASSES: u8 = 5;

fn asy(base: u64) -> String {
    format!("{} ASY", amount::format(base, ASY_DECIMALS))
}

/// Opens the wallet's pool and records, those that are not there yet.
pub async fn open(context: &Context, classes: &[u8]) -> Result<()> {
    let wallet = context.wallet()?;
    let operator = wallet.pubkey();
    let pool = addresses::pool(&operator);
    let mut wanted = classes.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let mut accounts = vec![pool];
    accounts.extend(wanted.iter().map(|class| addresses::record(&operator, *class)));
    let found = context.raw_accounts(&accounts).await?;
    let there = |at: usize| found.get(at).and_then(Option::as_ref).is_some_and(|account| !account.data.is_empty());

    let mut work = vec![];
    if !there(0) {
        work.push(ix::staking::open_pool(&operator));
    }
    let fresh: Vec<u8> = (1..).zip(&wanted).filter(|(at, _)| !there(*at)).map(|(_, class)| *class).collect();
    work.extend(fresh.iter().map(|class| ix::reputation::open_record(&operator, *class)));
    if work.is_empty() {
        context.out.talk("the pool and its records are open already");
    } else {
        // Where stake comes from, and where it and bounties go.
        work.insert(0, ix::create_ata(&operator, &operator, &ASY_MINT));
    }
    let signature = match work.as_slice() {
        [] => None,
        work => Some(context.send(&[&*wallet], OPEN_COMPUTE_UNITS, work).await?.to_string()),
    };
    let document = json!({
        "operator": operator.to_string(), "pool": pool.to_string(), "records_opened": fresh, "signature": signature,
    });
    context.out.data(&document, || {
        let classes: Vec<_> = fresh.iter().map(u8::to_string).collect();
        facts(&[
            ("operator", operator.to_string()),
            ("pool", pool.to_string()),
            ("records opened", classes.join(", ")),
            ("signature", signature.clone().unwrap_or_default()),
        ])
    })
}

/// Stakes `amount` base units of ASY.
pub async fn add(context: &Context, amount: u64) -> Result<()> {
    if amount == 0 {
        return Err(Error::Usage("stake more than 0 ASY".into()));
    }
    let wallet = context.wallet()?;
    let operator = wallet.pubkey();
    pool_of(context, &operator).await?;
    let have = context.holdings(&operator, &[ASY_MINT]).await?.first().copied().flatten().unwrap_or(0);
    if have < amount {
        let (have, need) = (amount::format(have, ASY_DECIMALS), amount::format(amount, ASY_DECIMALS));
        let (address, hint) = (operator.to_string(), context.money_hint(&operator));
        return Err(Error::NoTokens { address, have, need, symbol: "ASY".into(), hint });
    }
    let work = [ix::staking::stake(&operator, amount)];
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let active = pool_of(context, &operator).await?.active;
    let document = json!({
        "operator": operator.to_string(), "staked": amount.to_string(), "active": active.to_string(),
        "signature": signature,
    });
    context.out.data(&document, || {
        facts(&[("staked", asy(amount)), ("active", asy(active)), ("signature", signature.clone())])
    })
}

/// Turns stake into a ticket.
pub async fn unstake(context: &Context, part: Part) -> Result<()> {
    let wallet = context.wallet()?;
    let operator = wallet.pubkey();
    let pool = pool_of(context, &operator).await?;
    let position = context.account::<Position>(&addresses::position(&addresses::pool(&operator), &operator)).await?;
    let position = position.ok_or_else(|| Error::BadAccount(operator.to_string()))?;
    let shares = shares(&pool, &position, part)?;
    let nonce = position.next_ticket;
    let work = [ix::staking::request_unstake(&operator, nonce, shares)];
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let ticket = addresses::ticket(&addresses::pool(&operator), &operator, nonce);
    let ticket = context.account::<Ticket>(&ticket).await?.ok_or_else(|| Error::BadAccount(ticket.to_string()))?;
    let cooling = pool_of(context, &operator).await?;
    let value = worth(&cooling, &ticket);
    let wait = u64::try_from(ticket.ready_at - context.now().await?).unwrap_or(0);
    let document = json!({
        "operator": operator.to_string(), "ticket": nonce.to_string(), "amount": value.to_string(),
        "ready_at": ticket.ready_at.to_string(), "signature": signature,
    });
    context.out.data(&document, || {
        let ready = format!("in {} (`assay stake withdraw`)", words(wait));
        facts(&[
            ("ticket", nonce.to_string()),
            ("amount", asy(value)),
            ("ready", ready),
            ("signature", signature.clone()),
        ])
    })
}

/// The shares of a position that are worth at least what is asked for.
fn shares(pool: &Pool, position: &Position, part: Part) -> Result<u128> {
    // Shares of an earlier era were slashed to nothing.
    let held = if position.era == pool.active_era { position.shares } else { 0 };
    let value = staking::math::amount_for(held, pool.active, pool.active_shares).unwrap_or(0);
    let free = pool.active.saturating_sub(pool.locked);
    let (wanted, shares) = match part {
        Part::All => (value, held),
        Part::Amount(amount) => {
            let exact = u128::from(amount).checked_mul(pool.active_shares);
            let up = exact.map(|product| product.div_ceil(u128::from(pool.active.max(1))));
            (amount, up.unwrap_or(u128::MAX).min(held))
        }
    };
    if wanted == 0 || wanted > value {
        let why = format!("there are {} staked: unstake more than 0 and at most that", asy(value));
        return Err(Error::Refused(why));
    }
    if wanted > free {
        let (locked, free) = (asy(pool.locked), asy(free));
        let why = format!("{locked} are locked as bonds of seats not yet settled: unstake at most {free}, or wait");
        return Err(Error::Refused(why));
    }
    Ok(shares)
}

fn worth(pool: &Pool, ticket: &Ticket) -> u64 {
    let alive = ticket.era == pool.cooling_era;
    let value = alive.then(|| staking::math::amount_for(ticket.shares, pool.cooling, pool.cooling_shares)).flatten();
    value.unwrap_or(0)
}

/// Withdraws the tickets that are ready, or one.
pub async fn withdraw(context: &Context, only: Option<u64>) -> Result<()> {
    let wallet = context.wallet()?;
    let operator = wallet.pubkey();
    let mut pool = pool_of(context, &operator).await?;
    let (tickets, now) = (tickets_of(context, &operator).await?, context.now().await?);
    let left = |ticket: &Ticket| words(u64::try_from(ticket.ready_at - now).unwrap_or(0));
    let mut ready: Vec<_> = tickets.iter().filter(|ticket| ticket.ready_at <= now).collect();
    if let Some(nonce) = only {
        let Some(ticket) = tickets.iter().find(|ticket| ticket.nonce == nonce) else {
            return Err(Error::Refused(format!("there is no ticket {nonce}: see `assay stake show`")));
        };
        if ticket.ready_at > now {
            return Err(Error::Refused(format!("ticket {nonce} is still unbonding: wait {}", left(ticket))));
        }
        ready = vec![ticket];
    }
    if ready.is_empty() {
        context.out.talk(match tickets.iter().min_by_key(|ticket| ticket.ready_at) {
            Some(next) => format!("nothing is ready: ticket {} is in {}", next.nonce, left(next)),
            None => "nothing is unbonding: start with `assay stake unstake`".into(),
        });
    }
    let (mut signatures, mut total) = (vec![], 0_u64);
    for some in ready.chunks(TICKETS_AT_ONCE) {
        let mut work = vec![ix::create_ata(&operator, &operator, &ASY_MINT)];
        work.extend(some.iter().map(|ticket| ix::staking::withdraw(&operator, ticket.nonce)));
        signatures.push(context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string());
        // One after the other, as the program rounds.
        let era = pool.cooling_era;
        for ticket in some.iter().filter(|ticket| ticket.era == era) {
            total += pool.take_cooled(ticket.shares).map_err(|why| Error::Refused(why.to_string()))?;
        }
    }
    let nonces: Vec<_> = ready.iter().map(|ticket| ticket.nonce.to_string()).collect();
    let document = json!({
        "operator": operator.to_string(), "tickets": nonces, "amount": total.to_string(), "signatures": signatures,
    });
    context.out.data(&document, || {
        let signatures = signatures.join(", ");
        facts(&[("withdrawn", asy(total)), ("tickets", nonces.join(", ")), ("signatures", signatures)])
    })
}

/// Shows a pool.
pub async fn show(context: &Context, operator: Option<Pubkey>) -> Result<()> {
    let operator = operator.map_or_else(|| context.wallet().map(|wallet| wallet.pubkey()), Ok)?;
    let pool = pool_of(context, &operator).await?;
    let (tickets, now) = (tickets_of(context, &operator).await?, context.now().await?);
    let mut records = vec![];
    for class in 0..CLASSES {
        if let Some(record) = context.account::<Record>(&addresses::record(&operator, class)).await? {
            records.push(record_json(&record, now));
        }
    }
    let rows: Vec<_> = tickets.iter().map(|ticket| ticket_json(ticket, worth(&pool, ticket))).collect();
    let document = json!({
        "operator": operator.to_string(), "pool": addresses::pool(&operator).to_string(),
        "active": pool.active.to_string(), "locked": pool.locked.to_string(), "cooling": pool.cooling.to_string(),
        "tickets": rows, "records": records,
    });
    context.out.data(&document, || {
        let mut page = facts(&[
            ("operator", operator.to_string()),
            ("pool", addresses::pool(&operator).to_string()),
            ("active", asy(pool.active)),
            ("locked", asy(pool.locked)),
            ("cooling", asy(pool.cooling)),
        ]);
        for ticket in &tickets {
            let wait = u64::try_from(ticket.ready_at - now).unwrap_or(0);
            let when = if wait == 0 { "ready".into() } else { format!("ready in {}", words(wait)) };
            page.push_str(&format!("ticket {}: {}, {when}\n", ticket.nonce, asy(worth(&pool, ticket))));
        }
        if !records.is_empty() {
            let mut rows = table(&["class", "score", "valid", "wrong", "silent", "in a row"]);
            for record in &records {
                let field = |name: &str| record[name].to_string();
                let score = format!("{:.1} %", record["score_bps"].as_f64().unwrap_or(0.0) / 100.0);
                let run = field("consecutive_valid");
                rows.add_row([field("class"), score, field("valid"), field("wrong"), field("silent"), run]);
            }
            page.push_str(&format!("\n{rows}"));
        }
        page
    })
}

fn record_json(record: &Record, now: i64) -> Value {
    json!({
        "class": record.class, "score_bps": record.score_bps(now), "valid": record.valid, "wrong": record.wrong,
        "silent": record.silent, "consecutive_valid": record.consecutive_valid,
    })
}

fn ticket_json(ticket: &Ticket, value: u64) -> Value {
    json!({"ticket": ticket.nonce.to_string(), "amount": value.to_string(), "ready_at": ticket.ready_at.to_string()})
}

async fn pool_of(context: &Context, operator: &Pubkey) -> Result<Pool> {
    let missing = || Error::Refused(format!("{operator} has no pool: open one with `assay stake open`"));
    context.account(&addresses::pool(operator)).await?.ok_or_else(missing)
}

async fn tickets_of(context: &Context, operator: &Pubkey) -> Result<Vec<Ticket>> {
    let found = context.accounts_of::<Ticket>(&staking::ID, Some((TICKET_OWNER, operator))).await?;
    let mut tickets: Vec<_> = found.into_iter().map(|(_, ticket)| ticket).collect();
    tickets.sort_by_key(|ticket| ticket.nonce);
    Ok(tickets)
}

#[cfg(test)]
mod tests {
    use assay_sdk::anchor_lang::AccountSerialize;

    use super::*;

    fn pool(active: u64, shares: u128, locked: u64) -> Pool {
        Pool { version: 1, active, active_shares: shares, locked, ..Pool::default() }
    }

    fn position(shares: u128, era: u32) -> Position {
        Position { version: 1, shares, era, ..Position::default() }
    }

    #[test]
    fn shares_are_worth_at_least_what_is_asked_for() {
        let slashed = pool(700, 1_000, 0);
        let found = shares(&slashed, &position(1_000, 0), Part::Amount(100)).unwrap();
        assert_eq!(found, 143);
        assert_eq!(staking::math::amount_for(found, 700, 1_000), Some(100));
        assert_eq!(shares(&slashed, &position(1_000, 0), Part::All).unwrap(), 1_000);
        assert_eq!(shares(&slashed, &position(1_000, 0), Part::Amount(700)).unwrap(), 1_000);
    }

    #[test]
    fn what_is_not_there_or_locked_cannot_be_unstaked() {
        let said = |pool: &Pool, position: &Position, part| shares(pool, position, part).unwrap_err().to_string();
        assert!(said(&pool(700, 1_000, 0), &position(1_000, 0), Part::Amount(701)).contains("at most that"));
        assert!(said(&pool(700, 1_000, 0), &position(1_000, 0), Part::Amount(0)).contains("more than 0"));
        let mut reborn = pool(5, 5, 0);
        reborn.active_era = 1;
        assert!(said(&reborn, &position(1_000, 0), Part::All).contains("there are 0 ASY staked"));
        let locked = said(&pool(3_000_000_000, 3, 2_000_000_000), &position(3, 0), Part::All);
        assert!(locked.starts_with("2 ASY are locked") && locked.contains("at most 1 ASY"), "{locked}");
    }

    #[test]
    fn a_tickets_owner_is_where_the_filter_looks() {
        let owner = Pubkey::new_from_array([7; 32]);
        let pool = Pubkey::default();
        let ticket = Ticket { version: 1, bump: 2, pool, owner, nonce: 0, shares: 0, era: 0, ready_at: 0 };
        let mut bytes = vec![];
        ticket.try_serialize(&mut bytes).unwrap();
        assert_eq!(bytes[TICKET_OWNER..TICKET_OWNER + 32], owner.to_bytes());
    }
}
