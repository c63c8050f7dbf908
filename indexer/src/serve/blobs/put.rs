//! Storing in one request: streamed to the store while it is hashed, visible when the hash is right.

use std::time::Duration;

use assay_sdk::result::ResultDocument;
use axum::{
    body::{Body, Bytes},
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
};
use futures_util::StreamExt;
use sha2::{Digest, Sha256};

use super::{
    Blobs, Kind, MAX_RESULT, MIB, Name,
    owner::Owner,
    store::{Writing, whole},
    unprocessable,
};
use crate::serve::{input::Segments, problem::Problem};

/// Longest silence of who sends a body.
const PATIENCE: Duration = Duration::from_secs(60);

/// Stores a blob under its SHA-256. What is larger than the server takes in one request is uploaded in chunks: see
/// `POST /v1/blobs/uploads`.
#[utoipa::path(put, path = "/v1/blobs/{sha256}", operation_id = "putBlob", tag = "blobs",
    params(("sha256" = String, Path, description = "64 lower hex digits", pattern = "^[0-9a-f]{64}$")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 200, description = "It was there"), (status = 201, description = "Stored"),
    (status = 400, description = "Not a hash, or the body broke off", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "The token is not good", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "This indexer keeps no blobs", body = Problem, content_type = "application/problem+json"),
    (status = 408, description = "The body stopped coming", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "More than is taken in one request (64 MiB, or what --blob-put-mib says), or than the quota has room for", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The body has another hash", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database or the store does not answer", body = Problem, content_type = "application/problem+json"),
    (status = 507, description = "The store is full", body = Problem, content_type = "application/problem+json"),
))]
pub async fn put_blob(
    State(state): State<crate::serve::State>,
    Segments(name): Segments<String>,
    owner: Owner,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let blobs = state.blobs()?;
    let name = Name::read(&name)?;
    let most = blobs.settings.blob_put_mib * MIB;
    let announced = announced(&headers);
    if announced.is_some_and(|bytes| bytes > most) {
        return Err(too_large(most));
    }
    if blobs.touch(Kind::Blob, &name, &owner).await? {
        let (_, found) = receive(body, None, most).await?;
        return if found == name.0 { Ok(StatusCode::OK) } else { Err(mismatch(&found)) };
    }
    blobs.may_fit(&owner, announced.unwrap_or(0)).await?;
    let mut writing = blobs.store.write(whole(Kind::Blob, &name));
    let (size, found) = receive(body, Some(&mut writing), most).await?;
    if found != name.0 {
        return Err(mismatch(&found));
    }
    blobs.keep(Kind::Blob, &name, size, &owner, writing).await
}

/// Stores a result document under the Merkle root that its outputs add up to.
#[utoipa::path(put, path = "/v1/results/{root}", operation_id = "putResult", tag = "blobs",
    params(("root" = String, Path, description = "64 lower hex digits", pattern = "^[0-9a-f]{64}$")),
    request_body(content = Object, content_type = "application/json"), responses(
    (status = 200, description = "It was there"), (status = 201, description = "Stored"),
    (status = 400, description = "Not a root, or the body broke off", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "The token is not good", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "This indexer keeps no results", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "More than 64 MiB, or than the quota has room for", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The outputs have another root", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database or the store does not answer", body = Problem, content_type = "application/problem+json"),
    (status = 507, description = "The store is full", body = Problem, content_type = "application/problem+json"),
))]
pub async fn put_result(
    State(state): State<crate::serve::State>,
    Segments(root): Segments<String>,
    owner: Owner,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let blobs = state.blobs()?;
    let name = Name::read(&root)?;
    let body = body.map_err(rejected)?;
    let document = ResultDocument::parse(&body).map_err(|why| unprocessable(why.to_string()))?;
    let found = hex::encode(document.root);
    if found != name.0 {
        return Err(unprocessable(format!("the outputs add up to root {found}")));
    }
    if blobs.touch(Kind::Result, &name, &owner).await? {
        return Ok(StatusCode::OK);
    }
    let mut writing = blobs.store.write(whole(Kind::Result, &name));
    let size = body.len() as u64;
    writing.add(body).await?;
    blobs.keep(Kind::Result, &name, size, &owner, writing).await
}

impl Blobs {
    /// Enters what was written and checked, and makes it visible.
    pub(super) async fn keep(
        &self,
        kind: Kind,
        name: &Name,
        size: u64,
        owner: &Owner,
        writing: Writing,
    ) -> Result<StatusCode, Problem> {
        self.enter(kind, name, size, owner).await?;
        if let Err(why) = writing.finish().await {
            self.strike(kind, name).await;
            return Err(why);
        }
        Ok(StatusCode::CREATED)
    }
}

/// Reads a body to its end, hashes it and passes it on: its length and SHA-256. Memory is what the writer takes.
pub async fn receive(body: Body, mut to: Option<&mut Writing>, most: u64) -> Result<(u64, String), Problem> {
    let mut stream = body.into_data_stream();
    let (mut hash, mut size) = (Sha256::new(), 0_u64);
    loop {
        let next = tokio::time::timeout(PATIENCE, stream.next()).await;
        let Some(bytes) = next.map_err(|_| too_slow())? else { break };
        let bytes = bytes.map_err(|why| Problem::bad(format!("the body broke off after {size} bytes: {why}")))?;
        size += bytes.len() as u64;
        if size > most {
            return Err(too_large(most));
        }
        hash.update(&bytes);
        if let Some(writing) = &mut to {
            writing.add(bytes).await?;
        }
    }
    Ok((size, hex::encode(hash.finalize())))
}

/// The length that a request says its body has.
pub fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_slow() -> Problem {
    Problem::new(StatusCode::REQUEST_TIMEOUT, format!("nothing came for {} s; send it again", PATIENCE.as_secs()))
}

fn too_large(most: u64) -> Problem {
    let detail =
        format!("at most {most} bytes are taken in one request; upload more in chunks: POST /v1/blobs/uploads");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
}

fn mismatch(found: &str) -> Problem {
    unprocessable(format!("the body's sha256 is {found}"))
}

fn rejected(why: BytesRejection) -> Problem {
    Problem::new(why.status(), format!("{}; at most {MAX_RESULT} bytes are taken", why.body_text()))
}
