use anchor_lang::prelude::*;

use crate::{VerificationError, attest::AttestorKey};

/// Somebody, or some machine, whose word a registrar vouches for, at `["attestor", registrar, AttestorKey::digest]`.
#[account]
#[derive(InitSpace, Debug)]
pub struct Attestor {
    pub version: u8,
    pub bump: u8,
    /// Revoked for good, as long as the account exists; from then on it counts in no job, whenever it was posted.
    pub revoked: bool,
    /// Registered it and alone may revoke it. Jobs name it.
    pub registrar: Pubkey,
    /// Paid the rent and gets it back.
    pub payer: Pubkey,
    /// The last moment at which its signatures count.
    pub expires_at: i64,
    pub key: AttestorKey,
}

impl Attestor {
    /// Bytes of the account: keys differ in length, and nothing is left over.
    pub const fn space(key: &AttestorKey) -> usize {
        let longest = 8_usize.saturating_add(Self::INIT_SPACE);
        match key {
            AttestorKey::Ed25519 { .. } => longest.saturating_sub(1),
            AttestorKey::Secp256r1 { .. } => longest,
        }
    }

    /// Whether its signature counts at `now` for a job that names `registrar`.
    pub fn check(&self, registrar: &Pubkey, now: i64) -> Result<()> {
        require_keys_eq!(self.registrar, *registrar, VerificationError::WrongAttestor);
        require!(!self.revoked, VerificationError::AttestorRevoked);
        require!(now <= self.expires_at, VerificationError::AttestorExpired);
        Ok(())
    }

    /// Whether its account may be closed at `now`: nothing that it signs counts any more.
    pub fn is_over(&self, now: i64) -> bool {
        self.revoked || now > self.expires_at
    }
}
