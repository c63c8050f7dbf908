//! Errors of the reputation program, 6200 and up.

use anchor_lang::prelude::*;

#[error_code(offset = 6200)]
pub enum ReputationError {
    /// 6200
    #[msg("Only the verification program may record an outcome")]
    NotRecorder,
    /// 6201
    #[msg("There is no such job class: use 0 to 4")]
    NoSuchClass,
    /// 6202
    #[msg("Arithmetic overflow in a reputation record")]
    Overflow,
    /// 6203
    #[msg("This record has an older layout: bring it up to date with upgrade_record, as anybody may")]
    OldLayout,
    /// 6204
    #[msg("This record's layout is not one that can be upgraded: it is up to date")]
    NotOldLayout,
}
