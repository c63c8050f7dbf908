//! Events of the staking program. Amounts are base units of ASY; an event of a closed account carries its last state.

use anchor_lang::prelude::*;

use crate::state::{StakingParams, Ticket};

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
}

/// A pool's weight was brought up to date in the totals.
#[event]
pub struct WeightSynced {
    pub pool: Pubkey,
    pub weight: u64,
    pub total: u64,
}
