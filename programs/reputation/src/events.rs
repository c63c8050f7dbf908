//! Events of the reputation program.

use anchor_lang::prelude::*;

/// An operator has a record for a class.
#[event]
pub struct RecordOpened {
    pub operator: Pubkey,
    pub class: u8,
}

/// A record of an older layout was brought to this build's.
#[event]
pub struct RecordUpgraded {
    pub operator: Pubkey,
    pub class: u8,
    pub from: u8,
    pub to: u8,
}
