//! The pure model: what the programs promise, written a second time and without a chain. Every account that a
//! transaction may change has its place here, down to the lamport.
//!
//! It is written from the documents, not from the programs' code: amounts in u128 or checked, no shared arithmetic but
//! for hashes and the decay of reputation, which have tests of their own.

pub mod admin;
pub mod bond;
pub mod case;
pub mod charge;
pub mod count;
pub mod decree;
pub mod draw;
pub mod governance;
pub mod job;
pub mod market;
pub mod money;
pub mod reputation;
pub mod rewards;
pub mod round;
pub mod sample;
pub mod staking;
pub mod strategy;
pub mod token;
pub mod tree;
pub mod verification;

use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{escrow, staking as staking_program, verification as verification_program},
};

pub use self::{
    admin::*, case::*, charge::*, decree::*, governance::*, job::*, market::*, money::*, reputation::*, rewards::*,
    round::*, sample::Shown, staking::*, token::*, verification::*,
};

/// Why a transaction must fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// With this number of a program's, Anchor's or SPL Token's error.
    Code(u32),
    /// With this error of the runtime's.
    Runtime(&'static str),
}

/// What an instruction does to the model: changes it, or is refused.
pub type Verdict<T = ()> = Result<T, Refusal>;

/// Refuse with one of our programs' errors.
pub fn refuse<T>(error: impl Into<u32>) -> Verdict<T> {
    Err(Refusal::Code(error.into()))
}

/// Refuse with an error unless something holds.
pub fn require(holds: bool, error: impl Into<u32>) -> Verdict {
    if holds { Ok(()) } else { refuse(error) }
}

/// Anchor: the account does not exist.
pub const MISSING: u32 = 3012;
/// SPL Token and the system program: not enough in the account.
pub const INSUFFICIENT: u32 = 1;
/// What the runtime of LiteSVM says when an account to be created has lamports already (see the threat model).
pub const EXISTS: Refusal = Refusal::Runtime("InvalidInstructionData");

/// An account that an instruction needs.
pub fn need<T>(found: Option<T>) -> Verdict<T> {
    found.ok_or(Refusal::Code(MISSING))
}

/// An account that a program reads by itself: what is not there is not of the program that it should be of.
pub fn holding<T>(found: Option<T>) -> Verdict<T> {
    found.ok_or(Refusal::Code(WRONG_OWNER))
}

/// The whole of it.
#[derive(Clone)]
pub struct Model {
    pub now: i64,
    pub slot: u64,
    pub money: Money,
    pub staking: Staking,
    pub token: Token,
    pub governance: Governance,
    pub escrow: escrow::EscrowParams,
    pub verification: verification_program::VerificationParams,
    /// Seats by which a round without a quorum is widened. No parameter of the programs: here, so that it can be wrong.
    pub widening: u8,
    /// Who governs each program, by its id.
    pub admins: BTreeMap<Pubkey, Admin>,
    /// Allowed payment mints: address of the PaymentMint, mint, bond rate.
    pub payments: BTreeMap<Pubkey, (Pubkey, u64)>,
    pub devices: BTreeMap<Pubkey, Device>,
    pub jobs: BTreeMap<Pubkey, Job>,
    pub seats: BTreeMap<Pubkey, Seat>,
    pub bids: BTreeMap<Pubkey, Bid>,
    pub models: BTreeMap<Pubkey, Published>,
    pub rounds: BTreeMap<Pubkey, Round>,
    pub canaries: BTreeMap<Pubkey, Canary>,
    pub cases: BTreeMap<Pubkey, Case>,
    pub ballots: BTreeMap<Pubkey, Ballot>,
    /// What executors have at stake in cases: job, operator.
    pub sureties: BTreeMap<Pubkey, (Pubkey, Pubkey)>,
    pub records: BTreeMap<Pubkey, Record>,
}

impl Model {
    /// The model of a world in which the programs are initialized and nobody has done anything yet; `addresses` are all
    /// wallets, token accounts, mints and Configs there are.
    pub fn of(world: &World, addresses: &[Pubkey]) -> Self {
        use assay_tests::assay_sdk::addresses::config;
        let chain = &world.chain;
        let params = chain.read::<staking_program::Config>(&config(&staking_program::ID)).params;
        Self {
            now: world.now,
            slot: world.slot,
            money: Money::of(chain, addresses),
            staking: Staking::new(params),
            token: Token::of(world),
            governance: Governance::new(world.governance().params),
            escrow: chain.read::<escrow::Config>(&config(&escrow::ID)).params,
            verification: chain.read::<verification_program::Config>(&config(&verification_program::ID)).params,
            widening: 2,
            admins: PROGRAMS.map(|program| (program.id(), Admin::new(world.authority))).into(),
            payments: BTreeMap::new(),
            devices: BTreeMap::new(),
            jobs: BTreeMap::new(),
            seats: BTreeMap::new(),
            bids: BTreeMap::new(),
            models: BTreeMap::new(),
            rounds: BTreeMap::new(),
            canaries: BTreeMap::new(),
            cases: BTreeMap::new(),
            ballots: BTreeMap::new(),
            sureties: BTreeMap::new(),
            records: BTreeMap::new(),
        }
    }
}
