//! Every account as the API lists, filters and finds it.

#![allow(clippy::unwrap_used)]

mod common;

use assay_indexer::store::{Batch, Change, Row, Table};
use common::server::{ALICE, BOB, JOB, MINT, POOL, SEAT_A, Server};
use reqwest::StatusCode;
use serde_json::{Value, json};

const X: &str = "1111111111111111111111111111111X";
const Y: &str = "1111111111111111111111111111111Y";

fn row(table: Table, address: &str, slot: u64, data: Value) -> Row {
    Row { table, address: address.into(), slot, change: Change::Scanned(data) }
}

/// What the API makes of an account at slot 30.
fn shown(address: &str, added: &Value, data: &Value) -> Value {
    let mut all = json!({"address": address, "slot": "30", "closed_slot": null});
    for part in [added, data] {
        for (name, value) in part.as_object().unwrap() {
            all[name] = value.clone();
        }
    }
    all
}

/// Table, path, name of the item, fields that are added, account, what fits it and what does not, parts of the lookup.
type Kind = (Table, &'static str, &'static str, Value, Value, Vec<(&'static str, &'static str)>, Value);

fn kinds() -> Vec<Kind> {
    let none = || json!({});
    let key = "00".repeat(32);
    vec![
        (
            Table::Bids,
            "/v1/bids",
            "bid",
            none(),
            json!({"job": JOB, "operator": ALICE, "device": Y, "price": "500", "posted_at": "100", "expires_at": "900"}),
            vec![
                ("price_min=500&price_max=500", "price_min=501"),
                ("expires_from=900", "expires_from=901"),
                ("open=true", "open=false"),
            ],
            none(),
        ),
        (
            Table::Devices,
            "/v1/devices",
            "device",
            json!({"state": "busy"}),
            json!({"operator": ALICE, "slots": 2, "busy": 2, "available": true, "verified": true, "price_floor": "7",
                "capabilities": {"engines": 2, "cores": 8, "memory_mib": 4096, "disk_gib": 10, "gpus": 1, "gpu_memory_mib": 80_000,
                    "gpu_model": "48313030", "region": "4445"}}),
            vec![
                ("state=busy", "state=available"),
                ("engine=1", "engine=0"),
                ("cores_min=8", "cores_min=9"),
                ("memory_mib_min=4096", "memory_mib_min=4097"),
                ("disk_gib_min=10", "disk_gib_min=11"),
                ("gpus_min=1&gpu_memory_mib_min=80000", "gpus_min=2"),
                ("gpu_model=48313030", "gpu_model=48313031"),
                ("region=4445", "region=4652"),
                ("verified=true", "verified=false"),
                ("price_max=7", "price_max=6"),
            ],
            none(),
        ),
        (
            Table::Models,
            "/v1/models",
            "model",
            none(),
            json!({"author": BOB, "payee": BOB, "content_hash": key, "royalty_bps": 250, "uri": "https://x.example/Llama-70b"}),
            vec![("word=llama", "word=lama"), ("royalty_bps_max=250", "royalty_bps_max=249")],
            json!({"timeline": []}),
        ),
        (
            Table::Positions,
            "/v1/positions",
            "position",
            none(),
            json!({"pool": POOL, "owner": BOB, "shares": "5"}),
            vec![(
                Box::leak(format!("operator={ALICE}").into_boxed_str()),
                Box::leak(format!("operator={BOB}").into_boxed_str()),
            )],
            json!({"pool": {"address": POOL, "operator": ALICE, "active": "900", "active_shares": null, "cooling": "5",
                "cooling_shares": null}}),
        ),
        (
            Table::Tickets,
            "/v1/tickets",
            "ticket",
            none(),
            json!({"pool": Y, "owner": BOB, "shares": "5", "ready_at": "700"}),
            vec![("ready_from=700&ready_to=700", "ready_from=1970-01-01T00:11:41Z")],
            json!({"pool": null}),
        ),
        (
            Table::Rounds,
            "/v1/rounds",
            "round",
            none(),
            json!({"job": Y, "phase": "Tied", "revealed": 0, "seal_by": "800"}),
            vec![("phase=Tied", "phase=Final"), ("seal_by_to=800", "seal_by_to=799")],
            none(),
        ),
        (
            Table::Ballots,
            "/v1/ballots",
            "ballot",
            none(),
            json!({"case": Y, "operator": BOB, "state": "Sealed", "level": 0}),
            vec![("state=Sealed", "state=Joined")],
            none(),
        ),
        (
            Table::Attestors,
            "/v1/attestors",
            "attestor",
            none(),
            json!({"registrar": BOB, "revoked": false, "expires_at": "600"}),
            vec![("revoked=false", "revoked=true")],
            none(),
        ),
        (
            Table::ProofKeys,
            "/v1/keys",
            "key",
            none(),
            json!({"payer": BOB, "closes_at": "0"}),
            vec![("open=true", "open=false")],
            none(),
        ),
        (
            Table::Canaries,
            "/v1/canaries",
            "canary",
            none(),
            json!({"payer": BOB, "created_at": "500"}),
            vec![("created_from=500", "created_from=501")],
            none(),
        ),
        (
            Table::Proposals,
            "/v1/proposals",
            "proposal",
            none(),
            json!({"proposer": BOB, "state": "Voting", "created_at": "500", "ends_at": "900"}),
            vec![("state=voting", "state=queued"), ("created_to=500", "created_to=499")],
            json!({"actions": []}),
        ),
        (
            Table::Votes,
            "/v1/votes",
            "vote",
            none(),
            json!({"proposal": Y, "voter": BOB, "choice": "No", "weight": "10"}),
            vec![("choice=No", "choice=Yes")],
            none(),
        ),
        (
            Table::Distributions,
            "/v1/distributions",
            "distribution",
            none(),
            json!({"opener": BOB, "mint": MINT, "expires_at": "400"}),
            vec![("expires_to=400", "expires_to=399")],
            none(),
        ),
    ]
}

