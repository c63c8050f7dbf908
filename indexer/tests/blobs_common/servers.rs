//! Servers that speak as much S3, and as much of Kubo's API, as the blob store needs. They keep all in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use reqwest::Url;

pub const KEY: &str = "AKIATEST";

/// What a server has, and what it was asked.
#[derive(Default)]
pub struct Held {
    pub objects: BTreeMap<String, Bytes>,
    uploads: BTreeMap<String, BTreeMap<u32, Bytes>>,
    pub calls: Vec<String>,
    pub pins: Vec<String>,
    /// Answers 503 to everything.
    pub down: bool,
}

pub type Shared = Arc<Mutex<Held>>;

/// Serves on a port of its own: its address.
async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    base
}

pub async fn s3() -> (String, Shared) {
    let held = Shared::default();
    let router = Router::new().fallback(s3_call).layer(axum::extract::DefaultBodyLimit::disable());
    (serve(router.with_state(held.clone())).await, held)
}

pub async fn kubo() -> (String, Shared) {
    let held = Shared::default();
    let router = Router::new().fallback(kubo_call).layer(axum::extract::DefaultBodyLimit::disable());
    (serve(router.with_state(held.clone())).await, held)
}

fn query(uri: &Uri) -> BTreeMap<String, String> {
    Url::parse(&format!("http://a{uri}")).unwrap().query_pairs().into_owned().collect()
}

