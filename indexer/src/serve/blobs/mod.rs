//! Content by its hash: in a folder or an S3-compatible store, with a ledger in Postgres, and on IPFS too if so
//! configured. Nothing is ever overwritten, trusted or visible before its hash was checked. No uri of a job or a model
//! is ever fetched: whoever wants a content here puts it here.

mod chunks;
mod fetch;
mod garbage;
mod get;
mod ipfs;
mod ledger;
mod owner;
mod pending;
mod put;
mod range;
mod store;
mod uploads;

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{extract::DefaultBodyLimit, http::StatusCode};
use sqlx::PgPool;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::{garbage::Swept, owner::Anonymous};
use self::{ipfs::Ipfs, store::Store};
use super::{Shared, problem::Problem};

/// Largest result document, 64 MiB: it is read whole to be checked.
pub const MAX_RESULT: usize = 64 << 20;
/// Largest blob of a chunked upload, 1 TiB.
pub const MAX_BLOB: u64 = 1 << 40;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Settings of the blob store.
#[derive(clap::Args, Debug, Clone)]
#[group(skip)]
pub struct Settings {
    /// Folder of blobs and results; without it and --blob-store those routes answer 404.
    #[arg(long = "blobs", env = "ASSAY_BLOBS", value_name = "FOLDER", global = true, conflicts_with = "blob_store")]
    pub folder: Option<PathBuf>,
    /// S3-compatible store of blobs and results; region, endpoint and credentials are read from the environment as AWS'
    /// tools do: AWS_REGION, AWS_ENDPOINT, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ALLOW_HTTP. Have it abort
    /// multipart uploads that are never completed, by a lifecycle rule.
    #[arg(long, env = "ASSAY_BLOB_STORE", value_name = "s3://BUCKET/PREFIX", global = true)]
    pub blob_store: Option<String>,
    /// Largest blob that is taken in one request, in MiB; larger ones are uploaded in chunks.
    #[arg(long, env = "ASSAY_BLOB_PUT_MIB", default_value = "64", global = true, value_parser = clap::value_parser!(u64).range(1..=5120))]
    pub blob_put_mib: u64,
    /// GiB that each signed-in wallet may hold.
    #[arg(long, env = "ASSAY_BLOB_QUOTA_GIB", default_value = "64", global = true, value_parser = clap::value_parser!(u64).range(..1 << 20))]
    pub blob_quota_gib: u64,
    /// GiB that callers who did not sign in may hold: see --blob-anonymous.
    #[arg(long, env = "ASSAY_BLOB_ANONYMOUS_GIB", default_value = "64", global = true, value_parser = clap::value_parser!(u64).range(..1 << 20))]
    pub blob_anonymous_gib: u64,
    /// Whether callers who did not sign in share one quota, have one for each IP address, or store nothing.
    #[arg(long, env = "ASSAY_BLOB_ANONYMOUS", default_value = "shared", global = true)]
    pub blob_anonymous: Anonymous,
    /// Hours after which an upload that nothing is added to is thrown away.
    #[arg(long, env = "ASSAY_BLOB_UPLOAD_HOURS", default_value = "48", global = true, value_parser = clap::value_parser!(u32).range(1..87_600))]
    pub blob_upload_hours: u32,
    /// Hours that blobs and results are kept which no open job and no model refers to; not given: for ever.
    #[arg(long, env = "ASSAY_BLOB_KEEP_HOURS", global = true, value_parser = clap::value_parser!(u32).range(1..87_600))]
    pub blob_keep_hours: Option<u32>,
    /// Only log what --blob-keep-hours would delete.
    #[arg(long, env = "ASSAY_BLOB_DRY_RUN", global = true)]
    pub blob_dry_run: bool,
    /// API of an IPFS node (Kubo), for instance http://127.0.0.1:5001: blobs are added and pinned there, and found there
    /// when they are not here.
    #[arg(long, env = "ASSAY_IPFS_API", value_name = "URL", global = true)]
    pub ipfs_api: Option<String>,
}

/// The blob store of this process.
#[derive(Clone)]
pub struct Blobs {
    store: Store,
    pool: PgPool,
    ipfs: Option<Ipfs>,
    settings: Arc<Settings>,
    /// Uploads that somebody hashes at this moment.
    hashing: Arc<Mutex<HashSet<String>>>,
}

impl Blobs {
    /// As the settings say; `None` if they name no store. Starts what cleans up and pins, which `shared.stop` ends.
    ///
    /// # Errors
    /// [`crate::Error::File`] when the folder cannot be made, [`crate::Error::Start`] when the store's or IPFS' URL is none.
    pub fn open(settings: &Settings, shared: &Shared) -> crate::Result<Option<Self>> {
        let Some(store) = Store::open(settings)? else { return Ok(None) };
        let ipfs = settings.ipfs_api.as_deref().map(Ipfs::new).transpose()?;
        let blobs = Self {
            store,
            pool: shared.pool.clone(),
            ipfs,
            settings: Arc::new(settings.clone()),
            hashing: Arc::default(),
        };
        tokio::spawn(garbage::keep_clean(blobs.clone(), shared.stop.clone()));
        if blobs.ipfs.is_some() {
            tokio::spawn(ipfs::keep_pinned(blobs.clone(), shared.stop.clone()));
        }
        Ok(Some(blobs))
    }

    fn upload_life(&self) -> Duration {
        Duration::from_secs(3_600 * u64::from(self.settings.blob_upload_hours))
    }
}

/// Whether the store that the settings name can be written to, in words; `None` if they name none.
///
/// # Errors
/// As [`Blobs::open`], and when the store refuses.
pub async fn probe(settings: &Settings) -> crate::Result<Option<String>> {
    let Some(store) = Store::open(settings)? else { return Ok(None) };
    store.probe().await?;
    Ok(Some("the store can be written to".into()))
}

impl super::State {
    fn blobs(&self) -> Result<&Blobs, Problem> {
        let missing = || Problem::missing("this indexer keeps no blobs; start it with --blobs or --blob-store");
        self.blobs.as_ref().ok_or_else(missing)
    }
}

/// What is stored under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes under their SHA-256.
    Blob,
    /// A document under the Merkle root of its outputs.
    Result,
}

impl Kind {
    const fn folder(self) -> &'static str {
        match self {
            Self::Blob => "blobs",
            Self::Result => "results",
        }
    }
}

/// A hash as 64 lower hex digits: the only names there are, so that none leads anywhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    fn read(text: &str) -> Result<Self, Problem> {
        let hex = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if hex { Ok(Self(text.to_owned())) } else { Err(Problem::bad("the name must be 64 lower hex digits")) }
    }

    fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        // The digits were checked.
        let _ = hex::decode_to_slice(&self.0, &mut bytes);
        bytes
    }
}

fn unprocessable(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
}

/// The routes.
pub fn routes() -> OpenApiRouter<super::State> {
    OpenApiRouter::new()
        .routes(routes!(put::put_blob, get::get_blob, get::head_blob))
        .routes(routes!(put::put_result, get::get_result, get::head_result))
        .routes(routes!(uploads::begin))
        .routes(routes!(uploads::status, uploads::give_up))
        .routes(routes!(uploads::put_chunk))
        .routes(routes!(uploads::complete))
        .routes(routes!(garbage::collect_garbage))
        .layer(DefaultBodyLimit::max(MAX_RESULT))
}
