//! Pools: open, show, list, commission, close.

use assay_sdk::{
    addresses, ix,
    reputation::Record,
    staking::{self, Pool, Ticket},
    token::ASY_MINT,
};
use serde_json::{Value, json};
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use super::{
    COMPUTE_UNITS, asy, pool_of,
    tickets::{self, worth},
};
use crate::{
    context::Context,
    duration::words,
    error::{Error, Result},
    output::{facts, table},
};

/// Opening a pool and five records takes less than 250,000.
const OPEN_COMPUTE_UNITS: u32 = 400_000;
const CLASSES: u8 = 5;

/// Opens the wallet's pool and records, those that are not there yet.
pub async fn open(context: &Context, classes: &[u8], commission_bps: u16) -> Result<()> {
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
        work.push(ix::staking::open_pool_with(&operator, commission_bps));
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

/// Lists all pools, the largest stake first.
pub async fn list(context: &Context) -> Result<()> {
    let now = context.now().await?;
    let mut pools: Vec<_> = context.accounts_of::<Pool>(&staking::ID, None).await?;
    pools.sort_by_key(|(address, pool)| (std::cmp::Reverse(pool.active), *address));
    let rows: Vec<_> = pools
        .iter()
        .map(|(address, pool)| {
            json!({
                "operator": pool.operator.to_string(), "pool": address.to_string(), "active": pool.active.to_string(),
                "locked": pool.locked.to_string(), "weight": pool.weight.now.to_string(),
                "commission_bps": pool.commission_bps, "jailed_until": pool.jailed_until.to_string(),
            })
        })
        .collect();
    context.out.data(&json!({"pools": rows}), || {
        let mut rows = table(&["operator", "active", "locked", "commission", "in jail"]);
        for (_, pool) in &pools {
            let (locked, kept) = (asy(pool.locked), percent(pool.commission_bps));
            rows.add_row([pool.operator.to_string(), asy(pool.active), locked, kept, jail(pool, now)]);
        }
        rows.to_string()
    })
}

/// Sets the part of the pool's rewards that its operator keeps.
pub async fn commission(context: &Context, bps: u16) -> Result<()> {
    let wallet = context.wallet()?;
    let operator = wallet.pubkey();
    let before = pool_of(context, &operator).await?.commission_bps;
    let work = [ix::staking::set_commission(&operator, bps)];
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let document = json!({
        "operator": operator.to_string(), "before_bps": before, "commission_bps": bps, "signature": signature,
    });
    context.out.data(&document, || {
        facts(&[("before", percent(before)), ("commission", percent(bps)), ("signature", signature.clone())])
    })
}

/// Closes the wallet's pool: everybody has left it.
pub async fn close(context: &Context) -> Result<()> {
    let wallet = context.wallet()?;
    let operator = wallet.pubkey();
    let Pool { active, cooling, tickets, positions, .. } = pool_of(context, &operator).await?;
    if active + cooling > 0 || tickets > 0 || positions > 1 {
        let why = format!(
            "the pool has {} at work, {} unbonding, {} other positions and {tickets} tickets: `assay stake unstake all`, \
             wait, `assay stake withdraw`; delegators must leave too",
            asy(active),
            asy(cooling),
            positions.saturating_sub(1)
        );
        return Err(Error::Refused(why));
    }
    let work = [ix::staking::close_pool(&operator)];
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let document = json!({"operator": operator.to_string(), "signature": signature});
    context.out.data(&document, || facts(&[("closed", operator.to_string()), ("signature", signature.clone())]))
}

fn percent(bps: u16) -> String {
    format!("{}.{:02} %", bps / 100, bps % 100)
}

/// How long a pool is in jail still; nothing if it is not.
fn jail(pool: &Pool, now: i64) -> String {
    match u64::try_from(pool.jailed_until - now) {
        Ok(left) if left > 0 => format!("for {}", words(left)),
        _ => String::new(),
    }
}

/// Shows a pool.
pub async fn show(context: &Context, operator: Option<Pubkey>) -> Result<()> {
    let operator = operator.map_or_else(|| context.wallet().map(|wallet| wallet.pubkey()), Ok)?;
    let pool = pool_of(context, &operator).await?;
    let (tickets, now) = (tickets::of(context, &operator, &operator).await?, context.now().await?);
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
        "commission_bps": pool.commission_bps, "jailed_until": pool.jailed_until.to_string(),
        "tickets": rows, "records": records,
    });
    context.out.data(&document, || {
        let mut page = facts(&[
            ("operator", operator.to_string()),
            ("pool", addresses::pool(&operator).to_string()),
            ("active", asy(pool.active)),
            ("locked", asy(pool.locked)),
            ("cooling", asy(pool.cooling)),
            ("commission", percent(pool.commission_bps)),
            ("in jail", jail(&pool, now)),
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
