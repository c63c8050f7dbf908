//! `validator`: to become an operator, to see what keeps one from work, and the juries it may sit on.

pub mod cases;
pub mod join;
pub mod jury;
mod sortition;
pub mod status;

use std::collections::HashMap;

use assay_sdk::{
    addresses,
    escrow::{self, CLASSES},
    reputation::Record,
    staking::{self, Pool, Totals},
};
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use crate::{
    amount::{self, ASY_DECIMALS},
    context::Context,
    error::{Error, Result},
};

fn asy(base: u64) -> String {
    format!("{} ASY", amount::format(base, ASY_DECIMALS))
}

/// What the programs say to everybody.
struct Chain {
    now: i64,
    escrow: escrow::Config,
    staking: staking::Config,
    totals: Totals,
}

impl Chain {
    async fn read(context: &Context) -> Result<Self> {
        Ok(Self {
            now: context.now().await?,
            escrow: context.config(&addresses::config(&escrow::ID)).await?,
            staking: context.config(&addresses::config(&staking::ID)).await?,
            totals: context.config(&addresses::totals()).await?,
        })
    }

    /// The least stake of a class.
    fn least(&self, class: u8) -> u64 {
        let class = self.escrow.params.classes.get(usize::from(class));
        class.map_or(0, |class| class.stake.max(self.staking.params.min_self_stake))
    }
}

/// An operator's own accounts.
struct Me {
    operator: Pubkey,
    pool: Pool,
    /// By class, where one is open.
    records: HashMap<u8, Record>,
}

impl Me {
    /// The operator's accounts; by default the wallet's.
    async fn read(context: &Context, operator: Option<Pubkey>) -> Result<Self> {
        let operator = whose(context, operator)?;
        let missing = || Error::Refused(format!("{operator} is no operator yet: `assay validator join`"));
        let pool = context.account(&addresses::pool(&operator)).await?.ok_or_else(missing)?;
        Ok(Self { operator, pool, records: records(context, &operator).await? })
    }
}

/// Who is meant: whoever is named, else the wallet.
fn whose(context: &Context, operator: Option<Pubkey>) -> Result<Pubkey> {
    operator.map_or_else(|| context.wallet().map(|wallet| wallet.pubkey()), Ok)
}

/// An operator's reputation records, by class.
pub async fn records(context: &Context, operator: &Pubkey) -> Result<HashMap<u8, Record>> {
    let classes = 0..CLASSES as u8;
    let accounts: Vec<_> = classes.clone().map(|class| addresses::record(operator, class)).collect();
    let found = context.raw_accounts(&accounts).await?;
    let mut records = HashMap::new();
    for ((class, address), account) in classes.zip(&accounts).zip(found) {
        if let Some(account) = account.filter(|account| !account.data.is_empty()) {
            records.insert(class, crate::client::chain::read(address, &account.data)?);
        }
    }
    Ok(records)
}
