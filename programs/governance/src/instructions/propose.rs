use anchor_lang::prelude::*;
use assay_staking::{Pool, Position};

use crate::{GovernanceError, emit, events::Proposed, state::*};

/// Accounts of `propose`, in order:
/// 0. `proposer` (signer, writable): owner of the position; pays
/// 1. `config` (writable): counts the proposals
/// 2. `pool`, 3. `position`: the proposer's stake
/// 4. `proposal` (writable, created): `["proposal", config.proposals]`
/// 5. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
#[instruction(description_hash: [u8; 32], uri: String)]
pub struct Propose<'info> {
    #[account(mut)]
    pub proposer: Signer<'info>,
    #[account(mut)]
    pub config: Account<'info, Config>,
    pub pool: Account<'info, Pool>,
    #[account(
        has_one = pool @ GovernanceError::WrongAddress,
        constraint = position.owner == proposer.key() @ GovernanceError::NotOwner
    )]
    pub position: Account<'info, Position>,
    #[account(
        init, payer = proposer, space = Proposal::space(&uri),
        seeds = [PROPOSAL_SEED, &config.proposals.to_le_bytes()], bump
    )]
    pub proposal: Account<'info, Proposal>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<Propose>, description_hash: [u8; 32], uri: String) -> Result<()> {
    require!(uri.len() <= MAX_URI, GovernanceError::TooLarge);
    let config = &mut ctx.accounts.config;
    let worth = ctx.accounts.position.worth(&ctx.accounts.pool)?;
    require!(worth >= config.params.proposal_stake, GovernanceError::StakeTooLow);
    let created_at = Clock::get()?.unix_timestamp;
    let expires_at = created_at.checked_add(DRAFT_SECONDS).ok_or(GovernanceError::Overflow)?;

    let (id, proposer) = (config.proposals, ctx.accounts.proposer.key());
    config.proposals = id.checked_add(1).ok_or(GovernanceError::Overflow)?;
    ctx.accounts.proposal.set_inner(Proposal {
        version: VERSION,
        bump: ctx.bumps.proposal,
        id,
        proposer,
        state: ProposalState::Draft,
        actions: 0,
        executed: 0,
        open_actions: 0,
        rescue: true,
        actions_hash: [0; 32],
        description_hash,
        uri: uri.clone(),
        created_at,
        start_epoch: 0,
        ends_at: 0,
        eta: 0,
        expires_at,
        staked: 0,
        quorum: 0,
        majority_bps: 0,
        yes: 0,
        no: 0,
        abstain: 0,
    });
    ctx.accounts.proposal.invariant()?;

    emit(
        &ctx.accounts.event_authority,
        &Proposed { proposal: ctx.accounts.proposal.key(), id, proposer, description_hash, uri },
    )?;
    Ok(())
}
