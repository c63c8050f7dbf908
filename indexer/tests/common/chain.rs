//! A scripted chain: Solana's JSON-RPC over HTTP and its PubSub over WebSocket, on one port of 127.0.0.1. Tests write
//! accounts and transactions into slots, finalize, fork and prune, and make the node fail as nodes do.
//!
//! ```text
//! let chain = Chain::start().await;                     // at slot 10, finalized
//! let slot = chain.write(address, assay_escrow::ID, data);
//! chain.put(|block| block.transaction(Tx::new().event(assay_escrow::ID, event).closes(address)));
//! chain.fault("getProgramAccounts", Fault::Status(500), 3);
//! ```

mod faults;
mod http;
mod model;
mod pubsub;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{Router, routing::post};
use solana_sdk::pubkey::Pubkey;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

pub use self::{
    faults::Fault,
    model::{Account, Block, Tx},
};
use self::{faults::Faults, model::Model};

/// What happened, in order, for whoever subscribed.
#[derive(Clone, Debug)]
pub enum Update {
    /// An account was written by the transaction with this number.
    Account { slot: u64, write_version: u64, address: Pubkey, account: Account },
    /// A transaction was executed, perhaps in vain.
    Transaction(Tx),
    /// A block is confirmed; `parent` is the block before it.
    Block { slot: u64, parent: u64, time: i64 },
    /// All slots up to this one are finalized.
    Finalized(u64),
    /// A slot was on a fork that was given up.
    Dead(u64),
}

/// The chain; clones are the same one. It stops when the last is dropped.
#[derive(Clone)]
pub struct Chain(Arc<Shared>);

struct Shared {
    model: Mutex<Model>,
    faults: Faults,
    updates: broadcast::Sender<Update>,
    address: SocketAddr,
    stop: CancellationToken,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// First slot of every chain, finalized and without transactions.
pub const FIRST: u64 = 10;
/// Unix seconds of slot 0; each slot is a second.
pub const EPOCH: i64 = 1_700_000_000;

impl Chain {
    /// At slot [`FIRST`], on a port of its own.
    pub async fn start() -> Chain {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (updates, _) = broadcast::channel(100_000);
        let shared = Arc::new(Shared {
            model: Mutex::new(Model::new(FIRST)),
            faults: Faults::default(),
            updates,
            address: listener.local_addr().unwrap(),
            stop: CancellationToken::new(),
        });
        // Weak, so that the server does not keep the chain alive.
        let weak = Arc::downgrade(&shared);
        let router = Router::new().route("/", post(http::answer).get(pubsub::upgrade)).with_state(weak);
        let stop = shared.stop.clone();
        tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await });
        Chain(shared)
    }

    pub fn rpc_url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.0.address)
    }

    fn model(&self) -> MutexGuard<'_, Model> {
        self.0.model.lock().unwrap()
    }

    /// The latest confirmed slot.
    pub fn slot(&self) -> u64 {
        self.model().tip
    }

    /// The latest finalized slot.
    pub fn finalized(&self) -> u64 {
        self.model().finalized
    }

    /// A new slot with what `fill` puts in it.
    pub fn put(&self, fill: impl FnOnce(&mut Block)) -> u64 {
        let mut block = Block::default();
        fill(&mut block);
        // Told under the lock, so that updates are in the chain's order.
        let mut model = self.model();
        let updates = model.push(block);
        self.tell(updates);
        model.tip
    }

    /// A new slot in which a transaction writes this account.
    pub fn write(&self, address: Pubkey, program: Pubkey, data: Vec<u8>) -> u64 {
        self.put(|block| block.write(address, program, data))
    }

    /// A new slot in which an account goes without a word: no transaction says so.
    pub fn close(&self, address: Pubkey) -> u64 {
        self.put(|block| block.close(address))
    }

    /// A new slot with one transaction.
    pub fn post(&self, tx: Tx) -> u64 {
        self.put(|block| block.transaction(tx))
    }

    /// Slots with empty blocks.
    pub fn advance(&self, slots: u64) -> u64 {
        for _ in 0..slots {
            self.put(|_| {});
        }
        self.slot()
    }

    /// Slots without a block: their leaders were asleep. A block must follow before the tip moves.
    pub fn skip(&self, slots: u64) {
        self.model().skipped += slots;
    }

    /// Finalizes up to `slot`.
    pub fn finalize(&self, slot: u64) {
        let mut model = self.model();
        let updates = model.finalize(slot);
        self.tell(updates);
    }

    /// From now on each new block finalizes what is `lag` slots behind it.
    pub fn finalize_after(&self, lag: u64) {
        self.model().lag = Some(lag);
    }

    /// A confirmed slot that is not finalized turns out to be on a fork: its writes and transactions never were.
    pub fn drop_slot(&self, slot: u64) {
        let mut model = self.model();
        let updates = model.drop_slot(slot);
        self.tell(updates);
    }

    /// The node forgets blocks and transactions before `first`.
    pub fn prune(&self, first: u64) {
        self.model().first = first;
    }

    /// The accounts of a program as of the tip.
    pub fn accounts(&self, program: Pubkey) -> Vec<(Pubkey, Vec<u8>)> {
        let model = self.model();
        model.scan(&program, model.tip).into_iter().map(|(address, account)| (address, account.data)).collect()
    }

    /// The next `calls` calls of `method` (`*`: of any) fail so.
    pub fn fault(&self, method: &str, fault: Fault, calls: usize) {
        self.0.faults.add(method, fault, calls);
    }

    /// No more faults, and no more silence.
    pub fn heal(&self) {
        self.0.faults.heal();
    }

    /// How often a method was called, with or without an answer; `subscribe`: how often a socket was opened.
    pub fn calls(&self, method: &str) -> usize {
        self.0.faults.calls(method)
    }

    /// Sockets stay open, new ones open too, but nothing comes over them, not even answers.
    pub fn silent(&self, silent: bool) {
        self.0.faults.silent(silent);
    }

    /// Cuts every open socket.
    pub fn cut(&self) {
        self.0.faults.cut();
    }

    /// Everything that happens from now on.
    pub fn updates(&self) -> broadcast::Receiver<Update> {
        self.0.updates.subscribe()
    }

    /// Everything that happened in slot `from` and after it, as a node replays it.
    pub fn replay(&self, from: u64) -> Vec<Update> {
        self.model().replay(from)
    }

    fn tell(&self, updates: Vec<Update>) {
        for update in updates {
            let _ = self.0.updates.send(update);
        }
    }
}
