//! A job's own data: its spec and artifacts, fetched and checked, its result computed, kept and handed over.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use assay_sdk::{
    escrow::{Job, Strategy},
    result::ResultDocument,
    spec::{Artifact, JobSpec},
};
use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use solana_sdk::pubkey::Pubkey;

use crate::{
    artifacts::{Artifacts, Store},
    compute::{Capacity, Computed, Honesty, MAX_RESULT_BYTES, Units, compute},
    market::{Facts, posting},
    operation::metrics,
    runtime::Runtime,
};

/// Largest spec that is fetched, in bytes.
const MAX_SPEC_BYTES: u64 = assay_sdk::spec::MAX_DOCUMENT_BYTES as u64;
/// Longest result document that is fetched, in bytes: the longest that the API takes.
const MAX_DOCUMENT_BYTES: usize = 64 << 20;
/// What the API says of anything else: longest answer, in bytes, and the time that it has for it.
const MAX_TOLD_BYTES: usize = 1 << 20;
const TOLD_TIMEOUT: Duration = Duration::from_secs(10);
/// Time that the API has to take or give a result: a payment waits for it.
const HAND_OVER_TIMEOUT: Duration = Duration::from_secs(60);

/// Fetches, computes and hands over.
pub struct Workshop {
    pub store: Store,
    pub runtime: Arc<dyn Runtime>,
    pub capacity: Arc<Capacity>,
    pub honesty: Honesty,
    /// Where results are kept, by posting, as long as parts of them may have to be proven.
    pub results: PathBuf,
    /// Base URL of the API that takes results, if any.
    pub api: Option<String>,
    /// What the API is asked with.
    pub client: reqwest::Client,
    /// Specs and artifacts of jobs at hand, by posting.
    pub ready: Mutex<HashMap<Pubkey, Arc<Material>>>,
}

/// What a job is made of.
pub struct Material {
    spec: JobSpec,
    artifacts: Artifacts,
    /// Of a private job: who may read its result.
    readers: Option<Vec<Pubkey>>,
}

