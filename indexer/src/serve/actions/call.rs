//! What an action is, and what building one may use.

use std::collections::BTreeMap;

use assay_sdk::{
    addresses,
    anchor_lang::{AccountDeserialize, Owner},
    escrow::{Job, PaymentMint, Seat},
    ix,
    token::ASY_MINT,
};
use futures_util::future::BoxFuture;
use solana_sdk::{instruction::Instruction, pubkey::Pubkey};
use sqlx::PgPool;

use super::{
    amount,
    chain::Chain,
    param::{Args, Param},
    refusal::{Refusal, Result},
};

/// Builds an action's instructions out of who asks, what it gave, and the chain.
pub type Build = for<'a> fn(Call<'a>) -> BoxFuture<'a, Result<Plan>>;

/// An action: one instruction of a program, with what has to come before and after it.
pub struct Action {
    /// Short name of its program.
    pub program: &'static str,
    /// The instruction's name.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// The button's text.
    pub label: &'static str,
    /// What it does, and what that means.
    pub about: &'static str,
    /// What it asks for.
    pub params: &'static [Param],
    /// Makes the instructions.
    pub build: Build,
    /// What usually comes next: `program/name`.
    pub next: Option<&'static str>,
    /// Whether it begins something, which a pause of its program stops.
    pub entry: bool,
}

impl Action {
    /// Of a program.
    pub const fn new(
        program: &'static str,
        name: &'static str,
        (title, label): (&'static str, &'static str),
        about: &'static str,
        params: &'static [Param],
        build: Build,
    ) -> Self {
        Self { program, name, title, label, about, params, build, next: None, entry: false }
    }

    /// One that a pause of its program stops.
    pub const fn entry(self) -> Self {
        Self { entry: true, ..self }
    }

    /// One after which this one usually comes.
    pub const fn then(self, next: &'static str) -> Self {
        Self { next: Some(next), ..self }
    }
}

/// What an action comes to.
pub struct Plan {
    /// In order.
    pub work: Vec<Instruction>,
    /// What it does, in a sentence.
    pub says: String,
    /// What may be lost later, and when.
    pub at_risk: Vec<String>,
    /// Addresses that are the account's from now on, by what they are.
    pub addresses: BTreeMap<&'static str, String>,
}

impl Plan {
    /// These instructions.
    pub fn new(work: impl Into<Vec<Instruction>>, says: impl Into<String>) -> Self {
        Self { work: work.into(), says: says.into(), at_risk: vec![], addresses: BTreeMap::new() }
    }

    /// With something that may be lost.
    pub fn risk(mut self, what: impl Into<String>) -> Self {
        self.at_risk.push(what.into());
        self
    }

    /// With something that is made.
    pub fn makes(mut self, what: &'static str, address: &Pubkey) -> Self {
        self.addresses.insert(what, address.to_string());
        self
    }
}

/// Who asks, what it gave, and where to look.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The chain as it is now.
    pub chain: &'a Chain,
    /// The tables.
    pub pool: &'a PgPool,
    /// Who will sign and pay.
    pub account: Pubkey,
    /// What it gave, checked.
    pub args: &'a Args,
}

