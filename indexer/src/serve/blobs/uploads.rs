//! Uploads in chunks: of up to 1 TiB, in any order, several at a time, broken off and gone on with as often as need be.

use std::time::{Duration, Instant};

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{
    Kind, MAX_BLOB, MIB, Name,
    chunks::{AT_A_TIME, Hashed},
    ledger::{chunk_hashes, signed},
    owner::Owner,
    pending::{Upload, other_content},
    put::{announced, receive},
    store::chunk,
    unprocessable,
};
use crate::serve::{
    gate::body,
    input::{Segments, maybe_u64_or_text, u64_or_text},
    problem::Problem,
};

/// Most chunks of an upload.
const MAX_CHUNKS: u64 = 10_000;
const SMALLEST_CHUNK: u64 = MIB;
const USUAL_CHUNK: u64 = 8 * MIB;
const LARGEST_CHUNK: u64 = 128 * MIB;
/// How long `complete` works before it says how far it is.
const PATIENCE: Duration = Duration::from_secs(20);
/// The header with a chunk's hash.
const CHUNK_HASH: &str = "x-content-sha256";

/// What is going to be uploaded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// SHA-256 of the whole blob, 64 lower hex digits.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    sha256: String,
    /// Its bytes, at most 2^40: a decimal string, or a number.
    #[serde(deserialize_with = "u64_or_text")]
    #[schema(value_type = String, pattern = "^[0-9]{1,13}$")]
    size: u64,
    /// Bytes of each chunk but the last, 2^20 to 2^27; by default what suits the size.
    #[serde(default, deserialize_with = "maybe_u64_or_text")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{1,9}$")]
    chunk_size: Option<u64>,
}

/// An upload under way.
#[derive(Serialize, ToSchema, Debug, Clone)]
pub struct UploadStatus {
    /// Its id; whoever knows it may go on with it, unless a signed-in wallet began it. Null when the blob is here already.
    id: Option<String>,
    /// The whole blob's SHA-256.
    sha256: String,
    /// The whole blob's bytes.
    size: String,
    /// Bytes of each chunk but the last.
    chunk_size: String,
    /// Number of chunks.
    chunks: u64,
    /// The chunks that are there, as ranges `[first, last]`.
    have: Vec<[u64; 2]>,
    /// Chunks from the first on that are in the whole hash already.
    hashed: u64,
}

