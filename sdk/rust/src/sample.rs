//! What the parties of a sampled job work out off the chain: which units are drawn, and how the executor shows their leaves.

use anchor_lang::prelude::Pubkey;
use assay_escrow::{Job, Strategy};
use assay_verification::{Shown, Tree, sample};

use crate::merkle::{self, MerkleError};

/// Hashes that one transaction takes, with instructions for its compute budget beside, and a payer that is not the executor.
pub const HASHES: usize = 21;

/// A piece of the paths from the drawn leaves to the root, as `prove_sample` takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The drawn leaf that it goes on with, counted from 0.
    pub leaf: u8,
    /// Where that leaf's path has come to: 0 for its beginning.
    pub height: u8,
    /// A leaf's digest, then its neighbours on the way up; then the next leaf's.
    pub hashes: Vec<[u8; 32]>,
}

/// The drawn units of a job, ascending: none unless it is sampled. They are known once a seed is drawn after the executor's
/// seal: not before `job.replicas` is above 1 and `job.seeded_at` above 0.
pub fn drawn(address: &Pubkey, job: &Job) -> Vec<u64> {
    match job.strategy {
        Strategy::Sampled { samples, .. } if job.replicas > 1 && job.seeded_at > 0 => {
            sample::units(&job.seed, address, job.units, samples)
        }
        _ => Vec::new(),
    }
}

/// The pieces that show the `drawn` leaves of the tree over all `digests`, from where the round's `shown` stands. What a
/// transaction that was lost sent is sent again: the leaf that was begun begins anew.
///
/// # Errors
/// As [`merkle::paths`].
pub fn pieces(digests: &[[u8; 32]], drawn: &[u64], shown: &Shown) -> Result<Vec<Piece>, MerkleError> {
    let root = merkle::root(digests)?;
    let left = drawn.get(usize::from(shown.leaves)..).unwrap_or_default();
    let tree = Tree { root: &root, units: digests.len() as u64, drawn };
    cut(&merkle::paths(digests, left)?, &tree, *shown)
}

/// Cut a stream of paths into pieces.
///
/// # Errors
/// [`MerkleError::Mismatch`] if it is not of this tree.
pub fn cut(stream: &[[u8; 32]], tree: &Tree, from: Shown) -> Result<Vec<Piece>, MerkleError> {
    let mut at = Shown { height: 0, ..from };
    let piece = |hashes: &[[u8; 32]]| {
        let (leaf, height) = (at.leaves, at.height);
        at.take((leaf, height), hashes, tree).map_err(|_| MerkleError::Mismatch)?;
        Ok(Piece { leaf, height, hashes: hashes.to_vec() })
    };
    stream.chunks(HASHES).map(piece).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The chain takes what is cut here, from any point at which it stopped, and comes to the sample root.
        #[test]
        fn the_chain_takes_every_piece(units in 1_usize..200, seed: [u8; 32], samples in 1_u8..=16, stop in 0_usize..9) {
            let digests: Vec<_> = (0..units as u64).map(|i| merkle::unit_digest(i, b"output")).collect();
            let root = merkle::root(&digests).unwrap();
            let drawn = sample::units(&seed, &Pubkey::default(), units as u64, samples);
            let tree = Tree { root: &root, units: units as u64, drawn: &drawn };
            let mut shown = Shown::default();
            for attempt in [stop, usize::MAX] {
                for piece in pieces(&digests, &drawn, &shown).unwrap().into_iter().take(attempt) {
                    prop_assert!(piece.hashes.len() <= HASHES);
                    shown.take((piece.leaf, piece.height), &piece.hashes, &tree).unwrap();
                }
            }
            prop_assert!(shown.is_whole(&tree));
            let found: Vec<_> = drawn.iter().map(|unit| digests[*unit as usize]).collect();
            prop_assert_eq!(shown.root, sample::root(&found));
            prop_assert_eq!(pieces(&digests, &drawn, &shown).unwrap(), vec![]);
        }
    }
}
