//! What the stream told, as long as it may be of use.

use std::collections::{BTreeMap, HashMap};

use crate::ingest::{ChainTransaction, Listed};

/// Slots of which transactions and times are kept: more than the loop needs to ask for them.
const KEEP: u64 = 512;
/// A slot's messages may come a little after the word that it is confirmed: a resumption starts before it.
const MARGIN: u64 = 4;

/// Where the stream is, and its last slots' transactions.
#[derive(Default)]
pub struct Heard {
    confirmed: Option<u64>,
    slots: BTreeMap<u64, Vec<String>>,
    transactions: HashMap<String, ChainTransaction>,
    times: BTreeMap<u64, i64>,
}

impl Heard {
    /// Where to resume; `None` if nothing was heard yet, or too long ago.
    pub fn resume(&self) -> Option<u64> {
        self.confirmed.map(|slot| slot.saturating_sub(MARGIN))
    }

    /// The latest confirmed slot heard of.
    pub fn confirmed(&self) -> u64 {
        self.confirmed.unwrap_or(0)
    }

    /// What is between then and now is for history to tell.
    pub fn forget(&mut self) {
        self.confirmed = None;
    }

    /// A slot is confirmed.
    pub fn confirm(&mut self, slot: u64) {
        self.confirmed = Some(self.confirmed().max(slot));
        let oldest = slot.saturating_sub(KEEP);
        let kept = self.slots.split_off(&oldest);
        for signature in std::mem::replace(&mut self.slots, kept).into_values().flatten() {
            self.transactions.remove(&signature);
        }
        self.times = self.times.split_off(&oldest);
    }

    /// A slot never was.
    pub fn dead(&mut self, slot: u64) {
        for signature in self.slots.remove(&slot).into_iter().flatten() {
            // It may have come again in a slot that lives.
            if self.transactions.get(&signature).is_some_and(|known| known.slot == slot) {
                self.transactions.remove(&signature);
            }
        }
        self.times.remove(&slot);
    }

    /// A block's time.
    pub fn time(&mut self, slot: u64, time: i64) {
        self.times.insert(slot, time);
    }

    /// A transaction.
    pub fn add(&mut self, transaction: ChainTransaction) {
        self.slots.entry(transaction.slot).or_default().push(transaction.signature.clone());
        self.transactions.insert(transaction.signature.clone(), transaction);
    }

    /// A transaction that was heard, in this very slot.
    pub fn transaction(&self, listed: &Listed) -> Option<ChainTransaction> {
        let mut found = self.transactions.get(&listed.signature).filter(|known| known.slot == listed.slot)?.clone();
        found.time = self.times.get(&found.slot).copied();
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transaction(signature: &str, slot: u64) -> ChainTransaction {
        ChainTransaction { signature: signature.into(), slot, time: None, closed: vec![], events: vec![] }
    }

    #[test]
    fn a_dead_slot_and_an_old_one_are_forgotten() {
        let mut heard = Heard::default();
        assert_eq!(heard.resume(), None);
        heard.add(transaction("again", 7));
        heard.add(transaction("gone", 7));
        heard.add(transaction("again", 8));
        heard.time(8, 80);
        heard.confirm(8);
        assert_eq!(heard.resume(), Some(4));
        heard.dead(7);
        let listed = |signature: &str, slot| Listed { signature: signature.into(), slot };
        assert_eq!(heard.transaction(&listed("gone", 7)), None);
        assert_eq!(heard.transaction(&listed("again", 7)), None);
        assert_eq!(heard.transaction(&listed("again", 8)).and_then(|known| known.time), Some(80));
        heard.confirm(8 + KEEP + 1);
        assert_eq!(heard.transaction(&listed("again", 8)), None);
        assert!(heard.transactions.is_empty() && heard.slots.is_empty() && heard.times.is_empty());
    }
}
