use anchor_lang::prelude::*;

use crate::{
    GovernanceError, emit,
    events::{Cancelled, Vetoed},
    state::*,
};

/// Accounts of `veto`, in order:
/// 0. `guardian` (signer): the Config's
/// 1. `config`
/// 2. `proposal` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct Veto<'info> {
    #[account(constraint = config.is_guardian(guardian.key) @ GovernanceError::NotGuardian)]
    pub guardian: Signer<'info>,
    pub config: Account<'info, Config>,
    #[account(mut)]
    pub proposal: Account<'info, Proposal>,
}

/// Accounts of `cancel`, in order:
/// 0. `proposer` (signer): the proposal's
/// 1. `proposal` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct Cancel<'info> {
    pub proposer: Signer<'info>,
    #[account(mut, has_one = proposer @ GovernanceError::NotProposer)]
    pub proposal: Account<'info, Proposal>,
}

pub(crate) fn veto(ctx: Context<Veto>) -> Result<()> {
    let proposal = &mut ctx.accounts.proposal;
    let stoppable = matches!(proposal.state, ProposalState::Voting | ProposalState::Queued);
    require!(stoppable, GovernanceError::WrongState);
    require!(!proposal.over(Clock::get()?.unix_timestamp), GovernanceError::Expired);
    require!(!proposal.rescue, GovernanceError::NotVetoable);

    proposal.state = ProposalState::Vetoed;
    proposal.invariant()?;

    emit(
        &ctx.accounts.event_authority,
        &Vetoed { proposal: ctx.accounts.proposal.key(), guardian: ctx.accounts.guardian.key() },
    )?;
    Ok(())
}

pub(crate) fn cancel(ctx: Context<Cancel>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let proposal = &mut ctx.accounts.proposal;
    match proposal.state {
        ProposalState::Draft => require!(!proposal.over(now), GovernanceError::Expired),
        // Once the vote has ended, the decision is the voters'.
        ProposalState::Voting => require!(now < proposal.ends_at, GovernanceError::VoteOver),
        _ => return err!(GovernanceError::WrongState),
    }

    proposal.state = ProposalState::Cancelled;
    proposal.invariant()?;

    emit(&ctx.accounts.event_authority, &Cancelled { proposal: ctx.accounts.proposal.key() })?;
    Ok(())
}
