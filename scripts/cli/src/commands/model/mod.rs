//! `model`: what authors publish, and what jobs owe them for it.

pub mod publish;
pub mod royalties;

use serde_json::json;
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use super::job::{list_of, number, text};
use crate::{
    args::Models,
    context::Context,
    error::{Error, Result},
    output::{facts, short, table},
};

/// Lists models.
pub async fn list(context: &Context, args: &Models) -> Result<()> {
    let mine = args.mine.then(|| context.wallet().map(|wallet| wallet.pubkey())).transpose()?;
    let mut query = vec![("open", "true".to_owned())];
    query.extend(mine.or(args.author).map(|author| ("author", author.to_string())));
    query.extend(args.hash.clone().map(|hash| ("content_hash", hash)));
    let (items, more) = context.api.list("/v1/models", &query, args.limit.into()).await?;
    context.out.data(&json!({"items": items, "more": more}), || {
        if items.is_empty() {
            return "no models".into();
        }
        let mut rows = table(&["model", "author", "number", "revision", "royalty", "where"]);
        for model in &items {
            let author = short(&text(model, "author"));
            let (id, revision, uri) = (text(model, "id"), text(model, "revision"), text(model, "uri"));
            rows.add_row([
                &*text(model, "address"),
                &author,
                &id,
                &revision,
                &percent(number(model, "royalty_bps")),
                &uri,
            ]);
        }
        let hint = if more { "\nthere are more: raise --limit" } else { "" };
        format!("{rows}{hint}")
    })
}

/// Shows a model with its history.
pub async fn show(context: &Context, model: Pubkey) -> Result<()> {
    let Some(page) = context.api.find(&format!("/v1/models/{model}")).await? else {
        let why = format!("the indexer knows no model {model}: see `assay model list`, or check --api");
        return Err(Error::Refused(why));
    };
    context.out.data(&page, || {
        let of = page.get("model").unwrap_or(&page);
        let retired = !of["closed_slot"].is_null();
        let mut shown = facts(&[
            ("model", text(of, "address").into_owned()),
            ("author", text(of, "author").into_owned()),
            ("number", text(of, "id").into_owned()),
            ("pays", text(of, "payee").into_owned()),
            ("royalty", percent(number(of, "royalty_bps"))),
            ("revision", text(of, "revision").into_owned()),
            ("content", text(of, "content_hash").into_owned()),
            ("where", text(of, "uri").into_owned()),
            ("retired", if retired { "yes".into() } else { String::new() }),
        ]);
        let timeline = list_of(&page, "timeline");
        if !timeline.is_empty() {
            let mut rows = table(&["time", "event", "signature"]);
            for event in timeline {
                rows.add_row([&*text(event, "time"), &*text(event, "kind"), &short(&text(event, "signature"))]);
            }
            shown.push_str(&format!("\n{rows}\n"));
        }
        shown
    })
}

fn percent(bps: u64) -> String {
    format!("{}.{:02} %", bps / 100, bps % 100)
}
