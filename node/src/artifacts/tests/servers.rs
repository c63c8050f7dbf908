//! Servers that speak as much HTTP, S3 and Kubo as artifacts are fetched with, and note what they are asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::StreamExt;

/// What a server has and does.
#[derive(Default)]
pub struct Held {
    pub content: Bytes,
    /// What it calls it.
    pub tag: String,
    /// It breaks off after so many bytes of each answer.
    pub breaks_after: Option<usize>,
    /// It does not say how long its answers are.
    pub mute: bool,
    /// It answers so, and no more.
    pub status: Option<StatusCode>,
    /// So often it answers 503 first.
    pub failures: u32,
    /// Changes it after the next answer.
    pub next: Option<(Bytes, String)>,
    /// Each request in words.
    pub calls: Vec<String>,
}

/// Where each request went on, by what its words say before and after the number; how much a cut transfer had brought is not
/// for sure.
pub fn starts(held: &Shared, before: &str, after: &str) -> Vec<u64> {
    let start = |call: &String| {
        let number = call.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{call:?} is not {before}N{after}"))
    };
    let starts: Vec<u64> = held.lock().unwrap().calls.iter().skip(1).map(start).collect();
    assert!(starts.first().is_none_or(|first| *first > 0) && starts.is_sorted_by(|a, b| a < b), "{starts:?}");
    starts
}

pub type Shared = Arc<Mutex<Held>>;

/// Serves one content at all paths: its address.
pub async fn serve(content: &[u8]) -> (String, Shared) {
    let held = Held { content: Bytes::copy_from_slice(content), tag: "\"one\"".into(), ..Held::default() };
    run(held, Router::new().fallback(http)).await
}

/// An S3-compatible store with one bucket, `bucket`; whoever shows the key `AKIATEST` may read from `mine` too.
pub async fn s3(content: &[u8]) -> (String, Shared) {
    let held = Held { content: Bytes::copy_from_slice(content), tag: "\"one\"".into(), ..Held::default() };
    run(held, Router::new().fallback(bucket)).await
}

/// Kubo's API, with one content.
pub async fn kubo(content: &[u8]) -> (String, Shared) {
    let held = Held { content: Bytes::copy_from_slice(content), ..Held::default() };
    run(held, Router::new().fallback(cat)).await
}

async fn run(held: Held, router: Router<Shared>) -> (String, Shared) {
    let held = Arc::new(Mutex::new(held));
    (start(router.with_state(held.clone())).await, held)
}

/// Serves a router on a port of its own.
pub async fn start(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().unwrap().to_owned())
}

async fn http(State(held): State<Shared>, uri: Uri, headers: HeaderMap) -> Response {
    let mut held = held.lock().unwrap();
    let (range, same) = (text(&headers, header::RANGE), text(&headers, header::IF_RANGE));
    held.calls.push(format!("{} {} {}", uri.path(), range.as_deref().unwrap_or("-"), same.as_deref().unwrap_or("-")));
    let range = range.filter(|_| same.is_none_or(|same| same == held.tag));
    held.answer(range)
}

async fn bucket(State(held): State<Shared>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let mut held = held.lock().unwrap();
    let signed = text(&headers, header::AUTHORIZATION);
    let range = text(&headers, header::RANGE);
    let who = if signed.is_some() { "signed" } else { "anonymous" };
    held.calls.push(format!("{method} {} {who} {}", uri.path(), range.as_deref().unwrap_or("-")));
    let may = signed.is_some_and(|signed| signed.starts_with("AWS4-HMAC-SHA256 Credential=AKIATEST/"));
    let (bucket, key) = uri.path()[1..].split_once('/').unwrap();
    let error = |status: StatusCode, code: &str| {
        (status, [(header::CONTENT_TYPE, "application/xml")], format!("<Error><Code>{code}</Code></Error>"))
            .into_response()
    };
    match bucket {
        "bucket" if key != "dir/object" => return error(StatusCode::NOT_FOUND, "NoSuchKey"),
        "bucket" => {}
        "mine" if may => {}
        _ => return error(StatusCode::FORBIDDEN, "AccessDenied"),
    }
    if text(&headers, header::IF_MATCH).is_some_and(|tag| tag != held.tag) {
        return error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
    }
    let mut answer = held.answer(range);
    answer.headers_mut().insert(header::LAST_MODIFIED, "Wed, 01 Jan 2020 00:00:00 GMT".parse().unwrap());
    answer
}

async fn cat(State(held): State<Shared>, method: Method, uri: Uri) -> Response {
    let mut held = held.lock().unwrap();
    held.calls.push(format!("{method} {uri}"));
    let url = reqwest::Url::parse(&format!("http://a{uri}")).unwrap();
    let query: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
    if method != Method::POST || uri.path() != "/api/v0/cat" {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let offset: usize = query["offset"].parse().unwrap();
    let left = held.content.len() - offset;
    let mut answer = held.answer(Some(format!("bytes={offset}-")));
    // As Kubo: always 200, chunked, and a length of its own.
    *answer.status_mut() = StatusCode::OK;
    answer.headers_mut().clear();
    if !held.mute {
        answer.headers_mut().insert("x-content-length", left.into());
    }
    answer
}

impl Held {
    fn answer(&mut self, range: Option<String>) -> Response {
        if self.failures > 0 {
            self.failures -= 1;
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        if let Some(status) = self.status {
            return status.into_response();
        }
        let (content, tag) = (self.content.clone(), self.tag.clone());
        if let Some((content, tag)) = self.next.take() {
            (self.content, self.tag) = (content, tag);
        }
        let from: Option<usize> =
            range.map(|range| range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap());
        let part = content.slice(from.unwrap_or(0)..);
        let length = part.len();
        let body = match self.breaks_after.filter(|after| *after < length) {
            Some(after) => {
                let first = std::io::Result::Ok(part.slice(..after));
                // Not at once, or what was not sent by then is not sent at all.
                let cut = futures_util::stream::once(async {
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                    Err(std::io::Error::other("cut"))
                });
                Body::from_stream(futures_util::stream::iter([first]).chain(cut))
            }
            None if self.mute => Body::from_stream(futures_util::stream::iter([std::io::Result::Ok(part)])),
            None => Body::from(part),
        };
        let mut answer = Response::new(body);
        if !self.mute {
            answer.headers_mut().insert(header::CONTENT_LENGTH, length.into());
        }
        if !tag.is_empty() {
            answer.headers_mut().insert(header::ETAG, tag.parse().unwrap());
        }
        if let Some(from) = from {
            *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
            let range = format!("bytes {from}-{}/{}", content.len() - 1, content.len());
            answer.headers_mut().insert(header::CONTENT_RANGE, range.parse().unwrap());
        }
        answer
    }
}
