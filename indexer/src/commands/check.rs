//! Whether everything that the settings name can be used.

use std::process::ExitCode;

use sqlx::Connection;

use crate::{
    Error, Result,
    config::Config,
    decode::Rows,
    ingest::{self, Selected, Source},
    serve::{accounts::Keys, blobs},
    store,
};

/// Prints a line for each; the exit code is 1 if one of them cannot be used.
pub async fn check(config: Config) -> Result<ExitCode> {
    let mut failed = false;
    let mut say = |what: &str, found: Result<String>| match found {
        Ok(found) => println!("OK    {what}: {found}"),
        Err(why) => {
            failed = true;
            println!("FAIL  {what}: {why}");
        }
    };
    let indexed = database(&config).await;
    let watermark = indexed.as_ref().ok().copied().flatten();
    say("database", indexed.map(described));
    match super::source(&config, &Rows::new()?) {
        Err(why) => say("source", Err(why)),
        Ok(source) => {
            say("chain", chain(&source, watermark).await);
            match &*source {
                Selected::Rpc(_) => {
                    let socket = ingest::probe(&config.websocket()).await;
                    say("WebSocket", socket.map(|()| "it takes subscriptions".into()));
                }
                Selected::Yellowstone(source) => say("Yellowstone", source.probe().await),
                Selected::Recorded(_) => {}
            }
        }
    }
    if let Some(found) = blobs::probe(&config.blobs).await.transpose() {
        say("blobs", found);
    }
    if let Some(folder) = &config.app {
        let missing = || std::io::Error::new(std::io::ErrorKind::NotFound, "it has no index.html; build the app first");
        let there = folder.join("index.html").is_file().then(|| "it is there".to_owned());
        say("app", there.ok_or_else(|| Error::File { path: folder.display().to_string(), source: missing() }));
    }
    if let Some(file) = &config.accounts.jwt_secret_file {
        say("token secret", Keys::load(Some(file)).map(|_| "it is long enough".into()));
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn described(watermark: Option<u64>) -> String {
    match watermark {
        None => "it answers and has no tables yet".into(),
        Some(0) => "it answers and is empty".into(),
        Some(slot) => format!("it answers; its tables end at slot {slot}"),
    }
}

/// The watermark, if there are tables.
async fn database(config: &Config) -> Result<Option<u64>> {
    // A connection of its own, so that the error is the server's and not the pool's "timed out".
    let mut connection = sqlx::PgConnection::connect_with(&store::options(&config.database_url)?).await?;
    let sql = "SELECT to_regclass('watermark') IS NOT NULL";
    let tables: bool = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
    if !tables {
        return Ok(None);
    }
    let slot: i64 = sqlx::query_scalar("SELECT slot FROM watermark").fetch_one(&mut connection).await?;
    Ok(Some(slot.unsigned_abs()))
}

async fn chain(source: &Selected, watermark: Option<u64>) -> Result<String> {
    let (genesis, slot) = (source.genesis().await?, source.slot().await?);
    if let Some(indexed) = watermark.filter(|slot| *slot > 0)
        && let Some(first) = source.gap_after(indexed).await?
    {
        return Err(Error::Gap { indexed, first });
    }
    Ok(format!("genesis {genesis}, at slot {slot}"))
}
