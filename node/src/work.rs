//! A job's own data: its spec and artifacts, fetched and checked, its result computed, kept and handed over.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use assay_sdk::{escrow::Job, result::ResultDocument, spec::Artifact, spec::JobSpec};
use solana_sdk::pubkey::Pubkey;

use crate::{
    artifacts::{Artifacts, Store},
    compute::{Computed, Honesty, compute},
    market::posting,
    runtime::Runtime,
};

/// Largest spec that is fetched, in bytes.
const MAX_SPEC_BYTES: u64 = assay_sdk::spec::MAX_DOCUMENT_BYTES as u64;
/// Time that the API has to take a result: a payment waits for it.
const HAND_OVER_TIMEOUT: Duration = Duration::from_secs(60);

/// Fetches, computes and hands over.
pub struct Workshop {
    pub store: Store,
    pub runtime: Arc<dyn Runtime>,
    pub parallelism: NonZeroUsize,
    pub honesty: Honesty,
    /// Where results are kept until they are handed over.
    pub results: PathBuf,
    /// Base URL of the API that takes results, if any.
    pub api: Option<String>,
    /// Specs and artifacts of jobs at hand, by posting.
    pub ready: Mutex<HashMap<Pubkey, Arc<Material>>>,
}

/// What a job is made of.
pub struct Material {
    spec: JobSpec,
    artifacts: Artifacts,
}

impl Workshop {
    /// A job's spec and artifacts: fetched once, and checked against the chain before a bond is locked for them.
    ///
    /// # Errors
    /// When something cannot be fetched, or is not what the chain says.
    pub async fn material(&self, address: &Pubkey, job: &Job) -> Result<Arc<Material>> {
        let posting = posting(address, job);
        if let Some(known) = self.known().get(&posting) {
            return Ok(known.clone());
        }
        let source = Artifact { uri: job.uri.clone(), sha256: hex::encode(job.spec_hash) };
        let bytes = self.store.fetch(&source, MAX_SPEC_BYTES).await.context("the job's spec")?;
        let spec = JobSpec::parse_expecting(&bytes, &job.spec_hash)?;
        ensure!(spec.units == job.units, "the spec has {} units, the job {}", spec.units, job.units);
        let memory = u64::from(spec.limits.memory_mib);
        ensure!(
            memory <= u64::from(job.requirements.memory_mib),
            "the spec wants {memory} MiB, the job {}",
            job.requirements.memory_mib
        );
        let artifacts = self.store.fetch_job(&spec).await?;
        let material = Arc::new(Material { spec, artifacts });
        self.known().insert(posting, material.clone());
        Ok(material)
    }

    /// Compute a job, keep its result on disk, and return its root. A job that fails on every machine alike has a
    /// result too, which says so.
    ///
    /// # Errors
    /// When this machine cannot compute it.
    pub async fn compute(&self, address: &Pubkey, job: &Job) -> Result<[u8; 32]> {
        let material = self.material(address, job).await?;
        let done = Arc::new(AtomicU64::new(0));
        let (spec, artifacts) = (&material.spec, &material.artifacts);
        let run = compute(spec, artifacts, self.runtime.clone(), self.parallelism, &self.honesty, done);
        let computed = match run.await {
            Ok(computed) => computed,
            Err(error) => {
                tracing::warn!(job = %address, %error, "the job has no result");
                match Computed::failed(spec.units, &error) {
                    Some(failed) => failed,
                    None => bail!(error),
                }
            }
        };
        let root = computed.root;
        let document = computed.into_document().to_json();
        std::fs::create_dir_all(&self.results)?;
        std::fs::write(self.file(&posting(address, job)), document)?;
        Ok(root)
    }

    /// Hand a revealed result over to the API, if there is one, and then forget it. Until the API has taken it, it is
    /// kept: it may be the only copy. Fine if it was handed over before.
    ///
    /// # Errors
    /// When the API does not take it.
    pub async fn hand_over(&self, posting: &Pubkey, root: &[u8; 32]) -> Result<()> {
        let file = self.file(posting);
        let Ok(document) = std::fs::read(&file) else { return Ok(()) };
        if let Some(api) = &self.api {
            ResultDocument::parse(&document)?.verify(root)?;
            let url = format!("{}/v1/results/{}", api.trim_end_matches('/'), hex::encode(root));
            let reply = reqwest::Client::new().put(&url).body(document).timeout(HAND_OVER_TIMEOUT).send().await?;
            ensure!(reply.status().is_success(), "{url} answered {}", reply.status());
        }
        Ok(std::fs::remove_file(file)?)
    }

    /// Let go of what was fetched for any other posting. It is fetched again should it be needed.
    pub fn keep_only(&self, postings: &HashSet<Pubkey>) {
        self.known().retain(|posting, _| postings.contains(posting));
    }

    fn file(&self, posting: &Pubkey) -> PathBuf {
        Path::new(&self.results).join(format!("{posting}.json"))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Pubkey, Arc<Material>>> {
        // A panic between reads and writes of a cache leaves nothing half done.
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
