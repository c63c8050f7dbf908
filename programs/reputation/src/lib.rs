//! **reputation**: what an operator's verified results say of it: one record per operator and job class.
//!
//! Only the verification program's PDA may record an outcome; everything else reads.

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

include!("../../security.rs");

#[program]
pub mod assay_reputation {
    use super::*;

    /// Open the signing operator's record for a class (0 to 4). Needed before it can claim a seat of that class.
    pub fn open_record(ctx: Context<OpenRecord>, class: u8) -> Result<()> {
        instructions::open_record::handler(ctx, class)
    }

    /// Record one verified outcome. CPI from the recorder only.
    pub fn record_outcome(ctx: Context<RecordOutcome>, outcome: Outcome) -> Result<()> {
        instructions::record_outcome::handler(ctx, outcome)
    }
}
