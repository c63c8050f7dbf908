//! `job list`.

use std::collections::HashMap;

use serde_json::{Value, json};
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use super::{list_of, number, strategy, text};
use crate::{
    amount,
    args::List,
    context::Context,
    error::Result,
    output::{short, table},
};

/// Most that the API gives at once.
const PAGE: usize = 100;

/// Lists jobs, newest first.
pub async fn run(context: &Context, args: &List) -> Result<()> {
    let mut query = vec![];
    if let Some(status) = args.status {
        query.push(("status", serde_json::to_value(status)?.as_str().unwrap_or_default().to_owned()));
    }
    if args.mine {
        query.push(("requester", context.wallet()?.pubkey().to_string()));
    }
    let (items, more) = fetch(context, query, args.limit.into()).await?;
    let decimals: HashMap<Pubkey, u8> = if items.is_empty() { HashMap::new() } else { decimals(context).await? };
    context.out.data(&json!({"items": items, "more": more}), || {
        if items.is_empty() {
            return "no jobs".into();
        }
        let mut table = table(&["job", "status", "units", "judged by", "a seat pays", "requester"]);
        for job in &items {
            let judged = strategy::of(job);
            let mint = text(job, "mint").parse::<Pubkey>().unwrap_or_default();
            let price = amount::format(number(job, "seat_price"), decimals.get(&mint).copied().unwrap_or(0));
            let price = format!("{price} {}", context.symbol(&mint));
            let (status, units) = (text(job, "status"), text(job, "units"));
            let requester = short(&text(job, "requester"));
            table.add_row([&text(job, "address"), &status, &units, judged.as_str(), &price, &requester]);
        }
        let hint = if more { "\nthere are more: raise --limit" } else { "" };
        format!("{table}{hint}")
    })
}

async fn fetch(context: &Context, query: Vec<(&str, String)>, limit: usize) -> Result<(Vec<Value>, bool)> {
    let (mut items, mut cursor) = (vec![], None::<String>);
    loop {
        let mut query = query.clone();
        query.push(("limit", PAGE.min(limit - items.len()).to_string()));
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let page = context.api.get("/v1/jobs", &query).await?;
        items.extend_from_slice(list_of(&page, "items"));
        cursor = page.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
        if cursor.is_none() || items.len() >= limit {
            return Ok((items, cursor.is_some()));
        }
    }
}

async fn decimals(context: &Context) -> Result<HashMap<Pubkey, u8>> {
    let currencies = context.currencies().await?;
    Ok(currencies.into_iter().map(|currency| (currency.mint, currency.decimals)).collect())
}
