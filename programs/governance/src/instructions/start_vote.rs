use anchor_lang::prelude::*;
use assay_staking::{Pool, Position, Totals, program::AssayStaking};

use super::bind;
use crate::{GovernanceError, emit, events::VoteStarted, state::*};

/// Accounts of `start_vote`, in order:
/// 0. `proposer` (signer): the proposal's, and owner of the position
/// 1. `config`
/// 2. `proposal` (writable): a draft
/// 3. `pool`, 4. `position` (writable): the stake that stands behind it, bound until the end of the vote
/// 5. `staking_config`, 6. `totals`: of the staking program
/// 7. `governor`: `["authority"]` of this program, which binds the position
/// 8. `staking_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct StartVote<'info> {
    pub proposer: Signer<'info>,
    pub config: Account<'info, Config>,
    #[account(mut, has_one = proposer @ GovernanceError::NotProposer)]
    pub proposal: Account<'info, Proposal>,
    pub pool: Box<Account<'info, Pool>>,
    #[account(
        mut, has_one = pool @ GovernanceError::WrongAddress,
        constraint = position.owner == proposer.key() @ GovernanceError::NotOwner
    )]
    pub position: Box<Account<'info, Position>>,
    // Singletons of the staking program: their type and owner name them.
    pub staking_config: Box<Account<'info, assay_staking::Config>>,
    pub totals: Box<Account<'info, Totals>>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = AUTHORITY @ GovernanceError::WrongAddress)]
    pub governor: UncheckedAccount<'info>,
    pub staking_program: Program<'info, AssayStaking>,
}

pub(crate) fn handler(ctx: Context<StartVote>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let epoch = ctx.accounts.staking_config.epoch(now);
    ctx.accounts.validate(now, epoch)?;

    let (params, staked) = (&ctx.accounts.config.params, ctx.accounts.totals.staked);
    ctx.accounts.proposal.start(params, now, epoch, staked)?;
    let proposal = &ctx.accounts.proposal;
    bind(ctx.accounts.governor.to_account_info(), ctx.accounts.position.to_account_info(), proposal.ends_at)?;

    let proposal = &ctx.accounts.proposal;
    emit(
        &ctx.accounts.event_authority,
        &VoteStarted {
            proposal: proposal.key(),
            position: ctx.accounts.position.key(),
            start_epoch: proposal.start_epoch,
            ends_at: proposal.ends_at,
            eta: proposal.eta,
            expires_at: proposal.expires_at,
            staked: proposal.staked,
            quorum: proposal.quorum,
            majority_bps: proposal.majority_bps,
        },
    )?;
    Ok(())
}

impl StartVote<'_> {
    fn validate(&self, now: i64, epoch: u64) -> Result<()> {
        self.proposal.require(ProposalState::Draft, now)?;
        require!(self.proposal.actions > 0, GovernanceError::NoActions);
        require!(!self.config.paused || self.proposal.rescue, GovernanceError::Paused);
        // One position stands behind one vote at a time, so that a stake starts no flood of them.
        require!(now >= self.position.locked_until, GovernanceError::PositionBound);
        require!(self.position.staked_epoch < epoch, GovernanceError::LateStake);
        let worth = self.position.worth(&self.pool)?;
        require!(worth >= self.config.params.proposal_stake, GovernanceError::StakeTooLow);
        Ok(())
    }
}
