//! `gov propose`: a draft, its actions, and the start of its vote.

use std::fs;

use assay_sdk::{
    addresses,
    governance::{self, Config, MAX_URI, ProposalState},
    ix,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use solana_sdk::{instruction::Instruction, pubkey::Pubkey, signature::Signer};

use super::{COMPUTE_UNITS, Draft, calls, pool_of};
use crate::{
    args::Propose,
    config::How,
    context::Context,
    error::{Error, Result},
    output::facts,
};

/// Drafts a proposal, or goes on with one.
pub async fn run(context: &Context, args: &Propose) -> Result<()> {
    let actions = args.actions.iter().map(|path| calls::read(path)).collect::<Result<Vec<_>>>()?;
    let actions: Vec<_> = actions.into_iter().flatten().collect();
    calls::check(&actions)?;
    if args.uri.len() > MAX_URI {
        let why = format!("--uri has {} bytes, and {MAX_URI} are allowed", args.uri.len());
        return Err(Error::Usage(why));
    }
    let wallet = context.wallet()?;
    let proposer = wallet.pubkey();
    let pool = pool_of(args.stake.operator, &proposer);
    let (id, mut work) = match args.draft {
        Some(id) => (id, rest(context, id, &proposer, &actions).await?),
        None => begin(context, args, &proposer, &pool, &actions).await?,
    };
    if args.start {
        work.push(ix::governance::start_vote(&proposer, &pool, id));
    }
    if context.settings.sending.how != How::Send && work.len() > 1 {
        context.out.talk(format!("the first of {} transactions; after it, go on with --draft {id}", work.len()));
    }
    let mut signatures = vec![];
    for step in work {
        // One each: an action may be as large as a transaction.
        let sent = context.send(&[&*wallet], COMPUTE_UNITS, &[step]).await;
        let signature = sent.inspect_err(|why| match why {
            Error::Shown => {}
            _ if signatures.is_empty() && args.draft.is_none() => {}
            _ => context.out.talk(format!("go on with `assay gov propose --draft {id}` and the same files")),
        })?;
        signatures.push(signature.to_string());
    }
    let hash = hex::encode(ix::governance::actions_hash(&actions));
    let document = json!({
        "id": id.to_string(), "proposal": addresses::proposal(id).to_string(), "actions": actions.len(),
        "actions_hash": hash, "started": args.start, "signatures": signatures,
    });
    context.out.data(&document, || {
        let next = if args.start { format!("assay gov vote {id} yes") } else { format!("assay gov start {id}") };
        facts(&[
            ("proposal", id.to_string()),
            ("actions", actions.iter().map(calls::name).collect::<Vec<_>>().join("; ")),
            ("actions hash", hash.clone()),
            ("next", next),
            ("signatures", signatures.join(", ")),
        ])
    })
}

/// A new draft: its number, and all that makes it.
async fn begin(
    context: &Context,
    args: &Propose,
    proposer: &Pubkey,
    pool: &Pubkey,
    actions: &[Instruction],
) -> Result<(u64, Vec<Instruction>)> {
    let text = args.text.as_ref().map(|path| fs::read(path).map_err(Error::file("read", path))).transpose()?;
    let hash = text.map_or([0; 32], |text| Sha256::digest(text).into());
    let config: Config = context.config(&addresses::config(&governance::ID)).await?;
    let id = config.proposals;
    let mut work = vec![ix::governance::propose(proposer, pool, id, hash, &args.uri)];
    work.extend((0..).zip(actions).map(|(index, call)| ix::governance::add_action(proposer, id, index, call)));
    Ok((id, work))
}

/// What a draft lacks; those of its actions that are there must be the first of these.
async fn rest(context: &Context, id: u64, proposer: &Pubkey, actions: &[Instruction]) -> Result<Vec<Instruction>> {
    let Draft { proposal, .. } = Draft::read(context, id).await?;
    if proposal.state != ProposalState::Draft || proposal.proposer != *proposer {
        let why = format!("proposal {id} is no draft of {proposer}: see `assay gov show {id}`");
        return Err(Error::Refused(why));
    }
    let there = usize::from(proposal.actions);
    let first = actions.get(..there).map(ix::governance::actions_hash);
    if first != Some(proposal.actions_hash) {
        let why = format!("draft {id} has other actions than these files: see `assay gov show {id}`");
        return Err(Error::Refused(why));
    }
    let more = (0..).zip(actions).skip(there);
    Ok(more.map(|(index, call)| ix::governance::add_action(proposer, id, index, call)).collect())
}