/// Begins an upload in chunks.
#[utoipa::path(post, path = "/v1/blobs/uploads", operation_id = "beginUpload", tag = "blobs", request_body = Begin, responses(
    (status = 200, description = "The blob is here already: nothing is to be uploaded", body = UploadStatus),
    (status = 201, description = "Send the chunks", body = UploadStatus),
    (status = 400, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "The token is not good", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "This indexer keeps no blobs", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "More than 2^40 bytes, or than the quota has room for", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "Not application/json", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "A field is missing or wrong", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database or the store does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn begin(
    State(state): State<crate::serve::State>,
    owner: Owner,
    body::Body(begin): body::Body<Begin>,
) -> Result<(StatusCode, Json<UploadStatus>), Problem> {
    let blobs = state.blobs()?;
    let name = Name::read(&begin.sha256)?;
    let chunk_size = chunk_size(begin.size, begin.chunk_size)?;
    if blobs.touch(Kind::Blob, &name, &owner).await? {
        let upload = Upload { id: String::new(), name, size: begin.size, chunk_size, hashed: 0 };
        let all = vec![[0, upload.chunks().saturating_sub(1)]];
        let status = UploadStatus { id: None, hashed: upload.chunks(), ..of(&upload, all) };
        return Ok((StatusCode::OK, Json(status)));
    }
    let id = hex::encode(rand::random::<[u8; 16]>());
    let mut transaction = blobs.pool.begin().await?;
    let insert = sqlx::query("INSERT INTO uploads (id, name, size, chunk_size, owner) VALUES ($1, $2, $3, $4, $5)");
    let insert = insert.bind(&id).bind(&name.0).bind(signed(begin.size)).bind(signed(chunk_size)).bind(&owner.0);
    insert.execute(&mut *transaction).await?;
    blobs.fits(&mut transaction, &owner).await?;
    transaction.commit().await?;
    let upload = Upload { id, name, size: begin.size, chunk_size, hashed: 0 };
    Ok((StatusCode::CREATED, Json(of(&upload, vec![]))))
}

fn chunk_size(size: u64, asked: Option<u64>) -> Result<u64, Problem> {
    if size == 0 {
        return Err(unprocessable("size is 0; store what is empty with PUT /v1/blobs/{sha256}"));
    }
    if size > MAX_BLOB {
        let detail = format!("a blob has at most {MAX_BLOB} bytes; split it");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let least = size.div_ceil(MAX_CHUNKS).next_multiple_of(MIB).max(SMALLEST_CHUNK);
    match asked {
        None => Ok(least.max(USUAL_CHUNK)),
        Some(asked) if (least..=LARGEST_CHUNK).contains(&asked) => Ok(asked),
        Some(_) => Err(unprocessable(format!("chunk_size must be {least} to {LARGEST_CHUNK} for this size"))),
    }
}

/// Which chunks of an upload are there.
#[utoipa::path(get, path = "/v1/blobs/uploads/{id}", operation_id = "getUpload", tag = "blobs",
    params(("id" = String, Path, description = "The upload", pattern = "^[0-9a-f]{32}$")), responses(
    (status = 200, description = "How far it is", body = UploadStatus),
    (status = 400, description = "Not the id of an upload", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "The token is not good", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Another wallet's upload", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is none: completed, given up, or expired", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn status(
    State(state): State<crate::serve::State>,
    owner: Owner,
    Segments(id): Segments<String>,
) -> Result<Json<UploadStatus>, Problem> {
    let blobs = state.blobs()?;
    let upload = blobs.upload(&id, &owner).await?;
    Ok(Json(of(&upload, blobs.have(&upload).await?)))
}

/// Stores one chunk. One that is there already is not stored again; it may be sent as often as one likes.
#[utoipa::path(put, path = "/v1/blobs/uploads/{id}/{n}", operation_id = "putChunk", tag = "blobs", params(
    ("id" = String, Path, description = "The upload", pattern = "^[0-9a-f]{32}$"),
    ("n" = u32, Path, description = "The chunk, from 0", maximum = 9999),
    ("x-content-sha256" = String, Header, description = "The chunk's SHA-256, 64 lower hex digits", pattern = "^[0-9a-f]{64}$"),
), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 200, description = "It was there"), (status = 201, description = "Stored"),
    (status = 400, description = "Not an id, a number or a hash, or the body broke off", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "The token is not good", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Another wallet's upload", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such upload", body = Problem, content_type = "application/problem+json"),
    (status = 408, description = "The body stopped coming", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Another content was stored as this chunk", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "Longer than the chunk", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The body has another hash or length, or there is no such chunk", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database or the store does not answer", body = Problem, content_type = "application/problem+json"),
    (status = 507, description = "The store is full", body = Problem, content_type = "application/problem+json"),
))]
pub async fn put_chunk(
    State(state): State<crate::serve::State>,
    owner: Owner,
    Segments((id, n)): Segments<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let blobs = state.blobs()?;
    let n = n.parse::<u32>().map(u64::from).map_err(|_| Problem::bad("a chunk's number is 0 or more"))?;
    let hash = headers.get(CHUNK_HASH).and_then(|value| value.to_str().ok());
    let hash = hash.ok_or_else(|| Problem::bad(format!("send the chunk's SHA-256 in the header {CHUNK_HASH}")))?;
    let hash = Name::read(hash).map_err(|_| Problem::bad(format!("{CHUNK_HASH} must be 64 lower hex digits")))?;
    let upload = blobs.upload(&id, &owner).await?;
    if n >= upload.chunks() {
        return Err(unprocessable(format!("this upload has {} chunks, numbered from 0", upload.chunks())));
    }
    let length = upload.length_of(n);
    if announced(&headers).is_some_and(|bytes| bytes != length) {
        return Err(unprocessable(format!("chunk {n} has {length} bytes")));
    }
    if let Some(known) = chunk_hashes(&blobs.pool, &id, n, 1).await?.pop() {
        receive(body, None, length).await?;
        return if known == hash.0 { Ok(StatusCode::OK) } else { Err(other_content(n)) };
    }
    let mut writing = blobs.store.write(chunk(&id, n, &hash.0));
    let (size, found) = receive(body, Some(&mut writing), length).await?;
    if (size, found.as_str()) != (length, hash.0.as_str()) {
        return Err(unprocessable(format!(
            "the body has {size} bytes and the sha256 {found}; chunk {n} has {length} bytes"
        )));
    }
    writing.finish().await?;
    blobs.stored(&upload, n, &hash).await?;
    // Its time is up when the chunk after it is being hashed: who completes waits for the rest.
    blobs.hash_on(&upload, AT_A_TIME, Instant::now() + PATIENCE).await?;
    Ok(StatusCode::CREATED)
}

