//! Events of the verification program.

use anchor_lang::prelude::*;

pub use crate::instructions::administration::{AuthorityAccepted, AuthorityProposed, GuardianSet, PausedSet};

use crate::{
    attest::AttestorKey,
    state::{Attestor, Ballot, Canary, Case, CaseKind, Due, ProofKey, Round, Ruling, VerificationParams, Vote},
};

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

/// The executor opened the leaf of a challenged unit as far as the level `climbed`; with the last piece (`complete`) a jury is called.
#[event]
pub struct CaseAnswered {
    pub case: Pubkey,
    pub job: Pubkey,
    pub operator: Pubkey,
    pub digest: [u8; 32],
    pub climbed: u8,
    pub complete: bool,
}

/// A jury's seed was captured from the hash of `slot`; chairs may be taken until `join_by`.
#[event]
pub struct JuryDrawn {
    pub case: Pubkey,
    pub job: Pubkey,
    pub level: u8,
    pub chairs: u8,
    pub slot: u64,
    pub seed: [u8; 32],
    pub join_by: i64,
}

/// A jury's seed had aged out; it will be the hash of the first slot after `after_slot`.
#[event]
pub struct JuryRearmed {
    pub case: Pubkey,
    pub after_slot: u64,
}

/// An operator took a chair; `bond` base units of its ASY are locked.
#[event]
pub struct JurorJoined {
    pub case: Pubkey,
    pub job: Pubkey,
    pub ballot: Pubkey,
    pub operator: Pubkey,
    pub level: u8,
    pub bond: u64,
    pub seal_by: i64,
}

/// A juror committed to a vote.
#[event]
pub struct BallotSealed {
    pub case: Pubkey,
    pub ballot: Pubkey,
    pub operator: Pubkey,
    pub seal: [u8; 32],
}

/// A juror opened its vote.
#[event]
pub struct BallotRevealed {
    pub case: Pubkey,
    pub ballot: Pubkey,
    pub operator: Pubkey,
    pub digest: [u8; 32],
}

/// A jury's votes were counted. `decision`: zeros if no jury could say; an appeal may be made until `until`.
#[event]
pub struct CaseResolved {
    pub case: Pubkey,
    pub job: Pubkey,
    pub level: u8,
    pub decision: [u8; 32],
    pub votes: Vec<Vote>,
    pub until: i64,
}

/// A decision was appealed: another jury, of `chairs`, is called.
#[event]
pub struct CaseAppealed {
    pub case: Pubkey,
    pub job: Pubkey,
    pub by: Pubkey,
    pub level: u8,
    pub chairs: u8,
    /// Base units of ASY.
    pub bond: u64,
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

/// The job of a case ended otherwise: every bond goes back.
#[event]
pub struct CaseMooted {
    pub case: Pubkey,
    pub job: Pubkey,
}

/// A case paid what it owed under a number, in base units of ASY.
#[event]
pub struct CasePaid {
    pub case: Pubkey,
    pub index: u8,
    pub to: Pubkey,
    pub amount: u64,
}

/// A juror was paid and its bond released, in base units of ASY; its ballot is closed.
#[event]
pub struct BallotSettled {
    pub case: Pubkey,
    pub ballot: Pubkey,
    pub operator: Pubkey,
    pub paid: u64,
    pub released: u64,
    pub last: Ballot,
}

/// A juror lost its bond, in base units of ASY; its ballot is closed.
#[event]
pub struct BallotSlashed {
    pub case: Pubkey,
    pub ballot: Pubkey,
    pub operator: Pubkey,
    pub amount: u64,
    pub last: Ballot,
}

/// A case was closed. `surplus`: base units of ASY that strangers had sent to its vault; they went to the opener.
#[event]
pub struct CaseClosed {
    pub case: Pubkey,
    pub job: Pubkey,
    pub surplus: u64,
    pub last: Case,
}

/// What an executor had at stake in the cases about a job went back to it, in base units of ASY.
#[event]
pub struct SuretyReturned {
    pub job: Pubkey,
    pub operator: Pubkey,
    pub amount: u64,
}

/// A verifying key is registered; its account has it.
#[event]
pub struct KeyRegistered {
    pub key: Pubkey,
    pub payer: Pubkey,
}

/// A verifying key may be closed from `closes_at` on.
#[event]
pub struct KeyRetired {
    pub key: Pubkey,
    pub closes_at: i64,
}

/// A verifying key's account was closed.
#[event]
pub struct KeyClosed {
    pub key: Pubkey,
    pub last: ProofKey,
}

/// A job's result is proven: its seat has won.
#[event]
pub struct ResultProven {
    pub job: Pubkey,
    pub seat: Pubkey,
    pub operator: Pubkey,
    /// The ProofKey.
    pub key: Pubkey,
    pub root: [u8; 32],
}

/// A registrar vouches for an attestor.
#[event]
pub struct AttestorRegistered {
    pub attestor: Pubkey,
    pub registrar: Pubkey,
    pub key: AttestorKey,
    pub expires_at: i64,
}

/// An attestor counts no more.
#[event]
pub struct AttestorRevoked {
    pub attestor: Pubkey,
    pub registrar: Pubkey,
}

/// An attestor's account was closed.
#[event]
pub struct AttestorClosed {
    pub attestor: Pubkey,
    pub last: Attestor,
}

/// A job's result is attested: its seat has won.
#[event]
pub struct ResultAttested {
    pub job: Pubkey,
    pub seat: Pubkey,
    pub operator: Pubkey,
    pub root: [u8; 32],
    /// Who signed for it.
    pub attestors: Vec<Pubkey>,
}
