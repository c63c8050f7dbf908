//! Events of the reputation program.

use anchor_lang::prelude::*;

use crate::state::Outcome;

/// An operator has a record for a class.
#[event]
pub struct RecordOpened {
    pub operator: Pubkey,
    pub class: u8,
}

/// An outcome was recorded; `score_bps` is the score after it.
#[event]
pub struct OutcomeRecorded {
    pub operator: Pubkey,
    pub class: u8,
    pub outcome: Outcome,
    pub score_bps: u16,
    pub consecutive_valid: u32,
}
