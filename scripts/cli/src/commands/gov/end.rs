//! How proposals go on and end.

use std::path::PathBuf;

use assay_sdk::{
    addresses,
    governance::{self, AUTHORITY, Config, ProposalState, Vote},
    ix,
};
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use super::{Draft, send, told};
use crate::{
    client::signers,
    commands::crank::{close_vote, instruction},
    context::Context,
    duration::words,
    error::{Error, Result},
};

/// An action may call anything.
const COMPUTE_UNITS: u32 = 1_000_000;
/// Accounts closed in one transaction.
const AT_ONCE: usize = 6;
/// Where a Vote's voter is: after discriminator, version, bump, proposal and position.
const VOTE_VOTER: usize = 8 + 1 + 1 + 32 + 32;

/// Counts a vote that has ended.
pub async fn queue(context: &Context, id: u64) -> Result<()> {
    let Draft { proposal, .. } = Draft::read(context, id).await?;
    state(id, &[ProposalState::Voting], proposal.state)?;
    after(context, id, "the vote ends", proposal.ends_at).await?;
    let signature = send(context, ix::governance::finish_vote(id)).await?;
    let after = Draft::read(context, id).await?.proposal.state;
    told(context, id, &format!("{after:?}").to_lowercase(), &[signature])
}

/// Runs what is left of a queued proposal, action by action.
pub async fn execute(context: &Context, id: u64, cosigners: &[PathBuf]) -> Result<()> {
    let draft = Draft::read(context, id).await?;
    state(id, &[ProposalState::Queued], draft.proposal.state)?;
    after(context, id, "the timelock ends", draft.proposal.eta).await?;
    let wallet = context.wallet()?;
    let others = cosigners.iter().map(|path| signers::signer(path)).collect::<Result<Vec<_>>>()?;
    let mut signatures = vec![];
    for action in draft.actions.iter().filter(|action| action.index >= draft.proposal.executed) {
        let call = instruction(action);
        let mut all: Vec<&dyn Signer> = vec![&*wallet];
        let asked = call.accounts.iter().filter(|meta| meta.is_signer && meta.pubkey != AUTHORITY);
        for meta in asked.clone() {
            let signer = others.iter().find(|signer| signer.pubkey() == meta.pubkey).map(AsRef::as_ref);
            let signer = signer.or_else(|| (wallet.pubkey() == meta.pubkey).then_some(&*wallet));
            let missing = || {
                Error::Refused(format!(
                    "{} must sign action {}: name its wallet with --cosigner",
                    meta.pubkey, action.index
                ))
            };
            let signer = signer.ok_or_else(missing)?;
            if all.iter().all(|known| known.pubkey() != signer.pubkey()) {
                all.push(signer);
            }
        }
        let count = u8::try_from(asked.count()).unwrap_or(u8::MAX);
        let work = [ix::governance::execute_with(id, action.index, &call, count)];
        signatures.push(context.send(&all, COMPUTE_UNITS, &work).await?.to_string());
    }
    told(context, id, "executed", &signatures)
}

/// Stops a proposal, as the guardian.
pub async fn veto(context: &Context, id: u64) -> Result<()> {
    let guardian = context.wallet()?.pubkey();
    let config: Config = context.config(&addresses::config(&governance::ID)).await?;
    if config.guardian == Pubkey::default() {
        return Err(Error::Refused("governance has no guardian: only a vote, with set_guardian, names one".into()));
    }
    if !config.is_guardian(&guardian) {
        let why =
            format!("{guardian} is not the guardian, {} is: sign with that wallet, with --keypair", config.guardian);
        return Err(Error::Refused(why));
    }
    let Draft { proposal, .. } = Draft::read(context, id).await?;
    state(id, &[ProposalState::Voting, ProposalState::Queued], proposal.state)?;
    let signature = send(context, ix::governance::veto(&guardian, id)).await?;
    told(context, id, "vetoed", &[signature])
}

/// Withdraws a proposal, as its proposer.
pub async fn cancel(context: &Context, id: u64) -> Result<()> {
    let proposer = context.wallet()?.pubkey();
    let Draft { proposal, .. } = Draft::read(context, id).await?;
    if proposal.proposer != proposer {
        let why = format!("proposal {id} is {}'s: sign with that wallet, with --keypair", proposal.proposer);
        return Err(Error::Refused(why));
    }
    state(id, &[ProposalState::Draft, ProposalState::Voting], proposal.state)?;
    let signature = send(context, ix::governance::cancel(&proposer, id)).await?;
    told(context, id, "cancelled", &[signature])
}

/// Closes what is left of a proposal that is over, and the wallet's votes whose vote has ended.
pub async fn close(context: &Context, id: u64) -> Result<()> {
    let wallet = context.wallet()?;
    let (address, now) = (addresses::proposal(id), context.now().await?);
    let votes = context.accounts_of::<Vote>(&governance::ID, Some((VOTE_VOTER, &wallet.pubkey()))).await?;
    let votes = votes.iter().filter(|(_, vote)| vote.proposal == address && now >= vote.ends_at);
    let mut work: Vec<_> = votes.map(|(at, vote)| close_vote(at, &vote.voter)).collect();
    // Votes outlive their proposal.
    match Draft::read(context, id).await {
        Ok(Draft { proposal, actions, .. }) if proposal.over(now) => {
            let close = |index| ix::governance::close_action(&proposal.proposer, id, index);
            work.extend(actions.iter().map(|action| close(action.index)));
            work.push(ix::governance::close_proposal(&proposal.proposer, id));
        }
        Ok(Draft { proposal, .. }) if work.is_empty() => {
            let state = format!("{:?}", proposal.state).to_lowercase();
            return Err(Error::Refused(format!("proposal {id} is {state}, not over: see `assay gov show {id}`")));
        }
        Err(why) if work.is_empty() => return Err(why),
        _ => {}
    }
    let mut signatures = vec![];
    for some in work.chunks(AT_ONCE) {
        signatures.push(context.send(&[&*wallet], COMPUTE_UNITS, some).await?.to_string());
    }
    told(context, id, "closed", &signatures)
}

fn state(id: u64, wanted: &[ProposalState], found: ProposalState) -> Result<()> {
    if wanted.contains(&found) {
        return Ok(());
    }
    let found = format!("{found:?}").to_lowercase();
    Err(Error::Refused(format!("proposal {id} is {found}: see `assay gov show {id}`")))
}

/// Fails before a moment.
async fn after(context: &Context, id: u64, what: &str, moment: i64) -> Result<()> {
    match u64::try_from(moment.saturating_sub(context.now().await?)) {
        Ok(left) if left > 0 => {
            Err(Error::Refused(format!("{what} in {}: wait, then see `assay gov show {id}`", words(left))))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use assay_sdk::{anchor_lang::AnchorSerialize, governance::Choice};

    use super::*;

    #[test]
    fn a_votes_voter_is_where_the_filter_looks() {
        let (other, voter) = (Pubkey::default(), Pubkey::new_from_array([7; 32]));
        let vote = Vote {
            version: 1,
            bump: 2,
            proposal: other,
            position: other,
            voter,
            choice: Choice::No,
            weight: 0,
            ends_at: 0,
        };
        let mut bytes = vec![0; 8];
        vote.serialize(&mut bytes).unwrap();
        assert_eq!(bytes[VOTE_VOTER..VOTE_VOTER + 32], [7; 32]);
    }
}
