//! Errors as RFC 9457 problems.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong, for programs and people.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says the type.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What to do about it.
    detail: String,
}

impl Problem {
    /// A problem of this status.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Problem").to_owned();
        Self { kind: "about:blank", title, status: status.as_u16(), detail: detail.into() }
    }

    /// 400.
    pub fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 404.
    pub fn missing(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }
}

impl From<sqlx::Error> for Problem {
    fn from(why: sqlx::Error) -> Self {
        tracing::warn!("a request failed: {why}");
        metrics::counter!("assay_indexer_errors_total", "kind" => "database").increment(1);
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer; try again in a moment")
    }
}

impl From<std::io::Error> for Problem {
    fn from(why: std::io::Error) -> Self {
        tracing::warn!("a request failed: {why}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the blob folder cannot be used; see the indexer's log")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(self)).into_response()
    }
}

/// For paths that do not exist.
pub async fn no_route() -> Problem {
    Problem::missing("there is no such route; see /openapi.json")
}
