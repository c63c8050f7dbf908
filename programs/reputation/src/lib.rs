//! **reputation**: what an operator's verified results say of it: one record per operator and job class.
//!
//! Only the verification program's PDA may record an outcome; everything else reads. There is no Config, no authority
//! and no pause: every figure is a constant of `math`, nothing holds money, and the only entry is verification's.

// Tests may overflow and panic: that is how they fail.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::integer_division, clippy::unwrap_used))]

use anchor_lang::prelude::*;

pub mod errors;
pub mod events;
pub mod instructions;
pub mod math;
pub mod state;

pub use errors::ReputationError;
pub use instructions::*;
pub use state::*;

declare_id!("Dns7fgNHG57oZDp5M7bvjq7QGvXdxkkExMYTmXxJX8wu");

include!("../../emit.rs");
include!("../../security.rs");

#[program]
pub mod assay_reputation {
    use super::*;

    /// Open the signing operator's record for a class (0 to 4). Needed before it can claim a seat of that class.
    pub fn open_record(ctx: Context<OpenRecord>, class: u8) -> Result<()> {
        instructions::open_record::handler(ctx, class)
    }

    /// Record one verified outcome. CPI from the recorder only.
    ///
    /// * `value`: what the job was worth, in base units of ASY (its bond): outcomes of larger jobs weigh more.
    /// * `partner`: who paid for it: what one partner can give is capped, and oneself gives nothing.
    /// * `trust`: whether the strategy proves results, so that this one may earn fewer re-checks.
    pub fn record_outcome(
        ctx: Context<RecordOutcome>,
        outcome: Outcome,
        value: u64,
        partner: Pubkey,
        trust: bool,
    ) -> Result<()> {
        instructions::record_outcome::handler(ctx, &Verified { outcome, value, partner, trust })
    }

    /// The record's score now, in bps, as return data: for other programs and for simulation.
    pub fn score(ctx: Context<Score>) -> Result<u16> {
        instructions::score::handler(ctx)
    }

    /// Bring a record of an older layout to this one; the payer tops up its rent. Anyone may.
    pub fn upgrade_record(ctx: Context<UpgradeRecord>) -> Result<()> {
        instructions::upgrade_record::handler(ctx)
    }
}
