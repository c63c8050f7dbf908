//! `market prices`: a figure of the market by hours or days.

use std::collections::HashMap;

use clap::ValueEnum;
use serde_json::Value;
use solana_sdk::pubkey::Pubkey;

use crate::{
    amount::{self, ASY_DECIMALS},
    args::{Metric, Prices},
    commands::job::{list_of, text},
    context::Context,
    error::Result,
    output::table,
};

/// Shows a series.
pub async fn prices(context: &Context, args: &Prices) -> Result<()> {
    let name = |value: Option<clap::builder::PossibleValue>| value.map(|value| value.get_name().to_owned());
    let query = [
        ("metric", name(args.metric.to_possible_value())),
        ("step", name(args.step.to_possible_value())),
        ("class", args.class.map(|class| class.to_string())),
        ("mint", args.mint.map(|mint| mint.to_string())),
    ];
    let query: Vec<_> = query.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let series = context.api.get("/v1/stats/series", &query).await?;
    let items = list_of(&series, "items");
    let decimals = if items.is_empty() { HashMap::new() } else { context.decimals().await? };
    context.out.data(&series, || {
        if items.is_empty() {
            return "nothing happened in this time".into();
        }
        let mut rows = table(&["from", "class", "value"]);
        for item in items {
            let mint = text(item, "mint").parse::<Pubkey>().ok();
            let (decimals, symbol) = match (args.metric, mint) {
                (Metric::Price | Metric::Volume | Metric::Fees, Some(mint)) => {
                    (decimals.get(&mint).copied(), context.symbol(&mint))
                }
                (Metric::Slashes | Metric::Burned | Metric::Emitted, _) => (Some(ASY_DECIMALS), "ASY".into()),
                _ => (None, String::new()),
            };
            let value = written(&item["value"], decimals);
            rows.add_row([&*text(item, "at"), &*text(item, "class"), format!("{value} {symbol}").trim_end()]);
        }
        rows.to_string()
    })
}

/// An amount of base units in its unit; a fraction of a base unit is left out. What has no unit is as it is.
fn written(value: &Value, decimals: Option<u8>) -> String {
    let text = value.as_str().unwrap_or_default();
    let whole = text.split('.').next().unwrap_or_default().parse();
    match (whole, decimals) {
        (Ok(base), Some(decimals)) => amount::format(base, decimals),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn amounts_have_their_unit() {
        assert_eq!(written(&json!("12500.75"), Some(6)), "0.0125");
        assert_eq!(written(&json!("0.75"), None), "0.75");
        assert_eq!(written(&json!("7"), Some(0)), "7");
    }
}
