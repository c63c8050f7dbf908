//! The way from a unit's digest to its job's root: pure, and the one implementation for the chain and for who prepares
//! proofs.
//!
//! Leaf = `sha256(0x00 || digest)`, node = `sha256(0x01 || left || right)`, so that no node can be passed off as a leaf. An odd node
//! is promoted unchanged: which levels have a neighbour follows from the unit's index and the number of units alone.
//! Both must be the job's, never the prover's.

use solana_sha256_hasher::hashv;

/// A node on the way up, and the levels that it is above the leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub node: [u8; 32],
    pub level: u8,
}

impl Step {
    /// At the bottom: the leaf of a unit's digest.
    pub fn leaf(digest: &[u8; 32]) -> Self {
        Self { node: hashv(&[&[0], digest]).to_bytes(), level: 0 }
    }

    /// Climb with these neighbours, lowest first, as far as they reach; levels without a neighbour are passed. `None` if there
    /// is no such unit, or more neighbours than it has.
    pub fn climb(self, index: u64, units: u64, siblings: &[[u8; 32]]) -> Option<Self> {
        if index >= units {
            return None;
        }
        let (mut at, mut siblings) = (self, siblings.iter());
        while let Some(next) = at.up(index, units, &mut siblings)? {
            at = next;
        }
        siblings.next().is_none().then_some(at)
    }

    /// Whether it is the root's level: nothing is beside it.
    pub fn is_top(&self, units: u64) -> bool {
        width(units, self.level) == Some(1)
    }

    /// One level up; `None` within if that is not possible (the top, or no neighbour left).
    fn up<'a>(
        &self,
        index: u64,
        units: u64,
        siblings: &mut impl Iterator<Item = &'a [u8; 32]>,
    ) -> Option<Option<Self>> {
        let width = width(units, self.level)?;
        if width == 1 {
            return Some(None);
        }
        let place = index.checked_shr(self.level.into())?;
        let level = self.level.checked_add(1)?;
        if place ^ 1 >= width {
            return Some(Some(Self { node: self.node, level }));
        }
        Some(siblings.next().map(|sibling| {
            let (left, right) = if place & 1 == 0 { (&self.node, sibling) } else { (sibling, &self.node) };
            Self { node: hashv(&[&[1], left, right]).to_bytes(), level }
        }))
    }
}

/// Whether `siblings` lead from the digest of unit `index` to `root`, in exactly the one form that a proof has.
pub fn proves(root: &[u8; 32], index: u64, units: u64, digest: &[u8; 32], siblings: &[[u8; 32]]) -> bool {
    Step::leaf(digest).climb(index, units, siblings).is_some_and(|top| top.is_top(units) && top.node == *root)
}

/// Nodes of a level. `None` for no units, or above the 64th level.
fn width(units: u64, level: u8) -> Option<u64> {
    units.checked_sub(1)?.checked_shr(level.into())?.checked_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digests(units: u64) -> Vec<[u8; 32]> {
        (0..units).map(|i| hashv(&[b"unit", &i.to_le_bytes()]).to_bytes()).collect()
    }

    /// All levels, as the definition has them.
    fn levels(digests: &[[u8; 32]]) -> Vec<Vec<[u8; 32]>> {
        let mut levels = vec![digests.iter().map(|digest| hashv(&[&[0], digest]).to_bytes()).collect::<Vec<_>>()];
        while levels.last().unwrap().len() > 1 {
            let parent = |pair: &[[u8; 32]]| match pair {
                [left, right] => hashv(&[&[1], left, right]).to_bytes(),
                alone => alone[0],
            };
            levels.push(levels.last().unwrap().chunks(2).map(parent).collect());
        }
        levels
    }

    fn proof(levels: &[Vec<[u8; 32]>], index: usize) -> Vec<[u8; 32]> {
        levels.iter().enumerate().filter_map(|(level, nodes)| nodes.get((index >> level) ^ 1).copied()).collect()
    }

    #[test]
    fn every_leaf_of_every_small_tree_has_one_proof() {
        for units in 1..70_u64 {
            let digests = digests(units);
            let levels = levels(&digests);
            let root = levels.last().unwrap()[0];
            for (index, digest) in digests.iter().enumerate() {
                let good = proof(&levels, index);
                let holds = |at: u64, siblings: &[[u8; 32]]| proves(&root, at, units, digest, siblings);
                assert!(holds(index as u64, &good));
                let surplus = [good.clone(), vec![[0; 32]]].concat();
                assert!(!holds(index as u64, &surplus));
                assert!(good.is_empty() || !holds(index as u64, &good[1..]));
                assert!(good.is_empty() || !holds(index as u64, &good[..good.len() - 1]));
                for other in (0..units + 1).filter(|other| *other != index as u64) {
                    assert!(!holds(other, &good), "unit {index} of {units} passes for {other}");
                }
            }
        }
    }

    /// In pieces, cut anywhere, it leads to the same node.
    #[test]
    fn a_proof_may_come_in_pieces() {
        for units in [1, 2, 3, 5, 33, 47, 64, 65] {
            let (digests, levels) = (digests(units), levels(&digests(units)));
            for (index, digest) in digests.iter().enumerate() {
                let whole = proof(&levels, index);
                for cut in 0..=whole.len() {
                    let half = Step::leaf(digest).climb(index as u64, units, &whole[..cut]).unwrap();
                    let top = half.climb(index as u64, units, &whole[cut..]).unwrap();
                    assert!(top.is_top(units) && top.node == levels.last().unwrap()[0]);
                }
            }
        }
    }

    /// `second_preimage`: a node of the tree is no leaf of a smaller one.
    #[test]
    fn a_node_is_not_a_leaf() {
        let levels = levels(&digests(4));
        let root = levels[2][0];
        assert!(proves(&root, 0, 4, &digests(4)[0], &[levels[0][1], levels[1][1]]));
        assert!(!proves(&root, 0, 2, &levels[1][0], &[levels[1][1]]));
        assert!(!proves(&root, 0, 1, &levels[2][0], &[]));
    }

    /// The last of an odd number of units goes up alone: a proof that gives it a neighbour, or leaves out another's, fails.
    #[test]
    fn promoted_nodes_have_no_neighbour() {
        let (digests, levels) = (digests(5), levels(&digests(5)));
        let root = levels.last().unwrap()[0];
        assert_eq!(proof(&levels, 4), [levels[2][0]]);
        assert!(proves(&root, 4, 5, &digests[4], &[levels[2][0]]));
        assert!(!proves(&root, 4, 6, &digests[4], &[levels[2][0]]));
        assert!(!proves(&root, 4, 5, &digests[4], &[levels[0][4], levels[2][0]]));
    }

    #[test]
    fn the_deepest_tree_and_none() {
        let bottom = Step::leaf(&[1; 32]);
        let top = bottom.climb(u64::from(u32::MAX), 1 << 32, &[[2; 32]; 32]).unwrap();
        assert!(top.level == 32 && top.is_top(1 << 32));
        assert_eq!(bottom.climb(0, 1 << 32, &[[2; 32]; 33]), None);
        assert_eq!(bottom.climb(0, 0, &[]), None);
        assert_eq!(bottom.climb(0, u64::MAX, &[]).map(|at| at.is_top(u64::MAX)), Some(false));
        assert!(!Step { level: 200, ..bottom }.is_top(1) && bottom.is_top(1));
    }
}