fn xml(body: String) -> Response {
    ([(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

fn not_found() -> Response {
    let body = "<Error><Code>NoSuchKey</Code><Message>none</Message></Error>";
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

async fn s3_call(State(held): State<Shared>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut held = held.lock().unwrap();
    let query = query(&uri);
    let signed = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !signed.starts_with(&format!("AWS4-HMAC-SHA256 Credential={KEY}/")) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let shape: Vec<_> = query.keys().filter(|key| *key != "x-id").map(String::as_str).collect();
    held.calls.push(format!("{method} {}", shape.join("&")).trim_end().to_owned());
    if held.down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let Some(key) = uri.path().strip_prefix("/bucket") else { return not_found() };
    let key = key.trim_start_matches('/').to_owned();
    let upload = query.get("uploadId").cloned();
    match (method.as_str(), upload) {
        ("POST", None) if query.contains_key("uploads") => {
            let id = format!("upload-{}", held.calls.len());
            held.uploads.insert(id.clone(), BTreeMap::new());
            xml(format!(
                "<InitiateMultipartUploadResult><Bucket>bucket</Bucket><Key>{key}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            ))
        }
        ("POST", None) if query.contains_key("delete") => {
            let text = String::from_utf8(body.to_vec()).unwrap();
            let keys = text.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap().to_owned());
            let mut answer = String::from("<DeleteResult>");
            for key in keys {
                held.objects.remove(&key);
                answer += &format!("<Deleted><Key>{key}</Key></Deleted>");
            }
            xml(answer + "</DeleteResult>")
        }
        ("POST", Some(id)) => {
            let Some(parts) = held.uploads.remove(&id) else { return not_found() };
            // As S3: all parts but the last have at least 5 MiB.
            let short = parts.values().rev().skip(1).any(|part| part.len() < 5 << 20);
            if short {
                return StatusCode::BAD_REQUEST.into_response();
            }
            let whole: Vec<u8> = parts.values().flatten().copied().collect();
            held.objects.insert(key.clone(), whole.into());
            xml(format!(
                "<CompleteMultipartUploadResult><Bucket>bucket</Bucket><Key>{key}</Key><ETag>\"e\"</ETag></CompleteMultipartUploadResult>"
            ))
        }
        ("PUT", Some(id)) => {
            let part = query["partNumber"].parse().unwrap();
            let Some(parts) = held.uploads.get_mut(&id) else { return not_found() };
            parts.insert(part, body);
            [(header::ETAG, format!("\"part-{part}\""))].into_response()
        }
        ("PUT", None) => {
            held.objects.insert(key, body);
            [(header::ETAG, "\"e\"")].into_response()
        }
        ("DELETE", Some(id)) => {
            held.uploads.remove(&id);
            StatusCode::NO_CONTENT.into_response()
        }
        ("GET", None) if query.contains_key("list-type") => list(&held, &query["prefix"]),
        ("GET" | "HEAD", None) => object(&held, &key, &method, &headers),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

fn list(held: &Held, prefix: &str) -> Response {
    let item = |(key, bytes): (&String, &Bytes)| {
        format!(
            "<Contents><Key>{key}</Key><LastModified>2020-01-01T00:00:00.000Z</LastModified><ETag>\"e\"</ETag><Size>{}</Size></Contents>",
            bytes.len()
        )
    };
    let items: String = held.objects.iter().filter(|(key, _)| key.starts_with(prefix)).map(item).collect();
    xml(format!("<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated>{items}</ListBucketResult>"))
}

fn object(held: &Held, key: &str, method: &Method, headers: &HeaderMap) -> Response {
    let Some(bytes) = held.objects.get(key) else { return not_found() };
    let common = [(header::ETAG, "\"e\""), (header::LAST_MODIFIED, "Wed, 01 Jan 2020 00:00:00 GMT")];
    let range = headers.get(header::RANGE).map(|value| value.to_str().unwrap().trim_start_matches("bytes="));
    if *method == Method::HEAD {
        return (common, [(header::CONTENT_LENGTH, bytes.len().to_string())]).into_response();
    }
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else {
        return (common, bytes.clone()).into_response();
    };
    let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
    let last = last.min(bytes.len() - 1);
    let said = [(header::CONTENT_RANGE, format!("bytes {first}-{last}/{}", bytes.len()))];
    (StatusCode::PARTIAL_CONTENT, common, said, bytes.slice(first..=last)).into_response()
}

/// The file of a form, as Kubo reads it.
fn file(headers: &HeaderMap, body: &Bytes) -> Bytes {
    let kind = headers[header::CONTENT_TYPE].to_str().unwrap();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let (head, tail) = (format!("--{boundary}\r\n"), format!("\r\n--{boundary}--\r\n"));
    assert!(body.starts_with(head.as_bytes()) && body.ends_with(tail.as_bytes()));
    let start = body.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    body.slice(start..body.len() - tail.len())
}

async fn kubo_call(State(held): State<Shared>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut held = held.lock().unwrap();
    let query = query(&uri);
    let arg = query.get("arg").cloned().unwrap_or_default();
    held.calls.push(format!("{} {arg}", uri.path().trim_start_matches("/api/v0/")).trim_end().to_owned());
    if held.down || method != Method::POST {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let missing =
        || (StatusCode::INTERNAL_SERVER_ERROR, r#"{"Message":"not found","Code":0,"Type":"error"}"#).into_response();
    match uri.path() {
        "/api/v0/block/put" => {
            assert_eq!((query["cid-codec"].as_str(), query["mhtype"].as_str()), ("raw", "sha2-256"));
            let bytes = file(&headers, &body);
            let (cid, size) = (raw_cid(&bytes), bytes.len());
            held.objects.insert(cid.clone(), bytes);
            axum::Json(serde_json::json!({"Key": cid, "Size": size})).into_response()
        }
        "/api/v0/add" => {
            assert_eq!(
                (query["cid-version"].as_str(), query["raw-leaves"].as_str(), query["pin"].as_str()),
                ("1", "true", "true")
            );
            let bytes = file(&headers, &body);
            // The root of a tree: not the hash of the bytes.
            let cid = format!("bafybei{}", super::sha256(&[b"tree", bytes.as_ref()].concat()));
            let size = bytes.len().to_string();
            held.objects.insert(cid.clone(), bytes);
            held.pins.push(cid.clone());
            axum::Json(serde_json::json!({"Name": "blob", "Hash": cid, "Size": size})).into_response()
        }
        "/api/v0/pin/add" if held.objects.contains_key(&arg) => {
            held.pins.push(arg.clone());
            axum::Json(serde_json::json!({"Pins": [arg]})).into_response()
        }
        "/api/v0/pin/rm" => {
            held.pins.retain(|pin| *pin != arg);
            axum::Json(serde_json::json!({"Pins": [arg]})).into_response()
        }
        "/api/v0/block/get" => {
            assert_eq!(query["offline"], "true");
            held.objects.get(&arg).cloned().map_or_else(missing, IntoResponse::into_response)
        }
        "/api/v0/cat" => held.objects.get(&arg).cloned().map_or_else(missing, IntoResponse::into_response),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Another way to it than the indexer's: base32 by bits of the whole.
pub fn raw_cid(bytes: &[u8]) -> String {
    use sha2::Digest;
    let cid = [&[0x01, 0x55, 0x12, 0x20], sha2::Sha256::digest(bytes).as_slice()].concat();
    let bits: String = cid.iter().map(|byte| format!("{byte:08b}")).collect();
    let letters = bits.as_bytes().chunks(5).map(|five| {
        let five = format!("{:0<5}", std::str::from_utf8(five).unwrap());
        "abcdefghijklmnopqrstuvwxyz234567".chars().nth(usize::from_str_radix(&five, 2).unwrap()).unwrap()
    });
    format!("b{}", letters.collect::<String>())
}
