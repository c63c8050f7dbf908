//! Fetching: whole or a range of it, never more than a window of it in memory.

use std::ops::Range;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{Stream, stream};

use super::{
    Blobs, Kind, Name,
    ledger::{Entry, chunk_hashes},
    range::{self, Asked},
    store::{chunk, whole},
};
use crate::serve::{input::Segments, problem::Problem};

/// Bytes read from the store at a time: a slow reader holds no more than this, and no connection to the store.
const WINDOW: u64 = 1 << 20;

/// A blob, or a range of it.
#[utoipa::path(get, path = "/v1/blobs/{sha256}", operation_id = "getBlob", tag = "blobs", params(
    ("sha256" = String, Path, description = "64 lower hex digits", pattern = "^[0-9a-f]{64}$"),
    ("range" = Option<String>, Header, description = "`bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-COUNT`"),
), responses(
    (status = 200, description = "The bytes", content_type = "application/octet-stream", body = Vec<u8>),
    (status = 206, description = "The range", content_type = "application/octet-stream", body = Vec<u8>),
    (status = 304, description = "You have it"),
    (status = 400, description = "Not a hash", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "Not here", body = Problem, content_type = "application/problem+json"),
    (status = 416, description = "It has no such bytes", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database or the store does not answer", body = Problem, content_type = "application/problem+json"),
    (status = 507, description = "It was found on IPFS, and the store is full", body = Problem, content_type = "application/problem+json"),
))]
pub async fn get_blob(
    State(state): State<crate::serve::State>,
    Segments(name): Segments<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(state.blobs()?, Kind::Blob, &name, &headers).await
}

/// Whether a blob is here, and how long it is.
#[utoipa::path(head, path = "/v1/blobs/{sha256}", operation_id = "headBlob", tag = "blobs",
    params(("sha256" = String, Path, description = "64 lower hex digits", pattern = "^[0-9a-f]{64}$")), responses(
    (status = 200, description = "It is here"), (status = 206, description = "The range is here"),
    (status = 304, description = "You have it"), (status = 400, description = "Not a hash"),
    (status = 404, description = "Not here"), (status = 416, description = "It has no such bytes"),
    (status = 503, description = "The database or the store does not answer"),
    (status = 507, description = "It was found on IPFS, and the store is full"),
))]
pub async fn head_blob(
    State(state): State<crate::serve::State>,
    Segments(name): Segments<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(state.blobs()?, Kind::Blob, &name, &headers).await
}

/// A result document.
#[utoipa::path(get, path = "/v1/results/{root}", operation_id = "getResult", tag = "blobs", params(
    ("root" = String, Path, description = "64 lower hex digits", pattern = "^[0-9a-f]{64}$"),
    ("range" = Option<String>, Header, description = "`bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-COUNT`"),
), responses(
    (status = 200, description = "The document", body = Object),
    (status = 206, description = "A range of it", content_type = "application/json", body = String),
    (status = 304, description = "You have it"),
    (status = 400, description = "Not a root", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "Not here", body = Problem, content_type = "application/problem+json"),
    (status = 416, description = "It has no such bytes", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database or the store does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn get_result(
    State(state): State<crate::serve::State>,
    Segments(root): Segments<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(state.blobs()?, Kind::Result, &root, &headers).await
}

/// Whether a result document is here, and how long it is.
#[utoipa::path(head, path = "/v1/results/{root}", operation_id = "headResult", tag = "blobs",
    params(("root" = String, Path, description = "64 lower hex digits", pattern = "^[0-9a-f]{64}$")), responses(
    (status = 200, description = "It is here"), (status = 206, description = "The range is here"),
    (status = 304, description = "You have it"), (status = 400, description = "Not a root"),
    (status = 404, description = "Not here"), (status = 416, description = "It has no such bytes"),
    (status = 503, description = "The database or the store does not answer"),
))]
pub async fn head_result(
    State(state): State<crate::serve::State>,
    Segments(root): Segments<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(state.blobs()?, Kind::Result, &root, &headers).await
}

async fn answer(blobs: &Blobs, kind: Kind, name: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let entry = blobs.find(kind, &Name::read(name)?).await?.ok_or_else(|| Problem::missing("it is not here"))?;
    let text = |header| headers.get(header).and_then(|value| value.to_str().ok());
    let etag = etag(&entry);
    if text(header::IF_NONE_MATCH).is_some_and(|known| known == "*" || known.split(',').any(|tag| tag.trim() == etag)) {
        return Ok((StatusCode::NOT_MODIFIED, common(&entry, &etag)?).into_response());
    }
    // A range of something else would be no use: If-Range asks for all then.
    let same = text(header::IF_RANGE).is_none_or(|known| known == etag && !etag.starts_with("W/"));
    let asked = range::asked(text(header::RANGE).filter(|_| same), entry.size);
    let size = entry.size;
    let (status, part) = match asked {
        Asked::All => (StatusCode::OK, 0..size),
        Asked::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        Asked::None => {
            let problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, format!("it has {size} bytes"));
            return Ok(([(header::CONTENT_RANGE, format!("bytes */{size}"))], problem).into_response());
        }
    };
    let mut all = common(&entry, &etag)?;
    all.insert(header::CONTENT_LENGTH, (part.end - part.start).into());
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{size}", part.start, part.end - 1);
        all.insert(header::CONTENT_RANGE, value(&range)?);
    }
    Ok((status, all, Body::from_stream(blobs.bytes(entry, part))).into_response())
}

