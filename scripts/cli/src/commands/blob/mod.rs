//! `blob`: content by its hash, in the indexer's store.

mod get;

use serde_json::json;
use solana_sdk::signature::Signer;

pub use self::get::get;
use crate::{
    client::store::Source,
    context::Context,
    error::{Error, Result},
    output::{facts, table},
};

/// Stores files.
pub async fn put(context: &Context, files: &[std::path::PathBuf]) -> Result<()> {
    let mut stored = vec![];
    for file in files {
        let source = Source::open(file)?;
        let done = context.store(&source).await?;
        stored.push((file.display().to_string(), context.api.url(&format!("/v1/blobs/{}", done.sha256)), done));
    }
    let items = stored.iter().map(|(file, uri, done)| {
        json!({"file": file, "sha256": done.sha256, "bytes": done.bytes.to_string(), "sent": done.sent.to_string(), "uri": uri})
    });
    let items: Vec<_> = items.collect();
    context.out.data(&json!({"items": items}), || {
        let pages = stored.iter().map(|(file, uri, done)| {
            facts(&[
                ("file", file.clone()),
                ("sha256", done.sha256.clone()),
                ("bytes", format!("{}, of which {} were sent", done.bytes, done.sent)),
                ("uri", uri.clone()),
            ])
        });
        pages.collect::<Vec<_>>().join("\n")
    })
}

/// Shows whether blobs are there, or which uploads are under way.
pub async fn status(context: &Context, hashes: &[String]) -> Result<()> {
    let mut items = vec![];
    for hash in hashes {
        let bytes = get::length(context, hash).await?;
        items.push(json!({"sha256": hash, "stored": bytes.is_some(), "bytes": bytes.map(|bytes| bytes.to_string())}));
    }
    if hashes.is_empty() {
        for (sha256, id) in context.begun()? {
            items.push(progress(context, &sha256, &id).await?);
        }
    }
    context.out.data(&json!({"items": items}), || match hashes {
        [] if items.is_empty() => "no upload was begun here and not completed".into(),
        [] => rows(&["sha256", "chunks", "of"], &items, &["sha256", "sent_chunks", "chunks"]),
        _ => rows(&["sha256", "stored", "bytes"], &items, &["sha256", "stored", "bytes"]),
    })
}

fn rows(headings: &[&str], items: &[serde_json::Value], fields: &[&str]) -> String {
    let mut table = table(headings);
    for item in items {
        table.add_row(fields.iter().map(|field| match &item[*field] {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Null => String::new(),
            other => other.to_string(),
        }));
    }
    table.to_string()
}

/// How far an upload is.
async fn progress(context: &Context, sha256: &str, id: &str) -> Result<serde_json::Value> {
    let (token, path) = (context.session().await?, format!("/v1/blobs/uploads/{id}"));
    match context.api.call(reqwest::Method::GET, &path, token.as_deref(), |request| request).await {
        Ok(reply) => {
            let status = context.api.json(reply).await?;
            let ranges = super::job::list_of(&status, "have").iter();
            let sent: u64 =
                ranges.map(|range| range[1].as_u64().unwrap_or(0) + 1 - range[0].as_u64().unwrap_or(0)).sum();
            Ok(json!({
                "sha256": sha256, "expired": false, "sent_chunks": sent, "chunks": status["chunks"], "bytes": status["size"],
            }))
        }
        Err(Error::Api { status: 403 | 404, .. }) => Ok(json!({"sha256": sha256, "expired": true})),
        Err(why) => Err(why),
    }
}

/// Gives uploads up.
pub async fn delete(context: &Context, hashes: &[String]) -> Result<()> {
    let begun = context.begun()?;
    for hash in hashes {
        let Some((_, id)) = begun.iter().find(|(sha256, _)| sha256 == hash) else {
            let why = format!(
                "no upload of {hash} was begun here: see `assay blob status`; what is stored stays while a job names it, and then \
                 as long as the indexer keeps it"
            );
            return Err(Error::Refused(why));
        };
        context.give_up(hash, id).await?;
    }
    context.out.data(&json!({"given_up": hashes}), || hashes.iter().map(|hash| format!("{hash} given up\n")).collect())
}

/// Signs the wallet in.
pub async fn sign_in(context: &Context, domain: Option<&str>) -> Result<()> {
    context.sign_in(domain).await?;
    said(context, "signed in")
}

/// Ends the wallet's session.
pub async fn sign_out(context: &Context) -> Result<()> {
    let ended = context.sign_out().await?;
    said(context, if ended { "signed out" } else { "was not signed in" })
}

fn said(context: &Context, status: &str) -> Result<()> {
    let (wallet, api) = (context.wallet()?.pubkey().to_string(), context.api.url(""));
    context.out.data(&json!({"wallet": wallet, "api": api, "status": status}), || {
        facts(&[("wallet", wallet.clone()), ("API", api.clone()), ("status", status.into())])
    })
}
