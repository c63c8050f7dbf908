//! Accounts of the reputation program.

mod layout;
mod record;

use anchor_lang::prelude::*;

pub use self::{layout::*, record::*};

/// Layout version that this build writes. 1 had neither `avg_value` nor `partners`: `upgrade_record` brings it here.
pub const VERSION: u8 = 2;
/// Job classes 0 to 4, by size (see the escrow program's Config for their times).
pub const CLASSES: u8 = 5;
/// Buckets of a record's sketch of partners.
pub const PARTNERS: usize = 8;

/// Seed of a Record: `["record", operator, class]`.
pub const RECORD_SEED: &[u8] = b"record";

/// The one signer that may record outcomes: the verification program's `["authority"]` (its tests derive it).
pub const RECORDER: Pubkey = pubkey!("9yn1EK9NgTcFULkEQcA6CXo8mVV4w4p3bsf4P5AUAQY6");

/// How a seat ended, as verification found it.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The quorum's digest.
    Valid,
    /// A digest other than the quorum's.
    Wrong,
    /// Sealed but never revealed, or seated but never sealed.
    Silent,
}
