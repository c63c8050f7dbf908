use anchor_lang::prelude::*;
use assay_staking::{Pool, Position, program::AssayStaking};

use super::bind;
use crate::{GovernanceError, emit, events::Voted, state::*};

/// Accounts of `vote`, in order:
/// 0. `voter` (signer, writable): owner of the position; pays the Vote's rent
/// 1. `proposal` (writable)
/// 2. `pool`, 3. `position` (writable): the stake that votes, bound until the end of the vote
/// 4. `vote` (writable, created): `["vote", proposal, position]`
/// 5. `governor`: `["authority"]` of this program, which binds the position
/// 6. `staking_program`
/// 7. `system_program`, then the event accounts
///
/// Who has several positions sends several of these in one transaction.
#[event_cpi]
#[derive(Accounts)]
pub struct CastVote<'info> {
    #[account(mut)]
    pub voter: Signer<'info>,
    #[account(mut)]
    pub proposal: Account<'info, Proposal>,
    pub pool: Box<Account<'info, Pool>>,
    #[account(
        mut, has_one = pool @ GovernanceError::WrongAddress,
        constraint = position.owner == voter.key() @ GovernanceError::NotOwner
    )]
    pub position: Box<Account<'info, Position>>,
    #[account(
        init, payer = voter, space = 8 + Vote::INIT_SPACE,
        seeds = [VOTE_SEED, proposal.key().as_ref(), position.key().as_ref()], bump
    )]
    pub vote: Account<'info, Vote>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = AUTHORITY @ GovernanceError::WrongAddress)]
    pub governor: UncheckedAccount<'info>,
    pub staking_program: Program<'info, AssayStaking>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<CastVote>, choice: Choice, actions_hash: [u8; 32]) -> Result<()> {
    let (proposal, position) = (&ctx.accounts.proposal, &ctx.accounts.position);
    require!(proposal.state == ProposalState::Voting, GovernanceError::WrongState);
    require!(Clock::get()?.unix_timestamp < proposal.ends_at, GovernanceError::VoteOver);
    require!(actions_hash == proposal.actions_hash, GovernanceError::ActionsChanged);
    require!(position.staked_epoch < proposal.start_epoch, GovernanceError::LateStake);
    let weight = position.worth(&ctx.accounts.pool)?;
    require!(weight > 0, GovernanceError::NoWeight);

    let (voter, ends_at) = (ctx.accounts.voter.key(), proposal.ends_at);
    ctx.accounts.vote.set_inner(Vote {
        version: VERSION,
        bump: ctx.bumps.vote,
        proposal: proposal.key(),
        position: position.key(),
        voter,
        choice,
        weight,
        ends_at,
    });
    ctx.accounts.proposal.count(choice, weight)?;
    bind(ctx.accounts.governor.to_account_info(), ctx.accounts.position.to_account_info(), ends_at)?;

    let (position, proposal) = (ctx.accounts.position.key(), &ctx.accounts.proposal);
    let (yes, no, abstain) = (proposal.yes, proposal.no, proposal.abstain);
    emit(
        &ctx.accounts.event_authority,
        &Voted { proposal: proposal.key(), position, voter, choice, weight, yes, no, abstain },
    )?;
    Ok(())
}
