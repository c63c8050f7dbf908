//! One loop for all sources: bounded, tried again, and taken up where it broke off.

use std::time::Duration;

use futures_util::TryStreamExt;
use rand::Rng;

use super::Store;
use super::cache::Partial;
use super::error::{ArtifactError, Result};
use super::source::{Source, broken};

impl Store {
    /// Fetches what a uri leads to into a file, at most `limit` bytes of it. Refused before it begins if the server says that
    /// it is longer, else as soon as it is.
    pub(super) async fn download(&self, uri: &str, limit: u64) -> Result<Partial> {
        let source = self.source(uri)?;
        let transfer = self.persist(&*source, uri, limit);
        let late = || broken(uri, format!("it took longer than {} s", self.policy.timeout.as_secs()));
        tokio::time::timeout(self.policy.timeout, transfer).await.map_err(|_| late())?
    }

    async fn persist(&self, source: &dyn Source, uri: &str, limit: u64) -> Result<Partial> {
        let mut partial = self.cache.partial()?;
        let mut failures = 0;
        loop {
            let before = partial.from.at;
            let error = match go_on(source, &mut partial, uri, limit).await {
                Ok(()) => return Ok(partial),
                Err(error) => error,
            };
            // One that comes further each time gets there; the timeout bounds it.
            failures = if partial.from.at > before { 1 } else { failures + 1 };
            if !error.is_transient() || failures > self.policy.retries {
                return Err(error);
            }
            let pause = self.pause(failures);
            tracing::warn!(%error, ?pause, at = partial.from.at, "trying again");
            tokio::time::sleep(pause).await;
        }
    }

    /// Longer each time, and never the same for two nodes.
    fn pause(&self, failures: u32) -> Duration {
        let pause = self.policy.backoff.saturating_mul(1 << failures.saturating_sub(1).min(16));
        pause.mul_f64(rand::rng().random_range(1.0..2.0))
    }
}

/// One transfer, from where the last one broke off.
async fn go_on(source: &dyn Source, partial: &mut Partial, uri: &str, limit: u64) -> Result<()> {
    let too_large = || ArtifactError::TooLarge { uri: uri.to_owned(), limit };
    let mut opened = source.open(&partial.from).await?;
    if opened.at != partial.from.at || opened.at == 0 {
        partial.restart().await?;
    }
    if opened.at != partial.from.at {
        return Err(broken(uri, "it sent another range"));
    }
    if opened.total.is_some_and(|total| total > limit) {
        return Err(too_large());
    }
    partial.expect(opened.total.unwrap_or_default())?;
    partial.from.tag = opened.tag.take();
    let ended = loop {
        match opened.body.try_next().await {
            Ok(Some(bytes)) if partial.from.at.saturating_add(bytes.len() as u64) > limit => break Err(too_large()),
            Ok(Some(bytes)) => partial.add(&bytes).await?,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    partial.flush().await?;
    ended?;
    match opened.total {
        Some(total) if partial.from.at < total => Err(broken(uri, "it ended too soon")),
        _ => Ok(()),
    }
}
