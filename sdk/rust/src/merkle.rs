//! Unit digests, the Merkle root over them (a job's result on chain), and proofs that one unit belongs to a root.
//!
//! `digest(i) = sha256("assay:unit" || i as u64 LE || output)`; leaf = `sha256(0x00 || digest)`, node =
//! `sha256(0x01 || left || right)`, and an odd node is promoted unchanged. The prefixes keep a node from being passed
//! off as a leaf; the index in the digest keeps one unit's output from being passed off as another's.

use assay_verification::merkle as chain;
use rs_merkle::{Hasher, MerkleTree};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Domain of a unit's digest.
pub const UNIT_DOMAIN: &[u8] = b"assay:unit";

/// Digest of the output of unit `index`.
pub fn unit_digest(index: u64, output: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(UNIT_DOMAIN).chain_update(index.to_le_bytes()).chain_update(output).finalize().into()
}

/// What can be wrong with a tree or a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MerkleError {
    /// A tree of nothing.
    #[error("a job without units has no root; pass the digest of every unit, in order")]
    Empty,
    /// The unit is not in the tree.
    #[error("unit {index} does not exist in a job of {units} units; count from 0")]
    OutOfRange {
        /// The unit asked for.
        index: u64,
        /// The units there are.
        units: u64,
    },
    /// The proof does not lead to the root.
    #[error(
        "the proof does not lead to this root: the digest, the unit, the number of units or the root is another one"
    )]
    Mismatch,
}

/// sha256 with one prefix for leaves and another for nodes.
#[derive(Clone)]
struct Sha256Tree;

impl Hasher for Sha256Tree {
    type Hash = [u8; 32];

    /// Hash of a leaf.
    fn hash(digest: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update([0]).chain_update(digest).finalize().into()
    }

    fn concat_and_hash(left: &[u8; 32], right: Option<&[u8; 32]>) -> [u8; 32] {
        match right {
            Some(right) => Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into(),
            None => *left,
        }
    }
}

fn tree(digests: &[[u8; 32]]) -> Result<MerkleTree<Sha256Tree>, MerkleError> {
    if digests.is_empty() {
        return Err(MerkleError::Empty);
    }
    let leaves: Vec<_> = digests.iter().map(|digest| Sha256Tree::hash(digest)).collect();
    Ok(MerkleTree::from_leaves(&leaves))
}

/// Root over the units' digests, in unit order.
///
/// # Errors
/// [`MerkleError::Empty`] without digests.
pub fn root(digests: &[[u8; 32]]) -> Result<[u8; 32], MerkleError> {
    tree(digests)?.root().ok_or(MerkleError::Empty)
}

/// A proof that the digest of one unit is under a root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The unit, counted from 0.
    pub index: u64,
    /// How many units the job has.
    pub units: u64,
    /// The neighbours on the way up, lowest first.
    pub siblings: Vec<[u8; 32]>,
}

impl Proof {
    /// Proof for unit `index` out of all units' digests.
    ///
    /// # Errors
    /// [`MerkleError::Empty`] without digests, [`MerkleError::OutOfRange`] for a unit that is not there.
    pub fn create(digests: &[[u8; 32]], index: u64) -> Result<Self, MerkleError> {
        let tree = tree(digests)?;
        let units = digests.len() as u64;
        let at = in_range(index, units)?;
        Ok(Self { index, units, siblings: tree.proof(&[at]).proof_hashes().to_vec() })
    }

    /// Checks that `digest` is the digest of this proof's unit under `root`. Take `units` from the job, not from
    /// whoever gave the proof.
    ///
    /// # Errors
    /// [`MerkleError::OutOfRange`] or [`MerkleError::Mismatch`].
    pub fn verify(&self, root: &[u8; 32], units: u64, digest: &[u8; 32]) -> Result<(), MerkleError> {
        in_range(self.index, units)?;
        // As the chain does it, by its own code.
        let proven = self.units == units && chain::proves(root, self.index, units, digest, &self.siblings);
        if proven { Ok(()) } else { Err(MerkleError::Mismatch) }
    }
}