/// A blob never changes; of a result, another document may have the same outputs.
fn etag(entry: &Entry) -> String {
    match entry.kind {
        Kind::Blob => format!("\"{}\"", entry.name.0),
        Kind::Result => format!("W/\"{}\"", entry.name.0),
    }
}

fn common(entry: &Entry, etag: &str) -> Result<HeaderMap, Problem> {
    let kind = if entry.kind == Kind::Blob { "application/octet-stream" } else { "application/json" };
    let fixed = [
        (header::CONTENT_TYPE, kind),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::ACCEPT_RANGES, "bytes"),
    ];
    let mut all: HeaderMap = fixed.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    all.insert(header::ETAG, value(etag)?);
    if let Some(cid) = &entry.cid {
        all.insert("x-ipfs-path", value(&format!("/ipfs/{cid}"))?);
    }
    Ok(all)
}

fn value(text: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(text).map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "no header can say this"))
}

impl crate::serve::State {
    /// The bytes of a blob of at most `most` bytes; `None` if it is not here, or longer.
    ///
    /// # Errors
    /// 400 when it is not a hash, 404 when this indexer keeps no blobs, 503 when the store does not answer.
    pub(crate) async fn small_blob(&self, name: &str, most: u64) -> Result<Option<Bytes>, Problem> {
        let (blobs, name) = (self.blobs()?, Name::read(name)?);
        let size = blobs.store.size(&whole(Kind::Blob, &name)).await?;
        match size.filter(|size| *size <= most) {
            Some(0) => Ok(Some(Bytes::new())),
            Some(size) => blobs.store.read(&whole(Kind::Blob, &name), 0..size).await.map(Some),
            None => Ok(None),
        }
    }
}

impl Blobs {
    /// Where it is: in the ledger, in the store from before the ledger, or on IPFS, from where it comes into the store.
    pub async fn find(&self, kind: Kind, name: &Name) -> Result<Option<Entry>, Problem> {
        let entry = self.entry(kind, name).await?;
        if entry.as_ref().is_some_and(|entry| entry.chunked.is_some()) {
            return Ok(entry);
        }
        if let Some(size) = self.store.size(&whole(kind, name)).await? {
            let cid = entry.and_then(|entry| entry.cid);
            return Ok(Some(Entry { kind, name: name.clone(), size, chunked: None, cid }));
        }
        match (&self.ipfs, kind) {
            (Some(ipfs), Kind::Blob) => self.bring_from_ipfs(ipfs, name, entry.and_then(|entry| entry.cid)).await,
            _ => Ok(None),
        }
    }

    /// The bytes of a range, window by window.
    pub fn bytes(&self, entry: Entry, range: Range<u64>) -> impl Stream<Item = Result<Bytes, std::io::Error>> + use<> {
        stream::try_unfold((self.clone(), entry, range), async |(blobs, entry, mut left)| {
            if left.is_empty() {
                return Ok(None);
            }
            let bytes = blobs.window(&entry, left.start, left.end).await;
            // The headers are gone: all that can be done is to break off, and the reader sees that bytes are missing.
            let bytes = bytes.map_err(|why| std::io::Error::other(format!("{why:?}")))?;
            left.start += bytes.len() as u64;
            Ok(Some((bytes, (blobs, entry, left))))
        })
    }

    /// The bytes at `start`, at least one and at most a window of them.
    async fn window(&self, entry: &Entry, start: u64, end: u64) -> Result<Bytes, Problem> {
        let end = end.min(start + WINDOW);
        let (path, from, to) = match &entry.chunked {
            None => (whole(entry.kind, &entry.name), start, end),
            Some((upload, chunk_size)) => {
                let n = start / chunk_size;
                let hash = chunk_hashes(&self.pool, upload, n, 1).await?.pop();
                let hash = hash.ok_or_else(|| Problem::missing("it was deleted while it was read"))?;
                let first = n * chunk_size;
                (chunk(upload, n, &hash), start - first, end.min(first + chunk_size) - first)
            }
        };
        let bytes = self.store.read(&path, from..to).await?;
        if bytes.is_empty() { Err(Problem::missing("the store has less of it than it should")) } else { Ok(bytes) }
    }
}
