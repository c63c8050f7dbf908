//! Whether the tables are what the chain is.

use std::process::ExitCode;

use super::progress::Progress;
use crate::{Result, config::Config, decode::Rows, ingest, store};

/// Prints each difference.
pub async fn verify(config: Config) -> Result<ExitCode> {
    let rows = Rows::new()?;
    let pool = store::pool(&config.database_url)?;
    let progress = Progress::new(super::source(&config, &rows)?);
    let differences = ingest::verify(&progress, &pool).await;
    progress.finish();
    let differences = differences?;
    for difference in &differences {
        println!("{difference}");
    }
    if differences.is_empty() {
        println!("every open row equals the chain");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("{} differences", differences.len());
    Ok(ExitCode::FAILURE)
}
