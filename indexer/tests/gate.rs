//! What every request passes through: sizes, patience, limits, ids, CORS, problems, health and metrics.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use assay_indexer::serve::{self, accounts::Role};
use common::gate::{House, Instance, answer, headers};
use reqwest::{Body, Method};
use serde_json::{Value, json};
use solana_sdk::{pubkey::Pubkey, signature::Keypair};
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
        let preflight = instance.request(Method::OPTIONS, "/v1/keys").header("origin", "https://dapp.example");
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
async fn pool_exhausted_is_503() {
    let house = House::build().await;
    let instance = house.open(&["--db-connections", "2", "--db-acquire-ms", "1500"]).await;
    assert_eq!(answer(instance.get("/v1/jobs")).await.0, 200);
    let held = (instance.pool.acquire().await.unwrap(), instance.pool.acquire().await.unwrap());
    for path in ["/v1/jobs", "/v1/stats"] {
        let response = instance.get(path).send().await.unwrap();
        let told = headers(&response);
        assert_eq!((response.status().as_u16(), told["retry-after"].as_str()), (503, "1"), "{path}");
        assert_eq!(told["content-type"], "application/problem+json");
    }
    assert_eq!(instance.get("/ready").send().await.unwrap().status(), 503);
    drop(held);
    assert_eq!(answer(instance.get("/v1/jobs")).await.0, 200);
}

#[tokio::test]
async fn ready_and_health() {
    let house = House::build().await;
    let instance = house.open(&[]).await;
    let ask = async |path: &str| {
        let response = instance.get(path).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let healthy = json!({"status": "ok", "slot": "20", "lag_slots": 5, "postgres": "ok"});
    assert_eq!(ask("/health").await, (200, healthy));
    let ready = |reasons: &[&str], slot: Option<&str>, lag: Option<u64>, seconds: Value| {
        let status = if reasons.is_empty() { 200 } else { 503 };
        (
            status,
            json!({"ready": reasons.is_empty(), "reasons": reasons, "slot": slot, "lag_slots": lag,
            "lag_seconds": seconds}),
        )
    };
    let (status, mut body) = ask("/ready").await;
    assert!(body["lag_seconds"].is_number());
    body["lag_seconds"] = json!(0);
    assert_eq!((status, body), ready(&[], Some("20"), Some(5), json!(0)));

    // Behind, it lives, but is not the one to ask.
    instance.behind(11);
    let (status, body) = ask("/health").await;
    let detail = json!("the tables are too far behind the chain");
    assert_eq!((status, &body["status"], &body["detail"]), (200, &json!("unhealthy"), &detail));
    let (status, body) = ask("/ready").await;
    assert_eq!((status, &body["reasons"], &body["lag_slots"]), (503, &json!([detail]), &json!(11)));
    instance.chain.store(0, std::sync::atomic::Ordering::Relaxed);
    let (status, body) = ask("/ready").await;
    assert_eq!((status, body), ready(&["the chain's RPC does not answer"], Some("20"), None, json!(null)));

    // An older schema; none; no database.
    instance.behind(0);
    sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 7").execute(&house.pool).await.unwrap();
    let (status, body) = ask("/ready").await;
    let older = json!(["the database's schema is older than this indexer; it is being migrated"]);
    assert_eq!((status, &body["reasons"]), (503, &older));
    sqlx::query("ALTER TABLE watermark RENAME TO elsewhere").execute(&house.pool).await.unwrap();
    let (status, body) = ask("/health").await;
    let detail = json!("the database has no tables yet");
    assert_eq!((status, &body["detail"], &body["postgres"]), (200, &detail, &json!("ok")));
    instance.pool.close().await;
    let (status, body) = ask("/health").await;
    assert_eq!(
        (status, body),
        (
            503,
            json!({"status": "unhealthy", "detail": "the database does not answer", "slot": null,
            "lag_slots": null, "postgres": "down"})
        )
    );
    assert_eq!(ask("/ready").await, ready(&["the database does not answer"], None, None, json!(null)));
}

#[tokio::test]
async fn requests_under_way_end_and_streams_are_told() {
    let house = House::build().await;
    let instance = house.open(&[]).await;
    let mut stream = instance.get("/v1/stream").send().await.unwrap();
    let mut holder = house.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE").execute(&mut *holder).await.unwrap();
    let under_way = tokio::spawn(answer(instance.get("/v1/jobs")));
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&house.pool).await.unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    instance.stop.cancel();
    while stream.chunk().await.unwrap().is_some() {}
    holder.rollback().await.unwrap();
    assert_eq!(under_way.await.unwrap().0, 200);
    let closed = async || TcpStream::connect(instance.base.strip_prefix("http://").unwrap()).await.is_err();
    while !closed().await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
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
        assert_eq!(problem["type"], json!("about:blank"));
    }
    let response = instance.request(Method::PUT, "/v1/jobs").send().await.unwrap();
    assert_eq!(headers(&response)["allow"], "GET,HEAD");
    let response = instance.request(Method::HEAD, "/v1/nothing").send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.bytes().await.unwrap().len()), (404, 0));
}

