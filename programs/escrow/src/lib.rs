//! **escrow**: the market. A requester's payment is locked in a vault of the job's own; operators take seats by
//! sortition; the verification program's verdict, and nothing else, releases the money.
//!
//! Every state has a way out that needs nobody's goodwill: see `docs/architecture.md`.

// Tests may overflow and panic: that is how they fail.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::integer_division, clippy::unwrap_used))]

use anchor_lang::prelude::*;

pub mod errors;
pub mod events;
pub mod instructions;
pub mod math;
pub mod state;

pub use errors::EscrowError;
pub use instructions::*;
pub use state::*;

declare_id!("AdKSBkf842Hxe2geisAtWb9oBcXtFvGb9UGqkmv7rBpr");

include!("../../security.rs");

#[program]
pub mod assay_escrow {
    use super::*;

    /// Create the Config. Only the program's upgrade authority may.
    pub fn initialize(ctx: Context<Initialize>, params: EscrowParams) -> Result<()> {
        instructions::initialize::handler(ctx, params)
    }

    /// Allow an SPL Token mint as payment. Authority only.
    ///
    /// * `bond_rate`: base units of ASY that secure 10^9 base units of this mint.
    pub fn register_mint(ctx: Context<RegisterMint>, bond_rate: u64) -> Result<()> {
        instructions::register_mint::handler(ctx, bond_rate)
    }

    /// Register a machine of the signing operator's.
    pub fn register_device(ctx: Context<RegisterDevice>, index: u16, capabilities: Capabilities) -> Result<()> {
        instructions::device::register(ctx, index, capabilities)
    }

    /// Retire a machine; its rent returns to the operator.
    pub fn retire_device(ctx: Context<RetireDevice>) -> Result<()> {
        instructions::device::retire(ctx)
    }

    /// Post a job and lock its whole payment in the same transaction.
    pub fn post_job(ctx: Context<PostJob>, terms: JobTerms) -> Result<()> {
        instructions::post_job::handler(ctx, terms)
    }

    /// Set the seed of a job's sortition, or (`None`) re-arm an aged-out draw. CPI from verification only.
    pub fn set_seed(ctx: Context<JobByVerifier>, seed: Option<[u8; 32]>) -> Result<()> {
        instructions::verdict::set_seed(ctx, seed)
    }

    /// Take a seat of an open job, if sortition chose the signing operator's pool; locks the seat's exposure there.
    pub fn claim_seat(ctx: Context<ClaimSeat>) -> Result<()> {
        instructions::claim_seat::handler(ctx)
    }

    /// Store a seat's seal. CPI from verification only.
    pub fn seal_seat(ctx: Context<SeatByVerifier>, seal: [u8; 32]) -> Result<()> {
        instructions::verdict::seal_seat(ctx, seal)
    }

    /// Replace a seat's seal by the digest it hid. CPI from verification only.
    pub fn reveal_seat(ctx: Context<SeatByVerifier>, digest: [u8; 32]) -> Result<()> {
        instructions::verdict::reveal_seat(ctx, digest)
    }

    /// Record a round's verdict: bit i of `winners` and `losers` is seat i. CPI from verification only.
    pub fn record_verdict(ctx: Context<JobByVerifier>, root: [u8; 32], winners: u8, losers: u8) -> Result<()> {
        instructions::verdict::record(ctx, root, winners, losers)
    }

    /// After the verdict: pay a winner's seat, or release one that is neither winner nor loser. Anyone may call.
    pub fn settle(ctx: Context<Settle>) -> Result<()> {
        instructions::settle::handler(ctx)
    }

    /// After the verdict: slash a loser's seat (wrong, or sealed and never revealed). Anyone may call, and is paid.
    pub fn slash_seat(ctx: Context<SlashSeat>) -> Result<()> {
        instructions::slash_seat::slash(ctx)
    }

    /// Slash the bond of a seat that did not seal in time, and re-open the seat. Anyone may call, and is paid.
    pub fn expire_seat(ctx: Context<SlashSeat>) -> Result<()> {
        instructions::slash_seat::expire(ctx)
    }

    /// Take back a job that nobody has a seat of. Requester only.
    pub fn cancel_job(ctx: Context<CancelJob>) -> Result<()> {
        instructions::end_job::cancel(ctx)
    }

    /// End a job that nobody has a seat of when its time is over. Anyone may call.
    pub fn expire_job(ctx: Context<ExpireJob>) -> Result<()> {
        instructions::end_job::expire(ctx)
    }

    /// Return to the requester what no winner is owed. Anyone may call, as often as they like.
    pub fn refund(ctx: Context<Refund>) -> Result<()> {
        instructions::refund::handler(ctx)
    }

    /// Close an ended job's empty vault and the job; all rent returns to the requester. Anyone may call.
    pub fn close_job(ctx: Context<CloseJob>) -> Result<()> {
        instructions::close_job::handler(ctx)
    }
}
