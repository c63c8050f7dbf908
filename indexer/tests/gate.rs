//! What every request passes through: sizes, patience, limits, ids, CORS and problems.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use assay_indexer::serve::{self, accounts::Role};
use common::gate::{House, Instance, answer, headers};
use reqwest::{Body, Method};
use serde_json::{Value, json};
use solana_sdk::pubkey::Pubkey;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[tokio::test]
async fn oversized_body() {
    let house = House::build().await;
    let instance = house.open(&["--max-body-bytes", "1000"]).await;
    let post = |body: Body| {
        let request = instance.request(Method::POST, "/v1/auth/nonce").header("content-type", "application/json");
        answer(request.body(body))
    };
    let of = |bytes: usize| format!("{{\"wallet\":\"{}\"}}", "1".repeat(bytes - 13));
    let (status, problem) = post(of(1000).into()).await;
    assert_eq!((status, &problem["detail"]), (400, &json!("wallet is not a base58 address")), "it was read");
    let (status, problem) = post(of(1001).into()).await;
    assert_eq!((status, &problem["title"]), (413, &json!("Payload Too Large")));
    // Of a length that nobody said before.
    let pieces = futures_util::stream::iter((0..20).map(|_| Ok::<_, std::io::Error>(vec![b' '; 100])));
    assert_eq!(post(Body::wrap_stream(pieces)).await.0, 413);
}

