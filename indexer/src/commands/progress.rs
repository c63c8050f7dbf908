//! How far a long command is: a bar on a terminal, a line now and then elsewhere.

use std::{
    io::IsTerminal,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use solana_sdk::pubkey::Pubkey;
use tokio::sync::mpsc;

use crate::{
    Result,
    ingest::{Accounts, ChainTransaction, Commitment, Listed, Notice, Scan, Source},
};

/// Between two lines where there is no terminal.
const LINES: Duration = Duration::from_secs(5);

/// A source that shows how much of it was asked for.
pub struct Progress<S> {
    source: Arc<S>,
    bar: ProgressBar,
    /// When the last line was written; `None` on a terminal.
    line: Option<Mutex<Instant>>,
}

impl<S: Source> Progress<S> {
    pub fn new(source: Arc<S>) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("{msg:<24} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}")
        {
            bar.set_style(style);
        }
        Self { source, bar, line: (!terminal).then(|| Mutex::new(Instant::now())) }
    }

    fn begin(&self, what: &str, more: usize) {
        if self.bar.message() == what {
            self.bar.inc_length(u64::try_from(more).unwrap_or(0));
        } else {
            self.bar.reset();
            self.bar.set_length(u64::try_from(more).unwrap_or(0));
            self.bar.set_message(what.to_owned());
            if self.line.is_some() && more > 0 {
                eprintln!("{what}: {more}");
            }
        }
    }

    fn done(&self, count: usize) {
        self.bar.inc(u64::try_from(count).unwrap_or(0));
        let Some(Ok(mut last)) = self.line.as_ref().map(Mutex::lock) else { return };
        if last.elapsed() >= LINES {
            *last = Instant::now();
            eprintln!("{}: {} of {}", self.bar.message(), self.bar.position(), self.bar.length().unwrap_or(0));
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl<S: Source> Source for Progress<S> {
    async fn slot(&self) -> Result<u64> {
        self.source.slot().await
    }

    async fn finalized(&self) -> Result<u64> {
        self.source.finalized().await
    }

    async fn genesis(&self) -> Result<String> {
        self.source.genesis().await
    }

    async fn gap_after(&self, slot: u64) -> Result<Option<u64>> {
        self.source.gap_after(slot).await
    }

    async fn history(&self, from: u64, commitment: Commitment) -> Result<Vec<Listed>> {
        self.begin("listing history", 0);
        let listed = self.source.history(from, commitment).await?;
        self.begin("reading transactions", listed.len());
        Ok(listed)
    }

    async fn transaction(&self, listed: &Listed) -> Result<ChainTransaction> {
        let transaction = self.source.transaction(listed).await?;
        self.done(1);
        Ok(transaction)
    }

    async fn scan(&self, program: Pubkey, commitment: Commitment) -> Result<Scan> {
        let scan = self.source.scan(program, commitment).await?;
        self.begin("reading accounts", scan.accounts.len());
        self.done(scan.accounts.len());
        Ok(scan)
    }

    async fn accounts(&self, addresses: &[Pubkey]) -> Result<Accounts> {
        self.source.accounts(addresses).await
    }

    async fn subscribe(&self, notices: mpsc::Sender<Notice>) -> Result<()> {
        self.source.subscribe(notices).await
    }
}
