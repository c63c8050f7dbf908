//! Accounts of the token program.

mod distribution;

use anchor_lang::prelude::*;

pub use self::distribution::*;
use crate::{TokenError, math::BPS};

/// Layout version that this build writes.
pub const VERSION: u8 = 1;
/// ASY has nine decimals: 1 ASY = 10^9 base units.
pub const DECIMALS: u8 = 9;
/// Fee vaults of one mint, so that settlements of different jobs rarely touch the same one.
pub const FEE_SHARDS: u8 = 4;

/// Seed of the Config.
pub const CONFIG_SEED: &[u8] = b"config";
/// Seed of the ASY mint; the Config is its mint authority.
pub const MINT_SEED: &[u8] = b"mint";
/// Seed of a Minter: `["minter", minter]`.
pub const MINTER_SEED: &[u8] = b"minter";
/// Seed of the PDA that owns every fee vault.
pub const FEES_SEED: &[u8] = b"fees";
/// Seed of a fee vault: `["fee", mint, shard]`.
pub const FEE_VAULT_SEED: &[u8] = b"fee";
/// Seed of a treasury vault: `["treasury", mint]`; the Config owns it.
pub const TREASURY_SEED: &[u8] = b"treasury";
/// Seed of a reserve vault: `["reserve", mint]`; the Config owns it.
pub const RESERVE_SEED: &[u8] = b"reserve";
/// Seed of a SwapLog: `["swap", mint, reserve mint]`.
pub const SWAP_SEED: &[u8] = b"swap";

/// The ASY mint's address: `["mint"]`. Constant, so that the programs above need not derive it.
pub const ASY_MINT: Pubkey = pubkey!("8APT3zPWiCaQjqop14UzJYMSCN5bFiqhL29Y31JrWFfe");
/// Owner of every fee vault: `["fees"]`. Constant for the same reason.
pub const FEE_AUTHORITY: Pubkey = pubkey!("7GxUz5bQZX2Ln9UZdNVotRKPX2NFLvXBWTsZxnfX2HaT");

/// The staking program's vault of rewards, its `["rewards"]`: emission and the rewards share of fees go there. Constant,
/// because nothing here depends on staking; a test of the SDK derives it.
pub const REWARDS_VAULT: Pubkey = pubkey!("C7Ai9MR5Cf462ws4yfSjzc4SB5jd8cnJKnwGyXoromAz");

/// Longest epoch of emission, in seconds: a year.
pub const MAX_EPOCH_SECONDS: i64 = 366 * 24 * 3_600;

/// Where collected fees go, in bps that add up to exactly 10,000.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeSplit {
    /// Burned; of a mint that is not ASY it goes to the reserve.
    pub burn_bps: u16,
    /// To the mint's reserve vault.
    pub reserve_bps: u16,
    /// To the stakers' rewards vault; of a mint that is not ASY it goes to the reserve.
    pub rewards_bps: u16,
    /// To the mint's treasury vault, with what rounding leaves.
    pub treasury_bps: u16,
}

/// How much ASY each epoch emits to the stakers.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emission {
    /// Base units of the first epoch; 0 emits nothing.
    pub first: u64,
    /// Each epoch emits this share of the one before, rounded down.
    pub keep_bps: u16,
    pub epoch_seconds: i64,
}

/// What the authority may change.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenParams {
    pub split: FeeSplit,
    pub emission: Emission,
    /// The mint that the reserve is kept in; fees of other mints may be swapped into it. Zeros: no swaps.
    pub reserve_mint: Pubkey,
}

impl TokenParams {
    /// Every bound there is, in one place.
    pub fn validate(&self) -> Result<()> {
        let FeeSplit { burn_bps, reserve_bps, rewards_bps, treasury_bps } = self.split;
        let sum: u64 = [burn_bps, reserve_bps, rewards_bps, treasury_bps].into_iter().map(u64::from).sum();
        require!(sum == BPS, TokenError::BadParams);
        let Emission { first: _, keep_bps, epoch_seconds } = self.emission;
        require!(u64::from(keep_bps) <= BPS, TokenError::BadParams);
        require!((1..=MAX_EPOCH_SECONDS).contains(&epoch_seconds), TokenError::BadParams);
        Ok(())
    }
}

/// One per program, at `["config"]`. Only `initialize` makes one, so its type and owner are all that need checking.
#[account]
#[derive(InitSpace, Debug)]
pub struct Config {
    pub version: u8,
    pub bump: u8,
    /// Sets parameters and minters, spends the treasury, swaps the reserve.
    pub authority: Pubkey,
    /// May become the authority by accepting; zeros for nobody.
    pub pending: Pubkey,
    /// May pause; zeros for nobody.
    pub guardian: Pubkey,
    /// Stops minting, emission and new distributions; never what lets money out.
    pub paused: bool,
    /// The ASY mint.
    pub mint: Pubkey,
    pub mint_bump: u8,
    /// Bump of the fee vaults' owner.
    pub fees_bump: u8,
    /// Base units that may ever be minted.
    pub max_supply: u64,
    /// Base units minted so far. What was burned is this less the mint's supply.
    pub minted: u64,
    /// Number of the epoch that is emitted next.
    pub next_epoch: u64,
    /// Base units that it emits, unless the cap leaves less.
    pub next_amount: u64,
    /// Unix seconds from which it may be emitted: its end.
    pub next_at: i64,
    pub params: TokenParams,
}

impl Config {
    /// Start the emission's curve at `now`: its first epoch is emitted when it is over.
    pub fn restart_emission(&mut self, now: i64) -> Result<()> {
        let Emission { first, epoch_seconds, .. } = self.params.emission;
        self.next_amount = first;
        self.next_at = now.checked_add(epoch_seconds).ok_or(TokenError::Overflow)?;
        Ok(())
    }
}

/// How much one key may still mint, at `["minter", minter]`.
#[account]
#[derive(InitSpace, Debug)]
pub struct Minter {
    pub version: u8,
    pub bump: u8,
    pub minter: Pubkey,
    /// Base units left.
    pub allowance: u64,
}

/// What was ever swapped of one mint into another, at `["swap", mint, reserve_mint]`.
#[account]
#[derive(InitSpace, Debug)]
pub struct SwapLog {
    pub version: u8,
    pub bump: u8,
    pub mint: Pubkey,
    pub reserve_mint: Pubkey,
    pub swaps: u64,
    /// Base units of `mint` given, in all.
    pub given: u128,
    /// Base units of `reserve_mint` that arrived, in all.
    pub received: u128,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_addresses_are_the_derived_ones() {
        assert_eq!(Pubkey::find_program_address(&[MINT_SEED], &crate::ID).0, ASY_MINT);
        assert_eq!(Pubkey::find_program_address(&[FEES_SEED], &crate::ID).0, FEE_AUTHORITY);
    }
}
