//! `job list`.

use std::collections::HashMap;

use serde_json::json;
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use super::{number, strategy, text};
use crate::{
    amount,
    args::List,
    context::Context,
    error::Result,
    output::{short, table},
};

/// Lists jobs, newest first.
pub async fn run(context: &Context, args: &List) -> Result<()> {
    let mut query = vec![];
    if let Some(status) = args.status {
        query.push(("status", serde_json::to_value(status)?.as_str().unwrap_or_default().to_owned()));
    }
    if args.mine {
        query.push(("requester", context.wallet()?.pubkey().to_string()));
    }
    let (items, more) = context.api.list("/v1/jobs", &query, args.limit.into()).await?;
    let decimals: HashMap<Pubkey, u8> = if items.is_empty() { HashMap::new() } else { context.decimals().await? };
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
