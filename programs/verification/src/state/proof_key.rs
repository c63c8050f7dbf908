use anchor_lang::prelude::*;

use crate::proof::VerifyingKey;

/// A registered verifying key, at `["key", VerifyingKey::digest]`.
///
/// Its address is its content: whoever registers it, it is the same key, and no other can ever stand under a job that names
/// it. Nor is it closed under such a job: a retired key starts no job (`draw` refuses it), and is closed only when as much time
/// has passed as the longest job may take. Were it gone all the same, anybody could register it again.
#[account]
#[derive(InitSpace, Debug)]
pub struct ProofKey {
    pub version: u8,
    pub bump: u8,
    /// Paid the rent and gets it back; alone may retire the key.
    pub payer: Pubkey,
    /// From when on it may be closed; 0 until it is retired.
    pub closes_at: i64,
    pub key: VerifyingKey,
}

impl ProofKey {
    /// Whether it may be closed at `now`.
    pub fn is_over(&self, now: i64) -> bool {
        self.closes_at != 0 && now >= self.closes_at
    }
}
