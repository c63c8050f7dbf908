//! An empty database filled from the chain.

use std::{process::ExitCode, sync::Arc};

use super::progress::Progress;
use crate::{Result, config::Config, decode::Rows, ingest, store};

/// Fills it, and says up to which slot.
pub async fn rebuild(config: Config) -> Result<ExitCode> {
    let rows = Rows::new()?;
    let source = super::source(&config, &rows)?;
    store::migrate(&config.database_url).await?;
    let progress = Arc::new(Progress::new(source));
    let slot = ingest::rebuild(progress.clone(), rows, &config.database_url).await;
    progress.finish();
    println!("rebuilt up to slot {}", slot?);
    Ok(ExitCode::SUCCESS)
}
