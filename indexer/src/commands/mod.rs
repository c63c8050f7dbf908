//! What the binary does: one file per command.

mod backfill;
mod check;
mod log;
mod progress;
mod rebuild;
mod record;
mod run;
mod sample;
mod verify;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::Subcommand;
use tokio::signal::unix::{SignalKind, signal};

pub use self::{log::Logs, sample::sample};
use crate::{
    Error, Result,
    config::{Cli, Config},
    decode::Rows,
    ingest::Selected,
    serve,
};

/// What the indexer can do.
#[derive(Subcommand, Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Index and serve until stopped; this is what it does if nothing is said.
    #[command(after_help = "Example:\n  assay-indexer run --config /etc/assay/indexer.toml")]
    Run,
    /// Index until stopped, without an API. Of several that run, one writes and the others wait to take over.
    #[command(
        after_help = "Example:\n  assay-indexer ingest --source yellowstone --yellowstone-url https://node:10000"
    )]
    Ingest,
    /// Serve until stopped, without writing to the tables: as many instances as you like, over replicas too.
    #[command(after_help = "Example:\n  DATABASE_URL=postgres://reader@replica/assay assay-indexer serve")]
    Serve,
    /// Fill an empty database from the chain's history and accounts, then exit.
    #[command(after_help = "Example:\n  assay-indexer rebuild --database-url postgres://localhost/assay_new")]
    Rebuild,
    /// Compare every open row with the chain. Each difference is a line, and makes the exit code 1.
    #[command(after_help = "Example:\n  assay-indexer verify && echo equal")]
    Verify,
    /// Read history again from a slot on and add the events that the tables lack, then exit.
    #[command(after_help = "Example:\n  assay-indexer backfill --from 312000000")]
    Backfill {
        /// The first slot.
        #[arg(long, value_name = "SLOT")]
        from: u64,
    },
    /// Save what the source says as JSON lines, until stopped; `--source recorded` plays it.
    #[command(after_help = "Example:\n  assay-indexer record --out chain.jsonl --from 312000000")]
    Record {
        /// The file; one that is there is not touched.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// First slot of the history to save.
        #[arg(long, value_name = "SLOT", default_value = "0")]
        from: u64,
        /// End by itself after this many slots; 0: as soon as what is there is saved.
        #[arg(long, value_name = "COUNT")]
        slots: Option<u64>,
    },
    /// Connect to everything that the settings name and say for each whether it can be used.
    #[command(after_help = "Example:\n  assay-indexer check --config /etc/assay/indexer.toml")]
    Check,
    /// Print the API's OpenAPI document.
    #[command(after_help = "Example:\n  assay-indexer openapi > openapi.json")]
    Openapi,
    /// Print a file of settings with every key, its meaning and its default.
    #[command(after_help = "Example:\n  assay-indexer sample > indexer.toml")]
    Sample,
}

/// Does what was asked.
pub async fn execute(cli: Cli) -> ExitCode {
    let command = if cli.check { Command::Check } else { cli.command.unwrap_or(Command::Run) };
    let logs = match Logs::start(&cli.config) {
        Ok(logs) => logs,
        Err(why) => {
            eprintln!("error: {why}");
            return code(&why);
        }
    };
    let done = match command {
        Command::Run => run::run(cli.config).await,
        Command::Ingest => run::ingest(cli.config).await,
        Command::Serve => run::serve(cli.config).await,
        Command::Rebuild => rebuild::rebuild(cli.config).await,
        Command::Verify => verify::verify(cli.config).await,
        Command::Backfill { from } => backfill::backfill(cli.config, from).await,
        Command::Record { out, from, slots } => record::record(cli.config, &out, from, slots).await,
        Command::Check => check::check(cli.config).await,
        Command::Openapi => print(serve::openapi()),
        Command::Sample => print(Ok(sample())),
    };
    let code = done.unwrap_or_else(|why| {
        tracing::error!("{why}");
        code(&why)
    });
    logs.stop();
    code
}

/// See the help's end.
fn code(why: &Error) -> ExitCode {
    match why {
        Error::Setting(_) => ExitCode::from(2),
        Error::Gap { .. } | Error::OtherChain { .. } | Error::NotEmpty(_) => ExitCode::from(3),
        _ => ExitCode::FAILURE,
    }
}

fn print(text: Result<String>) -> Result<ExitCode> {
    print!("{}", text?);
    Ok(ExitCode::SUCCESS)
}

fn source(config: &Config, rows: &Rows) -> Result<Arc<Selected>> {
    let programs = rows.programs().into_iter().map(|(id, _)| id).collect();
    Ok(Arc::new(Selected::new(config, programs)?))
}

/// Resolves at SIGTERM or Ctrl-C.
async fn stopped() {
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
