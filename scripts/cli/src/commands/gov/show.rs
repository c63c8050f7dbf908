//! `gov list` and `gov show`.

use assay_sdk::{
    governance::{self, Proposal, ProposalState, Vote},
    ix,
};
use clap::ValueEnum;
use serde_json::{Value, json};
use solana_sdk::{instruction::Instruction, pubkey::Pubkey};

use super::{Draft, calls, rights};
use crate::{
    amount::{self, ASY_DECIMALS},
    args::Stage,
    commands::job::{number, text},
    context::Context,
    duration::words,
    error::Result,
    output::{facts, short, table},
};

/// Where a Vote's proposal is: after discriminator, version and bump.
const VOTE_PROPOSAL: usize = 8 + 1 + 1;

fn asy(base: u64) -> String {
    format!("{} ASY", amount::format(base, ASY_DECIMALS))
}

/// Lists proposals, newest first.
pub async fn list(context: &Context, state: Option<Stage>, limit: u16) -> Result<()> {
    let state = state.and_then(|state| state.to_possible_value());
    let query: Vec<_> = state.iter().map(|state| ("state", state.get_name().to_owned())).collect();
    let (items, more) = context.api.list("/v1/proposals", &query, limit.into()).await?;
    context.out.data(&json!({"items": items, "more": more}), || {
        if items.is_empty() {
            return "no proposals".into();
        }
        let mut rows = table(&["id", "state", "actions", "yes", "no", "abstain", "quorum", "proposer", "about"]);
        for item in &items {
            let votes = |field: &str| asy(number(item, field));
            rows.add_row([
                text(item, "id").into_owned(),
                text(item, "state").to_lowercase(),
                text(item, "actions").into_owned(),
                votes("yes"),
                votes("no"),
                votes("abstain"),
                votes("quorum"),
                short(&text(item, "proposer")),
                text(item, "uri").into_owned(),
            ]);
        }
        let hint = if more { "\nthere are more: raise --limit" } else { "" };
        format!("{rows}{hint}")
    })
}

/// Shows a proposal: what it would run is read from the chain, so that it is what is voted on.
pub async fn show(context: &Context, id: u64) -> Result<()> {
    let draft = Draft::read(context, id).await?;
    let proposal = &draft.proposal;
    let now = context.now().await?;
    let mut votes = context.accounts_of::<Vote>(&governance::ID, Some((VOTE_PROPOSAL, &draft.address))).await?;
    votes.sort_by_key(|(at, vote)| (std::cmp::Reverse(vote.weight), *at));
    let calls = draft.calls();
    // Where all actions are there, what is shown is what is voted on.
    let shown = ix::governance::actions_hash(&calls) == proposal.actions_hash;
    let document = json!({
        "id": id.to_string(), "proposal": draft.address.to_string(), "proposer": proposal.proposer.to_string(),
        "state": format!("{:?}", proposal.state), "next": next(proposal, now).0,
        "next_at": next(proposal, now).1.map(|at| at.to_string()), "actions": calls.iter().map(calls::call_json).collect::<Vec<_>>(),
        "executed": proposal.executed, "actions_hash": hex::encode(proposal.actions_hash), "actions_shown": shown,
        "description_hash": hex::encode(proposal.description_hash), "uri": proposal.uri, "rescue": proposal.rescue,
        "yes": proposal.yes.to_string(), "no": proposal.no.to_string(), "abstain": proposal.abstain.to_string(),
        "quorum": proposal.quorum.to_string(), "staked": proposal.staked.to_string(),
        "majority_bps": proposal.majority_bps, "ends_at": proposal.ends_at.to_string(),
        "eta": proposal.eta.to_string(), "expires_at": proposal.expires_at.to_string(),
        "votes": votes.iter().map(|(_, vote)| vote_json(vote)).collect::<Vec<_>>(),
    });
    context.out.data(&document, || {
        let mut page = head(&draft, shown, now);
        page.extend((0..).zip(&calls).map(|(nth, call)| action(nth, call, proposal)));
        page.push_str(&voters(&votes));
        page
    })
}

fn head(draft: &Draft, shown: bool, now: i64) -> String {
    let proposal = &draft.proposal;
    let (step, at) = next(proposal, now);
    let wait = at.and_then(|at| u64::try_from(at - now).ok()).filter(|left| *left > 0);
    let cast = format!("{}, {}; {} abstain", asy(proposal.yes), asy(proposal.no), asy(proposal.abstain));
    let missing = "some of its actions are closed: these are not all that was voted on";
    facts(&[
        ("proposal", format!("{}, {}", proposal.id, draft.address)),
        ("state", format!("{:?}", proposal.state).to_lowercase()),
        ("proposer", proposal.proposer.to_string()),
        ("text", proposal.uri.clone()),
        ("text's sha256", hex::encode(proposal.description_hash)),
        ("for, against", cast),
        ("quorum", format!("{} of {}", asy(proposal.quorum), asy(proposal.staked))),
        ("actions hash", hex::encode(proposal.actions_hash)),
        ("beware", if shown { String::new() } else { missing.into() }),
        ("next", wait.map_or_else(|| step.clone(), |left| format!("{step}, in {}", words(left)))),
    ])
}

fn action(nth: usize, call: &Instruction, proposal: &Proposal) -> String {
    let mut rows = table(&["account", "address", "rights"]);
    for (at, meta) in call.accounts.iter().enumerate() {
        rows.add_row([calls::account(call, at), meta.pubkey.to_string(), rights(meta)]);
    }
    let done = if nth < usize::from(proposal.executed) { ", done" } else { "" };
    format!("\naction {nth}{done}: {}\ndata {}\n{rows}\n", calls::name(call), hex::encode(&call.data))
}

fn voters(votes: &[(Pubkey, Vote)]) -> String {
    if votes.is_empty() {
        return String::new();
    }
    let mut rows = table(&["voter", "vote", "weight"]);
    for (_, vote) in votes {
        rows.add_row([vote.voter.to_string(), format!("{:?}", vote.choice).to_lowercase(), asy(vote.weight)]);
    }
    format!("\n{rows}\n")
}

/// What comes next, and from when on.
fn next(proposal: &Proposal, now: i64) -> (String, Option<i64>) {
    let id = proposal.id;
    if proposal.over(now) {
        return (format!("assay gov close {id}"), None);
    }
    match proposal.state {
        ProposalState::Draft => (format!("assay gov start {id}"), None),
        ProposalState::Voting if now < proposal.ends_at => {
            (format!("assay gov vote {id} yes|no|abstain, then assay gov queue {id}"), Some(proposal.ends_at))
        }
        ProposalState::Voting => (format!("assay gov queue {id}"), None),
        _ => (format!("assay gov execute {id}"), Some(proposal.eta)),
    }
}

fn vote_json(vote: &Vote) -> Value {
    json!({
        "voter": vote.voter.to_string(), "position": vote.position.to_string(),
        "choice": format!("{:?}", vote.choice).to_lowercase(), "weight": vote.weight.to_string(),
    })
}
