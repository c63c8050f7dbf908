//! Where the bytes are: a folder or an S3-compatible store, through `object_store`.

use std::{io::ErrorKind, ops::Range, path::PathBuf, sync::Arc, time::Duration};

use axum::http::StatusCode;
use bytes::Bytes;
use object_store::{
    ClientOptions, ObjectStore, ObjectStoreExt, PutPayloadMut, RetryConfig, WriteMultipart, aws::AmazonS3Builder,
    local::LocalFileSystem, path::Path, prefix::PrefixStore,
};

use super::{Kind, Name, Settings};
use crate::{Error, serve::problem::Problem};

/// What is shorter is put in one go, what is longer in parts of this size; S3 wants at least 5 MiB.
const PART: usize = 8 << 20;
/// Parts of one writer under way at a time. With PART the memory of an upload: 32 MiB at most.
const PARTS: usize = 3;
/// For one request to the store, parts included.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    /// Of a folder: where it is.
    pub folder: Option<PathBuf>,
}

impl Store {
    /// As the settings say; `None` if they name none.
    pub fn open(settings: &Settings) -> crate::Result<Option<Self>> {
        if let Some(url) = &settings.blob_store {
            return Self::s3(url).map(Some);
        }
        settings.folder.clone().map(Self::folder).transpose()
    }

    fn folder(folder: PathBuf) -> crate::Result<Self> {
        let unusable = |source| Error::File { path: folder.display().to_string(), source };
        std::fs::create_dir_all(&folder).map_err(unusable)?;
        let objects = LocalFileSystem::new_with_prefix(&folder);
        let objects = objects.map_err(|why| unusable(std::io::Error::other(why)))?;
        Ok(Self { objects: Arc::new(objects), folder: Some(folder) })
    }

    fn s3(url: &str) -> crate::Result<Self> {
        let unusable = |why: object_store::Error| {
            Error::Start(format!(
                "--blob-store {url} cannot be used: {why}; give s3://BUCKET/PREFIX and the AWS_ variables"
            ))
        };
        if !url.starts_with("s3://") {
            return Err(Error::Start(format!("--blob-store {url} cannot be used: give s3://BUCKET/PREFIX")));
        }
        let retry = RetryConfig { max_retries: 4, retry_timeout: Duration::from_secs(60), ..RetryConfig::default() };
        let s3 = AmazonS3Builder::from_env().with_url(url).with_retry(retry);
        // The variable is read again because client options replace it.
        let http = std::env::var("AWS_ALLOW_HTTP").is_ok_and(|allow| allow.eq_ignore_ascii_case("true"));
        let s3 = s3.with_client_options(ClientOptions::new().with_timeout(TIMEOUT).with_allow_http(http));
        let s3 = s3.build().map_err(unusable)?;
        let prefix = url.trim_start_matches("s3://").split_once('/').map_or("", |(_, prefix)| prefix);
        Ok(Self { objects: Arc::new(PrefixStore::new(s3, prefix)), folder: None })
    }

    /// Writes an object and deletes it.
    ///
    /// # Errors
    /// [`Error::Start`] with the store's own words when it refuses.
    pub async fn probe(&self) -> crate::Result<()> {
        let path = Path::from(format!("uploads/check-{}", std::process::id()));
        let refused = |why: object_store::Error| Error::Start(format!("the blob store refuses: {why}"));
        self.objects.put(&path, Bytes::from_static(b"assay").into()).await.map_err(refused)?;
        self.objects.delete(&path).await.map_err(refused)
    }

    /// Whether it is there, and how long it is.
    pub async fn size(&self, path: &Path) -> Result<Option<u64>, Problem> {
        match self.objects.head(path).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(why) => Err(failed(&why)),
        }
    }

    /// Some bytes of an object; all of them must be there.
    pub async fn read(&self, path: &Path, range: Range<u64>) -> Result<Bytes, Problem> {
        self.objects.get_range(path, range).await.map_err(|why| failed(&why))
    }

    /// A writer, of which nothing is visible before [`Writing::finish`].
    pub fn write(&self, path: Path) -> Writing {
        Writing { objects: self.objects.clone(), path, small: PutPayloadMut::new(), parts: None }
    }

    /// Deletes an object; that there is none is fine.
    pub async fn delete(&self, path: &Path) -> Result<(), Problem> {
        match self.objects.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(why) => Err(failed(&why)),
        }
    }

    /// All objects below a folder.
    pub fn list(
        &self,
        folder: &str,
    ) -> impl futures_util::Stream<Item = object_store::Result<object_store::ObjectMeta>> {
        self.objects.list(Some(&Path::from(folder)))
    }
}

/// Where a blob or result is that is one object.
pub fn whole(kind: Kind, name: &Name) -> Path {
    Path::from_iter([kind.folder(), name.0.as_str()])
}

/// Where a chunk of an upload is. Its hash is part of the name: of two that are sent at once, neither harms the other.
pub fn chunk(upload: &str, n: u64, sha256: &str) -> Path {
    Path::from_iter(["uploads", upload, &format!("{n}-{sha256}")])
}

/// An object that is being written. Dropped, it leaves nothing behind.
pub struct Writing {
    objects: Arc<dyn ObjectStore>,
    path: Path,
    small: PutPayloadMut,
    parts: Option<WriteMultipart>,
}

impl Writing {
    /// Adds bytes, and waits while the store is slower than who sends them.
    pub async fn add(&mut self, bytes: Bytes) -> Result<(), Problem> {
        if self.parts.is_none() {
            if self.small.content_length() + bytes.len() < PART {
                self.small.push(bytes);
                return Ok(());
            }
            let upload = self.objects.put_multipart(&self.path).await.map_err(|why| failed(&why))?;
            let mut parts = WriteMultipart::new_with_chunk_size(upload, PART);
            for held in std::mem::take(&mut self.small).freeze() {
                parts.put(held);
            }
            self.parts = Some(parts);
        }
        if let Some(parts) = &mut self.parts {
            parts.wait_for_capacity(PARTS).await.map_err(|why| failed(&why))?;
            parts.put(bytes);
        }
        Ok(())
    }

    /// Makes it visible.
    pub async fn finish(mut self) -> Result<(), Problem> {
        let written = match self.parts.take() {
            Some(parts) => parts.finish().await,
            None => self.objects.put(&self.path, std::mem::take(&mut self.small).freeze()).await,
        };
        written.map(drop).map_err(|why| failed(&why))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        // A folder's staged file goes with the writer; parts at S3 must be told to.
        if let (Some(parts), Ok(runtime)) = (self.parts.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                if let Err(why) = parts.abort().await {
                    tracing::warn!("an upload to the blob store could not be aborted: {why}");
                }
            });
        }
    }
}

/// What the store did not do, as the caller should hear it.
fn failed(why: &object_store::Error) -> Problem {
    tracing::warn!("the blob store failed: {why}");
    metrics::counter!("assay_indexer_errors_total", "kind" => "blobs").increment(1);
    if is_full(why) {
        let detail = "the blob store is full; nothing was stored: tell who runs this indexer, or try again later";
        return Problem::new(StatusCode::INSUFFICIENT_STORAGE, detail);
    }
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the blob store does not answer; try again in a moment")
}

fn is_full(why: &(dyn std::error::Error + 'static)) -> bool {
    let causes = std::iter::successors(Some(why), |why| why.source());
    let mut kinds = causes.filter_map(|why| why.downcast_ref::<std::io::Error>()).map(std::io::Error::kind);
    kinds.any(|kind| matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded))
}
