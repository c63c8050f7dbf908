//! Programs and inputs by content hash: from http(s) or a local file, always re-hashed, kept in a cache folder.
//!
//! A requester writes the uris, so nothing behind them is trusted: not the length, not the speed, not the content.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use assay_sdk::spec::{Artifact, JobSpec, SpecError};
use backon::{ExponentialBuilder, Retryable};
use bytes::Bytes;
use futures_util::TryStreamExt;
use reqwest::{StatusCode, Url, redirect};
use sha2::{Digest, Sha256};

/// Longest program, in bytes.
pub const MAX_PROGRAM_BYTES: u64 = 64 << 20;
/// Longest input, in bytes.
pub const MAX_INPUT_BYTES: u64 = 128 << 20;

/// Why an artifact cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// The content is something else.
    #[error(
        "hash mismatch: {uri} has sha256 {found}, but the spec says {expected}; the file was changed after the job was posted, or the spec is wrong"
    )]
    HashMismatch {
        /// Where it came from.
        uri: String,
        /// The hash in the spec, hex.
        expected: String,
        /// The content's hash, hex.
        found: String,
    },
    /// The content is longer than allowed.
    #[error("{uri} is longer than {limit} bytes; split the data over several jobs")]
    TooLarge {
        /// Where it came from.
        uri: String,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The server does not have it.
    #[error("{uri} answers {status}; publish the file there or post the job with another uri")]
    Refused {
        /// Where it was asked for.
        uri: String,
        /// The HTTP status.
        status: StatusCode,
    },
    /// The server cannot be reached or breaks off, after all retries.
    #[error("{uri} cannot be fetched: {reason}; check that the server is up, the node tries again with the next job")]
    Unreachable {
        /// Where it was asked for.
        uri: String,
        /// The last failure.
        reason: String,
    },
    /// This node does not read local files for requesters.
    #[error(
        "{uri} is a local file, and this node does not read those; publish it over http(s), or allow local files on a local chain"
    )]
    LocalFilesOff {
        /// The uri.
        uri: String,
    },
    /// A uri this node cannot fetch.
    #[error("{uri} cannot be fetched: use http://, https:// or file:///")]
    BadUri {
        /// The uri.
        uri: String,
    },
    /// A hash that is none.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The disk failed.
    #[error("{path}: {source}; check the disk's space and the folder's owner")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ArtifactError {
    /// Whether trying again at once may help.
    fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            _ => false,
        }
    }
}

type Result<T, E = ArtifactError> = std::result::Result<T, E>;

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
    /// How long a whole transfer may take.
    pub timeout: Duration,
    /// How often a transfer is tried again after it failed.
    pub retries: usize,
    /// The pause before the first retry; it doubles each time.
    pub backoff: Duration,
}

impl Default for Policy {
    /// No local files, ten minutes, four retries after 0.5 to 4 seconds.
    fn default() -> Self {
        Self { local_files: false, timeout: Duration::from_secs(600), retries: 4, backoff: Duration::from_millis(500) }
    }
}

/// Fetches artifacts and keeps them in a folder, one file per hash.
#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
    client: reqwest::Client,
    policy: Policy,
}

impl Store {
    /// A store in `dir`, which is made if need be. Several may share a folder.
    ///
    /// # Errors
    /// [`ArtifactError::Io`]; [`ArtifactError::Unreachable`] where the HTTP client does not start.
    pub fn open(dir: impl Into<PathBuf>, policy: Policy) -> Result<Self> {
        let dir = dir.into();
        std::fs::create_dir_all(&dir).map_err(io_error(&dir))?;
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(30))
            .timeout(policy.timeout)
            .redirect(redirect::Policy::limited(3))
            .build()
            .map_err(|error| ArtifactError::Unreachable { uri: "http client".to_owned(), reason: chain(&error) })?;
        Ok(Self { dir, client, policy })
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