#[tokio::test]
async fn metrics_are_by_route_and_know_no_secrets() {
    let house = House::build().await;
    let recorder = serve::recorder().unwrap().build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).unwrap();
    let instance = house.open_with(&["--rate-per-second", "0"], handle).await;
    let wallet = Keypair::new();
    let key = instance.key(&wallet, 5, 5).await["key"].clone();
    let secret = key.as_str().unwrap();
    assert_eq!(instance.ask("/v1/me", secret).await.0, 200);
    for path in ["/v1/jobs?requester=secret", "/v1/jobs/11111111111111111111111111111112", "/v1/no/secret", "/secret"] {
        instance.get(path).send().await.unwrap();
    }
    let text = instance.get("/metrics").send().await.unwrap().text().await.unwrap();
    let expected = [
        "assay_http_requests_total{method=\"POST\",route=\"/v1/keys\",status=\"201\"} 1",
        "assay_http_requests_total{method=\"GET\",route=\"/v1/me\",status=\"200\"} 1",
        "assay_http_requests_total{method=\"GET\",route=\"/v1/jobs\",status=\"400\"} 1",
        "assay_http_requests_total{method=\"GET\",route=\"/v1/jobs/{address}\",status=\"404\"} 1",
        "assay_http_requests_total{method=\"GET\",route=\"/v1/{*path}\",status=\"404\"} 1",
        "assay_http_requests_total{method=\"GET\",route=\"other\",status=\"404\"} 1",
        "assay_http_request_seconds_count{method=\"GET\",route=\"/v1/jobs/{address}\"} 1",
        "assay_http_request_seconds_bucket{method=\"GET\",route=\"/v1/jobs/{address}\",le=\"+Inf\"} 1",
        "assay_http_in_flight 1",
        "assay_db_pool_max 16",
        "assay_indexer_slot 20",
        "assay_indexer_lag_slots 5",
        "assay_indexer_lag_seconds ",
        "assay_db_pool_size ",
        "assay_db_pool_idle ",
    ];
    for line in expected {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("secret") && !text.contains(secret), "{text}");
}

#[tokio::test]
async fn docs_are_whole_and_come_from_here() {
    let house = House::build().await;
    let instance = house.open(&[]).await;
    let page = instance.get("/docs").send().await.unwrap();
    assert_eq!((page.status().as_u16(), page.url().path()), (200, "/docs/"));
    let policy = headers(&page)["content-security-policy"].clone();
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    let html = page.text().await.unwrap();
    assert!(html.contains("swagger-ui"), "{html}");
    // Every script and style is one of ours, and none is in the page itself, where the policy forbids it.
    let mut files: Vec<&str> =
        html.split(['"', '\'']).filter(|text| text.ends_with(".js") || text.ends_with(".css")).collect();
    files.retain(|file| !file.contains('<'));
    assert!(files.len() >= 3 && files.iter().all(|file| file.starts_with("./") || !file.contains(':')), "{files:?}");
    for script in html.split("<script").skip(1) {
        assert!(script.split('>').next().unwrap().contains("src="), "an inline script: {script}");
    }
    for file in files {
        let path = format!("/docs/{}", file.trim_start_matches("./"));
        assert_eq!(instance.get(&path).send().await.unwrap().status(), 200, "{path}");
    }
    let start = instance.get("/docs/swagger-initializer.js").send().await.unwrap().text().await.unwrap();
    assert!(start.contains("/openapi.json"), "{start}");
    let told = headers(&instance.get("/v1/me").send().await.unwrap());
    assert_eq!(told["cache-control"], "no-store");
    let told = headers(&instance.get("/v1/jobs").send().await.unwrap());
    assert_eq!(told["content-security-policy"], "default-src 'none'; frame-ancestors 'none'");
    assert_eq!((told["x-content-type-options"].as_str(), told["x-frame-options"].as_str()), ("nosniff", "DENY"));
    // What the document says of each operation.
    let document: Value = instance.get("/openapi.json").send().await.unwrap().json().await.unwrap();
    assert_eq!(document, serde_json::from_str::<Value>(&serve::openapi().unwrap()).unwrap());
    assert_eq!(document["openapi"], json!("3.1.0"));
    check(&document);
}

/// Every operation has a name of its own, a described tag, and says what each can answer.
fn check(document: &Value) {
    let tags: Vec<&Value> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let (mut names, mut count) = (std::collections::BTreeSet::new(), 0);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            let watched = ["/health", "/ready", "/metrics"].contains(&path.as_str());
            assert!(tags.contains(&&operation["tags"][0]), "{what}");
            names.insert(operation["operationId"].as_str().unwrap().to_owned());
            count += 1;
            let responses = operation["responses"].as_object().unwrap();
            for status in ["500", "503"] {
                assert!(responses.contains_key(status), "{what} {status}");
            }
            assert_eq!(responses.contains_key("429"), !watched, "{what}");
            for (status, response) in responses {
                let limit = json!({"$ref": "#/components/headers/RateLimit-Limit"});
                assert_eq!(response["headers"]["RateLimit-Limit"] == limit, !watched, "{what} {status}");
            }
            if operation.pointer("/requestBody/content/application~1json").is_some() {
                for status in ["400", "408", "413", "415", "422"] {
                    assert!(responses.contains_key(status), "{what} {status}");
                }
            }
        }
    }
    assert!(count > 15 && names.len() == count, "{count} operations, {} names", names.len());
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], json!("bearer"));
    assert_eq!(document["components"]["securitySchemes"]["apiKey"]["name"], json!("X-Api-Key"));
}