/// Verifies the whole hash and makes the blob visible. Where much is still to be hashed it answers 202 after a while: ask
/// again.
#[utoipa::path(post, path = "/v1/blobs/uploads/{id}/complete", operation_id = "completeUpload", tag = "blobs",
    params(("id" = String, Path, description = "The upload", pattern = "^[0-9a-f]{32}$")), responses(
    (status = 201, description = "The blob is here", body = UploadStatus),
    (status = 202, description = "Not all is hashed yet: ask again", body = UploadStatus),
    (status = 400, description = "Not the id of an upload", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "The token is not good", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Another wallet's upload", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such upload; if it was completed, its blob is here", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Chunks are missing", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The chunks add up to another hash; the upload is thrown away", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database or the store does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn complete(
    State(state): State<crate::serve::State>,
    owner: Owner,
    Segments(id): Segments<String>,
) -> Result<Response, Problem> {
    let blobs = state.blobs()?;
    let upload = blobs.upload(&id, &owner).await?;
    let have = blobs.have(&upload).await?;
    if have != [[0, upload.chunks() - 1]] {
        let detail = format!("chunks are missing: {} are there of {}", json!(have), upload.chunks());
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    let found = match blobs.hash_on(&upload, upload.chunks(), Instant::now() + PATIENCE).await? {
        Hashed::All(found) => found,
        Hashed::Chunks(hashed) => {
            let status = UploadStatus { hashed, ..of(&upload, have) };
            return Ok((StatusCode::ACCEPTED, [(header::RETRY_AFTER, "1")], Json(status)).into_response());
        }
    };
    if found != upload.name.0 {
        blobs.throw_away(&id).await?;
        let detail = format!("the chunks add up to sha256 {found}, not {}; the upload is thrown away", upload.name.0);
        return Err(unprocessable(detail));
    }
    blobs.publish(&upload).await?;
    let status = UploadStatus { hashed: upload.chunks(), ..of(&upload, have) };
    Ok((StatusCode::CREATED, Json(status)).into_response())
}

/// Gives an upload up and deletes its chunks.
#[utoipa::path(delete, path = "/v1/blobs/uploads/{id}", operation_id = "deleteUpload", tag = "blobs",
    params(("id" = String, Path, description = "The upload", pattern = "^[0-9a-f]{32}$")), responses(
    (status = 204, description = "Gone"),
    (status = 400, description = "Not the id of an upload", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "The token is not good", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Another wallet's upload", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such upload", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database or the store does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn give_up(
    State(state): State<crate::serve::State>,
    owner: Owner,
    Segments(id): Segments<String>,
) -> Result<StatusCode, Problem> {
    let blobs = state.blobs()?;
    let upload = blobs.upload(&id, &owner).await?;
    blobs.throw_away(&upload.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn of(upload: &Upload, have: Vec<[u64; 2]>) -> UploadStatus {
    UploadStatus {
        id: Some(upload.id.clone()),
        sha256: upload.name.0.clone(),
        size: upload.size.to_string(),
        chunk_size: upload.chunk_size.to_string(),
        chunks: upload.chunks(),
        have,
        hashed: upload.hashed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_suit_the_size() {
        assert_eq!(chunk_size(1, None).unwrap(), USUAL_CHUNK);
        assert_eq!(chunk_size(80_000 * MIB, None).unwrap(), USUAL_CHUNK);
        // A terabyte in 10,000 chunks, to the MiB.
        assert_eq!(chunk_size(MAX_BLOB, None).unwrap(), 105 * MIB);
        assert_eq!(chunk_size(5, Some(MIB)).unwrap(), MIB);
        for (size, asked) in [
            (0, None),
            (MAX_BLOB + 1, None),
            (5, Some(MIB - 1)),
            (5, Some(LARGEST_CHUNK + 1)),
            (MAX_BLOB, Some(104 * MIB)),
        ] {
            assert!(chunk_size(size, asked).is_err(), "{size} {asked:?}");
        }
        let upload = |size| Upload { id: String::new(), name: Name("0".repeat(64)), size, chunk_size: 10, hashed: 0 };
        assert_eq!((upload(20).chunks(), upload(20).length_of(1), upload(20).length_of(2)), (2, 10, 0));
        assert_eq!((upload(21).chunks(), upload(21).length_of(2)), (3, 1));
    }
}
