//! Bytes from the chain to rows of the store. What cannot be decoded becomes a dead letter, never an error.

use std::sync::Arc;

use assay_sdk::decode::Decoder;
use solana_sdk::pubkey::Pubkey;

use crate::{
    ingest::{ChainAccount, ChainTransaction},
    store::{Batch, Change, DeadLetter, EventRow, Row, Table},
};

/// Turns accounts and transactions into changes of the tables.
#[derive(Clone)]
pub struct Rows {
    decoder: Arc<Decoder>,
}

/// The event of a closing, the field with the closed account's address, and the account's table.
const CLOSINGS: [(&str, &str, &str, Table); 23] = [
    ("token", "DistributionSwept", "distribution", Table::Distributions),
    ("staking", "PoolClosed", "pool", Table::Pools),
    ("staking", "PositionClosed", "position", Table::Positions),
    ("staking", "Withdrawn", "ticket", Table::Tickets),
    ("escrow", "BidAwarded", "bid", Table::Bids),
    ("escrow", "BidWithdrawn", "bid", Table::Bids),
    ("escrow", "MintUnregistered", "payment", Table::PaymentMints),
    ("escrow", "ModelRetired", "model", Table::Models),
    ("escrow", "DeviceRetired", "device", Table::Devices),
    ("escrow", "SeatSettled", "seat", Table::Seats),
    ("escrow", "SeatSlashed", "seat", Table::Seats),
    ("escrow", "JobClosed", "job", Table::Jobs),
    ("verification", "AttestorClosed", "attestor", Table::Attestors),
    ("verification", "BallotSettled", "ballot", Table::Ballots),
    ("verification", "BallotSlashed", "ballot", Table::Ballots),
    ("verification", "CanaryClosed", "canary", Table::Canaries),
    ("verification", "CanaryRevealed", "canary", Table::Canaries),
    ("verification", "CaseClosed", "case", Table::Cases),
    ("verification", "KeyClosed", "key", Table::ProofKeys),
    ("verification", "RoundClosed", "round", Table::Rounds),
    ("governance", "ActionClosed", "action", Table::Actions),
    ("governance", "ProposalClosed", "proposal", Table::Proposals),
    ("governance", "VoteClosed", "vote", Table::Votes),
];

impl Rows {
    /// For all programs.
    ///
    /// # Errors
    /// When the IDLs compiled in are broken.
    pub fn new() -> crate::Result<Self> {
        Ok(Self { decoder: Arc::new(Decoder::new()?) })
    }

    /// Addresses and names of the programs.
    pub fn programs(&self) -> Vec<(Pubkey, &'static str)> {
        self.decoder.programs()
    }

    /// Adds one account's state at `slot`; `write_version` orders notices within a slot, 0 is a scan.
    pub fn account(&self, batch: &mut Batch, account: &ChainAccount, slot: u64, write_version: u64) {
        let decoded = self.decoder.account(&account.program, &account.data).map_err(|why| why.to_string());
        let row = decoded.and_then(|decoded| {
            let table = Table::of(decoded.program, &decoded.kind)
                .ok_or_else(|| format!("there is no table for {} of {}", decoded.kind, decoded.program))?;
            let change = match write_version {
                0 => Change::Scanned(decoded.json),
                version => Change::Written(version, decoded.json),
            };
            Ok(Row { table, address: account.address.to_string(), slot, change })
        });
        match row {
            Ok(row) => batch.rows.push(row),
            Err(error) => {
                let (key, bytes) = (account.address.to_string(), account.data.clone());
                batch.dead.push(DeadLetter { key, program: account.program.to_string(), slot, bytes, error });
            }
        }
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
                    bytes: event.data.clone(),
                    error: why.to_string(),
                }),
            }
        }
        batch.closed.extend(closed.iter().map(|address| (address.clone(), *slot)));
    }
}

fn closing(program: &str, kind: &str, json: &serde_json::Value, slot: u64) -> Option<Row> {
    let (_, _, field, table) = CLOSINGS.into_iter().find(|(p, k, ..)| (*p, *k) == (program, kind))?;
    let address = json.get(field)?.as_str()?.to_owned();
    Some(Row { table, address, slot, change: Change::Last(json.get("last")?.clone()) })
}

#[cfg(test)]
mod tests {
    use super::*;

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
