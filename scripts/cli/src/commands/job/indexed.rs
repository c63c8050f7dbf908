//! Whether what the indexer serves about a job is what the chain says.

use assay_sdk::decode::Decoder;
use serde_json::Value;
use solana_sdk::{account::Account, pubkey::Pubkey};

use super::{list_of, story::Story, text};
use crate::error::{Error, Result};

/// An account as the chain has it: its last state where it is closed.
#[derive(Debug, PartialEq)]
pub struct Row {
    pub address: Pubkey,
    pub closed: bool,
    pub data: Value,
}

/// What the indexer must serve.
#[derive(Debug, PartialEq)]
pub struct Expected {
    pub job: Row,
    /// `None` if the job never had a round.
    pub round: Option<Row>,
    /// With outcome, paid and slashed.
    pub seats: Vec<(Row, &'static str, u64, u64)>,
}

impl Expected {
    /// From the story, and for what is still open from the accounts (`Story::accounts`, as they are now).
    pub fn new(story: &Story, addresses: &[Pubkey], accounts: &[Option<Account>]) -> Result<Self> {
        let decoder = Decoder::new()?;
        let row = |at: usize, last: Option<&Value>| -> Result<Option<Row>> {
            let address = addresses[at];
            if let Some(last) = last {
                return Ok(Some(Row { address, closed: true, data: last.clone() }));
            }
            let live = accounts.get(at).and_then(Option::as_ref).filter(|account| !account.data.is_empty());
            let decoded = live.map(|account| decoder.account(&account.owner, &account.data)).transpose()?;
            Ok(decoded.map(|decoded| Row { address, closed: false, data: decoded.json }))
        };
        let missing = |address: &Pubkey| Error::BadAccount(address.to_string());
        let mut seats = vec![];
        for (at, part) in story.parts.iter().enumerate() {
            let found = row(at + 3, part.last.as_ref())?.ok_or_else(|| missing(&part.seat))?;
            seats.push((found, part.outcome, part.of_seat.0, part.of_seat.1));
        }
        let job = row(0, story.job_closed.as_ref())?.ok_or_else(|| missing(&addresses[0]))?;
        Ok(Self { job, round: row(2, story.round_closed.as_ref())?, seats })
    }

    /// What of the API's reply is not so, one line each.
    pub fn differences(&self, reply: &Value) -> Vec<String> {
        let mut found = self.job.differences("job", &reply["job"]);
        match &self.round {
            Some(round) => found.extend(round.differences("round", &reply["round"])),
            None if !reply["round"].is_null() => found.push("the indexer has a round that the chain has not".into()),
            None => {}
        }
        let seats = list_of(reply, "seats");
        if seats.len() != self.seats.len() {
            found.push(format!("the indexer has {} seats, the chain {}", seats.len(), self.seats.len()));
        }
        for (row, outcome, paid, slashed) in &self.seats {
            let address = row.address.to_string();
            let Some(seat) = seats.iter().find(|seat| text(seat, "address") == address) else {
                found.push(format!("the indexer has no seat {address}"));
                continue;
            };
            found.extend(row.differences("seat", seat));
            let claims =
                [("outcome", (*outcome).to_owned()), ("paid", paid.to_string()), ("slashed", slashed.to_string())];
            for (field, expected) in claims {
                let said = text(seat, field);
                if said != expected {
                    found.push(format!("seat {address}: {field} is {expected}, the indexer says {said}"));
                }
            }
        }
        found
    }
}

impl Row {
    fn differences(&self, what: &str, row: &Value) -> Vec<String> {
        let address = self.address.to_string();
        if text(row, "address") != address {
            return vec![format!("the indexer has no {what} {address}")];
        }
        let mut found = vec![];
        let closed = !row["closed_slot"].is_null();
        if closed != self.closed {
            let word = |closed| if closed { "closed" } else { "open" };
            found.push(format!("{what} {address} is {}, the indexer says {}", word(self.closed), word(closed)));
        }
        for (field, expected) in self.data.as_object().into_iter().flatten() {
            if row.get(field) != Some(expected) {
                let said = row.get(field).unwrap_or(&Value::Null);
                found.push(format!("{what} {address}: {field} is {expected}, the indexer says {said}"));
            }
        }
        found
    }
}
