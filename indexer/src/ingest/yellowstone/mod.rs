//! A validator's own stream, by the Yellowstone gRPC protocol. It has no history and no scans: those are the RPC's.

mod connect;
mod convert;
mod heard;
mod stream;

use std::{path::Path, sync::Mutex};

use solana_sdk::pubkey::Pubkey;
use tokio::sync::mpsc;
use tonic::metadata::AsciiMetadataValue;

use self::heard::Heard;
use super::{Accounts, ChainTransaction, Commitment, Listed, Notice, RpcSource, Scan, Source};
use crate::{Error, Result};

/// Notices over gRPC, everything else over the RPC.
pub struct YellowstoneSource {
    rpc: RpcSource,
    url: String,
    token: Option<AsciiMetadataValue>,
    heard: Mutex<Heard>,
}

impl YellowstoneSource {
    /// Connects on first use.
    ///
    /// # Errors
    /// [`Error::Yellowstone`] when the token cannot be sent as a header.
    pub fn new(rpc: RpcSource, url: &str, token: Option<&str>) -> Result<Self> {
        let token = token.map(|token| {
            let mut value: AsciiMetadataValue = token.parse().map_err(|_| Error::Yellowstone {
                what: "the token",
                why: "it has characters that no header may have".into(),
            })?;
            value.set_sensitive(true);
            Ok::<_, Error>(value)
        });
        Ok(Self { rpc, url: url.into(), token: token.transpose()?, heard: Mutex::default() })
    }

    /// The RPC that answers what the stream cannot.
    pub fn rpc(&self) -> &RpcSource {
        &self.rpc
    }

    /// Whether the server answers and takes the token.
    ///
    /// # Errors
    /// [`Error::Yellowstone`] when not.
    pub async fn probe(&self) -> Result<String> {
        let version = connect::client(self).await?.get_version().await;
        Ok(version.map_err(|why| connect::failed("getVersion", &why))?.version)
    }

    fn heard<T>(&self, look: impl FnOnce(&mut Heard) -> T) -> T {
        // What was heard is worth keeping even if somebody died while writing it down.
        look(&mut self.heard.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// A token out of a file, without the line's end.
///
/// # Errors
/// [`Error::File`] when it cannot be read.
pub fn token(file: &Path) -> Result<String> {
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|source| Error::File { path: file.display().to_string(), source })?;
    Ok(text.trim().to_owned())
}

impl Source for YellowstoneSource {
    async fn slot(&self) -> Result<u64> {
        self.rpc.slot().await
    }

    async fn finalized(&self) -> Result<u64> {
        self.rpc.finalized().await
    }

    async fn genesis(&self) -> Result<String> {
        self.rpc.genesis().await
    }

    async fn gap_after(&self, slot: u64) -> Result<Option<u64>> {
        self.rpc.gap_after(slot).await
    }

    async fn history(&self, from: u64, commitment: Commitment) -> Result<Vec<Listed>> {
        self.rpc.history(from, commitment).await
    }

    /// As the stream told it, if it did.
    async fn transaction(&self, listed: &Listed) -> Result<ChainTransaction> {
        let Some(mut told) = self.heard(|heard| heard.transaction(listed)) else {
            return self.rpc.transaction(listed).await;
        };
        told.time = self.rpc.time(told.slot, told.time).await;
        Ok(told)
    }

    async fn scan(&self, program: Pubkey, commitment: Commitment) -> Result<Scan> {
        self.rpc.scan(program, commitment).await
    }

    async fn accounts(&self, addresses: &[Pubkey]) -> Result<Accounts> {
        self.rpc.accounts(addresses).await
    }

    async fn subscribe(&self, notices: mpsc::Sender<Notice>) -> Result<()> {
        stream::follow(self, notices).await
    }
}
