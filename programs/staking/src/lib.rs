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
pub use math::Most;
pub use state::*;

declare_id!("ERin8LJoufaoK2Y6DYgtXwMcKPKm7Rg1AEHyUcqcWndG");

include!("../../security.rs");
include!("../../emit.rs");

#[program]
pub mod assay_staking {
    use super::*;

    /// Create the Config, the Totals and the rewards vault. Only the program's upgrade authority may.
    pub fn initialize(ctx: Context<Initialize>, params: StakingParams) -> Result<()> {
        instructions::initialize::handler(ctx, params)
    }

    /// Change the parameters. Authority only.
    pub fn set_params(ctx: Context<Govern>, params: StakingParams) -> Result<()> {
        instructions::set_params::handler(ctx, params)
    }

    /// Name who may become the authority; the default key withdraws it. Authority only.
    pub fn propose_authority(ctx: Context<Govern>, new: Pubkey) -> Result<()> {
        instructions::administration::propose_authority(ctx, new)
    }

    /// Become the authority. Only whom the authority proposed may.
    pub fn accept_authority(ctx: Context<AcceptAuthority>) -> Result<()> {
        instructions::administration::accept_authority(ctx)
    }

    /// Name who may pause besides the authority; the default key is nobody. Authority only.
    pub fn set_guardian(ctx: Context<Govern>, guardian: Pubkey) -> Result<()> {
        instructions::administration::set_guardian(ctx, guardian)
    }

    /// Stop or allow entries: open_pool, open_position, stake, redelegate, lock_bond. Authority or guardian.
    pub fn set_paused(ctx: Context<SetPaused>, paused: bool) -> Result<()> {
        instructions::administration::set_paused(ctx, paused)
    }

    /// Open the signing operator's pool, its vault and its own position.
    pub fn open_pool(ctx: Context<OpenPool>, commission_bps: u16) -> Result<()> {
        instructions::open_pool::handler(ctx, commission_bps)
    }

    /// Close the signing operator's pool, in which nothing and nobody is left.
    pub fn close_pool(ctx: Context<ClosePool>) -> Result<()> {
        instructions::close_pool::handler(ctx)
    }

    /// Lower the commission at any time, or raise it by one step a day.
    pub fn set_commission(ctx: Context<SetCommission>, commission_bps: u16) -> Result<()> {
        instructions::set_commission::handler(ctx, commission_bps)
    }

    /// Open the signer's position in a pool, if its commission is at most `max_commission_bps`.
    pub fn open_position(ctx: Context<OpenPosition>, max_commission_bps: u16) -> Result<()> {
        instructions::open_position::handler(ctx, max_commission_bps)
    }

    /// Close a position that holds nothing. Anyone may call; the rent is its owner's.
    pub fn close_position(ctx: Context<ClosePosition>) -> Result<()> {
        instructions::close_position::handler(ctx)
    }

    /// Stake `amount` base units of ASY into the signer's position. It weighs from the next epoch on.
    pub fn stake(ctx: Context<Stake>, amount: u64) -> Result<()> {
        instructions::stake::handler(ctx, amount)
    }

    /// Turn `shares` of active stake into a ticket that can be withdrawn after unbonding. Locked bonds stay behind.
    pub fn request_unstake(ctx: Context<RequestUnstake>, shares: u128) -> Result<()> {
        instructions::request_unstake::handler(ctx, shares)
    }

    /// Pay out a ticket whose time has come, less what was slashed meanwhile. Anyone may call; it goes to its owner.
    pub fn withdraw(ctx: Context<Withdraw>) -> Result<()> {
        instructions::withdraw::handler(ctx)
    }

    /// Move `shares` from one of the signer's positions to another, if the pool they leave has nothing at stake.
    pub fn redelegate(ctx: Context<Redelegate>, shares: u128) -> Result<()> {
        instructions::redelegate::handler(ctx, shares)
    }

    /// Give `amount` base units of ASY to all who stake, by weight, when the epoch ends.
    pub fn fund_rewards(ctx: Context<FundRewards>, amount: u64) -> Result<()> {
        instructions::fund_rewards::handler(ctx, amount)
    }

    /// Begin the epoch: distribute the rewards of the last, and find those that came in. Anyone may call.
    pub fn advance_epoch(ctx: Context<AdvanceEpoch>) -> Result<()> {
        instructions::advance_epoch::handler(ctx)
    }

    /// Pay out a position's rewards, and with the operator's own the commission. Anyone may call; it goes to its owner.
    pub fn claim_rewards(ctx: Context<ClaimRewards>) -> Result<()> {
        instructions::claim_rewards::handler(ctx)
    }

    /// Lock `amount` base units of a pool's active stake as a bond, unless it is in jail. CPI from the slasher only.
    pub fn lock_bond(ctx: Context<LockBond>, amount: u64) -> Result<()> {
        instructions::bond::lock(ctx, amount)
    }

    /// Release `amount` base units of a pool's locked bonds. CPI from the slasher only.
    pub fn release_bond(ctx: Context<ChangeBond>, amount: u64) -> Result<()> {
        instructions::bond::release(ctx, amount)
    }

    /// Release `unlock` base units of bonds and take `amount` (at most all there is) from active and cooling stake
    /// alike: part to the harmed party and part to the caller, each `most` at most, and the rest is burned. With `jail` the
    /// pool weighs nothing and takes no seats for a while. CPI from the slasher only.
    pub fn slash(ctx: Context<Slash>, amount: u64, unlock: u64, jail: bool, most: Most) -> Result<()> {
        instructions::slash::handler(ctx, amount, unlock, jail, most)
    }

    /// Count a dispute about a pool's operator: nothing leaves the pool until it is closed. CPI from the slasher only.
    pub fn open_case(ctx: Context<ChangeCase>) -> Result<()> {
        instructions::case::open(ctx)
    }

    /// A dispute is resolved. CPI from the slasher only.
    pub fn close_case(ctx: Context<ChangeCase>) -> Result<()> {
        instructions::case::close(ctx)
    }

    /// Bind a position until `until`, at most 90 days ahead: it cannot be unstaked or moved before. A lock only
    /// grows. CPI from governance only.
    pub fn lock_position(ctx: Context<LockPosition>, until: i64) -> Result<()> {
        instructions::lock_position::handler(ctx, until)
    }

    /// Bring a pool's share of the total weight up to date, after a slash or jail. Anyone may call.
    pub fn sync_weight(ctx: Context<SyncWeight>) -> Result<()> {
        instructions::sync_weight::handler(ctx)
    }
}