/// The paths of some units, one after the other: the digest of each, then its neighbours on the way up. It is what
/// [`Proof::create`] gives for each, from one tree.
///
/// # Errors
/// [`MerkleError::Empty`] without digests, [`MerkleError::OutOfRange`] for a unit that is not there.
pub fn paths(digests: &[[u8; 32]], units: &[u64]) -> Result<Vec<[u8; 32]>, MerkleError> {
    let tree = tree(digests)?;
    let mut paths = Vec::new();
    for unit in units {
        let at = in_range(*unit, digests.len() as u64)?;
        paths.push(digests[at]);
        paths.extend_from_slice(tree.proof(&[at]).proof_hashes());
    }
    Ok(paths)
}

fn in_range(index: u64, units: u64) -> Result<usize, MerkleError> {
    usize::try_from(index).ok().filter(|_| index < units).ok_or(MerkleError::OutOfRange { index, units })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn digests(units: usize) -> Vec<[u8; 32]> {
        (0..units as u64).map(|i| unit_digest(i, format!("output {i}").as_bytes())).collect()
    }

    /// The definition, written down a second time without the library.
    fn reference_root(digests: &[[u8; 32]]) -> [u8; 32] {
        let sha = |parts: &[&[u8]]| -> [u8; 32] { Sha256::digest(parts.concat()).into() };
        let mut layer: Vec<_> = digests.iter().map(|d| sha(&[&[0], d])).collect();
        while layer.len() > 1 {
            layer = layer
                .chunks(2)
                .map(|pair| if pair.len() == 2 { sha(&[&[1], &pair[0], &pair[1]]) } else { pair[0] })
                .collect();
        }
        layer[0]
    }

    #[test]
    fn known_vectors() {
        assert_eq!(
            hex::encode(unit_digest(0, b"")),
            "eee27ba249a2ba4e8791862c705b29f3c149361ef3af734eba45f83098fac71b"
        );
        assert_eq!(
            hex::encode(unit_digest(7, b"hello")),
            "777a2b6ebda71e864499923d3800f863252ae595de063f0493a4586898d606c2"
        );
        assert_eq!(
            hex::encode(root(&digests(1)).unwrap()),
            "c6aa64a29f8065cd02a5304171dcb4219073068bf8fc9b18891a4b75e03fe5f5"
        );
        assert_eq!(
            hex::encode(root(&digests(2)).unwrap()),
            "8fdf29395e51b599e8fb223c2ccdb857a618ae92ca7be3467baaa6c25201f623"
        );
        assert_eq!(
            hex::encode(root(&digests(5)).unwrap()),
            "97ee621266342f4767dc259fd3f5c765324b23d41ffce4fcb851c44334b4c8c9"
        );
        assert_eq!(
            hex::encode(root(&digests(32)).unwrap()),
            "22801950eb58c1713b110d36add64b7ecb59658f0095204452da86e6036a81ea"
        );
    }

    #[test]
    fn nothing_has_no_root_and_no_proof() {
        assert_eq!(root(&[]), Err(MerkleError::Empty));
        assert_eq!(Proof::create(&[], 0), Err(MerkleError::Empty));
        assert_eq!(Proof::create(&digests(3), 3), Err(MerkleError::OutOfRange { index: 3, units: 3 }));
    }

    #[test]
    fn odd_units_are_promoted_so_their_proofs_are_shorter() {
        let digests = digests(5);
        assert_eq!(Proof::create(&digests, 0).unwrap().siblings.len(), 3);
        assert_eq!(Proof::create(&digests, 4).unwrap().siblings.len(), 1);
        // Bitcoin's tree doubles the odd one out; then these two would be equal (CVE-2012-2459).
        let doubled: Vec<_> = digests.iter().copied().chain([digests[4]]).collect();
        assert_ne!(root(&digests).unwrap(), root(&doubled).unwrap());
    }

    #[test]
    fn a_node_is_not_a_leaf() {
        let digests = digests(4);
        let pair = root(&digests[..2]).unwrap();
        let other = root(&digests[2..]).unwrap();
        assert_ne!(root(&[pair, other]).unwrap(), root(&digests).unwrap());
    }

    #[test]
    fn surplus_hashes_and_another_number_of_units_are_refused() {
        let digests = digests(6);
        let root = root(&digests).unwrap();
        let good = Proof::create(&digests, 2).unwrap();
        assert_eq!(good.verify(&root, 6, &digests[2]), Ok(()));
        let mut long = good.clone();
        long.siblings.push([0; 32]);
        assert_eq!(long.verify(&root, 6, &digests[2]), Err(MerkleError::Mismatch));
        assert_eq!(good.verify(&root, 5, &digests[2]), Err(MerkleError::Mismatch));
        let outside = Proof { index: 6, ..good };
        assert_eq!(outside.verify(&root, 6, &digests[2]), Err(MerkleError::OutOfRange { index: 6, units: 6 }));
    }

    /// The library's own check, which ignores surplus hashes.
    fn by_the_library(proof: &Proof, root: &[u8; 32], units: u64, digest: &[u8; 32]) -> bool {
        let library = rs_merkle::MerkleProof::<Sha256Tree>::new(proof.siblings.clone());
        library.verify(*root, &[proof.index as usize], &[Sha256Tree::hash(digest)], units as usize)
    }

    proptest! {
        /// The chain's check says what the library's does, of good proofs and of changed ones.
        #[test]
        fn the_chain_checks_as_the_library_does(
            units in 1usize..200, pick in any::<prop::sample::Index>(), change in prop::option::of((0usize..8, 0usize..32)),
        ) {
            let digests = digests(units);
            let (root, index) = (root(&digests).unwrap(), pick.index(units));
            let mut proof = Proof::create(&digests, index as u64).unwrap();
            if let Some((at, byte)) = change
                && let Some(sibling) = proof.siblings.get_mut(at)
            {
                sibling[byte] ^= 1;
            }
            let chain = proof.verify(&root, units as u64, &digests[index]).is_ok();
            prop_assert_eq!(chain, by_the_library(&proof, &root, units as u64, &digests[index]));
        }

        #[test]
        fn root_is_the_definition_and_every_proof_verifies(units in 1usize..70) {
            let digests = digests(units);
            let root = root(&digests).unwrap();
            prop_assert_eq!(root, reference_root(&digests));
            for (index, digest) in digests.iter().enumerate() {
                let proof = Proof::create(&digests, index as u64).unwrap();
                prop_assert_eq!(proof.verify(&root, units as u64, digest), Ok(()));
            }
        }

        #[test]
        fn any_flipped_bit_fails(units in 1usize..70, pick in any::<prop::sample::Index>(), bit in 0usize..8 * 32 * 9) {
            let digests = digests(units);
            let index = pick.index(units);
            let (mut root, mut digest) = (root(&digests).unwrap(), digests[index]);
            let mut proof = Proof::create(&digests, index as u64).unwrap();
            let mut bytes: Vec<&mut u8> =
                root.iter_mut().chain(&mut digest).chain(proof.siblings.iter_mut().flatten()).collect();
            let bit = bit % (bytes.len() * 8);
            *bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(proof.verify(&root, units as u64, &digest), Err(MerkleError::Mismatch));
        }

        #[test]
        fn a_proof_is_good_for_its_own_unit_only(units in 2usize..70, a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
            let (a, b) = (a.index(units), b.index(units));
            prop_assume!(a != b);
            let digests = digests(units);
            let proof = Proof { index: b as u64, ..Proof::create(&digests, a as u64).unwrap() };
            prop_assert!(proof.verify(&root(&digests).unwrap(), units as u64, &digests[a]).is_err());
        }
    }
}
