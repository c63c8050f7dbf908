//! Bytes from the chain to rows of the store. What cannot be decoded becomes a dead letter, never an error.

use std::sync::Arc;

use assay_sdk::decode::Decoder;
use serde_json::Value;
use solana_sdk::pubkey::Pubkey;

use crate::{
    ingest::{ChainAccount, ChainEvent, ChainTransaction},
    store::{Batch, Change, DeadLetter, EventRow, Row, Table},
};

/// Turns accounts and transactions into changes of the tables.
#[derive(Clone)]
pub struct Rows {
    decoder: Arc<Decoder>,
}

impl Rows {
    /// For all programs.
    ///
    /// # Errors
    /// When the IDLs compiled in are broken.
    pub fn new() -> crate::Result<Self> {
        Ok(Self::by(Decoder::new()?))
    }

    /// By a decoder of one's own, for example one that knows more layouts.
    pub fn by(decoder: Decoder) -> Self {
        Self { decoder: Arc::new(decoder) }
    }

    /// Addresses and names of the programs.
    pub fn programs(&self) -> Vec<(Pubkey, &'static str)> {
        self.decoder.programs()
    }

    /// The table and the data of an account.
    ///
    /// # Errors
    /// Why it cannot be decoded.
    pub fn state(&self, account: &ChainAccount) -> Result<(Table, Value), String> {
        let decoded = self.decoder.account(&account.program, &account.data).map_err(|why| why.to_string())?;
        let table = Table::of(decoded.program, &decoded.kind)
            .ok_or_else(|| format!("there is no table for {} of {}", decoded.kind, decoded.program))?;
        Ok((table, decoded.json))
    }

    /// Adds one account's state as a scan at `slot` found it.
    pub fn scanned(&self, batch: &mut Batch, account: &ChainAccount, slot: u64) {
        match self.row(account, slot, Change::Scanned) {
            Ok(row) => batch.rows.push(row),
            Err(letter) => batch.dead.push(letter),
        }
    }

    /// One account's state as a notice at `slot` told it; `write_version` orders notices within a slot.
    ///
    /// # Errors
    /// The dead letter of one that cannot be decoded.
    pub fn written(&self, account: &ChainAccount, slot: u64, write_version: u64) -> Result<Row, DeadLetter> {
        self.row(account, slot, |data| Change::Written(write_version, data))
    }

    fn row(&self, account: &ChainAccount, slot: u64, change: impl FnOnce(Value) -> Change) -> Result<Row, DeadLetter> {
        let address = account.address.to_string();
        match self.state(account) {
            Ok((table, data)) => Ok(Row { table, address, slot, change: change(data) }),
            Err(error) => {
                let (program, bytes) = (account.program.to_string(), account.data.clone());
                Err(DeadLetter { key: address, program, slot, time: None, bytes, error })
            }
        }
    }

    /// Adds what a dead letter says, if it can be decoded by now; else the letter again.
    pub fn letter(&self, batch: &mut Batch, letter: &DeadLetter) {
        let DeadLetter { key, program, slot, time, bytes, .. } = letter;
        let Ok(program) = program.parse::<Pubkey>() else { return batch.dead.push(letter.clone()) };
        let data = bytes.clone();
        if let Ok(address) = key.parse() {
            self.scanned(batch, &ChainAccount { address, program, data }, *slot);
            return;
        }
        let mut parts = key.split('/');
        let (signature, ix, inner_ix) = (parts.next(), parts.next(), parts.next());
        let number = |part: Option<&str>| part.and_then(|part| part.parse().ok());
        let (Some(signature), Some(ix), Some(inner_ix)) = (signature, number(ix), number(inner_ix)) else {
            return batch.dead.push(letter.clone());
        };
        let events = vec![ChainEvent { ix, inner_ix, program, data }];
        let (signature, closed) = (signature.to_owned(), vec![]);
        self.transaction(batch, &ChainTransaction { signature, slot: *slot, time: *time, closed, events });
    }

    /// Adds one transaction's events, the last states that they carry, and the accounts that it closed.
    pub fn transaction(&self, batch: &mut Batch, transaction: &ChainTransaction) {
        let ChainTransaction { signature, slot, time, closed, events } = transaction;
        for event in events {
            let (ix, inner_ix) = (event.ix, event.inner_ix);
            match self.decoder.event(&event.program, &event.data) {
                Ok(decoded) => {
                    batch.rows.extend(closing(decoded.program, &decoded.kind, &decoded.json, *slot));
                    let (program, kind, data) = (decoded.program, decoded.kind, decoded.json);
                    let (signature, slot, time) = (signature.clone(), *slot, *time);
                    batch.events.push(EventRow { signature, ix, inner_ix, slot, time, program, kind, data });
                }
                Err(why) => batch.dead.push(DeadLetter {
                    key: format!("{signature}/{ix}/{inner_ix}"),
                    program: event.program.to_string(),
                    slot: *slot,
                    time: *time,
                    bytes: event.data.clone(),
                    error: why.to_string(),
                }),
            }
        }
        batch.closed.extend(closed.iter().map(|address| (address.clone(), *slot)));
    }
}

fn closing(program: &str, kind: &str, json: &Value, slot: u64) -> Option<Row> {
    let (table, field) = Table::closed_by(program, kind)?;
    let address = json.get(field)?.as_str()?.to_owned();
    Some(Row { table, address, slot, change: Change::Last(json.get("last")?.clone()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::CLOSINGS;

    #[test]
    fn every_account_type_has_a_table_and_every_last_state_a_closing() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../idl/");
        let (mut tables, mut closings) = (vec![], vec![]);
        for (_, program) in Rows::new().unwrap().programs() {
            let text = std::fs::read_to_string(format!("{dir}assay_{program}.json")).unwrap();
            let idl: serde_json::Value = serde_json::from_str(&text).unwrap();
            for account in idl["accounts"].as_array().unwrap() {
                let kind = account["name"].as_str().unwrap().rsplit("::").next().unwrap();
                tables.push(Table::of(program, kind).unwrap_or_else(|| panic!("no table for {program} {kind}")));
            }
            let is_event =
                |ty: &serde_json::Value| idl["events"].as_array().unwrap().iter().any(|e| e["name"] == ty["name"]);
            for ty in idl["types"].as_array().unwrap().iter().filter(|ty| is_event(ty)) {
                let fields = ty["type"]["fields"].as_array().cloned().unwrap_or_default();
                if fields.iter().any(|field| field["name"] == "last") {
                    closings.push((program, ty["name"].as_str().unwrap().to_owned()));
                }
            }
        }
        tables.sort_unstable();
        let mut all = Table::ALL.to_vec();
        all.sort_unstable();
        assert_eq!(tables, all);
        let mut known: Vec<_> = CLOSINGS.iter().map(|(p, k, ..)| (*p, (*k).to_owned())).collect();
        known.sort();
        closings.sort();
        assert_eq!(closings, known);
    }
}
