//! Whatever goes wrong is told as a problem, also where the framework found it.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use serde_json::{Map, Value, json};

use super::context::context;
use crate::serve::problem::code_of;

/// More than any of our problems has.
const MOST: usize = 64 << 10;
const PROBLEM: &str = "application/problem+json";

/// Turns errors that are no problems into such, and puts the request's id into all of them.
pub async fn problems(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let mut response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE) && !response.headers().contains_key(header::RETRY_AFTER) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    // What has a shape of its own, as /health and pages, keeps it.
    let (ours, bare) = (kind.starts_with(PROBLEM), kind.is_empty() || kind.starts_with("text/plain"));
    if ours || bare { dressed(response, ours, &method).await } else { response }
}

async fn dressed(response: Response, ours: bool, method: &Method) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, MOST).await.unwrap_or_default();
    let known: Option<Map<String, Value>> = ours.then(|| serde_json::from_slice(&body).ok()).flatten();
    let mut problem = known.unwrap_or_else(|| bare(parts.status, &String::from_utf8_lossy(&body), method));
    if let Some(at) = context() {
        problem.insert("request_id".into(), json!(*at.request_id));
    }
    let body = Value::Object(problem).to_string();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
    parts.headers.insert(header::CONTENT_LENGTH, body.len().into());
    Response::from_parts(parts, Body::from(body))
}

/// A problem with the framework's words, or with ours where it has none.
fn bare(status: StatusCode, text: &str, method: &Method) -> Map<String, Value> {
    let detail = match (text.trim(), status) {
        ("", StatusCode::METHOD_NOT_ALLOWED) => format!("this route does not take {method}; see the Allow header"),
        ("", StatusCode::NOT_FOUND) => "there is no such route; see /openapi.json".into(),
        ("", _) => "the request could not be served; see /openapi.json for what it should be".into(),
        (text, _) => text.to_owned(),
    };
    let title = status.canonical_reason().unwrap_or("Problem");
    let members = [
        ("type", json!(format!("/problems/{}", code_of(status)))),
        ("code", json!(code_of(status))),
        ("title", json!(title)),
        ("status", json!(status.as_u16())),
        ("detail", json!(detail)),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
