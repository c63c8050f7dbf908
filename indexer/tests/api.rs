//! The API on a seeded database, over real HTTP.

#![allow(clippy::unwrap_used)]

mod common;

use assay_indexer::serve;
use common::server::{ALICE, BOB, JOB, MINT, OPEN_JOB, POOL, SEAT_A, SEAT_B, Server, seed};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn jobs_operators_and_stats() {
    let server = Server::start().await;
    let list = server.json("/v1/jobs").await;
    let open = json!({"address": OPEN_JOB, "slot": "22", "closed_slot": null, "status": "sealed", "requester": JOB,
        "mint": MINT, "nonce": "2", "units": "32", "state": "Seated", "posted_at": "200", "winners": 1, "losers": 2});
    let settled = json!({"address": JOB, "slot": "21", "closed_slot": "21", "status": "settled", "requester": JOB,
        "mint": MINT, "nonce": "1", "units": "32", "state": "Settled", "posted_at": "100", "winners": 1, "losers": 2});
    let expected =
        json!({"slot": "22", "commitment": "confirmed", "items": [open, settled.clone()], "next_cursor": null});
    assert_eq!(list, expected);

    // Page by page, and filtered.
    let first = server.json("/v1/jobs?limit=1").await;
    assert_eq!(first["items"][0]["address"], OPEN_JOB);
    let second = server.json(&format!("/v1/jobs?limit=1&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!((&second["items"][0]["address"], &second["next_cursor"]), (&json!(JOB), &json!(null)));
    let count = async |query: &str| server.json(&format!("/v1/jobs?{query}")).await["items"].as_array().unwrap().len();
    assert_eq!(count("status=settled").await, 1);
    assert_eq!(count("status=seated").await, 0);
    assert_eq!(count(&format!("requester={JOB}")).await, 2);
    assert_eq!(count(&format!("operator={BOB}")).await, 1);
    assert_eq!(count(&format!("operator={MINT}")).await, 0);

    let one = server.json(&format!("/v1/jobs/{JOB}")).await;
    let seat = |address: &str, operator: &str, index: u8, outcome: &str, paid: &str, slashed: &str| {
        json!({"address": address, "slot": "20", "closed_slot": "20", "index": index, "job": JOB, "operator": operator,
            "state": "Revealed", "outcome": outcome, "paid": paid, "slashed": slashed})
    };
    assert_eq!(one["job"], settled);
    assert_eq!(
        one["seats"],
        json!([seat(SEAT_A, ALICE, 0, "won", "97", "0"), seat(SEAT_B, BOB, 1, "lost", "0", "40")])
    );
    assert_eq!((&one["slot"], &one["commitment"]), (&json!("22"), &json!("confirmed")));
    assert_eq!((&one["round"], &one["mint"]["decimals"]), (&json!(null), &json!(6)));
    let kinds: Vec<_> = one["timeline"].as_array().unwrap().iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds, ["SeatSettled", "SeatSlashed"]);
    let event = json!({"id": "1", "slot": "20", "time": "2023-11-14T22:13:20Z", "signature": "sig", "program": "escrow",
        "kind": "SeatSettled", "job": JOB,
        "data": {"job": JOB, "seat": SEAT_A, "operator": ALICE, "paid": "97", "fee": "3"}});
    assert_eq!(one["timeline"][0], event);
    assert_eq!(server.json(&format!("/v1/jobs/{OPEN_JOB}")).await["round"]["phase"], "Revealing");

    let operators = server.json("/v1/operators").await;
    let alice = json!({"operator": ALICE, "pool": POOL, "active": "900", "cooling": "5", "locked": "0", "weight": "900",
        "records": [{"class": 1, "score_bps": 6666, "valid": 1, "wrong": 0, "silent": 0, "consecutive_valid": 1}],
        "score_bps": 6666, "seats_won": 1, "seats_lost": 0, "earned": [{"mint": MINT, "amount": "97"}], "slashed": "0"});
    let bob = json!({"operator": BOB, "pool": SEAT_B, "active": "1000", "cooling": "0", "locked": "0", "weight": "1000",
        "records": [], "score_bps": null, "seats_won": 0, "seats_lost": 1, "earned": [], "slashed": "40"});
    assert_eq!(operators["items"], json!([bob, alice]));
    let first = server.json("/v1/operators?limit=1").await;
    let next = first["next_cursor"].as_str().unwrap();
    let second = server.json(&format!("/v1/operators?limit=1&cursor={next}")).await;
    assert_eq!((&first["items"], &second["items"]), (&json!([bob]), &json!([alice])));

    let stats = server.json("/v1/stats").await;
    let mint = json!({"address": POOL, "slot": "22", "closed_slot": null, "mint": MINT, "decimals": 6, "bond_rate": "1",
            "symbol": "tUSD"});
    let expected = json!({"slot": "22", "commitment": "confirmed",
        "jobs": {"total": 2, "open": 0, "running": 1, "settled": 1}, "units_verified": "32", "seats_settled": 1,
        "operators": 2, "staked": "1900", "slashed": "40", "burned": "20",
        "supply": {"minted": "1000", "burned": "20", "current": "980"},
        "volume": [{"mint": MINT, "decimals": 6, "amount": "100"}], "events": 3, "mints": [mint]});
    assert_eq!(stats, expected);
}

#[tokio::test]
async fn wrong_requests_get_problems() {
    let server = Server::start().await;
    let table = [
        ("/v1/jobs?status=done", 400, "status must be one of open, seated"),
        ("/v1/jobs?limit=101", 400, "limit must be 1 to 100"),
        ("/v1/jobs?limit=x", 400, "limit"),
        ("/v1/jobs?cursor=x", 400, "cursor is none of ours"),
        ("/v1/jobs?requester=0x12", 400, "requester is not a base58 address"),
        ("/v1/jobs/nonsense", 400, "the job is not a base58 address"),
        (&format!("/v1/jobs/{MINT}"), 404, "there is no job"),
        ("/v1/cases?state=open", 400, "state must be one of answering, called"),
        ("/v1/cases?kind=quarrel", 400, "kind must be one of challenge, demand, sample, tie"),
        ("/v1/cases?job=x", 400, "job is not a base58 address"),
        ("/v1/cases/nonsense", 400, "the case is not a base58 address"),
        (&format!("/v1/cases/{MINT}"), 404, "there is no case"),
        ("/v1/nothing", 404, "there is no such route"),
        ("/v1/stream?after=x", 400, "is not the id of an event"),
        ("/v1/blobs/..%2F..%2Fetc", 400, "64 lower hex digits"),
        (&format!("/v1/blobs/{}", "0".repeat(64)), 404, "it is not here"),
    ];
    for (path, status, detail) in table {
        let response = server.get(path).await;
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
        let problem: Value = response.json().await.unwrap();
        let code = problem["code"].as_str().unwrap();
        assert_eq!(
            (&problem["status"], &problem["type"]),
            (&json!(status), &json!(format!("/problems/{code}"))),
            "{path}"
        );
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{path}: {problem}");
    }
}

#[tokio::test]
async fn health_metrics_app_and_cors() {
    let server = Server::start().await;
    let health = server.json("/health").await;
    assert_eq!(health, json!({"status": "ok", "slot": "22", "lag_slots": 3, "postgres": "ok"}));
    server.chain.store(33, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(server.get("/ready").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    server.chain.store(0, std::sync::atomic::Ordering::Relaxed);
    let unknown: Value = server.get("/health").await.json().await.unwrap();
    assert_eq!((&unknown["detail"], &unknown["lag_slots"]), (&json!("the chain's RPC does not answer"), &json!(null)));
    assert_eq!(server.get("/metrics").await.status(), StatusCode::OK);
    // The app's pages are the app's to find; the API's are not.
    for path in ["/", "/jobs/anything"] {
        assert_eq!(server.get(path).await.text().await.unwrap(), "<title>Assay</title>", "{path}");
    }
    let request = server.http.get(format!("{}/v1/stats", server.base)).header("origin", "https://app.example");
    assert_eq!(request.send().await.unwrap().headers()["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn blobs_and_results_are_what_their_names_say() {
    let server = Server::start().await;
    let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let blob = format!("/v1/blobs/{hash}");
    assert_eq!(server.put(&blob, "hullo").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(server.get(&blob).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(server.put(&blob, "hello").await, StatusCode::CREATED);
    assert_eq!(server.put(&blob, "hello").await, StatusCode::OK);
    assert_eq!(server.get(&blob).await.text().await.unwrap(), "hello");
    assert_eq!(server.put(&blob, vec![0; (64 << 20) + 1]).await, StatusCode::PAYLOAD_TOO_LARGE);

    let document = assay_sdk::result::ResultDocument::build(vec![b"one".to_vec(), b"two".to_vec()]).unwrap();
    let root = hex::encode(document.root);
    let path = format!("/v1/results/{root}");
    assert_eq!(server.put(&format!("/v1/results/{hash}"), document.to_json()).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(server.put(&path, "{}").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(server.put(&path, document.to_json()).await, StatusCode::CREATED);
    assert_eq!(server.get(&path).await.bytes().await.unwrap(), document.to_json());
    let files = std::fs::read_dir(server.folder.path().join("blobs/blobs")).unwrap().count();
    assert_eq!(files, 1, "nothing half-written stays");
}

/// Reads until `text` has come, and returns all of it.
async fn until(response: &mut Response, text: &str) -> String {
    let mut seen = String::new();
    while !seen.contains(text) {
        let chunk = response.chunk().await.unwrap().expect("the stream goes on");
        seen.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    seen
}

#[tokio::test]
async fn the_stream_resumes_and_goes_on() {
    let server = Server::start().await;
    let stream = format!("{}/v1/stream", server.base);
    let mut resumed = server.http.get(&stream).header("last-event-id", "1").send().await.unwrap();
    let mut of_kind = server.http.get(format!("{stream}?after=0&kind=SeatSlashed")).send().await.unwrap();
    let mut live = server.http.get(&stream).send().await.unwrap();
    let seen = until(&mut resumed, "id: 3\n").await;
    assert!(seen.starts_with("event: event\nid: 2\ndata: {") || seen.contains("\nid: 2\n"), "{seen}");
    assert!(!seen.contains("id: 1\n"), "{seen}");
    assert!(!until(&mut of_kind, "id: 3\n").await.contains("id: 2\n"));

    let mut batch = seed();
    batch.events.truncate(1);
    batch.events[0].signature = "later".into();
    server.apply(batch).await;
    for response in [&mut resumed, &mut live] {
        let seen = until(response, "\"signature\":\"later\"").await;
        assert!(seen.contains("event: event\n") && seen.contains("id: 4\n"), "{seen}");
        assert!(!seen.contains("id: 3\n"), "{seen}");
    }
}

#[test]
fn the_committed_openapi_document_is_the_servers() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let served = serve::openapi().unwrap();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(file, &served).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    assert!(committed == served, "run this test with UPDATE_OPENAPI=1 and commit indexer/openapi.json");
}
