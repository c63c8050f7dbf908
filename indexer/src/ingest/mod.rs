//! From the chain into the store. Correctness comes from polling (history and scans); notices only make it fast.

mod audit;
mod extract;
mod history;
mod recorded;
mod rpc;
mod run;
mod selected;
mod sweep;
mod told;
mod trouble;
mod verify;
mod verify_events;
mod yellowstone;

use std::future::Future;

use solana_sdk::pubkey::Pubkey;
use tokio::sync::mpsc;

pub use self::{
    recorded::{RecordedSource, Recorder},
    rpc::{Patience, RpcSource, probe},
    run::{rebuild, retry_dead, run},
    selected::{Kind, Selected, Settings},
    verify::verify,
    yellowstone::YellowstoneSource,
};
use crate::Result;

/// An account's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainAccount {
    /// Its address.
    pub address: Pubkey,
    /// Its owner.
    pub program: Pubkey,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// An event as the program told it to itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainEvent {
    /// Instruction of the transaction.
    pub ix: i32,
    /// Inner instruction.
    pub inner_ix: i32,
    /// Who told it.
    pub program: Pubkey,
    /// Event discriminator and Borsh.
    pub data: Vec<u8>,
}

/// What the indexer wants of a transaction that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainTransaction {
    /// Its first signature, base58.
    pub signature: String,
    /// Its slot.
    pub slot: u64,
    /// Unix seconds of its block, if the node knows.
    pub time: Option<i64>,
    /// Addresses that it left without lamports.
    pub closed: Vec<String>,
    /// Events of Assay's programs, in order.
    pub events: Vec<ChainEvent>,
}

/// All accounts of a program at a slot.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The state is of this slot or a later one.
    pub slot: u64,
    /// The accounts.
    pub accounts: Vec<ChainAccount>,
}

/// A transaction in history.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listed {
    /// Its first signature, base58.
    pub signature: String,
    /// Its slot.
    pub slot: u64,
}

/// What a subscription says.
#[derive(Clone, Debug)]
pub enum Notice {
    /// From now on notices come; what happened before must be polled.
    Subscribed,
    /// An account was written.
    Account {
        /// When.
        slot: u64,
        /// Orders the writes of a slot, where the source knows; else their arrival does.
        write_version: Option<u64>,
        /// The account after it.
        account: ChainAccount,
    },
    /// A transaction of a program succeeded.
    Transaction {
        /// Its first signature, base58.
        signature: String,
    },
    /// What became of a slot, from sources that know.
    Slot {
        /// Which.
        slot: u64,
        /// What became of it.
        status: SlotStatus,
    },
}

/// What becomes of a slot after it was confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotStatus {
    /// It stays.
    Finalized,
    /// It was on a fork that was given up: what was written in it never was.
    Dead,
}

/// How sure the chain is of what it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commitment {
    /// Two thirds of the stake voted for it.
    Confirmed,
    /// It cannot be undone.
    Finalized,
}

/// Some accounts at a slot.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// The state is of this slot or a later one.
    pub slot: u64,
    /// In the order asked for; `None` where there is none, or none of the programs owns it.
    pub accounts: Vec<Option<ChainAccount>>,
}

/// A chain to index.
pub trait Source: Send + Sync + 'static {
    /// The latest confirmed slot.
    fn slot(&self) -> impl Future<Output = Result<u64>> + Send;
    /// The latest finalized slot.
    fn finalized(&self) -> impl Future<Output = Result<u64>> + Send;
    /// The chain's genesis hash, base58.
    fn genesis(&self) -> impl Future<Output = Result<String>> + Send;
    /// Where the node's history begins, if it lacks blocks right after `slot`.
    fn gap_after(&self, slot: u64) -> impl Future<Output = Result<Option<u64>>> + Send;
    /// Successful transactions of the programs from slot `from` on, in chain order.
    fn history(&self, from: u64, commitment: Commitment) -> impl Future<Output = Result<Vec<Listed>>> + Send;
    /// One of them, whole.
    fn transaction(&self, listed: &Listed) -> impl Future<Output = Result<ChainTransaction>> + Send;
    /// All accounts of a program.
    fn scan(&self, program: Pubkey, commitment: Commitment) -> impl Future<Output = Result<Scan>> + Send;
    /// These accounts, finalized.
    fn accounts(&self, addresses: &[Pubkey]) -> impl Future<Output = Result<Accounts>> + Send;
    /// Sends notices until the subscription ends, which is an error. A full channel is waited for, so that memory is
    /// bounded here; what the node drops meanwhile is found by the next sweep.
    fn subscribe(&self, notices: mpsc::Sender<Notice>) -> impl Future<Output = Result<()>> + Send;
}
