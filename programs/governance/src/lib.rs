//! **governance**: proposals, voted on by staked shares, executed after a timelock by CPI as the authority of every Config,
//! of the treasury and of the programs' upgrades.
//!
//! A proposal is drafted, given its actions, and put to the vote; a carried one waits for its timelock and then runs, action
//! by action, by anybody's hand, unless the guardian vetoes it or it expires.
//!
//! **No stake votes twice.** There is no snapshot: a vote weighs what its position is worth when it is cast, and from then on
//! the position can be neither unstaked nor moved until the vote is over (`staking::lock_position`), so that its ASY cannot
//! turn up in another position. A position votes once on a proposal: its Vote account lives as long as the vote.
//!
//! **Late stake does not vote.** A position staked into in the epoch of the start or later does not vote, so that nobody
//! stakes for the sake of a vote that is open already, and no flash loan votes at all.
//!
//! **The quorum is of all stake at the start**: staking's `Totals.staked`, which counts a slashed pool as it was until the
//! pool next writes the totals. So it may ask a little too much, never too little.

// Tests may overflow and panic: that is how they fail.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::integer_division, clippy::unwrap_used))]

use anchor_lang::prelude::*;

pub mod errors;
pub mod events;
pub mod instructions;
pub mod math;
pub mod state;

pub use errors::GovernanceError;
pub use instructions::*;
pub use state::*;

declare_id!("8RsBdUtpucVnEE7kCE6WcaPvD2aQb43vHo4RWG1AEJAm");

include!("../../emit.rs");
include!("../../security.rs");

#[program]
pub mod assay_governance {
    use super::*;

    /// Create the Config. Only the program's upgrade authority may; it is the first authority.
    pub fn initialize(ctx: Context<Initialize>, params: GovernanceParams) -> Result<()> {
        instructions::initialize::handler(ctx, params)
    }

    /// Set the rules of the votes to come; a vote that has started keeps its own. Authority only.
    pub fn set_params(ctx: Context<Govern>, params: GovernanceParams) -> Result<()> {
        instructions::set_params::handler(ctx, params)
    }

    /// Offer the authority to `new`, who must accept it; the default address withdraws the offer. Authority only.
    pub fn propose_authority(ctx: Context<Govern>, new: Pubkey) -> Result<()> {
        instructions::administration::propose_authority(ctx, new)
    }

    /// Take the authority that was offered. The one it was offered to only.
    pub fn accept_authority(ctx: Context<AcceptAuthority>) -> Result<()> {
        instructions::administration::accept_authority(ctx)
    }

    /// Set who may veto and pause; the default address is nobody. Authority only.
    pub fn set_guardian(ctx: Context<Govern>, guardian: Pubkey) -> Result<()> {
        instructions::administration::set_guardian(ctx, guardian)
    }

    /// Stop votes from starting, or let them again. Authority or guardian. What has started goes on.
    pub fn set_paused(ctx: Context<SetPaused>, paused: bool) -> Result<()> {
        instructions::administration::set_paused(ctx, paused)
    }

    /// Draft a proposal with the id `Config.proposals`. Owner of a position worth `proposal_stake` only.
    ///
    /// * `description_hash`: sha256 of the text that explains it; `uri`: where the text is, at most 200 bytes.
    pub fn propose(ctx: Context<Propose>, description_hash: [u8; 32], uri: String) -> Result<()> {
        instructions::propose::handler(ctx, description_hash, uri)
    }

    /// Give a draft its next action. Proposer only.
    pub fn add_action(ctx: Context<AddAction>, terms: ActionTerms) -> Result<()> {
        instructions::add_action::handler(ctx, terms)
    }

    /// Put a draft to the vote, with a position worth `proposal_stake` that no vote binds yet; it is bound until the end.
    /// Proposer only.
    pub fn start_vote(ctx: Context<StartVote>) -> Result<()> {
        instructions::start_vote::handler(ctx)
    }

    /// Vote with a position, all of it and once; it is bound until the end of the vote. Its owner only.
    ///
    /// * `actions_hash`: the proposal's, as the voter has read it.
    pub fn vote(ctx: Context<CastVote>, choice: Choice, actions_hash: [u8; 32]) -> Result<()> {
        instructions::vote::handler(ctx, choice, actions_hash)
    }

    /// Count a vote that has ended: the proposal is queued or defeated. Anyone may call.
    pub fn finish_vote(ctx: Context<FinishVote>) -> Result<()> {
        instructions::finish_vote::handler(ctx)
    }

    /// Run the next action of a queued proposal whose timelock has passed. Anyone may call.
    ///
    /// Remaining accounts: the action's, in its order and no others.
    /// * `cosigners`: how many of them sign besides the authority; 0 unless the caller knows of them, so that nobody's
    ///   signature on this transaction is used unaware.
    pub fn execute<'info>(ctx: Context<'info, Execute<'info>>, index: u8, cosigners: u8) -> Result<()> {
        instructions::execute::handler(ctx, index, cosigners)
    }

    /// Stop a proposal that is voted on or queued. Guardian only; not where it is about the guardian itself.
    pub fn veto(ctx: Context<Veto>) -> Result<()> {
        instructions::end_proposal::veto(ctx)
    }

    /// Withdraw a draft, or a proposal whose vote has not ended. Proposer only.
    pub fn cancel(ctx: Context<Cancel>) -> Result<()> {
        instructions::end_proposal::cancel(ctx)
    }

    /// Close an action of a proposal that is over; rent returns to the proposer. Anyone may call.
    pub fn close_action(ctx: Context<CloseAction>) -> Result<()> {
        instructions::close::action(ctx)
    }

    /// Close a proposal that is over and whose actions are closed; rent returns to the proposer. Anyone may call.
    pub fn close_proposal(ctx: Context<CloseProposal>) -> Result<()> {
        instructions::close::proposal(ctx)
    }

    /// Close the account of a vote that has ended; rent returns to the voter. Anyone may call.
    pub fn close_vote(ctx: Context<CloseVote>) -> Result<()> {
        instructions::close::vote(ctx)
    }
}
