//! Events of the reputation program.

use anchor_lang::prelude::*;

/// An operator has a record for a class.
#[event]
pub struct RecordOpened {
    pub operator: Pubkey,
    pub class: u8,
}
