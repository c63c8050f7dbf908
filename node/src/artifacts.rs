//! Programs and inputs by content hash: from http(s), an S3-compatible store, IPFS or a local file, always re-hashed, kept in a
//! cache folder with a quota.
//!
//! A requester writes the uris, so nothing behind them is trusted: not the length, not the speed, not the content, not where
//! they lead.

mod args;
mod cache;
mod egress;
mod error;
mod file;
mod http;
mod ipfs;
mod memory;
mod s3;
mod source;
#[cfg(test)]
mod tests;
mod transfer;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use assay_sdk::private::{self, Key};
use assay_sdk::spec::{Artifact, Encryption, JobSpec, MAX_INPUT_BYTES, MAX_PROGRAM_BYTES};
use bytes::Bytes;
use ipnet::IpNet;
use reqwest::{Client, Url};
use sha2::{Digest, Sha256};

use self::cache::{Cache, Pin};
use self::egress::Rules;
use self::error::{Result, chain};
use self::file::Local;
use self::http::Http;
use self::memory::{Memory, hold};
use self::source::{Source, bad};

pub use self::args::Fetching;
pub use self::egress::{Lookup, SystemLookup};
pub use self::error::ArtifactError;
pub use self::ipfs::Ipfs;
pub use self::s3::S3;

/// How long it is remembered that something is encrypted to others: until then it is not fetched again.
const FOR_OTHERS: Duration = Duration::from_secs(600);

/// What a job's units run on.
#[derive(Debug, Clone)]
pub struct Artifacts {
    /// The program.
    pub program: Bytes,
    /// The standard input.
    pub input: Bytes,
}

/// How artifacts are fetched.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Whether `file:///` is read. For local chains: elsewhere it lets strangers name files of this machine.
    pub local_files: bool,
    /// Networks that uris may lead to although they are not public.
    pub nets: Vec<IpNet>,
    /// Who knows the hosts' addresses.
    pub lookup: Arc<dyn Lookup>,
    /// The API that the operator trusts: uris there are allowed wherever it is.
    pub api: Option<Url>,
    /// How long a whole transfer may take.
    pub timeout: Duration,
    /// How often a transfer is tried again after it failed without having come further.
    pub retries: u32,
    /// The pause before the first retry; it doubles each time.
    pub backoff: Duration,
    /// Most bytes on disk.
    pub disk: u64,
    /// Most bytes in memory.
    pub memory: u64,
    /// How `s3://` is fetched.
    pub s3: S3,
    /// How `ipfs://` is, if at all.
    pub ipfs: Option<Ipfs>,
    /// Decrypts what is encrypted to this operator.
    pub key: Option<Arc<Key>>,
}

impl Default for Policy {
    /// Public addresses alone, ten minutes, four retries after 0.5 to 4 seconds, 10 GiB on disk, 1 GiB in memory.
    fn default() -> Self {
        Self {
            local_files: false,
            nets: vec![],
            lookup: Arc::new(SystemLookup),
            api: None,
            timeout: Duration::from_secs(600),
            retries: 4,
            backoff: Duration::from_millis(500),
            disk: 10 << 30,
            memory: 1 << 30,
            s3: S3::default(),
            ipfs: None,
            key: None,
        }
    }
}

/// Fetches artifacts and keeps them in a folder, one file per hash. What is encrypted is kept so, and decrypted in memory
/// alone.
#[derive(Debug, Clone)]
pub struct Store {
    cache: Cache,
    memory: Memory,
    rules: Rules,
    /// For strangers' uris.
    public: Client,
    /// For where the operator itself sends us.
    own: Client,
    policy: Policy,
    for_others: Arc<Mutex<HashMap<String, Instant>>>,
}

impl Store {
    /// A store in `dir`, which is made if need be. Several may share a folder.
    ///
    /// # Errors
    /// [`ArtifactError::Io`]; [`ArtifactError::Setting`] where the HTTP client does not start.
    pub fn open(dir: impl Into<PathBuf>, policy: Policy) -> Result<Self> {
        let rules = Rules { nets: policy.nets.clone(), lookup: policy.lookup.clone() };
        let client = |client: reqwest::Result<Client>| {
            client.map_err(|error| ArtifactError::Setting(format!("no HTTP client: {}", chain(&error))))
        };
        Ok(Self {
            cache: Cache::open(dir.into(), policy.disk)?,
            memory: Memory::new(policy.memory),
            public: client(rules.client())?,
            own: client(egress::own_client())?,
            rules,
            policy,
            for_others: Arc::default(),
        })
    }

    /// Fetches a job's program and input.
    ///
    /// # Errors
    /// Any [`ArtifactError`].
    pub async fn fetch_job(&self, spec: &JobSpec) -> Result<Artifacts> {
        let program = self.fetch(&spec.program, MAX_PROGRAM_BYTES);
        let input = self.fetch(&spec.input, MAX_INPUT_BYTES);
        let (program, input) = tokio::try_join!(program, input)?;
        Ok(Artifacts { program, input })
    }

