use anchor_lang::prelude::*;

use super::Requirements;

/// How a result is judged.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// `replicas` operators compute the same; the digest that `quorum` of them find wins.
    Replicated { replicas: u8, quorum: u8 },
    /// One operator computes; the requester accepts, or is silent for `window` seconds.
    Accepted { window: u32 },
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
            strategy: Strategy::Replicated { replicas: 3, quorum: 2 },
            assignment: Assignment::Sortition,
            class: 0,
            requirements: Requirements::default(),
            deadline_seconds: seconds,
            royalties: Vec::new(),
            milestones: Vec::new(),
        }
    }

    /// (seats, seats that must agree, seconds to review) of the strategy.
    pub fn seats(&self) -> (u8, u8, u32) {
        match self.strategy {
            Strategy::Replicated { replicas, quorum } => (replicas, quorum, 0),
            Strategy::Accepted { window } => (1, 1, window),
        }
    }
}