impl Call<'_> {
    /// An account of one of our types, if there is one.
    pub async fn maybe<T: AccountDeserialize + Owner>(&self, address: &Pubkey) -> Result<Option<T>> {
        let found = self.chain.accounts(&[*address]).await?.into_iter().next().flatten();
        let ours = found.filter(|account| account.owner == T::owner());
        Ok(ours.and_then(|account| assay_sdk::account(&account.data).ok()))
    }

    /// An account of one of our types, called `what`.
    pub async fn read<T: AccountDeserialize + Owner>(&self, what: &str, address: &Pubkey) -> Result<T> {
        let missing = || Refusal::missing(format!("there is no {what} at {address} on this chain (any more)"));
        self.maybe(address).await?.ok_or_else(missing)
    }

    /// The job that the parameter `job` names.
    pub async fn job(&self) -> Result<(Pubkey, Job)> {
        let address = self.args.address("job")?;
        Ok((address, self.read("job", &address).await?))
    }

    /// The operators of a job's taken seats as the index has them, in the order of the seats.
    pub async fn operators(&self, job: &Pubkey) -> Result<Vec<Pubkey>> {
        let sql = "SELECT operator FROM seats WHERE job = $1 AND closed_slot IS NULL ORDER BY (data ->> 'index')::int";
        let all: Vec<String> = sqlx::query_scalar(sql).bind(job.to_string()).fetch_all(self.pool).await?;
        Ok(all.iter().filter_map(|operator| operator.parse().ok()).collect())
    }

    /// The taken seats of a job, as they are now.
    pub async fn seats(&self, job: &Pubkey) -> Result<Vec<Seat>> {
        let operators = self.operators(job).await?;
        let addresses: Vec<_> = operators.iter().map(|operator| addresses::seat(job, operator)).collect();
        if addresses.is_empty() {
            return Ok(vec![]);
        }
        let found = self.chain.accounts(&addresses).await?.into_iter().flatten();
        Ok(found.filter_map(|account| assay_sdk::account(&account.data).ok()).collect())
    }

    /// The seat of the operator that the parameter `operator` names, or of the only one that has a seat.
    pub async fn seat(&self, job: &Pubkey) -> Result<Seat> {
        if let Some(operator) = self.args.maybe::<Pubkey>("operator")? {
            return self.read("seat", &addresses::seat(job, &operator)).await;
        }
        match <[Seat; 1]>::try_from(self.seats(job).await?) {
            Ok([only]) => Ok(only),
            Err(seats) if seats.is_empty() => Err(Refusal::refused(format!("nobody has a seat of {job}"))),
            Err(seats) => {
                let all: Vec<_> = seats.iter().map(|seat| seat.operator.to_string()).collect();
                Err(Refusal::bad(format!("say whose seat with `operator`: one of {}", all.join(", "))))
            }
        }
    }

    /// The token program of a mint.
    pub async fn token_program(&self, mint: &Pubkey) -> Result<Pubkey> {
        if *mint == ASY_MINT {
            return Ok(ix::TOKEN_PROGRAM);
        }
        let found = self.chain.accounts(&[*mint]).await?.into_iter().next().flatten();
        let missing = || Refusal::missing(format!("there is no mint at {mint} on this chain"));
        found.map(|account| account.owner).ok_or_else(missing)
    }

    /// A mint that jobs are paid in.
    pub async fn payment(&self, mint: &Pubkey) -> Result<PaymentMint> {
        self.read("payment mint (jobs are paid in the mints that governance allows)", &addresses::payment(mint)).await
    }

    /// The chain's time in unix seconds.
    pub async fn now(&self) -> Result<i64> {
        let clock = self.chain.accounts(&[solana_sdk_ids::sysvar::clock::ID]).await?.into_iter().next().flatten();
        // slot, epoch_start_timestamp, epoch, leader_schedule_epoch, unix_timestamp: eight bytes each.
        let time = clock.and_then(|clock| <[u8; 8]>::try_from(clock.data.get(32..40)?).ok());
        time.map(i64::from_le_bytes).ok_or_else(Refusal::chain)
    }

    /// What makes an owner's associated account of a mint, where it is missing.
    pub async fn make_ata(&self, owner: &Pubkey, mint: &Pubkey, program: &Pubkey) -> Result<Vec<Instruction>> {
        let found = self.chain.accounts(&[addresses::ata_of(owner, mint, program)]).await?;
        let make = || fit(ix::create_ata(&self.account, owner, mint), mint, program, &[*owner]);
        Ok(if found.iter().all(Option::is_some) { vec![] } else { vec![make()] })
    }

    /// What a mint is called, where the index knows it; else its address.
    pub async fn symbol(&self, mint: &Pubkey) -> String {
        if *mint == ASY_MINT {
            return "ASY".into();
        }
        let sql = "SELECT json ->> 'symbol' FROM mint_rows WHERE mint = $1";
        let found = sqlx::query_scalar::<_, Option<String>>(sql).bind(mint.to_string()).fetch_optional(self.pool).await;
        found.ok().flatten().flatten().unwrap_or_else(|| mint.to_string())
    }

    /// An amount of a payment mint in words.
    pub async fn tokens(&self, base: u64, payment: &PaymentMint) -> String {
        format!("{} {}", amount::format(base.into(), payment.decimals), self.symbol(&payment.mint).await)
    }
}

/// An instruction on a job paid in `mint`, of whichever token program that is; with these owners' associated accounts.
pub fn fit(instruction: Instruction, mint: &Pubkey, program: &Pubkey, owners: &[Pubkey]) -> Instruction {
    if *program == ix::TOKEN_PROGRAM { instruction } else { ix::escrow::in_token_2022(instruction, mint, owners) }
}