    /// The content with the artifact's hash: from the cache, else from its uri. It is at most `limit` bytes long and
    /// hashes to what the artifact says, wherever it came from.
    ///
    /// # Errors
    /// Any [`ArtifactError`].
    pub async fn fetch(&self, artifact: &Artifact, limit: u64) -> Result<Bytes> {
        let expected = artifact.sha256_bytes()?;
        let path = self.dir.join(hex::encode(expected));
        if let Some(bytes) = cached(path.clone(), expected, limit).await {
            return Ok(bytes);
        }
        let bytes = self.download(&artifact.uri, limit).await?;
        let (bytes, found) = blocking(move || {
            let found: [u8; 32] = Sha256::digest(&bytes).into();
            (bytes, found)
        })
        .await;
        if found != expected {
            let (expected, found) = (hex::encode(expected), hex::encode(found));
            return Err(ArtifactError::HashMismatch { uri: artifact.uri.clone(), expected, found });
        }
        let (dir, copy) = (self.dir.clone(), bytes.clone());
        blocking(move || keep(&dir, &path, &copy)).await?;
        Ok(bytes)
    }

    async fn download(&self, uri: &str, limit: u64) -> Result<Bytes> {
        let bad = || ArtifactError::BadUri { uri: uri.to_owned() };
        let url = Url::parse(uri).map_err(|_| bad())?;
        match url.scheme() {
            "file" if !self.policy.local_files => Err(ArtifactError::LocalFilesOff { uri: uri.to_owned() }),
            "file" => {
                let path = url.to_file_path().map_err(|()| bad())?;
                let uri = uri.to_owned();
                blocking(move || read_file(&path, &uri, limit)).await
            }
            "http" | "https" => {
                let backoff = ExponentialBuilder::default()
                    .with_jitter()
                    .with_min_delay(self.policy.backoff)
                    .with_max_times(self.policy.retries);
                (|| self.get(&url, uri, limit))
                    .retry(backoff)
                    .when(ArtifactError::is_transient)
                    .notify(|error, pause| tracing::warn!(%error, ?pause, "trying again"))
                    .await
            }
            _ => Err(bad()),
        }
    }

    /// One transfer, broken off as soon as it is too long.
    async fn get(&self, url: &Url, uri: &str, limit: u64) -> Result<Bytes> {
        let unreachable =
            |error: reqwest::Error| ArtifactError::Unreachable { uri: uri.to_owned(), reason: chain(&error) };
        let response = self.client.get(url.clone()).send().await.map_err(unreachable)?;
        if response.status() != StatusCode::OK {
            return Err(ArtifactError::Refused { uri: uri.to_owned(), status: response.status() });
        }
        let too_large = || ArtifactError::TooLarge { uri: uri.to_owned(), limit };
        if response.content_length().is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.try_next().await.map_err(unreachable)? {
            if (body.len() + chunk.len()) as u64 > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.into())
    }
}

/// Runs disk work and hashing off the async threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// The file in the cache, if it is there and whole. What is not is fetched anew and replaced.
async fn cached(path: PathBuf, expected: [u8; 32], limit: u64) -> Option<Bytes> {
    blocking(move || {
        let bytes = read_file(&path, "", limit).ok()?;
        (<[u8; 32]>::from(Sha256::digest(&bytes)) == expected).then_some(bytes)
    })
    .await
}

/// Reads a regular file; devices and pipes may never end.
fn read_file(path: &Path, uri: &str, limit: u64) -> Result<Bytes> {
    let metadata = std::fs::metadata(path).map_err(io_error(path))?;
    if !metadata.is_file() {
        return Err(io_error(path)(io::Error::other("not a regular file")));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(io_error(path))?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(io_error(path))?;
    if bytes.len() as u64 > limit {
        return Err(ArtifactError::TooLarge { uri: uri.to_owned(), limit });
    }
    Ok(bytes.into())
}

/// Writes a file aside and renames it: others see all of it or nothing.
fn keep(dir: &Path, path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || {
        let mut aside = tempfile::NamedTempFile::new_in(dir)?;
        aside.write_all(bytes)?;
        aside.as_file().sync_all()?;
        aside.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(io_error(path))
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> ArtifactError + use<> {
    let path = path.to_owned();
    move |source| ArtifactError::Io { path: path.clone(), source }
}

/// An error with its causes; reqwest tells only the outermost one.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
