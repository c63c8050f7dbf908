//! Sampled jobs: which units a seed draws, how their leaves are shown, and what the committee's finds come to.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    assay_sdk::{
        escrow::{SeatState, Strategy},
        verification::VerificationError,
    },
    chain::hash,
};

use super::{Job, Refusal, Seat, Verdict, require, tree};

/// The units that are drawn, in order: for each sample one below those that are left, or the last of them if that one was
/// drawn before.
pub fn drawn(job: &Job, address: &Pubkey) -> Vec<u64> {
    let Strategy::Sampled { samples, .. } = job.strategy else { return Vec::new() };
    let count = job.units.min(samples.into());
    let mut drawn = Vec::new();
    for i in 0..count {
        let last = job.units - count + i;
        let hash = hash(&[&job.seed, b"assay:sample", address.as_ref(), &[i as u8]]);
        let number = u64::from_le_bytes(hash[..8].try_into().expect("eight bytes"));
        // Few units: what the first number leaves to the others is nothing that a walk would see.
        let unit = ((u128::from(number) * u128::from(last + 1)) >> 64) as u64;
        drawn.push(if drawn.contains(&unit) { last } else { unit });
    }
    drawn.sort_unstable();
    drawn
}

/// What digests add up to.
pub fn root(digests: &[[u8; 32]]) -> [u8; 32] {
    digests.iter().fold([0; 32], |root, digest| hash(&[b"assay:sample", &root, digest]))
}

impl Job {
    /// What somebody finds in the drawn units who is wrong in one of all.
    pub fn samples(&self, address: &Pubkey, wrong: Option<u64>) -> Vec<[u8; 32]> {
        let all = tree::units(self.units, wrong);
        drawn(self, address).iter().map(|unit| all[*unit as usize]).collect()
    }

    /// What an honest one finds.
    pub fn sample_root(&self, address: &Pubkey) -> [u8; 32] {
        root(&self.samples(address, None))
    }
}

/// Leaves that an executor has shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    pub leaves: u8,
    /// Of the next one's way: nothing yet, or one more than the level of `node`.
    pub height: u8,
    pub digest: [u8; 32],
    pub node: [u8; 32],
    pub root: [u8; 32],
}

impl Shown {
    /// Take more of the ways to a root; whether all leaves are shown then.
    pub fn take(
        &mut self,
        (leaf, height): (u8, u8),
        hashes: &[[u8; 32]],
        (job, drawn): (&Job, &[u64]),
    ) -> Verdict<bool> {
        let goes_on = leaf == self.leaves && [0, self.height].contains(&height);
        require(goes_on, VerificationError::OtherPiece)?;
        self.height = height;
        for found in hashes {
            let unit =
                *drawn.get(usize::from(self.leaves)).ok_or(Refusal::Code(VerificationError::OtherPiece.into()))?;
            let step = if self.height == 0 {
                self.digest = *found;
                tree::climb((tree::leaf(found), 0), (unit, job.units), &[])
            } else {
                tree::climb((self.node, self.height - 1), (unit, job.units), &[*found])
            };
            let (node, level) = step.ok_or(Refusal::Code(VerificationError::WrongLeaf.into()))?;
            (self.node, self.height) = (node, level + 1);
            if tree::top(job.units, level) {
                require(node == job.root, VerificationError::WrongLeaf)?;
                self.root = hash(&[b"assay:sample", &self.root, &self.digest]);
                (self.leaves, self.height) = (self.leaves + 1, 0);
            }
        }
        Ok(usize::from(self.leaves) == drawn.len())
    }
}

/// What a jury made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Uncalled,
    Undecided,
    Found([u8; 32]),
}

/// Seats that win and lose. More than half of the committee is right unless a jury says otherwise; one that cannot say takes
/// nothing from an executor that differs. Who withheld loses always.
pub fn verdict(seats: &[Seat], committee: u8, word: Word) -> (Vec<u8>, Vec<u8>) {
    let shows = |seat: &&Seat| seat.state == SeatState::Revealed;
    let votes = |digest: &[u8; 32]| {
        seats.iter().filter(shows).filter(|seat| seat.index != 0 && seat.commitment == *digest).count()
    };
    let found = seats.iter().filter(shows).map(|seat| seat.commitment);
    let majority = found.into_iter().find(|digest| 2 * votes(digest) > usize::from(committee));
    let executor = seats.iter().filter(shows).find(|seat| seat.index == 0).map(|seat| seat.commitment);
    let right = match word {
        Word::Found(digest) => Some(digest),
        Word::Uncalled => majority,
        Word::Undecided => majority.filter(|digest| executor.is_none_or(|shown| shown == *digest)),
    };
    let of = |fits: &dyn Fn(&Seat) -> bool| -> Vec<u8> {
        seats.iter().filter(|seat| fits(seat)).map(|seat| seat.index).collect()
    };
    let says_so = |seat: &Seat| seat.state == SeatState::Revealed && Some(seat.commitment) == right;
    let winners = of(&says_so);
    let losers = of(&|seat| match seat.state {
        SeatState::Sealed => true,
        SeatState::Revealed => right.is_some() && !says_so(seat),
        SeatState::Claimed | SeatState::Delivered => false,
    });
    (winners, losers)
}