#[tokio::test]
async fn every_account_is_listed_filtered_and_found() {
    let server = Server::start().await;
    let rows = kinds().into_iter().map(|(table, .., data, _, _)| row(table, X, 30, data)).collect();
    server.apply(Batch { rows, watermark: Some(30), ..Batch::default() }).await;
    for (_, path, noun, added, data, filters, parts) in kinds() {
        let item = shown(X, &added, &data);
        let found = async |query: &str| -> Vec<Value> {
            let items = server.json(&format!("{path}?{query}")).await["items"].as_array().unwrap().clone();
            items.into_iter().filter(|item| item["address"] == X).collect()
        };
        let page = server.json(path).await;
        assert_eq!(
            (&page["slot"], &page["commitment"], &page["next_cursor"]),
            (&json!("30"), &json!("confirmed"), &json!(null)),
            "{path}"
        );
        assert_eq!(found("limit=100").await, std::slice::from_ref(&item), "{path}");
        for (fits, fits_not) in filters {
            assert_eq!((found(fits).await.len(), found(fits_not).await.len()), (1, 0), "{path}: {fits}, {fits_not}");
        }
        for (name, value) in data.as_object().unwrap() {
            // Filters by address have the field's name.
            let Some(value) = value.as_str().filter(|value| value.len() > 30 && value.starts_with('1')) else {
                continue;
            };
            assert_eq!(found(&format!("{name}={value}")).await.len(), 1, "{path}?{name}");
            assert_eq!(found(&format!("{name}={SEAT_A}")).await.len(), 0, "{path}?{name}");
        }
        let mut one = json!({"slot": "30", "commitment": "confirmed", noun: item});
        for (name, part) in parts.as_object().unwrap() {
            one[name] = part.clone();
        }
        assert_eq!(server.json(&format!("{path}/{X}")).await, one, "{path}");
        let response = server.get(&format!("{path}/{SEAT_A}")).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        let mut problem: Value = response.json().await.unwrap();
        problem.as_object_mut().unwrap().remove("request_id");
        let expected = json!({"type": "/problems/not_found", "title": "Not Found", "status": 404, "code": "not_found",
            "detail": format!("there is no {noun} {SEAT_A}, or it is not indexed yet")});
        assert_eq!(problem, expected);
    }
}

