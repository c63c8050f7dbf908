use anchor_lang::prelude::*;

use super::Requirements;

/// How a result is judged.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// `replicas` operators compute the same; the digest that `quorum` of them find wins. Without one, more are asked, up to
    /// `most`, which the payment covers. `adaptive`: one is asked first, and the others only if the chain draws so, which is
    /// the rarer the longer the first one has been right.
    Replicated { replicas: u8, quorum: u8, most: u8, adaptive: bool },
    /// One operator computes; then a drawn `committee` computes `samples` drawn units of it again.
    Sampled { samples: u8, committee: u8 },
    /// One operator computes; whoever doubts it challenges a unit within `window` seconds, to a jury.
    Optimistic { window: u32 },
    /// One operator computes and proves it, to the registered key at `key`.
    Proven { key: Pubkey },
    /// One operator computes; `threshold` of the attestors that `registrar` registered sign for the result.
    Attested { registrar: Pubkey, threshold: u8 },
    /// One operator computes; the requester accepts, rejects to a jury, or is silent for `window` seconds, which accepts.
    Accepted { window: u32 },
}

impl Strategy {
    /// Three replicas of which two must agree, and no more.
    pub const ORDINARY: Self = Self::plain(3, 2);

    /// `replicas` that are asked at once and never widened.
    pub const fn plain(replicas: u8, quorum: u8) -> Self {
        Self::Replicated { replicas, quorum, most: replicas, adaptive: false }
    }

    /// Bytes of it when stored.
    pub const fn space(&self) -> usize {
        match self {
            Self::Replicated { .. } | Self::Optimistic { .. } | Self::Accepted { .. } => 5,
            Self::Sampled { .. } => 3,
            Self::Proven { .. } => 33,
            Self::Attested { .. } => 34,
        }
    }

    /// Seats that are asked for at first.
    pub const fn first(&self) -> u8 {
        match self {
            Self::Replicated { replicas, adaptive: false, .. } => *replicas,
            _ => 1,
        }
    }

    /// Seats that may ever be asked for, which the payment covers.
    pub const fn most(&self) -> u8 {
        match self {
            Self::Replicated { most, .. } => *most,
            Self::Sampled { committee, .. } => committee.saturating_add(1),
            _ => 1,
        }
    }

    /// Seats that must agree; of a sampled job the executor and more than half of the committee, without which nothing can
    /// be judged.
    pub const fn quorum(&self) -> u8 {
        match self {
            Self::Replicated { quorum, .. } => *quorum,
            Self::Sampled { committee, .. } => (*committee >> 1).saturating_add(2),
            _ => 1,
        }
    }

    /// Cranks that a job pays for at most: each seat's settlement, closing it, and its draws and counts or, where no round
    /// judges it, its draw and its verdict. A job that expires has none to settle.
    pub const fn cranks(&self) -> u8 {
        let rounds = match self {
            // Each stage is drawn and counted; whether an adaptive job is checked is drawn once more. Its first stage has one
            // seat, and is widened from there if that one withholds what was not to be checked.
            Self::Replicated { replicas, most, adaptive, .. } => {
                let first = if *adaptive { 1 } else { *replicas };
                let widened = most.saturating_sub(first).div_ceil(2);
                widened.saturating_add(1).saturating_mul(2).saturating_add(*adaptive as u8)
            }
            // The executor and the committee are drawn, and the audit ends.
            Self::Sampled { .. } => 3,
            _ => 2,
        };
        self.most().saturating_add(1).saturating_add(rounds)
    }

    /// Seconds to review what was delivered, where anybody does.
    pub const fn review_window(&self) -> Option<u32> {
        match self {
            Self::Optimistic { window } | Self::Accepted { window } => Some(*window),
            _ => None,
        }
    }

    /// Whether it is delivered for review, and silence accepts it.
    pub const fn is_reviewed(&self) -> bool {
        self.review_window().is_some()
    }

    /// Whether a committee computes samples of it again.
    pub const fn is_sampled(&self) -> bool {
        matches!(self, Self::Sampled { .. })
    }

    /// Whether a round of seals and reveals judges it.
    pub const fn has_round(&self) -> bool {
        matches!(self, Self::Replicated { .. } | Self::Sampled { .. })
    }
}

/// How operators come to seats.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// By the seed: `claim_seat`.
    Sortition,
    /// By bids, of which the requester awards what it likes, up to the job's price.
    Auction,
}

/// A share of everything that a job pays, for somebody who is not its operator.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    pub to: Pubkey,
    pub bps: u16,
    /// Base units earned and not yet paid.
    pub due: u64,
}

/// A share as the requester promises it: to somebody, or to a Model, whose payee gets it.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Royalty {
    pub to: Pubkey,
    pub bps: u16,
}

/// What the requester of a job chooses. [`JobTerms::new`] is the ordinary job.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug)]
pub struct JobTerms {
    /// Makes the job's address unique among the requester's.
    pub nonce: u64,
    /// sha256 of the spec's canonical JSON.
    pub spec_hash: [u8; 32],
    /// Where the spec is found, 1 to 128 bytes.
    pub uri: String,
    pub units: u64,
    /// Base units for each unit and seat; in an auction the most that a bid may ask.
    pub price_per_unit: u64,
    pub strategy: Strategy,
    pub assignment: Assignment,
    /// 0 to 4.
    pub class: u8,
    pub requirements: Requirements,
    /// Seconds from now by which every seal must be in.
    pub deadline_seconds: u32,
    /// Who gets how many bps of all that is paid: at most four.
    pub royalties: Vec<Royalty>,
    /// Of an accepted job: shares of the price in bps, 10,000 in all; empty for one.
    pub milestones: Vec<u16>,
}

impl JobTerms {
    /// The ordinary job, of class 0 and for any machine with WebAssembly: three seats drawn by sortition, of which two must
    /// agree, `seconds` from now at the latest; no royalties. Change what differs by struct update.
    pub fn new(
        nonce: u64,
        spec_hash: [u8; 32],
        uri: String,
        (units, price_per_unit): (u64, u64),
        seconds: u32,
    ) -> Self {
        Self {
            nonce,
            spec_hash,
            uri,
            units,
            price_per_unit,
            strategy: Strategy::ORDINARY,
            assignment: Assignment::Sortition,
            class: 0,
            requirements: Requirements::default(),
            deadline_seconds: seconds,
            royalties: Vec::new(),
            milestones: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cranks_that_are_paid() {
        let of = |replicas, most, adaptive| Strategy::Replicated { replicas, quorum: 2, most, adaptive };
        // Seats, closing, a draw and a count; two more for each widening.
        assert_eq!((of(2, 2, false).cranks(), of(3, 3, false).cranks()), (2 + 1 + 2, 3 + 1 + 2));
        assert_eq!((of(2, 7, false).cranks(), of(3, 7, false).cranks()), (7 + 1 + 8, 7 + 1 + 6));
        // One for drawing the re-check, and from one seat to seven in three steps.
        assert_eq!(of(3, 7, true).cranks(), 7 + 1 + 1 + 8);
        assert_eq!(Strategy::Sampled { samples: 4, committee: 3 }.cranks(), 4 + 1 + 3);
        assert_eq!(Strategy::Accepted { window: 1 }.cranks(), 1 + 1 + 2);
    }
}
