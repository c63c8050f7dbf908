use anchor_lang::prelude::*;

use super::MAX_URI;
use crate::EscrowError;

/// Seed of a Model: `["model", author, id as u32 LE]`.
pub const MODEL_SEED: &[u8] = b"model";
/// Most that a Model may ask for, in bps of what operators are paid.
pub const MAX_ROYALTY_BPS: u16 = 3_000;

/// A model whose author wants a part of what jobs with it pay, at `["model", author, id]`. That the author made the
/// content is the author's claim: a requester pays whom it names in its job, nobody else.
///
/// Its royalty never changes; and a job names the royalty that it agreed to, so that neither does a model that was
/// retired and published again.
#[account]
#[derive(InitSpace, Debug)]
pub struct Model {
    pub version: u8,
    pub bump: u8,
    /// Signs for it, paid its rent and gets it back.
    pub author: Pubkey,
    pub id: u32,
    /// Whom jobs pay.
    pub payee: Pubkey,
    /// sha256 of the content of its last revision.
    pub content_hash: [u8; 32],
    /// In bps of what operators are paid.
    pub royalty_bps: u16,
    /// Counts the contents, from 1.
    pub revision: u32,
    /// Where the content is found.
    #[max_len(MAX_URI)]
    pub uri: String,
}

impl Model {
    /// Holds after every change.
    pub fn invariant(&self) -> Result<()> {
        require!((1..=MAX_URI).contains(&self.uri.len()), EscrowError::BadUri);
        require!(self.royalty_bps <= MAX_ROYALTY_BPS, EscrowError::BadModel);
        require!(self.content_hash != [0; 32] && self.payee != Pubkey::default(), EscrowError::BadModel);
        require!(self.revision > 0, EscrowError::BadModel);
        Ok(())
    }
}