#[tokio::test]
async fn seats_records_operators_mints_and_filters_of_jobs() {
    let server = Server::start().await;
    let seat = server.json(&format!("/v1/seats/{SEAT_A}")).await;
    assert_eq!(
        seat["seat"],
        json!({"address": SEAT_A, "slot": "20", "closed_slot": "20", "index": 0, "job": JOB, "operator": ALICE,
            "state": "Revealed", "outcome": "won", "paid": "97", "slashed": "0"})
    );
    let seats = server.json(&format!("/v1/seats?job={JOB}&sort=-address")).await;
    assert_eq!((&seats["items"][1], seats["items"].as_array().unwrap().len()), (&seat["seat"], 2));
    let records = server.json("/v1/reputation?score_min=6666&sort=-score").await;
    assert_eq!(records["items"][0]["score_bps"], 6666);
    assert_eq!(server.json("/v1/reputation?score_min=6667").await["items"], json!([]));
    let operator = server.json(&format!("/v1/operators/{ALICE}")).await;
    assert_eq!((&operator["operator"]["seats_won"], &operator["pool"]["address"]), (&json!(1), &json!(POOL)));
    assert_eq!(server.json(&format!("/v1/operators/{POOL}")).await, operator, "by its pool");
    let mint = server.json(&format!("/v1/mints/{MINT}")).await;
    assert_eq!((&mint["mint"]["symbol"], &mint["mint"]["address"]), (&json!("tUSD"), &json!(POOL)));
    let mut job = json!({"requester": BOB, "mint": BOB, "units": "64", "state": "Open", "posted_at": "300", "class": 3, "seal_by": "900",
        "strategy": {"Proven": {"key": X}}, "spec_hash": "ab".repeat(32), "root": "cd".repeat(32), "seat_price": "1000",
        "legs": [{"to": BOB, "bps": 250, "due": "0"}],
        "requirements": {"engine": 1, "cores": 8, "memory_mib": 4096, "disk_gib": 10, "gpus": 1, "gpu_memory_mib": 80_000,
            "gpu_model": "48313030", "region": "0000"}});
    let model = json!({"author": ALICE, "payee": BOB, "uri": "u"});
    let rows = vec![row(Table::Jobs, X, 30, job.clone()), row(Table::Models, Y, 30, model)];
    server.apply(Batch { rows, watermark: Some(30), ..Batch::default() }).await;
    job = shown(X, &json!({"status": "open"}), &job);
    let hash = ["ab", "cd"].map(|byte| byte.repeat(32));
    let table = [
        (format!("status=open&requester={BOB}"), "status=seated".to_owned()),
        (format!("mint={BOB}&class=3"), format!("mint={BOB}&class=2")),
        ("strategy=proven".into(), "strategy=sampled".into()),
        ("engine=1".into(), "engine=2".into()),
        (format!("spec_hash={}", hash[0]), format!("spec_hash={}", hash[1])),
        (format!("root={}", hash[1]), format!("root={}", hash[0])),
        (format!("model={Y}"), format!("model={X}")),
        ("price_min=1000&price_max=1000".into(), "price_min=1001".into()),
        ("units_min=64&units_max=64".into(), "units_max=63".into()),
        ("posted_from=300&posted_to=300".into(), "posted_to=299".into()),
        ("cores=8&memory_mib=4096&disk_gib=10".into(), "cores=7".into()),
        ("gpus=1&gpu_memory_mib=80000".into(), "gpus=0".into()),
        ("gpu_model=48313030&region=4445".into(), "gpu_model=48313031".into()),
    ];
    for (fits, fits_not) in table {
        let found = server.json(&format!("/v1/jobs?{fits}")).await["items"].clone();
        let found: Vec<&Value> = found.as_array().unwrap().iter().filter(|item| item["address"] == X).collect();
        assert_eq!(found, [&job], "{fits}");
        let others = server.json(&format!("/v1/jobs?{fits_not}")).await["items"].clone();
        assert!(others.as_array().unwrap().iter().all(|item| item["address"] != X), "{fits_not}");
    }
    let order = async |sort: &str| {
        let items = server.json(&format!("/v1/jobs?sort={sort}&posted_from=300")).await["items"].clone();
        items[0]["address"].clone()
    };
    for sort in ["price", "-units", "seal_by", "-address"] {
        assert_eq!(order(sort).await, X, "{sort}");
    }
}
