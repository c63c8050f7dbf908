//! What the chain knows: every version of every account, every transaction, every block.

use std::collections::BTreeMap;

use solana_sdk::{pubkey::Pubkey, signature::Signature};

use super::{EPOCH, Update};

/// An account of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub program: Pubkey,
    pub data: Vec<u8>,
}

/// An event in a transaction: an inner instruction of a program to itself.
#[derive(Clone, Debug)]
pub struct TxEvent {
    pub ix: u8,
    pub inner_ix: usize,
    pub program: Pubkey,
    /// Discriminator and Borsh.
    pub data: Vec<u8>,
}

/// A transaction.
#[derive(Clone, Debug, Default)]
pub struct Tx {
    /// Base58; made when it gets into a block, unless given.
    pub signature: String,
    pub slot: u64,
    pub failed: bool,
    /// Programs it mentions besides those of its events.
    pub mentions: Vec<Pubkey>,
    pub events: Vec<TxEvent>,
    pub closed: Vec<Pubkey>,
}

impl Tx {
    pub fn new() -> Tx {
        Tx::default()
    }

    /// Tells an event, as the next inner instruction but one of its first instruction.
    #[must_use]
    pub fn event(mut self, program: Pubkey, data: Vec<u8>) -> Tx {
        let inner_ix = self.events.last().map_or(1, |last| last.inner_ix + 2);
        self.events.push(TxEvent { ix: 0, inner_ix, program, data });
        self
    }

    /// Leaves an account without lamports.
    #[must_use]
    pub fn closes(mut self, address: Pubkey) -> Tx {
        self.closed.push(address);
        self
    }

    /// Calls a program that says nothing.
    #[must_use]
    pub fn mentions(mut self, program: Pubkey) -> Tx {
        self.mentions.push(program);
        self
    }

    /// It failed: its events never were, and its fee is all it changed.
    #[must_use]
    pub fn failed(mut self) -> Tx {
        self.failed = true;
        self
    }

    pub fn programs(&self) -> impl Iterator<Item = &Pubkey> {
        self.mentions.iter().chain(self.events.iter().map(|event| &event.program))
    }
}

/// What goes into a new slot.
#[derive(Default)]
pub struct Block {
    writes: Vec<(Pubkey, Option<Account>)>,
    transactions: Vec<Tx>,
}

impl Block {
    pub fn write(&mut self, address: Pubkey, program: Pubkey, data: Vec<u8>) {
        self.writes.push((address, Some(Account { program, data })));
    }

    pub fn close(&mut self, address: Pubkey) {
        self.writes.push((address, None));
    }

    /// Closes what it closes, after the writes so far.
    pub fn transaction(&mut self, tx: Tx) {
        if !tx.failed {
            self.writes.extend(tx.closed.iter().map(|address| (*address, None)));
        }
        self.transactions.push(tx);
    }
}

struct Version {
    slot: u64,
    write_version: u64,
    account: Option<Account>,
}

pub struct Model {
    pub tip: u64,
    pub finalized: u64,
    /// First block and first transactions that the node has.
    pub first: u64,
    /// Slots to leave out before the next block.
    pub skipped: u64,
    /// How far behind the tip is finalized by itself.
    pub lag: Option<u64>,
    blocks: BTreeMap<u64, u64>,
    accounts: BTreeMap<Pubkey, Vec<Version>>,
    /// In chain order.
    pub transactions: Vec<Tx>,
    writes: u64,
    signed: u64,
}

impl Model {
    pub fn new(first: u64) -> Self {
        Self {
            tip: first,
            finalized: first,
            first,
            skipped: 0,
            lag: None,
            blocks: BTreeMap::from([(first, first - 1)]),
            accounts: BTreeMap::new(),
            transactions: vec![],
            writes: 0,
            signed: 0,
        }
    }

    pub fn push(&mut self, block: Block) -> Vec<Update> {
        let parent = self.blocks.keys().next_back().copied().unwrap_or(self.tip);
        let slot = self.tip + 1 + std::mem::take(&mut self.skipped);
        self.tip = slot;
        self.blocks.insert(slot, parent);
        let mut updates = vec![];
        for (address, account) in block.writes {
            self.writes += 1;
            let write_version = self.writes;
            if let Some(account) = account.clone() {
                updates.push(Update::Account { slot, write_version, address, account });
            }
            self.accounts.entry(address).or_default().push(Version { slot, write_version, account });
        }
        for mut tx in block.transactions {
            self.signed += 1;
            tx.slot = slot;
            if tx.signature.is_empty() {
                let mut bytes = [7; 64];
                bytes[..8].copy_from_slice(&self.signed.to_be_bytes());
                tx.signature = Signature::from(bytes).to_string();
            }
            updates.push(Update::Transaction(tx.clone()));
            self.transactions.push(tx);
        }
        updates.push(Update::Block { slot, parent, time: time(slot) });
        if let Some(lag) = self.lag {
            updates.extend(self.finalize(slot.saturating_sub(lag)));
        }
        updates
    }

    pub fn finalize(&mut self, slot: u64) -> Vec<Update> {
        if slot <= self.finalized {
            return vec![];
        }
        self.finalized = slot.min(self.tip);
        vec![Update::Finalized(self.finalized)]
    }

    pub fn drop_slot(&mut self, slot: u64) -> Vec<Update> {
        assert!(slot > self.finalized, "slot {slot} is finalized");
        self.blocks.remove(&slot);
        self.accounts.values_mut().for_each(|versions| versions.retain(|version| version.slot != slot));
        self.transactions.retain(|tx| tx.slot != slot);
        vec![Update::Dead(slot)]
    }

    /// An account as of a slot.
    pub fn account(&self, address: &Pubkey, slot: u64) -> Option<Account> {
        let versions = self.accounts.get(address)?;
        versions.iter().rev().find(|version| version.slot <= slot)?.account.clone()
    }

    /// A program's accounts as of a slot, by address.
    pub fn scan(&self, program: &Pubkey, slot: u64) -> Vec<(Pubkey, Account)> {
        let found = self.accounts.keys().filter_map(|address| Some((*address, self.account(address, slot)?)));
        found.filter(|(_, account)| account.program == *program).collect()
    }

    /// The parent of a block that the node has.
    pub fn parent(&self, slot: u64) -> Option<u64> {
        self.blocks.get(&slot).copied().filter(|_| slot >= self.first)
    }

    pub fn replay(&self, from: u64) -> Vec<Update> {
        let versions =
            self.accounts.iter().flat_map(|(address, all)| all.iter().map(move |version| (address, version)));
        let mut written: Vec<_> = versions.filter(|(_, version)| version.slot >= from).collect();
        written.sort_by_key(|(_, version)| version.write_version);
        let mut updates = vec![];
        for (slot, parent) in self.blocks.range(from..) {
            for (address, version) in written.iter().filter(|(_, version)| version.slot == *slot) {
                if let Some(account) = version.account.clone() {
                    let (slot, write_version) = (*slot, version.write_version);
                    updates.push(Update::Account { slot, write_version, address: **address, account });
                }
            }
            let told = self.transactions.iter().filter(|tx| tx.slot == *slot);
            updates.extend(told.cloned().map(Update::Transaction));
            updates.push(Update::Block { slot: *slot, parent: *parent, time: time(*slot) });
        }
        updates.push(Update::Finalized(self.finalized));
        updates
    }
}

/// Unix seconds of a slot.
pub fn time(slot: u64) -> i64 {
    EPOCH + i64::try_from(slot).unwrap()
}
