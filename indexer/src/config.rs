//! Settings: flags, each with an environment variable, and a file whose keys are the flags' names.

use std::{
    ffi::{OsStr, OsString},
    net::SocketAddr,
    path::PathBuf,
    time::Duration,
};

use assay_sdk::settings::{Settings, SettingsError};
use clap::{Args, CommandFactory, Parser};

use crate::{Error, Result, commands::Command, ingest};

const CODES: &str = "Exit codes:
  0  done, or stopped by SIGTERM or Ctrl-C
  1  failed; `verify`: there are differences; `check`: something cannot be used
  2  a flag or a setting is wrong
  3  only a person can mend it: history is missing, the database is another chain's, or not empty for `rebuild`";

/// Mirrors Assay's accounts and events into Postgres and serves them.
#[derive(Parser, Debug)]
#[command(name = "assay-indexer", version, after_help = CODES)]
pub struct Cli {
    /// As the command `check`.
    #[arg(long)]
    pub check: bool,
    /// What to do; `run` if nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Settings.
    #[command(flatten)]
    pub config: Config,
}

/// Settings of all subcommands.
#[derive(Args, Debug, Clone)]
pub struct Config {
    /// File of settings (TOML); its keys are the names of these flags. `sample` prints one.
    #[arg(long, env = "ASSAY_CONFIG", value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// The chain.
    #[command(flatten)]
    pub source: ingest::Settings,
    /// The chain's JSON-RPC.
    #[arg(long, env = "ASSAY_RPC_URL", default_value = "http://127.0.0.1:8899", global = true, hide_env_values = true)]
    pub rpc_url: String,
    /// The chain's WebSocket; by default the RPC's host with its port + 1.
    #[arg(long, env = "ASSAY_WS_URL", global = true, hide_env_values = true)]
    pub ws_url: Option<String>,
    /// The Postgres database.
    #[arg(
        long,
        env = "DATABASE_URL",
        default_value = "postgres://postgres@127.0.0.1:5432/postgres",
        global = true,
        hide_env_values = true
    )]
    pub database_url: String,
    /// Where to serve the API.
    #[arg(long, env = "ASSAY_LISTEN", default_value = "127.0.0.1:8910", global = true)]
    pub listen: SocketAddr,
    /// Folder of the built web app, served at `/`.
    #[arg(long, env = "ASSAY_APP", global = true)]
    pub app: Option<PathBuf>,
    /// Seconds between two sweeps, which find what notifications missed.
    #[arg(long, env = "ASSAY_SWEEP_SECONDS", default_value = "30", global = true, value_parser = clap::value_parser!(u64).range(1..))]
    pub sweep_seconds: u64,
    /// Slots that the tables may be behind the chain before `/ready` says 503.
    #[arg(long, env = "ASSAY_MAX_LAG_SLOTS", default_value = "300", global = true)]
    pub max_lag_slots: u64,
    /// What people call a payment mint: `MINT=NAME`; may be repeated.
    #[arg(long = "symbol", env = "ASSAY_SYMBOLS", value_name = "MINT=NAME", value_delimiter = ',', value_parser = symbol, global = true)]
    pub symbols: Vec<(String, String)>,
    /// Sign-in.
    #[command(flatten)]
    pub accounts: crate::serve::accounts::Settings,
    /// Limits of the API.
    #[command(flatten)]
    pub gate: crate::serve::gate::Settings,
    /// The pool of connections to Postgres.
    #[command(flatten)]
    pub database: crate::store::Settings,
    /// Actions.
    #[command(flatten)]
    pub actions: crate::serve::actions::Settings,
    /// Streams, webhooks, notices.
    #[command(flatten)]
    pub live: crate::serve::live::Settings,
    /// Blobs and results.
    #[command(flatten)]
    pub blobs: crate::serve::blobs::Settings,
    /// How long events are kept.
    #[command(flatten)]
    pub retention: crate::store::Retention,
    /// Write logs as JSON, one object a line, to standard error.
    #[arg(long, env = "ASSAY_LOG_JSON", global = true)]
    pub log_json: bool,
    /// Collector of traces (OTLP over gRPC), in builds with the feature `otel`.
    #[arg(long, env = "ASSAY_OTLP_ENDPOINT", value_name = "URL", global = true)]
    pub otlp_endpoint: Option<String>,
    /// Seconds to end what is under way when it is stopped.
    #[arg(long, env = "ASSAY_STOP_SECONDS", default_value = "10", global = true)]
    pub stop_seconds: u64,
}

/// The flags as settings that may be in a file.
pub fn settings() -> Settings {
    Settings::of(Cli::command())
}

/// The command line with the file's settings put before the flags.
///
/// # Errors
/// [`Error::File`] when the file cannot be read, [`Error::Setting`] that names what is wrong in it.
pub fn arguments(given: Vec<OsString>, env: impl Fn(&OsStr) -> Option<OsString>) -> Result<Vec<OsString>> {
    settings().arguments(given, env).map_err(|why| match why {
        SettingsError::File { path, source } => Error::File { path, source },
        SettingsError::Setting(why) => Error::Setting(why),
    })
}

fn symbol(text: &str) -> std::result::Result<(String, String), String> {
    let (mint, name) = text.split_once('=').ok_or("expected MINT=NAME")?;
    mint.parse::<solana_sdk::pubkey::Pubkey>().map_err(|_| format!("{mint} is no address"))?;
    let short = (1..=10).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric());
    if short { Ok((mint.into(), name.into())) } else { Err("a name has 1 to 10 letters and digits".into()) }
}

impl Config {
    /// The WebSocket's url: as given, or as Solana's tools derive it from the RPC's.
    pub fn websocket(&self) -> String {
        if let Some(url) = &self.ws_url {
            return url.clone();
        }
        let url = self.rpc_url.replacen("http", "ws", 1);
        let port = url.rsplit_once(':').and_then(|(host, rest)| {
            let (port, path) = rest.split_once('/').map_or((rest, String::new()), |(p, path)| (p, format!("/{path}")));
            Some(format!("{host}:{}{path}", port.parse::<u16>().ok()?.checked_add(1)?))
        });
        port.unwrap_or(url)
    }

    /// Time between two sweeps.
    pub fn sweep(&self) -> Duration {
        Duration::from_secs(self.sweep_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_websocket_follows_the_rpc() {
        let table = [
            ("http://127.0.0.1:8899", "ws://127.0.0.1:8900"),
            ("http://127.0.0.1:8899/", "ws://127.0.0.1:8900/"),
            ("https://rpc.example/key", "wss://rpc.example/key"),
        ];
        for (rpc, ws) in table {
            let cli = Cli::parse_from(["assay-indexer", "--rpc-url", rpc]);
            assert_eq!(cli.config.websocket(), ws);
        }
    }

    #[test]
    fn flags_may_follow_the_subcommand() {
        let cli = Cli::parse_from(["assay-indexer", "verify", "--sweep-seconds", "2"]);
        assert_eq!((cli.command, cli.config.sweep_seconds), (Some(Command::Verify), 2));
        assert!(Cli::try_parse_from(["assay-indexer", "--sweep-seconds", "0"]).is_err());
    }
}
