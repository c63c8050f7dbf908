//! **staking**: operator pools, each with its own vault: stake, bonds, slashing, unbonding, and the weight that
//! sortition draws by.
//!
//! Shares, not amounts, are owned: a slash lowers what every share of active *and* cooling stake is worth, in O(1).

// Tests may overflow and panic: that is how they fail.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::integer_division, clippy::unwrap_used))]

use anchor_lang::prelude::*;

pub mod errors;
pub mod events;
pub mod instructions;
pub mod math;
pub mod sortition;
pub mod state;

pub use errors::StakingError;
pub use instructions::*;
pub use state::*;

declare_id!("ERin8LJoufaoK2Y6DYgtXwMcKPKm7Rg1AEHyUcqcWndG");

include!("../../security.rs");

#[program]
pub mod assay_staking {
    use super::*;

    /// Create the Config and the Totals. Only the program's upgrade authority may.
    pub fn initialize(ctx: Context<Initialize>, params: StakingParams) -> Result<()> {
        instructions::initialize::handler(ctx, params)
    }

    /// Open the signing operator's pool, its vault and its own position.
    pub fn open_pool(ctx: Context<OpenPool>) -> Result<()> {
        instructions::open_pool::handler(ctx)
    }

    /// Stake `amount` base units of ASY into the signer's position. It weighs from the next epoch on.
    pub fn stake(ctx: Context<Stake>, amount: u64) -> Result<()> {
        instructions::stake::handler(ctx, amount)
    }

    /// Turn `shares` of active stake into a ticket that can be withdrawn after unbonding. Locked bonds stay behind.
    pub fn request_unstake(ctx: Context<RequestUnstake>, shares: u128) -> Result<()> {
        instructions::request_unstake::handler(ctx, shares)
    }

    /// Pay out a ticket whose time has come, less what was slashed meanwhile.
    pub fn withdraw(ctx: Context<Withdraw>) -> Result<()> {
        instructions::withdraw::handler(ctx)
    }

    /// Lock `amount` base units of a pool's active stake as a bond. CPI from the slasher only.
    pub fn lock_bond(ctx: Context<ChangeBond>, amount: u64) -> Result<()> {
        instructions::bond::lock(ctx, amount)
    }

    /// Release `amount` base units of a pool's locked bonds. CPI from the slasher only.
    pub fn release_bond(ctx: Context<ChangeBond>, amount: u64) -> Result<()> {
        instructions::bond::release(ctx, amount)
    }

    /// Release `unlock` base units of bonds and take `amount` (at most all there is) from active and cooling stake
    /// alike: part burned, part to the harmed party, part to the caller. CPI from the slasher only.
    pub fn slash(ctx: Context<Slash>, amount: u64, unlock: u64) -> Result<()> {
        instructions::slash::handler(ctx, amount, unlock)
    }

    /// Bring a pool's share of the total weight up to date after a slash. Anyone may call.
    pub fn sync_weight(ctx: Context<SyncWeight>) -> Result<()> {
        instructions::sync_weight::handler(ctx)
    }
}
