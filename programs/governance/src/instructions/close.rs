use anchor_lang::prelude::*;

use crate::{
    GovernanceError, emit,
    events::{ActionClosed, ProposalClosed, VoteClosed},
    state::*,
};

/// Accounts of `close_action`, in order:
/// 0. `proposer` (writable): the proposal's; gets the rent
/// 1. `proposal` (writable): over
/// 2. `action` (writable, closed), then the event accounts
///
/// Nobody signs: the rent can only go to who paid it.
#[event_cpi]
#[derive(Accounts)]
pub struct CloseAction<'info> {
    /// CHECK: named by the proposal; only receives lamports.
    #[account(mut)]
    pub proposer: UncheckedAccount<'info>,
    #[account(mut, has_one = proposer @ GovernanceError::NotProposer)]
    pub proposal: Account<'info, Proposal>,
    #[account(mut, close = proposer, has_one = proposal @ GovernanceError::WrongAddress)]
    pub action: Account<'info, Action>,
}

/// Accounts of `close_proposal`, in order:
/// 0. `proposer` (writable): the proposal's; gets the rent
/// 1. `proposal` (writable, closed): over, and its actions closed; then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct CloseProposal<'info> {
    /// CHECK: named by the proposal; only receives lamports.
    #[account(mut)]
    pub proposer: UncheckedAccount<'info>,
    #[account(mut, close = proposer, has_one = proposer @ GovernanceError::NotProposer)]
    pub proposal: Account<'info, Proposal>,
}

/// Accounts of `close_vote`, in order:
/// 0. `voter` (writable): the vote's; gets the rent
/// 1. `vote` (writable, closed), then the event accounts
///
/// The proposal need not exist any more.
#[event_cpi]
#[derive(Accounts)]
pub struct CloseVote<'info> {
    /// CHECK: named by the vote; only receives lamports.
    #[account(mut)]
    pub voter: UncheckedAccount<'info>,
    #[account(mut, close = voter, has_one = voter @ GovernanceError::NotOwner)]
    pub vote: Account<'info, Vote>,
}

pub(crate) fn action(ctx: Context<CloseAction>) -> Result<()> {
    let proposal = &mut ctx.accounts.proposal;
    require!(proposal.over(Clock::get()?.unix_timestamp), GovernanceError::NotOver);

    proposal.open_actions = proposal.open_actions.checked_sub(1).ok_or(GovernanceError::Invariant)?;
    proposal.invariant()?;

    let last = Action::clone(&ctx.accounts.action);
    emit(&ctx.accounts.event_authority, &ActionClosed { action: ctx.accounts.action.key(), last })?;
    Ok(())
}

pub(crate) fn proposal(ctx: Context<CloseProposal>) -> Result<()> {
    let proposal = &ctx.accounts.proposal;
    require!(proposal.over(Clock::get()?.unix_timestamp), GovernanceError::NotOver);
    require!(proposal.open_actions == 0, GovernanceError::ActionsLeft);

    let last = Proposal::clone(proposal);
    emit(&ctx.accounts.event_authority, &ProposalClosed { proposal: ctx.accounts.proposal.key(), last })?;
    Ok(())
}

pub(crate) fn vote(ctx: Context<CloseVote>) -> Result<()> {
    let vote = &ctx.accounts.vote;
    // Until then this account is what keeps the position from voting twice.
    require!(Clock::get()?.unix_timestamp >= vote.ends_at, GovernanceError::VoteOpen);

    let last = Vote::clone(vote);
    emit(&ctx.accounts.event_authority, &VoteClosed { vote: ctx.accounts.vote.key(), last })?;
    Ok(())
}