    /// The content with the artifact's hash: from the cache, else from its uri, decrypted if need be. It is at most `limit`
    /// bytes long and hashes to what the artifact says, wherever it came from. It takes memory of the quota, and its file is
    /// not evicted, as long as anybody holds it.
    ///
    /// # Errors
    /// Any [`ArtifactError`].
    pub async fn fetch(&self, artifact: &Artifact, limit: u64) -> Result<Bytes> {
        let hash = hex::encode(artifact.sha256_bytes()?);
        let (name, most) = match artifact.encryption {
            None => (hash, limit),
            Some(Encryption::Age) => (format!("{hash}.age"), private::longest(limit)),
        };
        let pin = self.cache.pin(&name);
        if let Some(size) = self.cache.size(&name).filter(|size| *size <= most) {
            let lease = self.memory.take(size)?;
            let (cache, from) = (self.cache.clone(), name.clone());
            if let Some(file) = blocking(move || cache.read(&from, size)).await {
                match self.opened(artifact, file, lease, limit).await {
                    Ok((bytes, lease)) => return Ok(self.held(artifact, bytes, lease, pin)),
                    Err(error @ ArtifactError::MemoryQuota { .. }) => return Err(error),
                    // Damaged, or for a key that this operator has no more.
                    Err(_) => self.cache.remove(&name),
                }
            }
        }
        self.not_for_others(artifact)?;
        let partial = self.download(&artifact.uri, most).await?;
        let lease = self.memory.take(partial.from.at)?;
        let (partial, file) = blocking(move || partial.read().map(|file| (partial, file))).await?;
        let opened = self.opened(artifact, file, lease, limit).await;
        if opened.as_ref().is_err_and(ArtifactError::is_for_others) {
            self.others().insert(place(artifact), Instant::now());
        }
        let (bytes, lease) = opened?;
        blocking(move || partial.keep(&name)).await?;
        Ok(self.held(artifact, bytes, lease, pin))
    }

    /// What decrypts what is encrypted to this operator.
    pub fn key(&self) -> Option<&Key> {
        self.policy.key.as_deref()
    }

    fn held(&self, artifact: &Artifact, bytes: Vec<u8>, lease: memory::Lease, pin: Pin) -> Bytes {
        hold(bytes, artifact.encryption.is_some(), lease, pin)
    }

    /// A file's content: decrypted if need be, and with the hash that it must have.
    async fn opened(
        &self,
        artifact: &Artifact,
        file: Vec<u8>,
        lease: memory::Lease,
        limit: u64,
    ) -> Result<(Vec<u8>, memory::Lease)> {
        let expected = artifact.sha256_bytes()?;
        let (bytes, lease) = match artifact.encryption {
            None => (file, lease),
            Some(Encryption::Age) => {
                // For what it decrypts to, which is shorter; the file's own is given back then.
                let lease_of_bytes = self.memory.take(file.len() as u64)?;
                let key = self.policy.key.clone();
                let key = key.ok_or_else(|| ArtifactError::Setting("this node has no key to decrypt with".into()))?;
                let bytes = blocking(move || key.open(&file, limit)).await;
                drop(lease);
                let uri = || artifact.uri.clone();
                (bytes.map_err(|source| ArtifactError::Private { uri: uri(), source })?, lease_of_bytes)
            }
        };
        let (bytes, found) = blocking(move || {
            let found: [u8; 32] = Sha256::digest(&bytes).into();
            (bytes, found)
        })
        .await;
        if found != expected {
            let (expected, found) = (hex::encode(expected), hex::encode(found));
            return Err(ArtifactError::HashMismatch { uri: artifact.uri.clone(), expected, found });
        }
        Ok((bytes, lease))
    }

    /// Fails for what was seen to be encrypted to others a while ago.
    fn not_for_others(&self, artifact: &Artifact) -> Result<()> {
        let (Some(Encryption::Age), Some(key)) = (artifact.encryption, &self.policy.key) else { return Ok(()) };
        let mut others = self.others();
        others.retain(|_, seen| seen.elapsed() < FOR_OTHERS);
        if !others.contains_key(&place(artifact)) {
            return Ok(());
        }
        let source = private::PrivateError::NotForYou(key.wallet());
        Err(ArtifactError::Private { uri: artifact.uri.clone(), source })
    }

    fn others(&self) -> std::sync::MutexGuard<'_, HashMap<String, Instant>> {
        self.for_others.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a uri leads, if it may.
    fn source(&self, uri: &str) -> Result<Box<dyn Source>> {
        let url = Url::parse(uri).map_err(|_| bad(uri))?;
        Ok(match url.scheme() {
            "file" if !self.policy.local_files => return Err(ArtifactError::LocalFilesOff { uri: uri.to_owned() }),
            "file" => Box::new(Local { path: url.to_file_path().map_err(|()| bad(uri))? }),
            "http" | "https" => {
                let trusted = self.policy.api.as_ref().is_some_and(|api| api.origin() == url.origin());
                if !trusted {
                    self.rules.check(&url).map_err(|_| ArtifactError::NotPublic { uri: uri.to_owned() })?;
                }
                let client = if trusted { &self.own } else { &self.public };
                Box::new(Http { client: client.clone(), url, uri: uri.to_owned() })
            }
            "s3" => Box::new(self.policy.s3.object(uri)?),
            "ipfs" => {
                let off = || ArtifactError::IpfsOff { uri: uri.to_owned() };
                self.policy.ipfs.as_ref().ok_or_else(off)?.content(uri, &self.own)?
            }
            _ => return Err(bad(uri)),
        })
    }
}

/// What is remembered of an artifact that is for others: the same place may be for this operator with another content.
fn place(artifact: &Artifact) -> String {
    format!("{} {}", artifact.sha256, artifact.uri)
}

/// Runs disk work, hashing and decrypting off the async threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
