//! Events of the verification program.

use anchor_lang::prelude::*;

pub use crate::instructions::administration::{AuthorityAccepted, AuthorityProposed, GuardianSet, PausedSet};

use crate::state::{Canary, CaseKind, Due, Round, Ruling, VerificationParams};

/// The Config exists.
#[event]
pub struct VerificationInitialized {
    pub authority: Pubkey,
    pub genesis: [u8; 32],
    pub params: VerificationParams,
}

/// The parameters changed.
#[event]
pub struct ParamsSet {
    pub params: VerificationParams,
}

/// A job's round is open.
#[event]
pub struct RoundOpened {
    pub round: Pubkey,
    pub job: Pubkey,
}

/// A job's seed was captured from the hash of `slot`.
#[event]
pub struct SeedDrawn {
    pub job: Pubkey,
    pub slot: u64,
    pub seed: [u8; 32],
}

/// A job's seed had aged out; it will be the hash of the first slot after `after_slot`.
#[event]
pub struct DrawRearmed {
    pub job: Pubkey,
    pub after_slot: u64,
}

/// A seat committed to a digest.
#[event]
pub struct ResultSealed {
    pub job: Pubkey,
    pub operator: Pubkey,
    pub seat: Pubkey,
    pub seal: [u8; 32],
}

/// A seat opened its seal.
#[event]
pub struct ResultRevealed {
    pub job: Pubkey,
    pub operator: Pubkey,
    pub seat: Pubkey,
    pub digest: [u8; 32],
}

/// The verdict: `root` has the quorum, or `winners` is 0 and it is zeros. Bit i is seat i.
#[event]
pub struct RoundFinalized {
    pub job: Pubkey,
    pub round: Pubkey,
    pub root: [u8; 32],
    pub winners: u8,
    pub losers: u8,
}

/// The executor of a sampled job opened its seal.
#[event]
pub struct RootRevealed {
    pub job: Pubkey,
    pub operator: Pubkey,
    pub seat: Pubkey,
    pub root: [u8; 32],
}

/// The executor showed more of the drawn leaves: `leaves` are, and the next one's path has come to `height`. `root` is the
/// sample root so far; with the `whole` of them it is the seat's digest.
#[event]
pub struct SampleProven {
    pub job: Pubkey,
    pub operator: Pubkey,
    pub seat: Pubkey,
    pub leaves: u8,
    pub height: u8,
    pub root: [u8; 32],
    pub whole: bool,
}

/// A verifier opened its seal: what it found for the drawn units, in their order, and what that adds up to.
#[event]
pub struct SampleRevealed {
    pub job: Pubkey,
    pub operator: Pubkey,
    pub seat: Pubkey,
    pub root: [u8; 32],
    pub digests: Vec<[u8; 32]>,
}

/// The committee is counted: `root` is what more than half of it found, zeros if there is no such thing. A jury may be
/// called until `until`.
#[event]
pub struct SampleCounted {
    pub job: Pubkey,
    pub round: Pubkey,
    pub root: [u8; 32],
    pub until: i64,
}

/// Whether the one result of an adaptive job is checked by others was drawn, with a probability of `bps`.
#[event]
pub struct RecheckDrawn {
    pub job: Pubkey,
    pub operator: Pubkey,
    pub rechecked: bool,
    pub bps: u16,
}

/// There was no quorum: `replicas` are asked for now, until `seal_by`. Bit i of `silent`: seat i withheld, and has lost.
#[event]
pub struct RoundWidened {
    pub job: Pubkey,
    pub round: Pubkey,
    pub replicas: u8,
    pub quorum: u8,
    pub silent: u8,
    pub seal_by: i64,
}

/// There are different digests, none has a quorum, and no more may be asked: a jury may be called until `until`.
#[event]
pub struct RoundTied {
    pub job: Pubkey,
    pub round: Pubkey,
    pub silent: u8,
    pub until: i64,
}

/// The keeper committed to an answer.
#[event]
pub struct CanaryCommitted {
    pub canary: Pubkey,
    pub commitment: [u8; 32],
}

/// The job was a canary, and `root` is its answer. The Canary is closed.
#[event]
pub struct CanaryRevealed {
    pub job: Pubkey,
    pub round: Pubkey,
    pub canary: Pubkey,
    pub root: [u8; 32],
    pub last: Canary,
}

/// A canary that was never revealed was closed.
#[event]
pub struct CanaryClosed {
    pub canary: Pubkey,
    pub last: Canary,
}

/// The round was closed.
#[event]
pub struct RoundClosed {
    pub job: Pubkey,
    pub round: Pubkey,
    pub last: Round,
}

/// A case is open. `executor`: the operator that it is about, who may answer until `until`; default() and 0 if a jury is called at
/// once.
#[event]
pub struct CaseOpened {
    pub case: Pubkey,
    pub job: Pubkey,
    pub kind: CaseKind,
    pub opener: Pubkey,
    pub executor: Pubkey,
    /// Base units of ASY.
    pub bond: u64,
    pub until: i64,
}

/// A case is over. Each juror that voted for `decision` gets `each` and its bond; `dues` is owed besides, in base units of ASY.
#[event]
pub struct CaseConcluded {
    pub case: Pubkey,
    pub job: Pubkey,
    pub ruling: Ruling,
    pub decision: [u8; 32],
    pub each: u64,
    pub dues: Vec<Due>,
}
