//! For those who run it: health, readiness, metrics, an orderly end, and the docs.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use assay_indexer::serve;
use common::gate::{House, answer, headers};
use serde_json::{Value, json};
use solana_sdk::signature::Keypair;
use tokio::net::TcpStream;

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
        "assay_http_requests_total{method=\"POST\",route=\"/v1/api-keys\",status=\"201\"} 1",
        "assay_http_requests_total{method=\"GET\",route=\"/v1/me\",status=\"200\"} 1",
        "assay_http_requests_total{method=\"GET\",route=\"/v1/jobs\",status=\"400\"} 1",
        "assay_http_requests_total{method=\"GET\",route=\"/v1/jobs/{address}\",status=\"404\"} 1",
        "assay_http_requests_total{method=\"GET\",route=\"/v1/{*path}\",status=\"404\"} 1",
        "assay_http_requests_total{method=\"GET\",route=\"other\",status=\"404\"} 1",
        "assay_http_request_seconds_count{method=\"GET\",route=\"/v1/jobs/{address}\"} 1",
        "assay_http_request_seconds_bucket{method=\"GET\",route=\"/v1/jobs/{address}\",le=\"+Inf\"} 1",
        // Other tests of this process may have some of their own.
        "assay_http_in_flight ",
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
                let response = told(document, response);
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

/// What a part of the document says, there or where it refers to.
fn told<'d>(document: &'d Value, part: &'d Value) -> &'d Value {
    let place = part["$ref"].as_str().and_then(|place| place.strip_prefix('#'));
    place.map_or(part, |place| document.pointer(place).unwrap())
}
