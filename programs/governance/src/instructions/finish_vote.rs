use anchor_lang::prelude::*;

use crate::{GovernanceError, emit, events::VoteFinished, state::*};

/// Accounts of `finish_vote`, in order:
/// 0. `proposal` (writable), then the event accounts
///
/// Nobody signs: the result follows from the votes alone, and eta from the start, whenever this is called.
#[event_cpi]
#[derive(Accounts)]
pub struct FinishVote<'info> {
    #[account(mut)]
    pub proposal: Account<'info, Proposal>,
}

pub(crate) fn handler(ctx: Context<FinishVote>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let proposal = &mut ctx.accounts.proposal;
    proposal.require(ProposalState::Voting, now)?;
    require!(now >= proposal.ends_at, GovernanceError::VoteOpen);

    proposal.finish()?;

    let (state, yes, no, abstain) = (proposal.state, proposal.yes, proposal.no, proposal.abstain);
    emit(
        &ctx.accounts.event_authority,
        &VoteFinished { proposal: ctx.accounts.proposal.key(), state, yes, no, abstain },
    )?;
    Ok(())
}
