//! Whether the tables are what the chain is.

use std::{collections::HashMap, time::Duration};

use assay_sdk::decode::Decoder;
use serde_json::Value;
use sqlx::PgPool;
use tokio::time::sleep;

use super::{Commitment, Source, verify_events::events};
use crate::{Result, decode::Rows, store, store::Table};

/// How often differences are looked at again: while the chain moves, the tables are a little behind.
const TRIES: u32 = 5;

/// Compares every open row with the chain, and every final event with the history that the node has; returns what
/// differs, a line for each. Of rows, only what stays different counts.
///
/// # Errors
/// When the node or the database does not answer.
pub async fn verify<S: Source>(source: &S, pool: &PgPool) -> Result<Vec<String>> {
    let mut found = rows(source, pool).await?;
    found.extend(events(source, &Rows::new()?, pool).await?);
    Ok(found)
}

async fn rows<S: Source>(source: &S, pool: &PgPool) -> Result<Vec<String>> {
    let decoder = Decoder::new()?;
    let mut last: Option<Vec<String>> = None;
    for attempt in 0..TRIES {
        let mut found = vec![];
        for (program, name) in decoder.programs() {
            let mut chain = HashMap::new();
            for account in source.scan(program, Commitment::Confirmed).await?.accounts {
                let decoded = decoder.account(&program, &account.data);
                chain.insert(account.address.to_string(), decoded.map(|d| (Table::of(d.program, &d.kind), d.json)));
            }
            found.extend(differences(chain, store::open_rows(pool, name).await?));
        }
        let stays: Vec<_> = match last {
            None => found,
            Some(before) => found.into_iter().filter(|difference| before.contains(difference)).collect(),
        };
        if stays.is_empty() {
            return Ok(stays);
        }
        last = Some(stays);
        if attempt + 1 < TRIES {
            sleep(Duration::from_secs(1)).await;
        }
    }
    Ok(last.unwrap_or_default())
}

type OnChain = std::result::Result<(Option<Table>, Value), assay_sdk::decode::DecodeError>;

fn differences(mut chain: HashMap<String, OnChain>, rows: Vec<(Table, String, Value)>) -> Vec<String> {
    let mut found = vec![];
    for (table, address, row) in rows {
        let name = table.name();
        match chain.remove(&address) {
            None => found.push(format!("{name} {address}: open in the database, not on the chain")),
            Some(Err(why)) => found.push(format!("{name} {address}: cannot be decoded: {why}")),
            Some(Ok((at, _))) if at != Some(table) => found.push(format!("{name} {address}: of another type on chain")),
            Some(Ok((_, json))) => found.extend(fields(name, &address, &row, &json)),
        }
    }
    for (address, account) in chain {
        let what = account.map_or_else(|why| why.to_string(), |(table, _)| table.map_or("?", Table::name).into());
        found.push(format!("{what} {address}: on the chain, not open in the database"));
    }
    found.sort();
    found
}

fn fields(name: &str, address: &str, row: &Value, chain: &Value) -> Vec<String> {
    let (Some(a), Some(b)) = (row.as_object(), chain.as_object()) else { return vec![] };
    let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
    let differ = keys.into_iter().filter(|key| a.get(*key) != b.get(*key));
    let text = |value: Option<&Value>| value.map_or("nothing".into(), Value::to_string);
    differ.map(|k| format!("{name} {address}: {k} is {} here, {} there", text(a.get(k)), text(b.get(k)))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_difference_is_named() {
        let rows = vec![
            (Table::Jobs, "same".into(), json!({"units": "1"})),
            (Table::Jobs, "differs".into(), json!({"units": "1", "nonce": "2"})),
            (Table::Jobs, "gone".into(), json!({"units": "1"})),
        ];
        let job = |json| Ok((Some(Table::Jobs), json));
        let chain = HashMap::from([
            ("same".into(), job(json!({"units": "1"}))),
            ("differs".into(), job(json!({"units": "3", "nonce": "2"}))),
            ("new".into(), job(json!({"units": "1"}))),
        ]);
        let expected = [
            "jobs differs: units is \"1\" here, \"3\" there",
            "jobs gone: open in the database, not on the chain",
            "jobs new: on the chain, not open in the database",
        ];
        assert_eq!(differences(chain, rows), expected);
    }
}
