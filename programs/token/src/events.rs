//! Events of the token program, emitted by CPI so that log truncation cannot hide them. Amounts in base units.

use anchor_lang::prelude::*;

/// The mint and the Config exist.
#[event]
pub struct TokenInitialized {
    pub authority: Pubkey,
    pub mint: Pubkey,
    pub max_supply: u64,
    pub burn_bps: u16,
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

/// A fee vault was swept: `burned + treasury` is exactly what it held.
#[event]
pub struct FeesCollected {
    pub mint: Pubkey,
    pub vault: Pubkey,
    pub burned: u64,
    pub treasury: u64,
}
