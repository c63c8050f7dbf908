//! Where artifacts come from: one seam, behind which there are files, HTTP servers, S3-compatible stores and IPFS.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use super::error::{ArtifactError, Result};

/// A content that can be opened again, further on.
pub(super) trait Source: Send + Sync {
    /// Opens it at `from`, or at its beginning if it is another one by now or the server cannot do that.
    fn open<'a>(&'a self, from: &'a From) -> BoxFuture<'a, Result<Opened>>;
}

/// From where to go on.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct From {
    /// Bytes that are here already.
    pub at: u64,
    /// What the server called the content that they are of; without it one begins anew.
    pub tag: Option<String>,
}

/// A content as it comes.
pub(super) struct Opened {
    /// The place of the first byte that comes.
    pub at: u64,
    /// Length of the whole, if the server tells.
    pub total: Option<u64>,
    /// What the server calls this content, if it says so for sure.
    pub tag: Option<String>,
    /// The bytes, or why no more come.
    pub body: BoxStream<'static, Result<Bytes>>,
}

/// A transfer that may go on when it is tried again.
pub(super) fn broken(uri: &str, reason: impl std::fmt::Display) -> ArtifactError {
    ArtifactError::Unreachable { uri: uri.to_owned(), reason: reason.to_string() }
}

pub(super) fn bad(uri: &str) -> ArtifactError {
    ArtifactError::BadUri { uri: uri.to_owned() }
}
