//! What the chain has told already, so that an answer that knows less is found out.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use solana_rpc_client_api::{
    client_error::Result as Answer,
    custom_error,
    request::{RpcError, RpcResponseErrorData},
};
use solana_sdk::pubkey::Pubkey;

use crate::ingest::{ChainAccount, Commitment};

/// Slots and accounts that were seen.
#[derive(Default)]
pub struct Known {
    confirmed: AtomicU64,
    finalized: AtomicU64,
    accounts: Mutex<HashMap<Pubkey, HashSet<Pubkey>>>,
}

impl Known {
    fn of(&self, commitment: Commitment) -> &AtomicU64 {
        match commitment {
            Commitment::Confirmed => &self.confirmed,
            Commitment::Finalized => &self.finalized,
        }
    }

    /// The latest slot seen.
    pub fn slot(&self, commitment: Commitment) -> u64 {
        self.of(commitment).load(Ordering::SeqCst)
    }

    /// Takes note of a slot, and gives the latest seen: a node behind does not turn time back.
    pub fn saw(&self, commitment: Commitment, slot: u64) -> u64 {
        self.of(commitment).fetch_max(slot, Ordering::SeqCst).max(slot)
    }

    /// # Errors
    /// For an answer as of a slot before the latest seen: what it lacks may be there by now. It is worth asking again.
    pub fn fresh(&self, commitment: Commitment, slot: u64) -> Answer<()> {
        let known = self.slot(commitment);
        if slot >= known {
            return Ok(());
        }
        let code = custom_error::JSON_RPC_SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED;
        let message = format!("the node is behind: it answers as of slot {slot}, but slot {known} was seen");
        Err(RpcError::RpcResponseError { code, message, data: RpcResponseErrorData::Empty }.into())
    }

    /// Accounts of a program that were there before.
    pub fn expect(&self, program: Pubkey, addresses: impl IntoIterator<Item = Pubkey>) {
        if let Ok(mut accounts) = self.accounts.lock() {
            accounts.entry(program).or_default().extend(addresses);
        }
    }

    /// Those that a scan does not have.
    pub fn missing(&self, program: Pubkey, found: &[ChainAccount]) -> Vec<Pubkey> {
        let Ok(accounts) = self.accounts.lock() else { return vec![] };
        let found: HashSet<&Pubkey> = found.iter().map(|account| &account.address).collect();
        let known = accounts.get(&program).into_iter().flatten();
        known.filter(|address| !found.contains(address)).copied().collect()
    }

    /// What a scan found is what is there.
    pub fn scanned(&self, program: Pubkey, found: &[ChainAccount]) {
        if let Ok(mut accounts) = self.accounts.lock() {
            accounts.insert(program, found.iter().map(|account| account.address).collect());
        }
    }
}
