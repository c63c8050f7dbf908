//! The Merkle tree of a distribution's claims.
//!
//! * leaf `i` = `sha256("assay:claim" || distribution || i as u32 LE || claimant || amount as u64 LE)`
//! * node = `sha256("assay:node" || left || right)`
//! * the leaves are padded with zeros to a power of two: nobody knows a claim that hashes to zeros.
//!
//! The tree is positional: bit `k` of the index says on which side the path is at height `k`. So an index has one
//! leaf, and a proof has exactly one form. A leaf names its distribution, so it is worth nothing in another. A node
//! cannot pass as a leaf: proofs have a fixed length, and the two have different prefixes and lengths.

use anchor_lang::prelude::Pubkey;
use solana_sha256_hasher::hashv;

/// Prefix of a leaf.
pub const LEAF: &[u8] = b"assay:claim";
/// Prefix of an inner node.
pub const NODE: &[u8] = b"assay:node";
/// The leaf of an index that nobody has.
pub const EMPTY: [u8; 32] = [0; 32];

/// Hash of one claim.
pub fn leaf(distribution: &Pubkey, index: u32, claimant: &Pubkey, amount: u64) -> [u8; 32] {
    hashv(&[LEAF, distribution.as_ref(), &index.to_le_bytes(), claimant.as_ref(), &amount.to_le_bytes()]).to_bytes()
}

/// Hash of two neighbours.
pub fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    hashv(&[NODE, left, right]).to_bytes()
}

/// The root that a leaf at `index` and its neighbours on the way up, lowest first, lead to.
pub fn root(leaf: [u8; 32], index: u32, proof: &[[u8; 32]]) -> [u8; 32] {
    let mut path = index;
    proof.iter().fold(leaf, |hash, neighbour| {
        let on_the_right = path & 1 == 1;
        path >>= 1;
        if on_the_right { node(neighbour, &hash) } else { node(&hash, neighbour) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Pubkey {
        Pubkey::new_from_array([byte; 32])
    }

    #[test]
    fn every_part_of_a_claim_counts() {
        let claim = leaf(&key(1), 2, &key(3), 4);
        assert_ne!(claim, leaf(&key(0), 2, &key(3), 4));
        assert_ne!(claim, leaf(&key(1), 0, &key(3), 4));
        assert_ne!(claim, leaf(&key(1), 2, &key(0), 4));
        assert_ne!(claim, leaf(&key(1), 2, &key(3), 0));
    }

    #[test]
    fn sides_follow_the_index() {
        let leaves: Vec<_> = (0..4).map(|i| leaf(&key(9), i, &key(i as u8), 10)).collect();
        let (left, right) = (node(&leaves[0], &leaves[1]), node(&leaves[2], &leaves[3]));
        let top = node(&left, &right);
        let proofs = [[leaves[1], right], [leaves[0], right], [leaves[3], left], [leaves[2], left]];
        for (i, proof) in proofs.iter().enumerate() {
            assert_eq!(root(leaves[i], i as u32, proof), top);
            assert_ne!(root(leaves[i], i as u32 ^ 1, proof), top);
        }
        assert_eq!(root(leaves[0], 0, &[]), leaves[0], "a distribution of one claim");
    }
}
