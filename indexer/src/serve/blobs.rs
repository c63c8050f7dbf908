//! Content by its hash, in a local folder. Enough for a localnet; nothing is ever overwritten or trusted.

use std::{
    io::ErrorKind,
    path::{Path as FilePath, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use assay_sdk::result::ResultDocument;
use axum::{
    body::Bytes,
    extract::{Path, State, rejection::BytesRejection},
    http::{StatusCode, header},
    response::IntoResponse,
};
use tokio::fs;

use super::problem::Problem;

/// Largest blob or result, 64 MiB.
pub const MAX_BYTES: usize = 64 << 20;

static UPLOADS: AtomicU64 = AtomicU64::new(0);

/// Stores a blob under its SHA-256.
#[utoipa::path(put, path = "/v1/blobs/{sha256}", tag = "blobs", params(("sha256" = String, Path, description = "64 lower hex digits")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 200, description = "It was there"), (status = 201, description = "Stored"),
    (status = 400, description = "Not a hash", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "More than 64 MiB", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The body has another hash", body = Problem, content_type = "application/problem+json"),
))]
pub async fn put_blob(
    State(state): State<super::State>,
    Path(hash): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let file = file(&state, "blobs", &hash)?;
    let body = body.map_err(rejected)?;
    let found = hex::encode(solana_sdk::hash::hash(&body).to_bytes());
    if found != hash {
        return Err(unprocessable(format!("the body's sha256 is {found}")));
    }
    keep(&file, &body).await
}

/// A blob.
#[utoipa::path(get, path = "/v1/blobs/{sha256}", tag = "blobs", params(("sha256" = String, Path, description = "64 lower hex digits")), responses(
    (status = 200, description = "The bytes", content_type = "application/octet-stream", body = Vec<u8>),
    (status = 404, description = "Not here", body = Problem, content_type = "application/problem+json"),
))]
pub async fn get_blob(
    State(state): State<super::State>,
    Path(hash): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    serve(&file(&state, "blobs", &hash)?, "application/octet-stream").await
}

/// Stores a result document under the Merkle root that its outputs add up to.
#[utoipa::path(put, path = "/v1/results/{root}", tag = "blobs", params(("root" = String, Path, description = "64 lower hex digits")),
    request_body(content = Object, content_type = "application/json"), responses(
    (status = 200, description = "It was there"), (status = 201, description = "Stored"),
    (status = 400, description = "Not a root", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "More than 64 MiB", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The outputs have another root", body = Problem, content_type = "application/problem+json"),
))]
pub async fn put_result(
    State(state): State<super::State>,
    Path(root): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let file = file(&state, "results", &root)?;
    let body = body.map_err(rejected)?;
    let document = ResultDocument::parse(&body).map_err(|why| unprocessable(why.to_string()))?;
    let found = hex::encode(document.root);
    if found != root {
        return Err(unprocessable(format!("the outputs add up to root {found}")));
    }
    keep(&file, &body).await
}

/// A result document.
#[utoipa::path(get, path = "/v1/results/{root}", tag = "blobs", params(("root" = String, Path, description = "64 lower hex digits")), responses(
    (status = 200, description = "The document", body = Object),
    (status = 404, description = "Not here", body = Problem, content_type = "application/problem+json"),
))]
pub async fn get_result(
    State(state): State<super::State>,
    Path(root): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    serve(&file(&state, "results", &root)?, "application/json").await
}

/// Where it is kept. Only 64 lower hex digits get this far, so that no name leads anywhere else.
fn file(state: &super::State, kind: &str, name: &str) -> Result<PathBuf, Problem> {
    let folder = state.blobs.as_ref();
    let folder = folder.ok_or_else(|| Problem::missing("this indexer keeps no blobs; start it with --blobs"))?;
    let hex = name.len() == 64 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !hex {
        return Err(Problem::bad("the name must be 64 lower hex digits"));
    }
    Ok(folder.join(kind).join(name))
}

/// Writes a file whole or not at all.
async fn keep(file: &FilePath, body: &[u8]) -> Result<StatusCode, Problem> {
    if fs::try_exists(file).await? {
        return Ok(StatusCode::OK);
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).await?;
    }
    let upload = file.with_extension(format!("{}-{}", std::process::id(), UPLOADS.fetch_add(1, Ordering::Relaxed)));
    fs::write(&upload, body).await?;
    fs::rename(&upload, file).await?;
    Ok(StatusCode::CREATED)
}

async fn serve(file: &FilePath, kind: &'static str) -> Result<impl IntoResponse + use<>, Problem> {
    match fs::read(file).await {
        Ok(bytes) => Ok(([(header::CONTENT_TYPE, kind), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], bytes)),
        Err(why) if why.kind() == ErrorKind::NotFound => Err(Problem::missing("it is not here")),
        Err(why) => Err(why.into()),
    }
}

fn rejected(why: BytesRejection) -> Problem {
    Problem::new(why.status(), format!("{}; at most {MAX_BYTES} bytes are taken", why.body_text()))
}

fn unprocessable(detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
}
