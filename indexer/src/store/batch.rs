use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::Table;

/// What a batch knows of an account.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A scan found it so.
    Scanned(Value),
    /// A notice said so; the number orders the notices of one slot.
    Written(u64, Value),
    /// It was closed, and this was its last state.
    Last(Value),
}

/// One account at one slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its table.
    pub table: Table,
    /// Its address, base58.
    pub address: String,
    /// When this was so.
    pub slot: u64,
    /// What was so.
    pub change: Change,
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRow {
    /// Transaction.
    pub signature: String,
    /// Instruction of the transaction, from 0.
    pub ix: i32,
    /// Inner instruction, from 0.
    pub inner_ix: i32,
    /// Slot of the transaction.
    pub slot: u64,
    /// Unix seconds of the slot, if the node knows.
    pub time: Option<i64>,
    /// Short name of the program.
    pub program: &'static str,
    /// Name of the event.
    pub kind: String,
    /// Its fields.
    pub data: Value,
}

/// Bytes that could not be decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter {
    /// Address, or `signature/ix/inner_ix`.
    pub key: String,
    /// Address of the program.
    pub program: String,
    /// When they were seen.
    pub slot: u64,
    /// Unix seconds of an event's slot, if the node knows.
    pub time: Option<i64>,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Why not.
    pub error: String,
}

/// That a scan of a program at `slot` found these accounts and no others.
#[derive(Clone, Debug, PartialEq)]
pub struct Scanned {
    /// Short name of the program.
    pub program: &'static str,
    /// The scan's slot.
    pub slot: u64,
    /// Every address it found, decodable or not.
    pub present: Vec<String>,
    /// What it found cannot be undone; else it is looked at again once it cannot.
    pub finalized: bool,
}

/// Changes that are committed together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Accounts, in the order of their arrival.
    pub rows: Vec<Row>,
    /// Addresses (of whatever kind) that had no lamports left after a transaction at that slot.
    pub closed: Vec<(String, u64)>,
    /// Events in chain order.
    pub events: Vec<EventRow>,
    /// What could not be decoded.
    pub dead: Vec<DeadLetter>,
    /// Scans whose absences count.
    pub scanned: Vec<Scanned>,
    /// History up to here is in the tables once this batch is; it never goes back.
    pub watermark: Option<u64>,
    /// Up to here nothing in the tables can be undone once this batch is in them; it never goes back.
    pub finalized: Option<u64>,
}

impl Batch {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Keeps one row per account: the latest by (slot, last state over notice over scan, write version), and of equals
    /// the one that came last. Sorted, so that concurrent writers could not deadlock.
    pub(super) fn merged(rows: Vec<Row>) -> Vec<Row> {
        let mut latest: BTreeMap<(Table, String), Row> = BTreeMap::new();
        for row in rows {
            let key = (row.table, row.address.clone());
            if latest.get(&key).is_none_or(|old| rank(old) <= rank(&row)) {
                latest.insert(key, row);
            }
        }
        latest.into_values().collect()
    }

    /// Keeps each event once.
    pub(super) fn distinct(events: Vec<EventRow>) -> Vec<EventRow> {
        let mut seen = HashSet::new();
        events.into_iter().filter(|e| seen.insert((e.signature.clone(), e.ix, e.inner_ix))).collect()
    }
}

fn rank(row: &Row) -> (u64, u8, u64) {
    match row.change {
        Change::Scanned(_) => (row.slot, 0, 0),
        Change::Written(version, _) => (row.slot, 1, version),
        Change::Last(_) => (row.slot, 2, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(slot: u64, change: Change) -> Row {
        Row { table: Table::Jobs, address: "a".into(), slot, change }
    }

    #[test]
    fn the_latest_of_an_account_is_kept() {
        let text = |s: &str| Value::from(s);
        let written = row(5, Change::Written(9, text("written")));
        let last = row(5, Change::Last(text("last")));
        let reopened = row(6, Change::Written(1, text("reopened")));
        let scanned = row(6, Change::Scanned(text("scanned")));
        let merged = |rows: &[&Row]| Batch::merged(rows.iter().map(|row| (*row).clone()).collect());
        assert_eq!(merged(&[&written, &last]), std::slice::from_ref(&last));
        assert_eq!(merged(&[&last, &written]), std::slice::from_ref(&last));
        assert_eq!(merged(&[&reopened, &last, &scanned]), std::slice::from_ref(&reopened));
        let earlier = row(5, Change::Written(8, text("earlier")));
        assert_eq!(merged(&[&written, &earlier]), [written]);
    }
}