#[tokio::test]
async fn slow_body() {
    let house = House::build().await;
    // Each bound alone, the other being hours.
    let pauses = house.open(&["--body-timeout-ms", "500", "--request-timeout-ms", "9999999"]).await;
    let wholes = house.open(&["--body-timeout-ms", "9999999", "--request-timeout-ms", "1500"]).await;
    let open =
        "POST /v1/auth/nonce HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{";
    let late = "the body did not come in time; send it faster, or less of it";
    // Nothing more at all.
    let mut silent = connect(&pauses, open).await;
    let reply = read(&mut silent).await;
    assert!(reply.starts_with("HTTP/1.1 408 ") && reply.contains(late), "{reply}");

    // A byte now and then, so that no pause is long: the whole is.
    let dripping = connect(&wholes, open).await;
    let (mut from, mut to) = dripping.into_split();
    let drip = tokio::spawn(async move {
        while to.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let reply = read(&mut from).await;
    assert!(reply.starts_with("HTTP/1.1 408 ") && reply.contains(late), "{reply}");
    drip.abort();
    // One that comes in pieces, but comes.
    let body = format!("{{\"wallet\":\"{}\"}}", Pubkey::new_unique());
    let head = open.replace("500", &body.len().to_string());
    let patient = house.open(&[]).await;
    let mut pieces = connect(&patient, head.strip_suffix('{').unwrap()).await;
    for piece in body.as_bytes().chunks(20) {
        pieces.write_all(piece).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let reply = read(&mut pieces).await;
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
}

#[tokio::test]
async fn slow_headers() {
    let listener = serve::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let router = axum::Router::new().route("/", axum::routing::get(async || "{}"));
    let patience = Duration::from_millis(1000);
    let server = tokio::spawn(serve::gate::listen::serve(listener, router, stop.clone(), patience));
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    let mut rest = vec![];
    // Closed by the server; that a reset may come of it is all the same.
    let closed = tokio::time::timeout(Duration::from_secs(60), slow.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "it stays open");
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    let mut quick = TcpStream::connect(address).await.unwrap();
    quick.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(read(&mut quick).await.starts_with("HTTP/1.1 200 OK"));
    stop.cancel();
    server.await.unwrap();
}

async fn connect(instance: &Instance, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(instance.base.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Reads until there is a whole reply.
async fn read(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let (mut seen, mut piece) = (vec![], [0; 4096]);
    loop {
        let read = tokio::time::timeout(Duration::from_secs(60), stream.read(&mut piece)).await;
        let count = read.expect("a reply within a minute").unwrap();
        seen.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&seen).into_owned();
        if count == 0 || text.ends_with('}') {
            return text;
        }
    }
}

#[tokio::test]
async fn slow_answers_and_statements_are_given_up() {
    let house = House::build().await;
    // What a reader waits for: a table that another holds.
    let mut holder = house.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE").execute(&mut *holder).await.unwrap();
    let hasty = house.open(&["--request-timeout-ms", "1000"]).await;
    let response = hasty.get("/v1/jobs").send().await.unwrap();
    assert_eq!(headers(&response)["retry-after"], "1");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["detail"], json!("the answer took too long; ask for less, or later"));
    let strict = house.open(&["--db-statement-ms", "1000"]).await;
    let (status, problem) = answer(strict.get("/v1/jobs")).await;
    assert_eq!((status, &problem["title"]), (503, &json!("Service Unavailable")));
    holder.rollback().await.unwrap();
    assert_eq!(answer(strict.get("/v1/jobs")).await.0, 200);
}

#[tokio::test]
async fn cors() {
    let house = House::build().await;
    let instance = house.open(&["--rate-per-second", "0.01", "--rate-burst", "3"]).await;
    // Asked as often as one likes: browsers ask before each request, and that costs nothing.
    for _ in 0..5 {
        let preflight = instance.request(Method::OPTIONS, "/v1/api-keys").header("origin", "https://dapp.example");
        let preflight = preflight.header("access-control-request-method", "DELETE");
        let preflight = preflight.header("access-control-request-headers", "authorization,content-type");
        let response = preflight.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let told = headers(&response);
        assert_eq!(told["access-control-allow-origin"], "*");
        assert_eq!(told["access-control-allow-methods"], "GET,HEAD,POST,PUT,DELETE,OPTIONS");
        assert_eq!(told["access-control-allow-headers"], "authorization,content-type");
        assert!(!told.contains_key("access-control-allow-credentials"));
    }
    let mut seen = vec![];
    for _ in 0..4 {
        let response = instance.get("/v1/nothing").header("origin", "https://dapp.example").send().await.unwrap();
        let told = headers(&response);
        assert_eq!(told["access-control-allow-origin"], "*");
        for header in ["etag", "retry-after", "ratelimit-remaining", "x-request-id"] {
            assert!(told["access-control-expose-headers"].contains(header), "{header}");
        }
        assert!(!told.contains_key("access-control-allow-credentials"));
        seen.push(response.status().as_u16());
    }
    assert_eq!(seen, [404, 404, 404, 429], "errors can be read too");
}

#[tokio::test]
async fn rate_limited() {
    let house = House::build().await;
    let limited = house.open(&["--rate-per-second", "0.01", "--rate-burst", "3", "--trust-forwarded"]).await;
    let wallet = Pubkey::new_unique();
    let (token, other) = (limited.token(wallet, &[Role::User]), limited.token(Pubkey::new_unique(), &[Role::User]));
    // The fourth of each is one too many; the others' counts are their own.
    let callers: [(&str, String); 5] = [
        ("x-forwarded-for", "203.0.113.1".into()),
        ("x-forwarded-for", "203.0.113.2".into()),
        ("x-forwarded-for", "2001:db8::1".into()),
        ("authorization", format!("Bearer {token}")),
        ("authorization", format!("Bearer {other}")),
    ];
    for (header, value) in &callers {
        let mut seen = vec![];
        for _ in 0..4 {
            let response = limited.get("/v1/nothing").header(*header, value).send().await.unwrap();
            let told = headers(&response);
            let wait = told.get("retry-after").map(|wait| wait.parse::<u64>().unwrap());
            assert_eq!((told["ratelimit-limit"].as_str(), wait.is_some()), ("3", response.status() == 429));
            let reset: u64 = told["ratelimit-reset"].parse().unwrap();
            assert!((1..=300).contains(&reset) && wait.is_none_or(|wait| (1..=101).contains(&wait)), "{told:?}");
            seen.push((response.status().as_u16(), told["ratelimit-remaining"].clone()));
            if response.status() == 429 {
                let problem: Value = response.json().await.unwrap();
                assert!(problem["detail"].as_str().unwrap().starts_with("too many requests; wait "), "{problem}");
            }
        }
        let expected = [(404, "2"), (404, "1"), (404, "0"), (429, "0")].map(|(status, left)| (status, left.into()));
        assert_eq!(seen, expected, "{value}");
    }
    // All of an IPv6 network is one caller, and made-up tokens and keys are no new ones.
    let (status, _) = answer(limited.get("/v1/nothing").header("x-forwarded-for", "2001:db8::2")).await;
    assert_eq!(status, 429);
    for credentials in ["Bearer x", "Bearer assay_AAAA", &format!("Bearer assay_{}", "A".repeat(43))] {
        let request = limited.get("/v1/nothing").header("x-forwarded-for", "203.0.113.1");
        assert_eq!(answer(request.header("authorization", credentials)).await.0, 429, "{credentials}");
    }
    // Those who watch are always answered.
    for path in ["/health", "/ready", "/metrics"] {
        for _ in 0..5 {
            let response = limited.get(path).send().await.unwrap();
            assert_eq!((response.status().as_u16(), headers(&response).contains_key("ratelimit-limit")), (200, false));
        }
    }
    // Whoever is not trusted to say where he comes from is counted where he does.
    let strict = house.open(&["--rate-per-second", "0.01", "--rate-burst", "2"]).await;
    let mut seen = vec![];
    for last in 1..4 {
        let request = strict.get("/v1/nothing").header("x-forwarded-for", format!("203.0.113.{last}"));
        seen.push(answer(request).await.0);
    }
    assert_eq!(seen, [404, 404, 429]);
    let free = house.open(&["--rate-per-second", "0"]).await;
    for _ in 0..300 {
        let response = free.get("/v1/nothing").send().await.unwrap();
        assert_eq!((response.status().as_u16(), headers(&response).contains_key("ratelimit-limit")), (404, false));
    }
}

#[tokio::test]
async fn request_ids() {
    let house = House::build().await;
    let instance = house.open(&[]).await;
    let id = async |path: &str, given: Option<&str>| {
        let request = given.into_iter().fold(instance.get(path), |request, id| request.header("x-request-id", id));
        let response = request.send().await.unwrap();
        let id = headers(&response)["x-request-id"].clone();
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        (id, body["request_id"].clone())
    };
    assert_eq!(id("/v1/jobs", Some("my-own.id_42")).await, ("my-own.id_42".into(), json!(null)));
    assert_eq!(id("/v1/nothing", Some("my-own.id_42")).await, ("my-own.id_42".into(), json!("my-own.id_42")));
    let mut made = vec![];
    for bad in [None, Some("short"), Some("with space"), Some("{\"json\":1}")] {
        let (header, body) = id("/v1/nothing", bad).await;
        assert!(header.len() == 32 && header.bytes().all(|b| b.is_ascii_hexdigit()), "{header}");
        assert_eq!(body, json!(header));
        made.push(header);
    }
    made.sort();
    made.dedup();
    assert_eq!(made.len(), 4);
}

#[tokio::test]
async fn the_frameworks_errors_are_problems_too() {
    let house = House::build().await;
    let instance = house.open(&[]).await;
    let json = |body: &'static str| {
        let request = instance.request(Method::POST, "/v1/auth/nonce").header("content-type", "application/json");
        request.body(body)
    };
    let table = [
        (instance.get("/nothing"), 404, "there is no such route; see /openapi.json"),
        (instance.get("/v1/nothing"), 404, "there is no such route; see /openapi.json"),
        (instance.request(Method::POST, "/v1/nothing"), 404, "there is no such route; see /openapi.json"),
        (instance.request(Method::PUT, "/v1/jobs"), 405, "this route does not take PUT; see the Allow header"),
        (instance.get("/v1/auth/nonce"), 405, "this route does not take GET; see the Allow header"),
        (
            instance.request(Method::POST, "/v1/auth/nonce").body("{}"),
            415,
            "Expected request with `Content-Type: application/json`",
        ),
        (json("{\"wallet\":"), 400, "Failed to parse the request body as JSON"),
        (json("{\"wallet\":7}"), 422, "Failed to deserialize the JSON body into the target type"),
        (json("{}"), 422, "missing field `wallet`"),
        (json("{\"wallet\":\"x\"}"), 400, "wallet is not a base58 address"),
        (instance.get("/v1/jobs/%ff"), 400, "Invalid UTF-8"),
    ];
    for (request, status, detail) in table {
        let (got, problem) = answer(request).await;
        assert!(got == status && problem["detail"].as_str().unwrap().contains(detail), "{status} {detail}: {problem}");
        assert_eq!(problem["type"], json!(format!("/problems/{}", problem["code"].as_str().unwrap())));
    }
    let response = instance.request(Method::PUT, "/v1/jobs").send().await.unwrap();
    assert_eq!(headers(&response)["allow"], "GET,HEAD");
    let response = instance.request(Method::HEAD, "/v1/nothing").send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.bytes().await.unwrap().len()), (404, 0));
}
