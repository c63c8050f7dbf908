//! `stake`: pools, an operator's own and those one delegates to.

mod pool;
mod position;
mod rewards;
mod tickets;

use assay_sdk::{
    addresses,
    staking::{self, Pool, Position},
    token::ASY_MINT,
};
use solana_sdk::pubkey::Pubkey;

pub use self::{
    pool::{close, commission, list, open, show},
    position::{add, redelegate, unstake},
    rewards::claim,
    tickets::withdraw,
};
use crate::{
    amount::{self, ASY_DECIMALS},
    context::Context,
    error::{Error, Result},
};

const COMPUTE_UNITS: u32 = 200_000;

fn asy(base: u64) -> String {
    format!("{} ASY", amount::format(base, ASY_DECIMALS))
}

/// The pool of an operator.
async fn pool_of(context: &Context, operator: &Pubkey) -> Result<Pool> {
    let missing = || Error::Refused(format!("{operator} has no pool: open one with `assay stake open`"));
    context.account(&addresses::pool(operator)).await?.ok_or_else(missing)
}

/// What an owner has in an operator's pool.
async fn position_of(context: &Context, operator: &Pubkey, owner: &Pubkey) -> Result<Position> {
    let position = context.account(&addresses::position(&addresses::pool(operator), owner)).await?;
    let missing = || Error::Refused(format!("{owner} has nothing in the pool of {operator}: see `assay stake pools`"));
    position.ok_or_else(missing)
}

/// Base units that a position is worth.
fn value(pool: &Pool, position: &Position) -> u64 {
    staking::math::amount_for(position.held(pool), pool.active, pool.active_shares).unwrap_or(0)
}

/// Fails unless `owner` has `amount` base units of ASY.
async fn afford(context: &Context, owner: &Pubkey, amount: u64) -> Result<()> {
    let have = context.holdings(owner, &[ASY_MINT]).await?.first().copied().flatten().unwrap_or(0);
    if have >= amount {
        return Ok(());
    }
    let (have, need) = (amount::format(have, ASY_DECIMALS), amount::format(amount, ASY_DECIMALS));
    let (address, hint) = (owner.to_string(), context.money_hint(owner));
    Err(Error::NoTokens { address, have, need, symbol: "ASY".into(), hint })
}
