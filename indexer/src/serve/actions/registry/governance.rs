//! Proposals and votes.

use assay_sdk::{
    addresses,
    governance::{self, AUTHORITY, Choice, Proposal},
    ix,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use solana_sdk::{
    instruction::{AccountMeta, Instruction},
    pubkey::Pubkey,
};

use super::{
    super::{
        call::{Action, Call, Plan},
        param::{Kind, Param, may, need},
        refusal::{Refusal, Result},
    },
    build,
};

const ID: Param = need("id", "Number of the proposal", Kind::Whole(0, u64::MAX as u128));
const POOL: Param = may("operator", "Address of the operator in whose pool your position is (you)", Kind::Address);
const INDEX: Param =
    may("index", "Number of the action (the next)", Kind::Whole(0, governance::MAX_ACTIONS as u128 - 1));
const CHOICES: &[(&str, &str)] = &[("yes", "Yes"), ("no", "No"), ("abstain", "Abstain")];
/// Bytes of a proposal's url.
const MAX_URI: usize = 200;

/// Of this file.
pub const ACTIONS: &[Action] = &[
    Action::new(
        "governance",
        "propose",
        ("Draft a proposal", "Propose"),
        "Drafts a proposal, with a position of yours that is worth the stake a proposal needs. Give it actions next, then start the vote.",
        &[
            need("description_hash", "sha256 of the text that explains it: 32 bytes in hex", Kind::Hex(32)),
            need("uri", "Where the text is: url", Kind::Url(MAX_URI)),
            POOL,
        ],
        build!(propose),
    )
    .then("governance/add_action"),
    Action::new(
        "governance",
        "add_action",
        ("Give a draft an action", "Add"),
        "Gives your draft its next action: an instruction that governance runs as the authority of every Config, treasury and upgrade.",
        &[
            ID,
            need("call_program", "Address of the program to call", Kind::Address),
            need("call_data", "Data of the instruction in base64", Kind::Text(1_000)),
            need("call_accounts", "Accounts with commas: ADDRESS, ADDRESS:w writable, :s signer, :ws both", Kind::Text(1_200)),
        ],
        build!(add_action),
    )
    .then("governance/start_vote"),
    Action::new(
        "governance",
        "start_vote",
        ("Start a vote", "Start"),
        "Puts your draft to the vote. Your position is bound until its end and backs one vote at a time.",
        &[ID, POOL],
        build!(start_vote),
    ),
    Action::new(
        "governance",
        "vote",
        ("Vote", "Vote"),
        "Votes on a proposal with all that your position in a pool is worth, once and for good. The position can be neither unstaked nor \
         moved until the vote ends.",
        &[
            ID,
            need("choice", "Your vote", Kind::Choice(CHOICES)),
            POOL,
            may("actions_hash", "The proposal's actions_hash as you have read it: 32 bytes in hex", Kind::Hex(32)),
        ],
        build!(vote),
    ),
    Action::new(
        "governance",
        "finish_vote",
        ("Count a vote", "Count"),
        "Counts a vote that has ended: the proposal is queued or defeated. Anyone may.",
        &[ID],
        build!(finish_vote),
    ),
    Action::new(
        "governance",
        "execute",
        ("Execute an action", "Execute"),
        "Runs the next action of a queued proposal whose timelock has passed. Anyone may. Your own signature is passed on only if you \
         say so.",
        &[ID, may("cosign", "Whether the action may use your signature (no)", Kind::Flag)],
        build!(execute),
    ),
    Action::new(
        "governance",
        "cancel",
        ("Withdraw a proposal", "Withdraw"),
        "Withdraws your draft, or your proposal whose vote has not ended.",
        &[ID],
        build!(cancel),
    ),
    Action::new(
        "governance",
        "veto",
        ("Veto a proposal", "Veto"),
        "Stops a proposal that is voted on or queued. The guardian only, and not where it is about the guardian itself.",
        &[ID],
        build!(veto),
    ),
    Action::new(
        "governance",
        "close_action",
        ("Close an action", "Close"),
        "Closes an action of a proposal that is over; its rent returns to the proposer. Anyone may.",
        &[ID, INDEX],
        build!(close_action),
    ),
    Action::new(
        "governance",
        "close_proposal",
        ("Close a proposal", "Close"),
        "Closes a proposal that is over and whose actions are closed; its rent returns to the proposer. Anyone may.",
        &[ID],
        build!(close_proposal),
    ),
    Action::new(
        "governance",
        "close_vote",
        ("Close a vote", "Close"),
        "Closes the account of a vote that has ended; its rent returns to the voter. Anyone may.",
        &[ID, POOL, may("voter", "Address of the voter (you)", Kind::Address)],
        build!(close_vote),
    ),
];

async fn proposal(call: &Call<'_>) -> Result<(u64, Proposal)> {
    let id = call.args.whole("id")?;
    Ok((id, call.read(&format!("proposal {id}"), &addresses::proposal(id)).await?))
}

fn pool(call: &Call<'_>) -> Result<Pubkey> {
    Ok(addresses::pool(&call.args.address_or("operator", call.account)?))
}

async fn propose(call: Call<'_>) -> Result<Plan> {
    let config: governance::Config = call.read("Config", &addresses::config(&governance::ID)).await?;
    let id = config.proposals;
    let (hash, uri) = (call.args.bytes("description_hash")?, call.args.must("uri")?);
    let work = ix::governance::propose(&call.account, &pool(&call)?, id, hash, uri);
    let says = format!("Drafts proposal {id}, explained at {uri}");
    Ok(Plan::new([work], says).makes("proposal", &addresses::proposal(id)))
}

/// An account of an action: `ADDRESS`, with `:w`, `:s` or both.
fn meta(text: &str) -> Option<AccountMeta> {
    let (address, rights) = text.split_once(':').unwrap_or((text, ""));
    let (writable, signer) = match rights {
        "" => (false, false),
        "w" => (true, false),
        "s" => (false, true),
        "ws" | "sw" => (true, true),
        _ => return None,
    };
    Some(AccountMeta { pubkey: address.parse().ok()?, is_signer: signer, is_writable: writable })
}

async fn add_action(call: Call<'_>) -> Result<Plan> {
    let (id, proposal) = proposal(&call).await?;
    let bad = || Refusal::bad("call_accounts must be like ADDRESS, ADDRESS:w, ADDRESS:s or ADDRESS:ws, with commas");
    let accounts = call.args.list("call_accounts").map(|text| meta(text).ok_or_else(bad)).collect::<Result<_>>()?;
    let data = STANDARD.decode(call.args.must("call_data")?).map_err(|_| Refusal::bad("call_data is not base64"))?;
    let action = Instruction { program_id: call.args.address("call_program")?, accounts, data };
    let index = proposal.actions;
    let work = ix::governance::add_action(&call.account, id, index, &action);
    let says = format!("Gives proposal {id} action {index}: {}", super::super::transact::named(&action));
    Ok(Plan::new([work], says).makes("action", &addresses::action(&addresses::proposal(id), index)))
}

async fn start_vote(call: Call<'_>) -> Result<Plan> {
    let id = call.args.whole("id")?;
    let work = ix::governance::start_vote(&call.account, &pool(&call)?, id);
    Ok(Plan::new([work], format!("Puts proposal {id} to the vote; your position is bound until its end")))
}

async fn vote(call: Call<'_>) -> Result<Plan> {
    let (id, proposal) = proposal(&call).await?;
    let name = call.args.must("choice")?;
    let choice = match name {
        "yes" => Choice::Yes,
        "no" => Choice::No,
        _ => Choice::Abstain,
    };
    let hash = match call.args.text("actions_hash") {
        Some(_) => call.args.bytes("actions_hash")?,
        None => proposal.actions_hash,
    };
    let work = ix::governance::vote(&call.account, &pool(&call)?, id, choice, hash);
    let says =
        format!("Votes {name} on proposal {id} with actions {}, explained at {}", hex::encode(hash), proposal.uri);
    Ok(Plan::new([work], says))
}

async fn finish_vote(call: Call<'_>) -> Result<Plan> {
    let id = call.args.whole("id")?;
    Ok(Plan::new([ix::governance::finish_vote(id)], format!("Counts the vote on proposal {id}")))
}

async fn execute(call: Call<'_>) -> Result<Plan> {
    let (id, proposal) = proposal(&call).await?;
    let index = proposal.executed;
    let address = addresses::action(&addresses::proposal(id), index);
    let action: governance::Action = call.read(&format!("action {index} of proposal {id}"), &address).await?;
    let meta = |account: &governance::ActionAccount| AccountMeta {
        pubkey: account.address,
        is_signer: account.signer,
        is_writable: account.writable,
    };
    let accounts: Vec<_> = action.terms.accounts.iter().map(meta).collect();
    let signs = |meta: &&AccountMeta| meta.is_signer && meta.pubkey != AUTHORITY;
    let mut signers: Vec<_> = accounts.iter().filter(signs).map(|meta| meta.pubkey).collect();
    signers.sort_unstable();
    signers.dedup();
    let cosigners = if call.args.flag("cosign") { u8::try_from(signers.len()).unwrap_or(u8::MAX) } else { 0 };
    let run = Instruction { program_id: action.terms.program, accounts, data: action.terms.data };
    let work = ix::governance::execute_with(id, index, &run, cosigners);
    Ok(Plan::new([work], format!("Runs action {index} of proposal {id}: {}", super::super::transact::named(&run))))
}

async fn cancel(call: Call<'_>) -> Result<Plan> {
    let id = call.args.whole("id")?;
    Ok(Plan::new([ix::governance::cancel(&call.account, id)], format!("Withdraws proposal {id}")))
}

async fn veto(call: Call<'_>) -> Result<Plan> {
    let id = call.args.whole("id")?;
    Ok(Plan::new([ix::governance::veto(&call.account, id)], format!("Stops proposal {id}")))
}

async fn close_action(call: Call<'_>) -> Result<Plan> {
    let (id, proposal) = proposal(&call).await?;
    let index = call.args.or("index", proposal.open_actions.saturating_sub(1))?;
    let work = ix::governance::close_action(&proposal.proposer, id, index);
    let says = format!("Closes action {index} of proposal {id}; its rent returns to {}", proposal.proposer);
    Ok(Plan::new([work], says))
}

async fn close_proposal(call: Call<'_>) -> Result<Plan> {
    let (id, proposal) = proposal(&call).await?;
    let work = ix::governance::close_proposal(&proposal.proposer, id);
    Ok(Plan::new([work], format!("Closes proposal {id}; its rent returns to {}", proposal.proposer)))
}

async fn close_vote(call: Call<'_>) -> Result<Plan> {
    let id = call.args.whole("id")?;
    let voter = call.args.address_or("voter", call.account)?;
    let work = ix::governance::close_vote(&voter, &pool(&call)?, id);
    Ok(Plan::new([work], format!("Closes the vote of {voter} on proposal {id}; its rent returns to the voter")))
}
