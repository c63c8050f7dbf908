//! Results that only their requester may read: kept and handed over encrypted to the requester's wallet, and to this
//! operator's own, which may have to prove parts of them. On disk and at the API there is never anything else.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use assay_sdk::escrow::Job;
use assay_sdk::private::{self, Key};
use assay_sdk::result::ResultDocument;
use sha2::{Digest, Sha256};
use solana_sdk::instruction::Instruction;
use solana_sdk::pubkey::Pubkey;

use crate::work::{Workshop, kept};

/// Longest result document, in bytes: what a job's outputs may be, in base64.
const MAX_RESULT_BYTES: u64 = 2 << 30;
/// Time that the API has to take a result.
const HAND_OVER_TIMEOUT: Duration = Duration::from_secs(60);

impl Workshop {
    /// Who may read the result of a private job.
    ///
    /// # Errors
    /// When the requester's address is no wallet's, or this node has no key.
    pub(crate) fn readers(&self, job: &Job) -> Result<Vec<Pubkey>> {
        private::recipient(&job.requester).context("its result is for its requester alone")?;
        Ok(vec![job.requester, self.key()?.wallet()])
    }

    fn key(&self) -> Result<&Key> {
        self.store.key().context("this node has no key to decrypt with")
    }

    fn encrypted(&self, posting: &Pubkey) -> PathBuf {
        self.results.join(format!("{posting}.age"))
    }

    /// Keeps a result on disk: for all to read, or encrypted to its readers.
    pub(crate) fn keep(&self, posting: &Pubkey, document: &ResultDocument, readers: Option<&[Pubkey]>) -> Result<()> {
        std::fs::create_dir_all(&self.results)?;
        match readers {
            None => kept(&self.plain(posting), document.to_json().as_ref()),
            Some(readers) => {
                let file = private::encrypt(&zeroize::Zeroizing::new(document.to_json()), readers)?;
                kept(&self.encrypted(posting), &file)
            }
        }
    }

    /// Where this node's own result of a posting is: an age file if the job is private.
    pub fn file(&self, posting: &Pubkey) -> PathBuf {
        let encrypted = self.encrypted(posting);
        if encrypted.exists() { encrypted } else { self.plain(posting) }
    }

    /// This node's own result of a posting, decrypted if need be.
    pub(crate) fn result(&self, posting: &Pubkey) -> Result<ResultDocument> {
        let file = self.file(posting);
        let bytes = std::fs::read(&file).context("the result is not here: was the data folder lost?")?;
        let bytes = match file.extension() {
            Some(kind) if kind == "age" => zeroize::Zeroizing::new(self.key()?.open(&bytes, MAX_RESULT_BYTES)?),
            _ => zeroize::Zeroizing::new(bytes),
        };
        Ok(ResultDocument::parse(&bytes)?)
    }

    /// The note that tells a private job's requester, in the transaction that shows its root, where its result is. Nothing for
    /// any other job.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn note(&self, posting: &Pubkey) -> Result<Option<Instruction>> {
        match std::fs::read(self.encrypted(posting)) {
            Ok(file) => Ok(Some(private::note(&Sha256::digest(file).into()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Hands a private result over to the API, as a blob by its own hash. Fine if the job is not private.
    pub(crate) async fn hand_over_private(&self, api: &str, posting: &Pubkey) -> Result<()> {
        let Ok(file) = std::fs::read(self.encrypted(posting)) else { return Ok(()) };
        let url = format!("{}/v1/blobs/{}", api.trim_end_matches('/'), hex::encode(Sha256::digest(&file)));
        let reply = self.client.put(&url).body(file).timeout(HAND_OVER_TIMEOUT).send().await?;
        ensure!(reply.status().is_success(), "{url} answered {}", reply.status());
        Ok(())
    }
}
