//! **token**: the ASY mint with its supply cap, minting against allowances, burning, and the protocol's fee vaults.
//!
//! This file is dispatch only: each instruction lives in a file of its own under `instructions/`.

// Tests may overflow and panic: that is how they fail.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::integer_division, clippy::unwrap_used))]

use anchor_lang::prelude::*;

pub mod errors;
pub mod events;
pub mod instructions;
pub mod math;
pub mod state;

pub use errors::TokenError;
pub use instructions::*;
pub use state::*;

declare_id!("6ozaf3NU11tRdzN53yDrnHENFbhroPA81nGb6JZ1MnX4");

include!("../../security.rs");

#[program]
pub mod assay_token {
    use super::*;

    /// Create the Config and the ASY mint (9 decimals, no freeze authority). Only the program's upgrade authority may.
    ///
    /// * `max_supply`: base units that may ever be minted; burning does not make room again.
    /// * `burn_bps`: share of collected ASY fees that is burned, in bps; the rest goes to the treasury.
    pub fn initialize(ctx: Context<Initialize>, max_supply: u64, burn_bps: u16) -> Result<()> {
        instructions::initialize::handler(ctx, max_supply, burn_bps)
    }

    /// Set how many base units `minter` may still mint. 0 revokes. Authority only.
    pub fn set_minter(ctx: Context<SetMinter>, minter: Pubkey, allowance: u64) -> Result<()> {
        instructions::set_minter::handler(ctx, minter, allowance)
    }

    /// Mint `amount` base units against the signing minter's allowance, never above the cap.
    pub fn mint_to(ctx: Context<MintAsy>, amount: u64) -> Result<()> {
        instructions::mint_to::handler(ctx, amount)
    }

    /// Burn `amount` base units of the signer's own ASY.
    pub fn burn(ctx: Context<BurnAsy>, amount: u64) -> Result<()> {
        instructions::burn::handler(ctx, amount)
    }

    /// Create one of a mint's fee vaults, and its treasury vault if missing. Anyone may, at their own expense.
    pub fn open_fee_vault(ctx: Context<OpenFeeVault>, shard: u8) -> Result<()> {
        instructions::open_fee_vault::handler(ctx, shard)
    }

    /// Sweep a fee vault: of ASY `burn_bps` is burned, all else goes to the mint's treasury vault. Anyone may call.
    pub fn collect_fees(ctx: Context<CollectFees>) -> Result<()> {
        instructions::collect_fees::handler(ctx)
    }
}
