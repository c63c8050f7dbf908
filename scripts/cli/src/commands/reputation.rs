//! `reputation`: an operator's score in each class, and what it is made of.

use assay_sdk::reputation::Record;
use serde_json::{Value, json};
use solana_sdk::signature::Signer;

use super::{job::text, validator::records};
use crate::{
    args::Reputation,
    context::Context,
    duration::words,
    error::{Error, Result},
    output::{facts, short, table},
};

/// Events that end a seat.
const ENDS: [&str; 2] = ["SeatSettled", "SeatSlashed"];
/// Units of a record's weights: 10^-9 of an outcome.
const UNIT: f64 = 1e9;

/// Shows it: the scores from the chain, as they are now; the history from the API.
pub async fn run(context: &Context, args: &Reputation) -> Result<()> {
    let operator = args.whose.operator.map_or_else(|| context.wallet().map(|wallet| wallet.pubkey()), Ok)?;
    let mut records: Vec<_> = records(context, &operator).await?.into_values().collect();
    records.retain(|record| args.class.is_none_or(|class| class == record.class));
    records.sort_by_key(|record| record.class);
    if records.is_empty() {
        let why = format!("{operator} has no such record: it opens them with `assay validator join`");
        return Err(Error::Refused(why));
    }
    let now = context.now().await?;
    let history = match args.history {
        0 => Some(vec![]),
        most => history(context, &operator.to_string(), most.into()).await?,
    };
    let items: Vec<_> = records.iter().map(|record| record_json(record, now)).collect();
    let document = json!({"operator": operator.to_string(), "records": items, "history": history});
    context.out.data(&document, || {
        let mut page = facts(&[("operator", operator.to_string())]);
        page.push_str(&format!("\n{}\n", scores(&records, now)));
        match history.as_deref() {
            None | Some([]) => {}
            Some(history) => page.push_str(&format!("\n{}\n", ends(history))),
        }
        page
    })
}

fn record_json(record: &Record, now: i64) -> Value {
    json!({
        "class": record.class, "score_bps": record.score_bps(now), "valid": record.valid, "wrong": record.wrong,
        "silent": record.silent, "consecutive_valid": record.consecutive_valid, "good": record.good.to_string(),
        "bad": record.bad.to_string(), "avg_value": record.avg_value.to_string(),
        "updated_at": record.updated_at.to_string(),
    })
}

fn scores(records: &[Record], now: i64) -> String {
    let mut rows = table(&["class", "score", "valid", "wrong", "silent", "in a row", "good", "bad", "last outcome"]);
    for record in records {
        let score = record.score_bps(now).unwrap_or(0);
        let ago = u64::try_from(now.saturating_sub(record.updated_at)).unwrap_or(0);
        let last = if record.valid + record.wrong + record.silent == 0 {
            "none".into()
        } else {
            format!("about {} ago", words(ago))
        };
        rows.add_row([
            record.class.to_string(),
            format!("{}.{:02} %", score / 100, score % 100),
            record.valid.to_string(),
            record.wrong.to_string(),
            record.silent.to_string(),
            record.consecutive_valid.to_string(),
            format!("{:.3}", record.good as f64 / UNIT),
            format!("{:.3}", record.bad as f64 / UNIT),
            last,
        ]);
    }
    rows.to_string()
}

/// The last seats of an operator that were paid or slashed, newest first; nothing where the API does not answer.
async fn history(context: &Context, operator: &str, most: usize) -> Result<Option<Vec<Value>>> {
    let mut all = vec![];
    for kind in ENDS {
        let query = [("operator", operator.to_owned()), ("kind", kind.to_owned())];
        match context.api.list("/v1/events", &query, most).await {
            Ok((items, _)) => all.extend(items),
            Err(why @ Error::NoApi { .. }) => {
                context.out.talk(format!("no history: {why}"));
                return Ok(None);
            }
            Err(why) => return Err(why),
        }
    }
    all.sort_by_key(|event| std::cmp::Reverse(super::job::number(event, "id")));
    all.truncate(most);
    Ok(Some(all.iter().map(end).collect()))
}

/// What matters of an event.
fn end(event: &Value) -> Value {
    let data = &event["data"];
    json!({
        "time": event["time"], "kind": event["kind"], "job": event["job"], "signature": event["signature"],
        "paid": data.get("paid"), "slashed": data.get("amount"), "reason": data.get("reason"),
    })
}

fn ends(history: &[Value]) -> String {
    let mut rows = table(&["time", "job", "end"]);
    for event in history {
        let end = match &*text(event, "kind") {
            "SeatSettled" if text(event, "paid") == "0" => "released".into(),
            "SeatSettled" => format!("paid {} base units", text(event, "paid")),
            _ => format!("slashed {} base units, {}", text(event, "slashed"), text(event, "reason").to_lowercase()),
        };
        rows.add_row([text(event, "time").into_owned(), short(&text(event, "job")), end]);
    }
    rows.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_seats_are_told() {
        let event = |kind: &str, data: Value| json!({"time": "T", "kind": kind, "job": "8APT3zPWiCaQjqop14UzJYMSCN5bFiqhL29Y31JrWFfe", "signature": "s", "data": data});
        let history = [
            end(&event("SeatSettled", json!({"paid": "975"}))),
            end(&event("SeatSettled", json!({"paid": "0"}))),
            end(&event("SeatSlashed", json!({"amount": "50", "reason": "Wrong"}))),
        ];
        let shown = ends(&history);
        for part in ["paid 975 base units", "released", "slashed 50 base units, wrong", "8APT…WFfe"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert_eq!((history[0]["slashed"].clone(), history[2]["slashed"].clone()), (Value::Null, json!("50")));
    }
}
