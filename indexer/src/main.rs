//! The indexer's binary.

use std::process::ExitCode;

use assay_indexer::{
    commands,
    config::{self, Cli},
};
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match config::arguments(std::env::args_os().collect(), |name| std::env::var_os(name)) {
        Ok(arguments) => commands::execute(Cli::parse_from(arguments)).await,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::from(2)
        }
    }
}
