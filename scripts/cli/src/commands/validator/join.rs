//! `validator join`: everything that an operator needs on the chain, in one transaction.

use assay_sdk::{
    addresses,
    anchor_lang::Space,
    ix,
    reputation::Record,
    staking::{self, Pool, Position},
    token::ASY_MINT,
};
use serde_json::json;
use solana_sdk::{instruction::Instruction, pubkey::Pubkey, signature::Signer};

use super::{Chain, asy};
use crate::{
    amount::{self, ASY_DECIMALS, SOL_DECIMALS},
    args::Join,
    client::chain::TOKEN_ACCOUNT_BYTES,
    context::Context,
    error::{Error, Result},
    output::facts,
};

/// Opening a pool and five records and staking takes less than 350,000.
const COMPUTE_UNITS: u32 = 500_000;
/// Lamports that a node should have for the rent of its seats and for fees.
pub const WORKING_LAMPORTS: u64 = 50_000_000;

/// What is missing.
struct Missing {
    pool: bool,
    classes: Vec<u8>,
    /// Base units of ASY.
    stake: u64,
}

/// Brings the wallet's pool, records and stake to what was asked for.
pub async fn run(context: &Context, args: &Join) -> Result<()> {
    let wallet = context.wallet()?;
    let operator = wallet.pubkey();
    let chain = Chain::read(context).await?;
    let mut classes = args.classes.clone();
    classes.sort_unstable();
    classes.dedup();
    let want = args.stake.unwrap_or_else(|| classes.iter().map(|class| chain.least(*class)).max().unwrap_or(0));
    let least = classes.iter().map(|class| chain.least(*class)).min().unwrap_or(0);
    if want < least {
        let why = format!("the smallest of these classes asks for {}: raise --stake", asy(least));
        return Err(Error::Usage(why));
    }
    let missing = missing(context, &operator, &classes, want).await?;
    afford(context, &operator, &missing).await?;
    let work = work(&operator, &missing, args.commission);
    let signature = match work.as_slice() {
        [] => {
            context.out.talk("there is nothing to do: pool, records and stake are there");
            None
        }
        work => Some(context.send(&[&*wallet], COMPUTE_UNITS, work).await?.to_string()),
    };
    tell(context, &operator, &missing, want, signature).await
}

async fn missing(context: &Context, operator: &Pubkey, classes: &[u8], want: u64) -> Result<Missing> {
    let address = addresses::pool(operator);
    let pool: Option<Pool> = context.account(&address).await?;
    let position: Option<Position> = context.account(&addresses::position(&address, operator)).await?;
    let own = match (&pool, &position) {
        (Some(pool), Some(position)) => {
            staking::math::amount_for(position.held(pool), pool.active, pool.active_shares).unwrap_or(0)
        }
        _ => 0,
    };
    let open = super::records(context, operator).await?;
    let classes = classes.iter().copied().filter(|class| !open.contains_key(class)).collect();
    Ok(Missing { pool: pool.is_none(), classes, stake: want.saturating_sub(own) })
}

fn work(operator: &Pubkey, missing: &Missing, commission: u16) -> Vec<Instruction> {
    let mut work = vec![];
    if missing.pool {
        work.push(ix::staking::open_pool_with(operator, commission));
    }
    work.extend(missing.classes.iter().map(|class| ix::reputation::open_record(operator, *class)));
    if missing.stake > 0 {
        work.push(ix::staking::stake(operator, missing.stake));
    }
    if !work.is_empty() {
        // Where stake comes from, and where it and bounties go.
        work.insert(0, ix::create_ata(operator, operator, &ASY_MINT));
    }
    work
}

/// Fails unless the wallet has the ASY, and the SOL for rent.
async fn afford(context: &Context, operator: &Pubkey, missing: &Missing) -> Result<()> {
    let (address, hint) = (operator.to_string(), context.money_hint(operator));
    let have = context.holdings(operator, &[ASY_MINT]).await?.first().copied().flatten();
    if have.unwrap_or(0) < missing.stake {
        let have = amount::format(have.unwrap_or(0), ASY_DECIMALS);
        let need = amount::format(missing.stake, ASY_DECIMALS);
        return Err(Error::NoTokens { address, have, need, symbol: "ASY".into(), hint });
    }
    let mut lamports = 0;
    if missing.pool {
        lamports += context.rent(8 + Pool::INIT_SPACE).await?;
        lamports += context.rent(8 + Position::INIT_SPACE).await?;
        lamports += context.rent(TOKEN_ACCOUNT_BYTES).await?;
    }
    if have.is_none() {
        lamports += context.rent(TOKEN_ACCOUNT_BYTES).await?;
    }
    if !missing.classes.is_empty() {
        let one = context.rent(8 + Record::INIT_SPACE).await?;
        lamports += one * missing.classes.len() as u64;
    }
    let have = context.lamports(operator).await?;
    if have < lamports {
        let (have, need) = (amount::format(have, SOL_DECIMALS), amount::format(lamports, SOL_DECIMALS));
        return Err(Error::NoSol { address, have, need, hint });
    }
    Ok(())
}

async fn tell(
    context: &Context,
    operator: &Pubkey,
    missing: &Missing,
    want: u64,
    signature: Option<String>,
) -> Result<()> {
    let chain = Chain::read(context).await?;
    let pool: Option<Pool> = context.account(&addresses::pool(operator)).await?;
    let active = pool.as_ref().map_or(0, |pool| pool.active);
    let document = json!({
        "operator": operator.to_string(), "pool": addresses::pool(operator).to_string(), "pool_opened": missing.pool,
        "records_opened": missing.classes, "staked": missing.stake.to_string(), "wanted": want.to_string(),
        "active": active.to_string(), "signature": signature,
    });
    let (lamports, epoch) = (context.lamports(operator).await?, chain.staking.params.epoch_seconds);
    if lamports < WORKING_LAMPORTS {
        let need = amount::format(WORKING_LAMPORTS, SOL_DECIMALS);
        context.out.talk(format!(
            "have {need} SOL at least for the rent of seats and for fees: {}",
            context.money_hint(operator)
        ));
    }
    if missing.stake > 0 {
        context.out.talk(format!("the stake weighs from the next epoch on, in {epoch} s at most"));
    }
    context.out.talk("next: `assay operator run --data node`, then `assay validator status`");
    context.out.data(&document, || {
        let opened = missing.classes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
        facts(&[
            ("operator", operator.to_string()),
            ("pool", format!("{}{}", addresses::pool(operator), if missing.pool { ", opened" } else { "" })),
            ("records opened", opened),
            ("staked", asy(missing.stake)),
            ("at work", asy(active)),
            ("signature", signature.clone().unwrap_or_default()),
        ])
    })
}
