//! Accounts of the token program.

use anchor_lang::prelude::*;

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

/// The ASY mint's address: `["mint"]`. Constant, so that the programs above need not derive it.
pub const ASY_MINT: Pubkey = pubkey!("8APT3zPWiCaQjqop14UzJYMSCN5bFiqhL29Y31JrWFfe");
/// Owner of every fee vault: `["fees"]`. Constant for the same reason.
pub const FEE_AUTHORITY: Pubkey = pubkey!("7GxUz5bQZX2Ln9UZdNVotRKPX2NFLvXBWTsZxnfX2HaT");

/// One per program, at `["config"]`. Only `initialize` makes one, so its type and owner are all that need checking.
#[account]
#[derive(InitSpace, Debug)]
pub struct Config {
    pub version: u8,
    pub bump: u8,
    /// Sets minters.
    pub authority: Pubkey,
    /// The ASY mint.
    pub mint: Pubkey,
    pub mint_bump: u8,
    /// Bump of the fee vaults' owner.
    pub fees_bump: u8,
    /// Base units that may ever be minted.
    pub max_supply: u64,
    /// Base units minted so far. What was burned is this less the mint's supply.
    pub minted: u64,
    /// Share of collected ASY fees that is burned, in bps.
    pub burn_bps: u16,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_addresses_are_the_derived_ones() {
        assert_eq!(Pubkey::find_program_address(&[MINT_SEED], &crate::ID).0, ASY_MINT);
        assert_eq!(Pubkey::find_program_address(&[FEES_SEED], &crate::ID).0, FEE_AUTHORITY);
    }
}
