use anchor_lang::prelude::*;

use crate::{VerificationError, merkle::Step, sample};

/// How far the executor of a sampled job has shown that the digests of the drawn units are leaves of the root that it sealed
/// before they were drawn. Their paths, leaf after leaf, are one stream of hashes (a leaf's digest, then the neighbours on its
/// way up), of which each transaction brings a piece.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Leaves that are shown.
    pub leaves: u8,
    /// Where the path of the next one has come to: 0 if it has not begun, else one more than the level of `node`.
    pub height: u8,
    /// Digest of the leaf whose path has begun.
    pub digest: [u8; 32],
    /// What its path has come to.
    pub node: [u8; 32],
    /// The sample root of the leaves that are shown.
    pub root: [u8; 32],
}

/// What the leaves are shown of.
#[derive(Clone, Copy, Debug)]
pub struct Tree<'a> {
    pub root: &'a [u8; 32],
    /// Leaves that it has.
    pub units: u64,
    /// Those that are drawn, ascending.
    pub drawn: &'a [u64],
}

impl Shown {
    /// Take a piece of the stream, which goes on at `height` of leaf number `leaf`: where the last one ended, or at the
    /// beginning of the same leaf once more. So a piece that is sent twice does no harm, and a wrong one can be made good.
    pub fn take(&mut self, (leaf, height): (u8, u8), hashes: &[[u8; 32]], tree: &Tree) -> Result<()> {
        let here = leaf == self.leaves && (height == self.height || height == 0);
        require!(here, VerificationError::OtherPiece);
        self.height = height;
        hashes.iter().try_for_each(|hash| self.step(hash, tree))
    }

    /// Whether every drawn leaf is shown.
    pub fn is_whole(&self, tree: &Tree) -> bool {
        usize::from(self.leaves) == tree.drawn.len()
    }

    fn step(&mut self, hash: &[u8; 32], tree: &Tree) -> Result<()> {
        let unit = *tree.drawn.get(usize::from(self.leaves)).ok_or(VerificationError::OtherPiece)?;
        let climbed = match self.height.checked_sub(1) {
            None => {
                self.digest = *hash;
                Step::leaf(hash).climb(unit, tree.units, &[])
            }
            Some(level) => Step { node: self.node, level }.climb(unit, tree.units, &[*hash]),
        };
        let step = climbed.ok_or(VerificationError::WrongLeaf)?;
        self.node = step.node;
        self.height = step.level.checked_add(1).ok_or(VerificationError::Overflow)?;
        if step.is_top(tree.units) {
            require!(self.node == *tree.root, VerificationError::WrongLeaf);
            self.root = sample::add(&self.root, &self.digest);
            self.leaves = self.leaves.checked_add(1).ok_or(VerificationError::Overflow)?;
            self.height = 0;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use solana_sha256_hasher::hashv;

    use super::*;

    /// (root, the stream that shows some units), by the tree's definition.
    fn stream(digests: &[[u8; 32]], drawn: &[u64]) -> ([u8; 32], Vec<[u8; 32]>) {
        let mut levels = vec![digests.iter().map(|digest| Step::leaf(digest).node).collect::<Vec<_>>()];
        while levels[levels.len() - 1].len() > 1 {
            let pair = |pair: &[[u8; 32]]| match pair {
                [left, right] => hashv(&[&[1], left, right]).to_bytes(),
                alone => alone[0],
            };
            levels.push(levels[levels.len() - 1].chunks(2).map(pair).collect());
        }
        let neighbours = |unit: usize| {
            levels.iter().enumerate().filter_map(move |(level, nodes)| nodes.get((unit >> level) ^ 1).copied())
        };
        let path = |unit: &u64| [digests[*unit as usize]].into_iter().chain(neighbours(*unit as usize));
        (levels[levels.len() - 1][0], drawn.iter().flat_map(path).collect())
    }

    fn digests(units: u64) -> Vec<[u8; 32]> {
        (0..units).map(|unit| sample::root(&[[unit as u8; 32]])).collect()
    }

    proptest! {
        /// However it is cut into pieces, with some sent twice.
        #[test]
        fn what_is_shown_gives_the_sample_root(units in 1_u64..90, seed: [u8; 32], piece in 1_usize..30, samples in 1_u8..=16) {
            let all = digests(units);
            let drawn = sample::units(&seed, &Pubkey::default(), units, samples);
            let (root, hashes) = stream(&all, &drawn);
            let tree = Tree { root: &root, units, drawn: &drawn };
            let mut shown = Shown::default();
            for part in hashes.chunks(piece) {
                prop_assert!(!shown.is_whole(&tree));
                let at = (shown.leaves, shown.height);
                shown.take(at, part, &tree).unwrap();
                let once = shown;
                if (shown.leaves, shown.height) != at && at.1 != 0 {
                    prop_assert!(shown.take(at, part, &tree).is_err());
                    prop_assert_eq!(shown, once);
                }
            }
            prop_assert!(shown.is_whole(&tree));
            let found: Vec<_> = drawn.iter().map(|unit| all[*unit as usize]).collect();
            prop_assert_eq!(shown.root, sample::root(&found));
            prop_assert!(shown.take((shown.leaves, 0), &[[0; 32]], &tree).is_err(), "no leaf is left");
        }

        /// No bit of a path can be another, nor can another unit's path be shown.
        #[test]
        fn another_path_is_refused(units in 2_u64..90, seed: [u8; 32], bit in 0_usize..256, at: prop::sample::Index) {
            let all = digests(units);
            let drawn = sample::units(&seed, &Pubkey::default(), units, 1);
            let (root, mut hashes) = stream(&all, &drawn);
            let tree = Tree { root: &root, units, drawn: &drawn };
            let (_, other) = stream(&all, &[(drawn[0] + 1) % units]);
            let shows = |hashes: &[[u8; 32]]| {
                let mut shown = Shown::default();
                shown.take((0, 0), hashes, &tree).is_ok() && shown.is_whole(&tree)
            };
            prop_assert!(shows(&hashes) && !shows(&other));
            let at = at.index(hashes.len());
            hashes[at][bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!shows(&hashes));
        }
    }

    #[test]
    fn a_wrong_piece_is_made_good_from_the_leaf_on() {
        let all = digests(8);
        let (root, hashes) = stream(&all, &[5]);
        let tree = Tree { root: &root, units: 8, drawn: &[5] };
        let mut shown = Shown::default();
        shown.take((0, 0), &[hashes[0], [9; 32]], &tree).unwrap();
        assert_eq!(shown.take((0, 3), &hashes[2..], &tree), Err(VerificationError::OtherPiece.into()));
        let mut stuck = shown;
        assert_eq!(stuck.take((0, 2), &hashes[2..], &tree), Err(VerificationError::WrongLeaf.into()));
        shown.take((0, 0), &hashes, &tree).unwrap();
        assert_eq!((shown.leaves, shown.root), (1, sample::root(&[all[5]])));
    }
}
