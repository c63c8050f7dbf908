//! Events of the staking program. Amounts are base units of ASY; an event of a closed account carries its last state.

use anchor_lang::prelude::*;

pub use crate::instructions::administration::{AuthorityAccepted, AuthorityProposed, GuardianSet, PausedSet};

use crate::state::{Pool, Position, StakingParams, Ticket};

/// Config and Totals exist.
#[event]
pub struct StakingInitialized {
    pub authority: Pubkey,
    pub params: StakingParams,
}

/// An operator opened its pool.
#[event]
pub struct PoolOpened {
    pub pool: Pubkey,
    pub operator: Pubkey,
    pub commission_bps: u16,
}

/// Stake came in.
#[event]
pub struct Staked {
    pub pool: Pubkey,
    pub owner: Pubkey,
    pub amount: u64,
    pub shares: u128,
}

/// Stake began to cool.
#[event]
pub struct UnstakeRequested {
    pub pool: Pubkey,
    pub owner: Pubkey,
    pub ticket: Pubkey,
    pub amount: u64,
    pub ready_at: i64,
}

/// A ticket was paid out and closed.
#[event]
pub struct Withdrawn {
    pub ticket: Pubkey,
    pub amount: u64,
    pub last: Ticket,
}

/// Stake was taken: `burned + harmed + caller` is exactly `amount`.
#[event]
pub struct Slashed {
    pub pool: Pubkey,
    pub operator: Pubkey,
    pub amount: u64,
    pub burned: u64,
    pub harmed: u64,
    pub caller: u64,
    /// Until when the pool is in jail; in the past if it is not.
    pub jailed_until: i64,
}

/// A pool's weight was brought up to date in the totals.
#[event]
pub struct WeightSynced {
    pub pool: Pubkey,
    pub weight: u64,
    pub total: u64,
}

/// The parameters changed.
#[event]
pub struct ParamsSet {
    pub params: StakingParams,
}

/// An operator closed its pool. `surplus` is what strangers had sent to its vault.
#[event]
pub struct PoolClosed {
    pub pool: Pubkey,
    pub operator: Pubkey,
    pub surplus: u64,
    pub last: Pool,
}

/// A pool's commission changed.
#[event]
pub struct CommissionSet {
    pub pool: Pubkey,
    pub commission_bps: u16,
}

/// Somebody may now stake in a pool of another's.
#[event]
pub struct PositionOpened {
    pub pool: Pubkey,
    pub owner: Pubkey,
}

/// An empty position was closed.
#[event]
pub struct PositionClosed {
    pub position: Pubkey,
    pub last: Position,
}

/// Stake moved from one pool to another; `shares` are those it bought there.
#[event]
pub struct Redelegated {
    pub from: Pubkey,
    pub to: Pubkey,
    pub owner: Pubkey,
    pub amount: u64,
    pub shares: u128,
}

/// Rewards came in, to be distributed at the end of `epoch`.
#[event]
pub struct RewardsFunded {
    pub funder: Pubkey,
    pub amount: u64,
    pub epoch: u64,
}

/// An epoch began: `distributed` are the rewards of those before, `found` what was minted into the vault since.
#[event]
pub struct EpochAdvanced {
    pub epoch: u64,
    pub distributed: u64,
    pub found: u64,
}

/// A position's rewards were paid out, and with the operator's own the pool's commission.
#[event]
pub struct RewardsClaimed {
    pub pool: Pubkey,
    pub owner: Pubkey,
    pub rewards: u64,
    pub commission: u64,
}
