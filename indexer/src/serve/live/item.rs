//! What is streamed: events, retractions of events, notices. Each is read and rendered once, however many get it.

use std::sync::Arc;

use axum::body::Bytes;
use serde_json::{Value, json};
use sqlx::FromRow;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Something happened.
    Event,
    /// An event never became final: it did not happen.
    Retracted,
    /// Something is about to happen, or is worth a word.
    Notice,
}

impl Op {
    /// Its name in streams.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Retracted => "retracted",
            Self::Notice => "notice",
        }
    }
}

/// What topics are compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Short name of the program; empty for a notice.
    pub program: String,
    /// Name of the event or notice.
    pub kind: String,
    /// The job it is about, if any.
    pub job: Option<String>,
    /// Whether the job's account is in the tables. An event may be there a moment before it.
    pub job_known: bool,
    /// The dispute it is about, if any.
    pub case: Option<String>,
    /// The operator whose doing it is, or whom it concerns.
    pub operator: Option<String>,
    /// The job's requester.
    pub requester: Option<String>,
    /// The job's payment mint, or the event's own.
    pub mint: Option<String>,
    /// The job's class.
    pub class: Option<i32>,
    /// Every address that it names.
    pub addresses: Vec<String>,
    /// Of a notice: whom it concerns.
    pub parties: Vec<String>,
}

/// One thing that is streamed.
#[derive(Debug)]
pub struct Item {
    /// Where it is in the stream.
    pub id: i64,
    /// What it is.
    pub op: Op,
    /// What it is about.
    pub facts: Facts,
    /// When it happened, ISO 8601.
    pub time: String,
    /// Itself, as JSON.
    pub json: Arc<str>,
    /// Itself, as a server-sent event.
    pub frame: Bytes,
}

/// An item as the database tells it.
#[derive(FromRow)]
pub struct ItemRow {
    id: i64,
    op: i32,
    json: Value,
    job: Option<String>,
    job_known: bool,
    of_case: Option<String>,
    requester: Option<String>,
    mint: Option<String>,
    class: Option<String>,
}

impl From<ItemRow> for Item {
    fn from(row: ItemRow) -> Self {
        let op = match row.op {
            0 => Op::Event,
            1 => Op::Retracted,
            _ => Op::Notice,
        };
        let facts = facts(op, &row);
        let ItemRow { id, json, .. } = row;
        let time = json["time"].as_str().or(json["at"].as_str()).unwrap_or_default().to_owned();
        let json = if op == Op::Retracted { json!({"id": id.to_string(), "event": json}) } else { json };
        let json: Arc<str> = json.to_string().into();
        let frame = format!("event: {}\nid: {id}\ndata: {json}\n\n", op.name()).into();
        Self { id, op, facts, time, json, frame }
    }
}

fn facts(op: Op, row: &ItemRow) -> Facts {
    let text = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
    let data = &row.json["data"];
    let mut addresses = vec![];
    collect(data, &mut addresses);
    collect(&row.json["parties"], &mut addresses);
    addresses.extend([&row.job, &row.requester, &row.of_case].into_iter().flatten().cloned());
    addresses.sort_unstable();
    addresses.dedup();
    let parties = row.json["parties"].as_array().into_iter().flatten();
    Facts {
        program: if op == Op::Notice { String::new() } else { text(&row.json, "program").unwrap_or_default() },
        kind: text(&row.json, "kind").unwrap_or_default(),
        job: row.job.clone(),
        job_known: row.job_known,
        case: row.of_case.clone(),
        operator: text(data, "operator"),
        requester: text(data, "requester").or_else(|| row.requester.clone()),
        mint: text(data, "mint").or_else(|| row.mint.clone()),
        class: row.class.as_ref().and_then(|class| class.parse().ok()),
        addresses,
        parties: parties.filter_map(|party| party.as_str().map(str::to_owned)).collect(),
    }
}

/// Every string in it that may be an address.
fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if super::topics::is_address(text) => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, found)),
        _ => {}
    }
}
