//! `job show`: a job with its seats and timeline, and its result.

use std::{
    fs,
    path::{Path, PathBuf},
};

use assay_sdk::{addresses, result::ResultDocument};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use solana_sdk::pubkey::Pubkey;

use super::{list_of, number, results, strategy, text};
use crate::{
    amount::{self, ASY_DECIMALS},
    args::Show,
    context::Context,
    error::{Error, Result},
    output::{facts, table},
};

/// Shows a job.
pub async fn run(context: &Context, args: &Show) -> Result<()> {
    let path = format!("/v1/jobs/{}", args.job);
    let Some(mut reply) = context.api.find(&path).await? else {
        let why = format!("the indexer knows no job {}: check the address and --api", args.job);
        return Err(Error::Refused(why));
    };
    if let Some(file) = &args.result {
        let root = save_result(context, &args.job, file).await?;
        reply["result"] = json!({"file": file.display().to_string(), "root": root});
    }
    context.out.data(&reply, || display(context, &reply))
}

/// Downloads the result, checks it against the root on chain, and writes its outputs.
async fn save_result(context: &Context, job: &Pubkey, file: &Path) -> Result<String> {
    let root = results::settled_root(context, job).await?;
    let (name, document) = (hex::encode(root), results::fetch(context, job, &root).await?);
    let bytes = serde_json::to_vec_pretty(&outputs(&document))?;
    fs::write(file, bytes).map_err(Error::file("write", PathBuf::from(file)))?;
    context.out.talk(format!(
        "{} outputs, checked against root {name}, are in {}",
        document.outputs.len(),
        file.display()
    ));
    Ok(name)
}

/// All as text where all are UTF-8, else all in base64.
fn outputs(document: &ResultDocument) -> Vec<String> {
    let texts: Option<Vec<String>> = document.outputs.iter().map(|o| String::from_utf8(o.clone()).ok()).collect();
    texts.unwrap_or_else(|| document.outputs.iter().map(|output| STANDARD.encode(output)).collect())
}

/// How a job's money is written.
pub struct Money {
    decimals: u8,
    symbol: String,
}

impl Money {
    /// Of a job's page.
    pub fn of(context: &Context, page: &Value) -> Self {
        let decimals = u8::try_from(number(&page["mint"], "decimals")).unwrap_or(0);
        let symbol = text(&page["job"], "mint").parse().map(|mint| context.symbol(&mint)).unwrap_or_default();
        Self { decimals, symbol }
    }

    fn format(&self, base: u64) -> String {
        format!("{} {}", amount::format(base, self.decimals), self.symbol)
    }
}

fn asy(base: u64) -> String {
    format!("{} ASY", amount::format(base, ASY_DECIMALS))
}

fn display(context: &Context, reply: &Value) -> String {
    let (job, money) = (&reply["job"], Money::of(context, reply));
    let address = text(job, "address").parse::<Pubkey>().unwrap_or_default();
    let judged = matches!(&*text(job, "status"), "verified" | "settled");
    let root = Some(text(job, "root").into_owned()).filter(|root| judged && !root.trim_matches('0').is_empty());
    let mut page = facts(&[
        ("job", address.to_string()),
        ("status", text(job, "status").into_owned()),
        ("requester", text(job, "requester").into_owned()),
        ("judged by", strategy::of(job)),
        ("class", text(job, "class").into_owned()),
        ("units", text(job, "units").into_owned()),
        ("a seat pays", money.format(number(job, "seat_price"))),
        ("spec", text(job, "uri").into_owned()),
        ("spec hash", text(job, "spec_hash").into_owned()),
        ("root", root.unwrap_or_else(|| "not yet".into())),
        ("vault", addresses::job_vault(&address).to_string()),
    ]);
    let seats = list_of(reply, "seats");
    if !seats.is_empty() {
        let mut rows = table(&["seat", "operator", "state", "outcome", "paid", "slashed"]);
        for seat in seats {
            let some = |field, shown: &dyn Fn(u64) -> String| match number(seat, field) {
                0 => String::new(),
                base => shown(base),
            };
            let (paid, slashed) = (some("paid", &|base| money.format(base)), some("slashed", &asy));
            let (index, operator) = (text(seat, "index"), text(seat, "operator"));
            let (state, outcome) = (text(seat, "state"), text(seat, "outcome"));
            rows.add_row([&*index, &*operator, &*state, &*outcome, &paid, &slashed]);
        }
        page.push_str(&format!("\n{rows}\n"));
    }
    page.push_str("\ntimeline\n");
    for event in list_of(reply, "timeline") {
        page.push_str(&format!("  {}\n", line(event, &money)));
    }
    page
}

/// Events whose amounts are of stakes, not of the payment.
const IN_ASY: &[&str] = &["SeatSlashed", "CasePaid", "BallotSettled", "BallotSlashed", "SuretyReturned"];

/// An event on one line.
pub fn line(event: &Value, money: &Money) -> String {
    let (kind, data) = (text(event, "kind"), &event["data"]);
    let about = ["operator", "reason", "amount", "paid", "root"].iter().filter_map(|field| {
        let value = match *field {
            "amount" | "paid" if IN_ASY.contains(&&*kind) => asy(number(data, field)),
            "amount" | "paid" if data.get(field).is_some() => money.format(number(data, field)),
            _ => text(data, field).into_owned(),
        };
        (!value.is_empty() && data.get(field).is_some()).then(|| format!("{field} {value}"))
    });
    let about: Vec<_> = about.collect();
    format!("{}  {kind:<16} {}", text(event, "time"), about.join(", ")).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_text_where_all_are() {
        let outputs = |list: &[&[u8]]| {
            outputs(&ResultDocument { root: [0; 32], outputs: list.iter().map(|o| o.to_vec()).collect() })
        };
        assert_eq!(outputs(&[b"a\n", "é".as_bytes()]), ["a\n", "é"]);
        assert_eq!(outputs(&[b"a", &[0xff]]), ["YQ==", "/w=="]);
    }

    #[test]
    fn an_event_is_one_line() {
        let money = Money { decimals: 6, symbol: "tUSD".into() };
        let line = |kind: &str, data: Value| {
            line(&json!({"time": "2026-11-21T12:00:00Z", "kind": kind, "data": data}), &money)
        };
        let settled = line("SeatSettled", json!({"operator": "A", "paid": "312000", "fee": "1"}));
        assert_eq!(settled, "2026-11-21T12:00:00Z  SeatSettled      operator A, paid 0.312 tUSD");
        let slashed = line("SeatSlashed", json!({"operator": "A", "reason": "Wrong", "amount": "1500000000"}));
        assert_eq!(slashed, "2026-11-21T12:00:00Z  SeatSlashed      operator A, reason Wrong, amount 1.5 ASY");
        assert_eq!(line("JobClosed", json!({"last": {"root": "ab"}})), "2026-11-21T12:00:00Z  JobClosed");
    }
}
