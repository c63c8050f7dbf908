//! **assay-sdk**: all that a client of Assay needs, and what the indexer, the node, the CLI and the tests use:
//!
//! * [`addresses`]: every program-derived address
//! * [`ix`]: a builder for every instruction, which fills in the accounts that follow from others
//! * the programs' own account, event and error types, re-exported as [`token`], [`staking`], [`reputation`],
//!   [`escrow`], [`verification`], [`governance`], and [`account`] to read them
//! * [`decode`]: any account or event to JSON, by the committed IDLs; [`errors`]: a program error by its number;
//!   [`instructions`]: an instruction's name by its first bytes
//! * [`strategy`]: a job's strategy in words
//! * [`distribution`]: the Merkle tree of a distribution's claims
//! * [`sample`]: the drawn units of a sampled job, and the pieces in which its executor shows their leaves
//! * [`spec`], [`merkle`], [`result`]: the job spec and its hash, the root of the units' digests, the result document

pub mod addresses;
pub mod decode;
pub mod distribution;
pub mod errors;
pub mod instructions;
pub mod ix;
pub mod merkle;
pub mod result;
pub mod sample;
pub mod spec;
pub mod strategy;

pub use anchor_lang;
pub use assay_escrow as escrow;
pub use assay_governance as governance;
pub use assay_reputation as reputation;
pub use assay_staking as staking;
pub use assay_token as token;
pub use assay_verification as verification;

use anchor_lang::{AccountDeserialize, Discriminator};

/// Base units of one ASY.
pub const ASY: u64 = 1_000_000_000;

/// Read an account of a known type from its data, discriminator included.
///
/// # Errors
/// Anchor's error if the discriminator is another type's or the data is cut short.
pub fn account<T: AccountDeserialize>(mut data: &[u8]) -> anchor_lang::Result<T> {
    T::try_deserialize(&mut data)
}

/// The first eight bytes of every account of type `T`: what a `memcmp` filter at offset 0 asks for.
pub fn discriminator<T: Discriminator>() -> &'static [u8] {
    T::DISCRIMINATOR
}