impl Material {
    /// What a policy asks of a spec.
    ///
    /// # Errors
    /// When the program's hash is none.
    pub fn facts(&self) -> Result<Facts> {
        let mut program = [0; 32];
        hex::decode_to_slice(&self.spec.program.sha256, &mut program).context("the program's sha256")?;
        Ok(Facts { fuel: self.spec.limits.fuel, program })
    }
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
        let source = Artifact { uri: job.uri.clone(), sha256: hex::encode(job.spec_hash), encryption: None };
        let bytes = self.store.fetch(&source, MAX_SPEC_BYTES).await.context("the job's spec")?;
        let spec = JobSpec::parse_expecting(&bytes, &job.spec_hash)?;
        ensure!(spec.units == job.units, "the spec has {} units, the job {}", spec.units, job.units);
        // Whoever takes a job's seat was picked for the engine that the chain names.
        let (engine, asked) = (spec.engine, job.requirements.engine);
        ensure!(engine.number() == asked, "the spec's engine is {}, the job's is number {asked}", engine.name());
        let (memory, outputs) =
            (u64::from(spec.limits.memory_mib), spec.limits.output_bytes.saturating_mul(spec.units));
        // Too long a result has no outputs of its own, but who checks single units would find them.
        let whole = matches!(job.strategy, Strategy::Replicated { .. }) || outputs <= MAX_RESULT_BYTES;
        ensure!(whole, "its outputs may be {outputs} bytes long together: too long to be checked unit by unit");
        ensure!(
            memory <= u64::from(job.requirements.memory_mib),
            "the spec wants {memory} MiB, the job {}",
            job.requirements.memory_mib
        );
        let readers = spec.is_private().then(|| self.readers(job)).transpose()?;
        let artifacts = self.store.fetch_job(&spec).await?;
        let material = Arc::new(Material { spec, artifacts, readers });
        self.known().insert(posting, material.clone());
        Ok(material)
    }

    /// Compute all of a job, keep its result on disk, and return its root. `done` counts finished units.
    ///
    /// # Errors
    /// When this machine cannot compute it.
    pub async fn whole(&self, address: &Pubkey, job: &Job, done: Arc<AtomicU64>) -> Result<[u8; 32]> {
        let document = self.run(address, job, Units::All(job.units), done).await?.into_document()?;
        let readers = self.material(address, job).await?.readers.clone();
        self.keep(&posting(address, job), &document, readers.as_deref())?;
        Ok(document.root)
    }

    /// The root of all of a job, computed to check somebody else's: the result is not kept.
    ///
    /// # Errors
    /// When this machine cannot compute it.
    pub async fn root(&self, address: &Pubkey, job: &Job) -> Result<[u8; 32]> {
        Ok(self.run(address, job, Units::All(job.units), Arc::default()).await?.into_document()?.root)
    }

    /// Compute these units of a job, and return their digests.
    ///
    /// # Errors
    /// When this machine cannot compute them.
    pub async fn units(&self, address: &Pubkey, job: &Job, units: Vec<u64>) -> Result<Vec<[u8; 32]>> {
        Ok(self.run(address, job, Units::Only(units), Arc::default()).await?.digests)
    }

    async fn run(&self, address: &Pubkey, job: &Job, units: Units, done: Arc<AtomicU64>) -> Result<Computed> {
        let Material { spec, artifacts, .. } = &*self.material(address, job).await?;
        let runtime = self.runtime.clone();
        let computed = compute(spec, artifacts, runtime, self.capacity.clone(), &self.honesty, units, done).await?;
        metrics::computed(computed.digests.len() as u64, computed.fuel_total);
        Ok(computed)
    }

    /// The digests of all units of this node's own result of a posting: what proofs of its leaves are made from.
    ///
    /// # Errors
    /// When the result is not here, or damaged.
    pub fn leaves(&self, posting: &Pubkey) -> Result<Vec<[u8; 32]>> {
        Ok(self.result(posting)?.digests())
    }

    /// Hand a result over to the API, if there is one: encrypted, if the job is private. It is kept here too: its operator
    /// may have to prove parts of it.
    /// Fine if it was handed over before.
    ///
    /// # Errors
    /// When the API does not take it.
    pub async fn hand_over(&self, posting: &Pubkey, root: &[u8; 32]) -> Result<()> {
        let Some(api) = &self.api else { return Ok(()) };
        let Ok(document) = std::fs::read(self.plain(posting)) else {
            return self.hand_over_private(api, posting).await;
        };
        ResultDocument::parse(&document)?.verify(root)?;
        let url = result_url(api, root);
        let reply = self.client.put(&url).body(document).timeout(HAND_OVER_TIMEOUT).send().await?;
        ensure!(reply.status().is_success(), "{url} answered {}", reply.status());
        Ok(())
    }

    /// The result that somebody else handed over, checked against its root. Nothing if the API does not have it.
    ///
    /// # Errors
    /// When there is no API, or it gives something else.
    pub async fn published(&self, root: &[u8; 32]) -> Result<Option<ResultDocument>> {
        let url = result_url(self.api.as_ref().context("no API to fetch results from: see --api")?, root);
        let reply = self.client.get(&url).timeout(HAND_OVER_TIMEOUT).send().await?;
        if reply.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        ensure!(reply.status().is_success(), "{url} answered {}", reply.status());
        let document = ResultDocument::parse(&read_up_to(reply, MAX_DOCUMENT_BYTES).await?)?;
        document.verify(root)?;
        Ok(Some(document))
    }

    /// What the API says of something; nothing if there is no API.
    ///
    /// # Errors
    /// When it does not answer, or with something else.
    pub(crate) async fn told<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        let Some(api) = &self.api else { return Ok(None) };
        let url = format!("{}{path}", api.trim_end_matches('/'));
        let reply = self.client.get(&url).timeout(TOLD_TIMEOUT).send().await?.error_for_status()?;
        Ok(Some(serde_json::from_slice(&read_up_to(reply, MAX_TOLD_BYTES).await?)?))
    }

    /// Forget the result of a posting. Fine if there is none.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn forget(&self, posting: &Pubkey) -> Result<()> {
        match std::fs::remove_file(self.file(posting)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Let go of what was fetched for any other posting. It is fetched again should it be needed.
    pub fn keep_only(&self, postings: &HashSet<Pubkey>) {
        self.known().retain(|posting, _| postings.contains(posting));
    }

    /// Where this node's own result of a posting is, if all may read it.
    pub(crate) fn plain(&self, posting: &Pubkey) -> PathBuf {
        self.results.join(format!("{posting}.json"))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Pubkey, Arc<Material>>> {
        // A panic between reads and writes of a cache leaves nothing half done.
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A whole file on disk, or none: before anything is sealed, as its operator may have to prove parts of it.
pub(crate) fn kept(path: &Path, document: &[u8]) -> Result<()> {
    let aside = path.with_extension("tmp");
    let put = || {
        let mut file = File::create(&aside)?;
        file.write_all(document)?;
        file.sync_all()?;
        std::fs::rename(&aside, path)
    };
    let kept = put().with_context(|| format!("keeping the result {}", path.display()));
    if kept.is_err() {
        // What a full disk took of it is of no use.
        let _ = std::fs::remove_file(&aside);
    }
    kept
}

fn result_url(api: &str, root: &[u8; 32]) -> String {
    format!("{}/v1/results/{}", api.trim_end_matches('/'), hex::encode(root))
}

/// A body of at most so many bytes, which is what the API takes: nobody fills this machine's memory.
async fn read_up_to(mut reply: reqwest::Response, most: usize) -> Result<Vec<u8>> {
    let mut body = vec![];
    while let Some(chunk) = reply.chunk().await? {
        body.extend_from_slice(&chunk);
        ensure!(body.len() <= most, "{} gives more than {most} bytes", reply.url());
    }
    Ok(body)
}

#[cfg(test)]
mod tests;
