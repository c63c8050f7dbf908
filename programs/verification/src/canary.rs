//! Canaries: jobs whose answer somebody knows. They look like every other job until it is told.

use anchor_lang::prelude::Pubkey;
use solana_sha256_hasher::hashv;

/// `sha256("assay:canary", job, spec_hash, root, salt)`: committed before the job is posted, it says nothing of which job it
/// is about; opened, it fits no other.
pub fn commitment(job: &Pubkey, spec_hash: &[u8; 32], root: &[u8; 32], salt: &[u8; 32]) -> [u8; 32] {
    hashv(&[b"assay:canary", job.as_ref(), spec_hash, root, salt]).to_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts() {
        let key = |n| Pubkey::new_from_array([n; 32]);
        let of = commitment(&key(1), &[2; 32], &[3; 32], &[4; 32]);
        assert_ne!(of, commitment(&key(0), &[2; 32], &[3; 32], &[4; 32]));
        assert_ne!(of, commitment(&key(1), &[0; 32], &[3; 32], &[4; 32]));
        assert_ne!(of, commitment(&key(1), &[2; 32], &[0; 32], &[4; 32]));
        assert_ne!(of, commitment(&key(1), &[2; 32], &[3; 32], &[0; 32]));
    }
}
