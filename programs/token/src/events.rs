//! Events of the token program, emitted by CPI so that log truncation cannot hide them. Amounts in base units.

use anchor_lang::prelude::*;

pub use crate::instructions::administration::{AuthorityAccepted, AuthorityProposed, GuardianSet, PausedSet};

use crate::state::{Distribution, TokenParams};

/// The mint and the Config exist.
#[event]
pub struct TokenInitialized {
    pub authority: Pubkey,
    pub mint: Pubkey,
    pub max_supply: u64,
    pub params: TokenParams,
}

/// The parameters were set. If the emission changed, its curve begins anew.
#[event]
pub struct ParamsSet {
    pub params: TokenParams,
}

/// A minter's remaining allowance was set.
#[event]
pub struct MinterSet {
    pub minter: Pubkey,
    pub allowance: u64,
}

/// ASY was minted.
#[event]
pub struct Minted {
    pub minter: Pubkey,
    pub to: Pubkey,
    pub amount: u64,
    /// All that was ever minted, after this.
    pub minted: u64,
}

/// A holder burned ASY.
#[event]
pub struct Burned {
    pub owner: Pubkey,
    pub amount: u64,
}

/// A fee vault was created.
#[event]
pub struct FeeVaultOpened {
    pub mint: Pubkey,
    pub shard: u8,
    pub vault: Pubkey,
}

/// An epoch's emission was minted into the rewards vault.
#[event]
pub struct EpochEmitted {
    pub epoch: u64,
    pub amount: u64,
    /// All that was ever minted, after this.
    pub minted: u64,
    /// What the next epoch emits, and from when on.
    pub next_amount: u64,
    pub next_at: i64,
}

/// A fee vault was swept: the four parts are together exactly what it held.
#[event]
pub struct FeesCollected {
    pub mint: Pubkey,
    pub vault: Pubkey,
    pub burned: u64,
    pub reserve: u64,
    pub rewards: u64,
    pub treasury: u64,
}

/// Fees were swapped into the reserve mint.
#[event]
pub struct ReserveSwapped {
    pub mint: Pubkey,
    pub reserve_mint: Pubkey,
    pub counterparty: Pubkey,
    /// Base units of `mint` given.
    pub given: u64,
    /// Base units of `reserve_mint` that arrived.
    pub received: u64,
}

/// The authority paid from a treasury vault.
#[event]
pub struct TreasurySpent {
    pub mint: Pubkey,
    pub to: Pubkey,
    pub amount: u64,
}

/// A distribution is open and funded.
#[event]
pub struct DistributionOpened {
    pub distribution: Pubkey,
    pub opener: Pubkey,
    pub mint: Pubkey,
    pub root: [u8; 32],
    pub total: u64,
    pub max_claims: u32,
    pub expires_at: i64,
}

/// A claim was paid.
#[event]
pub struct DistributionClaimed {
    pub distribution: Pubkey,
    pub index: u32,
    pub claimant: Pubkey,
    pub amount: u64,
}

/// A distribution ended: what nobody claimed went back to its opener, the rent to its payer.
#[event]
pub struct DistributionSwept {
    pub distribution: Pubkey,
    /// Base units returned.
    pub returned: u64,
    pub last: Distribution,
}
