//! The commitment that hides a digest until all have committed.

use anchor_lang::prelude::Pubkey;
use solana_sha256_hasher::hashv;

/// `sha256("assay:seal", genesis, round, operator, digest, salt)`. It names the cluster, the round and the operator,
/// so a seal copied from another can never be revealed; the salt (32 random bytes) hides digests that can be guessed.
pub fn seal(genesis: &[u8; 32], round: &Pubkey, operator: &Pubkey, digest: &[u8; 32], salt: &[u8; 32]) -> [u8; 32] {
    hashv(&[b"assay:seal", genesis, round.as_ref(), operator.as_ref(), digest, salt]).to_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts() {
        let key = |n| Pubkey::new_from_array([n; 32]);
        let of = seal(&[1; 32], &key(2), &key(3), &[4; 32], &[5; 32]);
        assert_ne!(of, seal(&[0; 32], &key(2), &key(3), &[4; 32], &[5; 32]));
        assert_ne!(of, seal(&[1; 32], &key(0), &key(3), &[4; 32], &[5; 32]));
        assert_ne!(of, seal(&[1; 32], &key(2), &key(0), &[4; 32], &[5; 32]));
        assert_ne!(of, seal(&[1; 32], &key(2), &key(3), &[0; 32], &[5; 32]));
        assert_ne!(of, seal(&[1; 32], &key(2), &key(3), &[4; 32], &[0; 32]));
    }
}
