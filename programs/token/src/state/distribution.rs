use anchor_lang::prelude::*;

use crate::{TokenError, claims, math};

/// Seed of a Distribution: `["distribution", opener, id as u64 LE]`.
pub const DISTRIBUTION_SEED: &[u8] = b"distribution";
/// Seed of its vault: `["claims", distribution]`; the Distribution owns it.
pub const CLAIMS_SEED: &[u8] = b"claims";
/// Most claims of one distribution: their bits take 8 KiB.
pub const MAX_CLAIMS: u32 = 1 << 16;
/// Longest life of a distribution, in seconds: five years. A typing error must not lock the rest for ever.
pub const MAX_DISTRIBUTION_SECONDS: i64 = 5 * 366 * 24 * 3_600;

/// Tokens for many, by a Merkle root over the claims: see [`claims`]. One bit for each claim follows these fields as
/// the account's tail (bit `i & 7` of byte `i >> 3`): claims touch one byte and never load it all.
#[account]
#[derive(InitSpace, Debug)]
pub struct Distribution {
    pub version: u8,
    pub bump: u8,
    pub vault_bump: u8,
    /// Funded it, and gets back what nobody claims.
    pub opener: Pubkey,
    /// Paid the rent, and gets it back.
    pub payer: Pubkey,
    /// Makes the address unique among the opener's.
    pub id: u64,
    pub mint: Pubkey,
    pub root: [u8; 32],
    /// Base units for all claims together.
    pub total: u64,
    /// Base units claimed.
    pub claimed: u64,
    /// Claims that the root may hold: indices are below it.
    pub max_claims: u32,
    /// Claims paid.
    pub claims: u32,
    /// Unix seconds: the last moment to claim. Afterwards anyone may sweep.
    pub expires_at: i64,
}

impl Distribution {
    /// Bytes of the account. Too many claims count as [`MAX_CLAIMS`]: the handler refuses them by name.
    pub fn space(max_claims: u32) -> usize {
        Self::head().saturating_add(math::bitmap_len(max_claims.min(MAX_CLAIMS)))
    }

    /// Where the bits begin.
    pub fn head() -> usize {
        8_usize.saturating_add(Self::INIT_SPACE)
    }

    /// Whether anything may still be claimed at `now`.
    pub fn is_over(&self, now: i64) -> bool {
        now > self.expires_at || self.claimed == self.total
    }

    /// Check a claim against the root. The proof must be exactly as long as the tree is high.
    pub fn verify(&self, this: &Pubkey, claim: (u32, &Pubkey, u64), proof: &[[u8; 32]]) -> Result<()> {
        let (index, claimant, amount) = claim;
        require!(index < self.max_claims, TokenError::BadProof);
        require!(u32::try_from(proof.len()) == Ok(math::proof_len(self.max_claims)), TokenError::BadProof);
        let leaf = claims::leaf(this, index, claimant, amount);
        require!(claims::root(leaf, index, proof) == self.root, TokenError::BadProof);
        Ok(())
    }

    /// What must hold after every change. Destructured, so that a new field forces a decision.
    pub fn invariant(&self) -> Result<()> {
        let Self {
            version: _,
            bump: _,
            vault_bump: _,
            opener: _,
            payer: _,
            id: _,
            mint: _,
            root: _,
            total,
            claimed,
            max_claims,
            claims,
            expires_at: _,
        } = self;
        require!(claimed <= total && claims <= max_claims, TokenError::AboveTotal);
        Ok(())
    }
}
