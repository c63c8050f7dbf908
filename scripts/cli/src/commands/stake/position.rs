//! Stake in a pool: more, less, elsewhere.

use assay_sdk::{
    addresses, ix,
    staking::{Pool, Position, Ticket},
};
use serde_json::json;
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use super::{COMPUTE_UNITS, afford, asy, pool_of, position_of, tickets::worth, value};
use crate::{
    amount::Part,
    context::Context,
    duration::words,
    error::{Error, Result},
    output::facts,
};

/// Stakes `amount` base units of ASY in the pool of `operator`, by default the wallet's own. A delegator's position is
/// opened with the first stake, if the pool's commission is at most `max_commission_bps`.
pub async fn add(context: &Context, amount: u64, operator: Option<Pubkey>, max_commission_bps: u16) -> Result<()> {
    if amount == 0 {
        return Err(Error::Usage("stake more than 0 ASY".into()));
    }
    let wallet = context.wallet()?;
    let owner = wallet.pubkey();
    let operator = operator.unwrap_or(owner);
    let commission = pool_of(context, &operator).await?.commission_bps;
    afford(context, &owner, amount).await?;
    let position = addresses::position(&addresses::pool(&operator), &owner);
    let mut work = vec![];
    if operator != owner && context.account::<Position>(&position).await?.is_none() {
        if commission > max_commission_bps {
            let why = format!("the pool keeps {commission} bps of its rewards: allow it with --max-commission");
            return Err(Error::Refused(why));
        }
        work.push(ix::staking::open_position(&operator, &owner, max_commission_bps));
    }
    work.push(ix::staking::delegate(&operator, &owner, amount));
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let (pool, position) = (pool_of(context, &operator).await?, position_of(context, &operator, &owner).await?);
    let (active, yours) = (pool.active, value(&pool, &position));
    let document = json!({
        "operator": operator.to_string(), "owner": owner.to_string(), "staked": amount.to_string(),
        "yours": yours.to_string(), "active": active.to_string(), "signature": signature,
    });
    context.out.data(&document, || {
        facts(&[
            ("staked", asy(amount)),
            ("yours", asy(yours)),
            ("the pool's", asy(active)),
            ("signature", signature.clone()),
        ])
    })
}

/// Turns stake into a ticket.
pub async fn unstake(context: &Context, part: Part, operator: Option<Pubkey>) -> Result<()> {
    let wallet = context.wallet()?;
    let owner = wallet.pubkey();
    let operator = operator.unwrap_or(owner);
    let pool = pool_of(context, &operator).await?;
    let position = position_of(context, &operator, &owner).await?;
    let shares = shares(&pool, &position, part)?;
    let nonce = position.next_ticket;
    let work = [ix::staking::undelegate(&operator, &owner, nonce, shares)];
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let ticket = addresses::ticket(&addresses::pool(&operator), &owner, nonce);
    let ticket = context.account::<Ticket>(&ticket).await?.ok_or_else(|| Error::BadAccount(ticket.to_string()))?;
    let value = worth(&pool_of(context, &operator).await?, &ticket);
    let wait = u64::try_from(ticket.ready_at - context.now().await?).unwrap_or(0);
    let document = json!({
        "operator": operator.to_string(), "owner": owner.to_string(), "ticket": nonce.to_string(),
        "amount": value.to_string(), "ready_at": ticket.ready_at.to_string(), "signature": signature,
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

/// Moves a delegator's stake from one pool to another without unbonding.
pub async fn redelegate(context: &Context, part: Part, from: Pubkey, to: Pubkey, most: u16) -> Result<()> {
    let wallet = context.wallet()?;
    let owner = wallet.pubkey();
    let pool = pool_of(context, &from).await?;
    let shares = shares(&pool, &position_of(context, &from, &owner).await?, part)?;
    let target = pool_of(context, &to).await?;
    let position = addresses::position(&addresses::pool(&to), &owner);
    let mut work = vec![];
    if to != owner && context.account::<Position>(&position).await?.is_none() {
        if target.commission_bps > most {
            let kept = target.commission_bps;
            let why = format!("the pool keeps {kept} bps of its rewards: allow it with --max-commission");
            return Err(Error::Refused(why));
        }
        work.push(ix::staking::open_position(&to, &owner, most));
    }
    work.push(ix::staking::redelegate(&owner, &from, &to, shares));
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let (target, position) = (pool_of(context, &to).await?, position_of(context, &to, &owner).await?);
    let yours = value(&target, &position);
    let document = json!({
        "owner": owner.to_string(), "from": from.to_string(), "to": to.to_string(), "yours": yours.to_string(),
        "signature": signature,
    });
    context.out.data(&document, || {
        facts(&[
            ("from", from.to_string()),
            ("to", to.to_string()),
            ("yours there", asy(yours)),
            ("signature", signature.clone()),
        ])
    })
}

/// The shares of a position that are worth at least what is asked for.
fn shares(pool: &Pool, position: &Position, part: Part) -> Result<u128> {
    let held = position.held(pool);
    let value = value(pool, position);
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

#[cfg(test)]
mod tests {
    use assay_sdk::staking;

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
}
