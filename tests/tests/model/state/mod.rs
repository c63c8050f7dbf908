//! The pure model: what the programs promise, written a second time and without a chain. Every account that a
//! transaction may change has its place here, down to the lamport.
//!
//! It is written from the documents, not from the programs' code: amounts in u128 or checked, no shared arithmetic but
//! for hashes and the decay of reputation, which have tests of their own.

pub mod market;
pub mod money;
pub mod reputation;
pub mod staking;

use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{escrow, staking as staking_program, token},
};

pub use self::{market::*, money::*, reputation::*, staking::*};

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

/// The whole of it.
#[derive(Clone)]
pub struct Model {
    pub now: i64,
    pub slot: u64,
    pub money: Money,
    pub staking: Staking,
    /// Base units each minter may still mint.
    pub allowances: BTreeMap<Pubkey, u64>,
    /// Base units of ASY minted so far.
    pub minted: u64,
    pub max_supply: u64,
    pub burn_bps: u16,
    pub escrow: escrow::EscrowParams,
    /// Allowed payment mints: address of the PaymentMint, mint, bond rate.
    pub payments: BTreeMap<Pubkey, (Pubkey, u64)>,
    pub devices: BTreeMap<Pubkey, Device>,
    pub jobs: BTreeMap<Pubkey, Job>,
    pub seats: BTreeMap<Pubkey, Seat>,
    pub rounds: BTreeMap<Pubkey, Round>,
    pub records: BTreeMap<Pubkey, Record>,
}

impl Model {
    /// The model of a world in which the programs are initialized and nobody has done anything yet; `addresses` are all
    /// wallets, token accounts, mints and Configs there are.
    pub fn of(world: &World, addresses: &[Pubkey]) -> Self {
        use assay_tests::assay_sdk::addresses::config;
        let chain = &world.chain;
        let token = chain.read::<token::Config>(&config(&token::ID));
        let params = chain.read::<staking_program::Config>(&config(&staking_program::ID)).params;
        Self {
            now: world.now,
            slot: world.slot,
            money: Money::of(chain, addresses),
            staking: Staking::new(params),
            allowances: BTreeMap::new(),
            minted: token.minted,
            max_supply: token.max_supply,
            burn_bps: token.burn_bps,
            escrow: chain.read::<escrow::Config>(&config(&escrow::ID)).params,
            payments: BTreeMap::new(),
            devices: BTreeMap::new(),
            jobs: BTreeMap::new(),
            seats: BTreeMap::new(),
            rounds: BTreeMap::new(),
            records: BTreeMap::new(),
        }
    }

    /// The epoch of the present moment.
    pub fn epoch(&self) -> u64 {
        (self.now / self.staking.params.epoch_seconds) as u64
    }
}
