//! Events of the governance program. Weights are base units of staked ASY; an event of a closed account carries its
//! last state.

use anchor_lang::prelude::*;

pub use crate::instructions::administration::{AuthorityAccepted, AuthorityProposed, GuardianSet, PausedSet};

use crate::state::{Action, ActionTerms, Choice, GovernanceParams, Proposal, ProposalState, Vote};

/// The Config exists.
#[event]
pub struct GovernanceInitialized {
    pub authority: Pubkey,
    pub params: GovernanceParams,
}

/// The rules of the votes to come were set.
#[event]
pub struct ParamsSet {
    pub params: GovernanceParams,
}

/// A draft was made.
#[event]
pub struct Proposed {
    pub proposal: Pubkey,
    pub id: u64,
    pub proposer: Pubkey,
    pub description_hash: [u8; 32],
    pub uri: String,
}

/// A draft got an action.
#[event]
pub struct ActionAdded {
    pub proposal: Pubkey,
    pub index: u8,
    pub terms: ActionTerms,
    /// Hash of all actions up to this one.
    pub actions_hash: [u8; 32],
}

/// A vote began; its rules are fixed.
#[event]
pub struct VoteStarted {
    pub proposal: Pubkey,
    /// The proposer's position, which is bound until the end.
    pub position: Pubkey,
    pub start_epoch: u64,
    pub ends_at: i64,
    pub eta: i64,
    pub expires_at: i64,
    pub staked: u64,
    pub quorum: u64,
    pub majority_bps: u16,
}

/// A position voted; it is bound until the end of the vote.
#[event]
pub struct Voted {
    pub proposal: Pubkey,
    pub position: Pubkey,
    pub voter: Pubkey,
    pub choice: Choice,
    pub weight: u64,
    pub yes: u64,
    pub no: u64,
    pub abstain: u64,
}

/// A vote ended: `Queued` or `Defeated`.
#[event]
pub struct VoteFinished {
    pub proposal: Pubkey,
    pub state: ProposalState,
    pub yes: u64,
    pub no: u64,
    pub abstain: u64,
}

/// An action ran.
#[event]
pub struct ActionExecuted {
    pub proposal: Pubkey,
    pub index: u8,
    pub program: Pubkey,
    /// `Executed` after the last.
    pub state: ProposalState,
}

/// The guardian stopped a proposal.
#[event]
pub struct Vetoed {
    pub proposal: Pubkey,
    pub guardian: Pubkey,
}

/// The proposer withdrew a proposal.
#[event]
pub struct Cancelled {
    pub proposal: Pubkey,
}

/// An action's account was closed.
#[event]
pub struct ActionClosed {
    pub action: Pubkey,
    pub last: Action,
}

/// A proposal's account was closed.
#[event]
pub struct ProposalClosed {
    pub proposal: Pubkey,
    pub last: Proposal,
}

/// The account of a vote was closed.
#[event]
pub struct VoteClosed {
    pub vote: Pubkey,
    pub last: Vote,
}
