//! Errors as RFC 9457 problems.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong, for programs and people.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The kind of problem: `/problems/` and its code.
    #[serde(rename = "type")]
    #[schema(example = "/problems/bad_request")]
    kind: String,
    /// The status in words.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What to do about it.
    detail: String,
    /// Stable name of the kind, for programs.
    #[schema(example = "bad_request")]
    code: &'static str,
    #[serde(skip)]
    retry_after: Option<u32>,
}

impl Problem {
    /// A problem of this status, whose code is the status's name.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::coded(status, code_of(status), detail)
    }

    /// A problem of a kind of its own; `code` is its stable name, in snake case.
    pub fn coded(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Problem").to_owned();
        let (kind, detail) = (format!("/problems/{code}"), detail.into());
        Self { kind, title, status: status.as_u16(), detail, code, retry_after: None }
    }

    /// 400.
    pub fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 404.
    pub fn missing(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// Says when to try again, in seconds.
    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }
}

/// The name of the kind of problem that a status alone tells.
pub fn code_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "bad_request",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        408 => "timeout",
        405 => "method_not_allowed",
        409 => "conflict",
        412 => "precondition_failed",
        413 => "too_large",
        415 => "unsupported_media_type",
        416 => "range_not_satisfiable",
        422 => "unprocessable",
        429 => "too_many_requests",
        503 => "unavailable",
        _ => "internal",
    }
}

impl From<sqlx::Error> for Problem {
    fn from(why: sqlx::Error) -> Self {
        tracing::warn!("a request failed: {why}");
        metrics::counter!("assay_indexer_errors_total", "kind" => "database").increment(1);
        let detail = "the database does not answer; try again in a moment";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(1)
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
        let retry = self.retry_after;
        let mut reply = (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(self)).into_response();
        if let Some(seconds) = retry {
            reply.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        reply
    }
}

/// For paths that do not exist.
pub async fn no_route() -> Problem {
    Problem::coded(StatusCode::NOT_FOUND, "no_such_route", "there is no such route; see /openapi.json")
}
