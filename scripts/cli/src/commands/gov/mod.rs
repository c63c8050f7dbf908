//! `gov`: what staked ASY decides.

mod calls;
pub mod end;
pub mod propose;
pub mod show;
pub mod vote;

use assay_sdk::{
    addresses,
    governance::{AUTHORITY, Action, Proposal},
};
use serde_json::json;
use solana_sdk::{
    instruction::{AccountMeta, Instruction},
    pubkey::Pubkey,
    signature::Signer,
};

use super::crank::instruction;
use crate::{
    context::Context,
    error::{Error, Result},
    output::facts,
};

const COMPUTE_UNITS: u32 = 200_000;

/// Shows the address that proposals sign for.
pub fn authority(context: &Context) -> Result<()> {
    context.out.data(&json!({"authority": AUTHORITY.to_string()}), || AUTHORITY.to_string())
}

/// A proposal with its actions, in order.
struct Draft {
    address: Pubkey,
    proposal: Proposal,
    actions: Vec<Action>,
}

impl Draft {
    async fn read(context: &Context, id: u64) -> Result<Self> {
        let address = addresses::proposal(id);
        let missing = || Error::Refused(format!("there is no proposal {id}, or it is closed: see `assay gov list`"));
        let proposal: Proposal = context.account(&address).await?.ok_or_else(missing)?;
        let places: Vec<_> = (0..proposal.actions).map(|index| addresses::action(&address, index)).collect();
        let mut actions = vec![];
        for (place, found) in places.iter().zip(context.raw_accounts(&places).await?) {
            // Those of a proposal that is over may be closed already.
            if let Some(found) = found.filter(|found| !found.data.is_empty()) {
                actions.push(crate::client::chain::read::<Action>(place, &found.data)?);
            }
        }
        Ok(Self { address, proposal, actions })
    }

    /// The actions as instructions.
    fn calls(&self) -> Vec<Instruction> {
        self.actions.iter().map(instruction).collect()
    }
}

/// The operator in whose pool the stake is: whoever is named, else the wallet.
fn pool_of(operator: Option<Pubkey>, wallet: &Pubkey) -> Pubkey {
    addresses::pool(&operator.unwrap_or(*wallet))
}

/// What a transaction did to a proposal, told.
fn told(context: &Context, id: u64, what: &str, signatures: &[String]) -> Result<()> {
    let proposal = addresses::proposal(id).to_string();
    let document = json!({"id": id.to_string(), "proposal": proposal, "done": what, "signatures": signatures});
    context.out.data(&document, || {
        facts(&[("proposal", id.to_string()), ("done", what.to_owned()), ("signatures", signatures.join(", "))])
    })
}

/// Sends one instruction of the wallet's.
async fn send(context: &Context, work: Instruction) -> Result<String> {
    let wallet: Box<dyn Signer> = context.wallet()?;
    context.send(&[&*wallet], COMPUTE_UNITS, &[work]).await.map(|signature| signature.to_string())
}

/// How an account is used, as `solana` writes it: signs, is written.
fn rights(meta: &AccountMeta) -> String {
    let signs = if meta.is_signer { "signs" } else { "" };
    let written = if meta.is_writable { "written" } else { "" };
    [signs, written].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
}
