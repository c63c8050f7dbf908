//! Why an artifact cannot be had.

use std::io;
use std::path::PathBuf;

use assay_sdk::private::PrivateError;
use assay_sdk::spec::SpecError;
use reqwest::StatusCode;

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
        /// The content's hash, hex; of what is encrypted, that of what it decrypts to.
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
    /// The server does not have it, or does not give it.
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
    /// The host, or where it sends us, is not for everybody.
    #[error(
        "{uri} leads to an address that is not on the public internet; publish the file on one that is, or allow its network with --artifact-net"
    )]
    NotPublic {
        /// The uri.
        uri: String,
    },
    /// This node does not read local files for requesters.
    #[error(
        "{uri} is a local file, and this node does not read those; publish it over http(s), or allow local files on a local chain"
    )]
    LocalFilesOff {
        /// The uri.
        uri: String,
    },
    /// This node has no way to IPFS.
    #[error("{uri} is on IPFS, and this node has no way there; start it with --ipfs-api or --ipfs-gateway")]
    IpfsOff {
        /// The uri.
        uri: String,
    },
    /// A uri this node cannot fetch.
    #[error("{uri} cannot be fetched: use http://, https://, s3://BUCKET/KEY, ipfs://CID or file:///")]
    BadUri {
        /// The uri.
        uri: String,
    },
    /// It cannot be decrypted.
    #[error("{uri}: {source}")]
    Private {
        /// Where it came from.
        uri: String,
        /// Why.
        source: PrivateError,
    },
    /// Running jobs need all the room there is on disk.
    #[error("the artifacts' {quota} bytes of disk are taken by what running jobs need; raise --artifact-disk-mib")]
    DiskQuota {
        /// Bytes.
        quota: u64,
    },
    /// Running jobs need all the room there is in memory.
    #[error(
        "the artifacts' {quota} bytes of memory are taken by running jobs, or too few; raise --artifact-memory-mib"
    )]
    MemoryQuota {
        /// Bytes.
        quota: u64,
    },
    /// A hash that is none.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// A setting is wrong.
    #[error("{0}")]
    Setting(String),
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
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            _ => false,
        }
    }

    /// Whether it is for other operators to read.
    pub fn is_for_others(&self) -> bool {
        matches!(self, Self::Private { source: PrivateError::NotForYou(_), .. })
    }
}

pub(super) type Result<T, E = ArtifactError> = std::result::Result<T, E>;

/// For `map_err` on an operation on a file.
pub(super) fn io_error(path: &std::path::Path) -> impl Fn(io::Error) -> ArtifactError + use<> {
    let path = path.to_owned();
    move |source| ArtifactError::Io { path: path.clone(), source }
}

/// An error with its causes; reqwest tells only the outermost one.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
