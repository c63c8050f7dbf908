//! The claims of a distribution: their tree, its root, and the proof of each. The token program checks them; the format
//! is told in `assay_token::claims`.

use anchor_lang::prelude::Pubkey;
use assay_token::{MAX_CLAIMS, claims};

/// One claim with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its place in the list.
    pub index: u32,
    pub claimant: Pubkey,
    /// Base units.
    pub amount: u64,
    /// The neighbours on the way up, lowest first.
    pub proof: Vec<[u8; 32]>,
}

/// What can be wrong with a list of claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// None, or too many.
    #[error("a distribution has 1 to {MAX_CLAIMS} claims, this list has {0}: split it")]
    Length(usize),
    /// A claim to nothing can never be paid.
    #[error("claim {0} is to 0 base units: leave it out")]
    Zero(u32),
    /// More than there can be.
    #[error("the claims add up to more than 2^64 - 1 base units")]
    Overflow,
}

/// The tree over a distribution's claims.
#[derive(Clone, Debug)]
pub struct ClaimTree {
    list: Vec<(Pubkey, u64)>,
    total: u64,
    /// Leaves first, the root last; each level half as wide.
    levels: Vec<Vec<[u8; 32]>>,
}

impl ClaimTree {
    /// Build the tree of claims (claimant, base units), in order, for the distribution at this address.
    ///
    /// # Errors
    /// [`ListError`]
    pub fn new(distribution: &Pubkey, list: &[(Pubkey, u64)]) -> Result<Self, ListError> {
        let length = u32::try_from(list.len()).ok().filter(|length| (1..=MAX_CLAIMS).contains(length));
        let length = length.ok_or(ListError::Length(list.len()))?;
        let zero = (0..length).zip(list).find(|(_, (_, amount))| *amount == 0);
        if let Some((index, _)) = zero {
            return Err(ListError::Zero(index));
        }
        let total = list.iter().try_fold(0_u64, |sum, (_, amount)| sum.checked_add(*amount));
        let leaf =
            |(index, (claimant, amount)): (u32, &(Pubkey, u64))| claims::leaf(distribution, index, claimant, *amount);
        let mut leaves: Vec<_> = (0..length).zip(list).map(leaf).collect();
        leaves.resize(list.len().next_power_of_two(), claims::EMPTY);
        let mut levels = vec![leaves];
        while let Some(level) = levels.last().filter(|level| level.len() > 1) {
            let above = level.chunks_exact(2).map(|pair| claims::node(&pair[0], &pair[1])).collect();
            levels.push(above);
        }
        Ok(Self { list: list.to_vec(), total: total.ok_or(ListError::Overflow)?, levels })
    }

    /// The root.
    pub fn root(&self) -> [u8; 32] {
        self.levels.last().and_then(|level| level.first()).copied().unwrap_or_default()
    }

    /// Base units of all claims.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many claims there are.
    pub fn len(&self) -> u32 {
        u32::try_from(self.list.len()).unwrap_or(u32::MAX)
    }

    /// Never: a tree has a claim.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Claim `index` with its proof.
    pub fn claim(&self, index: u32) -> Option<Claim> {
        let mut at = usize::try_from(index).ok()?;
        let (claimant, amount) = *self.list.get(at)?;
        let mut proof = Vec::new();
        for level in &self.levels[..self.levels.len() - 1] {
            proof.push(level[at ^ 1]);
            at >>= 1;
        }
        Some(Claim { index, claimant, amount, proof })
    }
}

#[cfg(test)]
mod tests {
    use assay_token::{claims::root, math::proof_len};
    use proptest::prelude::*;

    use super::*;

    fn key(n: usize) -> Pubkey {
        Pubkey::new_from_array([n as u8; 32])
    }

    #[test]
    fn bad_lists() {
        assert_eq!(ClaimTree::new(&key(1), &[]).unwrap_err(), ListError::Length(0));
        assert_eq!(ClaimTree::new(&key(1), &[(key(2), 1), (key(3), 0)]).unwrap_err(), ListError::Zero(1));
        assert_eq!(ClaimTree::new(&key(1), &[(key(2), 1), (key(3), u64::MAX)]).unwrap_err(), ListError::Overflow);
    }

    #[test]
    fn known_vector() {
        let tree = ClaimTree::new(&key(7), &[(key(1), 10), (key(2), 20), (key(3), 30)]).unwrap();
        assert_eq!(hex::encode(tree.root()), "291c62d6fd2d59497ba044cb18f1df45dcc26e9623bc77cd0d1b8a688744a0d1");
    }

    proptest! {
        #[test]
        fn every_proof_leads_to_the_root_and_to_no_other(count in 1usize..70, pick in any::<prop::sample::Index>()) {
            let list: Vec<_> = (0..count).map(|i| (key(i), 1 + i as u64)).collect();
            let tree = ClaimTree::new(&key(99), &list).unwrap();
            let index = pick.index(count) as u32;
            let claim = tree.claim(index).unwrap();
            prop_assert_eq!(claim.proof.len() as u32, proof_len(tree.len()));
            let leaf = claims::leaf(&key(99), index, &claim.claimant, claim.amount);
            prop_assert_eq!(root(leaf, index, &claim.proof), tree.root());
            let other = claims::leaf(&key(98), index, &claim.claimant, claim.amount);
            prop_assert_ne!(root(other, index, &claim.proof), tree.root());
            let more = claims::leaf(&key(99), index, &claim.claimant, claim.amount + 1);
            prop_assert_ne!(root(more, index, &claim.proof), tree.root());
        }
    }
}
