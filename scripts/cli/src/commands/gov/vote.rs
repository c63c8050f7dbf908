//! `gov start` and `gov vote`.

use assay_sdk::{
    addresses,
    governance::{Choice, ProposalState},
    ix,
    staking::{Pool, Position},
};
use serde_json::json;
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use super::{COMPUTE_UNITS, Draft, pool_of, send, told};
use crate::{
    amount::{self, ASY_DECIMALS},
    args::Side,
    context::Context,
    error::{Error, Result},
    output::facts,
};

/// Puts a draft to the vote.
pub async fn start(context: &Context, id: u64, operator: Option<Pubkey>) -> Result<()> {
    let proposer = context.wallet()?.pubkey();
    let work = ix::governance::start_vote(&proposer, &pool_of(operator, &proposer), id);
    let signature = send(context, work).await?;
    told(context, id, "put to the vote", &[signature])
}

/// Votes with all of a position.
pub async fn vote(context: &Context, id: u64, side: Side, hash: Option<&str>, operator: Option<Pubkey>) -> Result<()> {
    let wallet = context.wallet()?;
    let voter = wallet.pubkey();
    let pool = pool_of(operator, &voter);
    let Draft { proposal, .. } = Draft::read(context, id).await?;
    if proposal.state != ProposalState::Voting {
        let state = format!("{:?}", proposal.state).to_lowercase();
        return Err(Error::Refused(format!("proposal {id} is {state}, not voting: see `assay gov show {id}`")));
    }
    let found = hex::encode(proposal.actions_hash);
    if hash.is_some_and(|hash| hash != found) {
        let why = format!("its actions are others, {found}: see `assay gov show {id}`");
        return Err(Error::Refused(why));
    }
    let weight = weight(context, &pool, &voter, proposal.start_epoch).await?;
    let choice = match side {
        Side::Yes => Choice::Yes,
        Side::No => Choice::No,
        Side::Abstain => Choice::Abstain,
    };
    let work = [ix::governance::vote(&voter, &pool, id, choice, proposal.actions_hash)];
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let choice = format!("{choice:?}").to_lowercase();
    let document = json!({
        "id": id.to_string(), "voter": voter.to_string(), "choice": choice, "weight": weight.to_string(),
        "actions_hash": found, "ends_at": proposal.ends_at.to_string(), "signature": signature,
    });
    context.out.data(&document, || {
        let weight = format!("{} ASY, bound until the vote ends", amount::format(weight, ASY_DECIMALS));
        facts(&[
            ("proposal", id.to_string()),
            ("voted", choice.clone()),
            ("with", weight),
            ("signature", signature.clone()),
        ])
    })
}

/// What a position votes with, in base units of ASY.
async fn weight(context: &Context, pool: &Pubkey, voter: &Pubkey, start_epoch: u64) -> Result<u64> {
    let none = || {
        let why =
            format!("{voter} has no stake there: name the operator it is with by --operator (`assay stake pools`)");
        Error::Refused(why)
    };
    let state: Pool = context.account(pool).await?.ok_or_else(none)?;
    let position: Position = context.account(&addresses::position(pool, voter)).await?.ok_or_else(none)?;
    if position.staked_epoch >= start_epoch {
        let why = "the position was staked into after the vote began: only older stake votes".to_owned();
        return Err(Error::Refused(why));
    }
    position.worth(&state).ok().filter(|worth| *worth > 0).ok_or_else(none)
}
