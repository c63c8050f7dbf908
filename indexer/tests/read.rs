//! What all lists and lookups have in common, over real HTTP and a real Postgres.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashSet;

use assay_indexer::{
    serve,
    store::{Batch, Change, Row, Table},
};
use common::server::{ALICE, BOB, JOB, MINT, Server};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

const X: &str = "1111111111111111111111111111111X";

fn row(table: Table, address: &str, slot: u64, data: Value) -> Row {
    Row { table, address: address.into(), slot, change: Change::Scanned(data) }
}

fn header(response: &Response, name: &str) -> String {
    response.headers()[name].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn fields_are_chosen() {
    let server = Server::start().await;
    let list = server.json("/v1/jobs?fields=address,status,requirements.gpus,winners&limit=1&sort=posted_at").await;
    assert_eq!(list["items"], json!([{"address": JOB, "status": "settled", "winners": 1}]));
    let one = server.json(&format!("/v1/operators/{ALICE}?fields=records.0.class,active")).await;
    assert_eq!(one["operator"], json!({"active": "900", "records": {"0": {"class": 1}}}));
    for (path, code) in [
        ("/v1/jobs?fields=nothing", "unknown_field"),
        ("/v1/jobs?fields=address'", "unknown_field"),
        ("/v1/jobs?colour=red", "unknown_parameter"),
        ("/v1/jobs?limit=1&limit=2", "parameter_twice"),
        ("/v1/stats?limit=1", "unknown_parameter"),
        ("/v1/jobs?min_slot=x", "bad_request"),
        ("/v1/jobs/%FF", "bad_request"),
    ] {
        let response = server.get(path).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!((&problem["code"], &problem["type"]), (&json!(code), &json!(format!("/problems/{code}"))), "{path}");
    }
}

#[tokio::test]
async fn unchanged_replies_are_not_sent_again_and_say_their_slot() {
    let server = Server::start().await;
    for path in ["/v1/jobs", &format!("/v1/jobs/{JOB}"), "/v1/stats"] {
        let first = server.get(path).await;
        let tag = first.headers()["etag"].to_str().unwrap().to_owned();
        assert!(tag.starts_with("W/\"") && tag.len() == 36, "{tag}");
        assert_eq!((header(&first, "cache-control"), header(&first, "assay-slot")), ("no-cache".into(), "22".into()));
        let again = async |tag: &str| {
            server.http.get(format!("{}{path}", server.base)).header("if-none-match", tag).send().await.unwrap()
        };
        for known in [tag.clone(), format!("\"other\", {tag}"), "*".into()] {
            let reply = again(&known).await;
            assert_eq!((reply.status(), header(&reply, "etag")), (StatusCode::NOT_MODIFIED, tag.clone()), "{known}");
            assert_eq!((header(&reply, "assay-slot"), reply.bytes().await.unwrap().len()), ("22".into(), 0));
        }
        assert_eq!(again("\"other\"").await.status(), StatusCode::OK);
    }
    // The slot goes on, the content does not: the same tag. Then the content: another one.
    let tag = async || server.get("/v1/jobs").await.headers()["etag"].clone();
    let first = tag().await;
    server.apply(Batch { watermark: Some(23), ..Batch::default() }).await;
    assert_eq!(tag().await, first);
    let job = json!({"requester": BOB, "mint": MINT, "state": "Open", "posted_at": "1"});
    server.apply(Batch { rows: vec![row(Table::Jobs, X, 24, job)], ..Batch::default() }).await;
    assert_ne!(tag().await, first);
}

#[tokio::test]
async fn what_is_shown_is_as_final_as_its_latest_part() {
    let server = Server::start().await;
    let finalize = async |slot: i64| {
        let pool = assay_indexer::store::pool(&server.url).unwrap();
        sqlx::query("UPDATE watermark SET finalized = $1").bind(slot).execute(&pool).await.unwrap();
    };
    let commitment = async |path: &str| server.json(path).await["commitment"].as_str().unwrap().to_owned();
    finalize(21).await;
    assert_eq!(commitment("/v1/jobs?status=settled").await, "finalized", "its row is of slot 21");
    assert_eq!(commitment("/v1/jobs").await, "confirmed", "a row is of slot 22");
    assert_eq!(commitment(&format!("/v1/jobs/{JOB}")).await, "finalized");
    assert_eq!(
        (commitment("/v1/stats").await, commitment("/v1/votes").await),
        ("confirmed".into(), "confirmed".into())
    );
    finalize(22).await;
    for path in ["/v1/jobs", "/v1/stats", "/v1/votes"] {
        assert_eq!(commitment(path).await, "finalized", "{path}");
    }
}

#[tokio::test]
async fn a_request_waits_for_the_slot_it_wants() {
    let server = Server::start().await;
    assert_eq!(server.json("/v1/jobs?min_slot=22").await["slot"], "22");
    let waiting = async { server.json("/v1/jobs?min_slot=40").await };
    let writing = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        server.apply(Batch { watermark: Some(41), ..Batch::default() }).await;
    };
    let (reply, ()) = tokio::join!(waiting, writing);
    assert_eq!(reply["slot"], "41");
    let late = server.get("/v1/jobs?min_slot=42").await;
    assert_eq!((late.status(), header(&late, "retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "1".into()));
    let problem: Value = late.json().await.unwrap();
    assert_eq!(
        (&problem["code"], &problem["detail"]),
        (&json!("slot_not_reached"), &json!("the tables are at slot 41 yet; try again in a moment"))
    );
    // Nobody is kept waiting for what will not come.
    let never = server.get("/v1/jobs?min_slot=176").await;
    assert_eq!(never.status(), StatusCode::BAD_REQUEST);
    let problem: Value = never.json().await.unwrap();
    assert_eq!(problem["detail"], "min_slot is 176, but the chain is at slot 25; give a transaction's slot");
}

#[tokio::test]
async fn a_cursor_is_of_one_query() {
    let server = Server::start().await;
    let first = server.json(&format!("/v1/jobs?limit=1&requester={JOB}")).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let next = server.json(&format!("/v1/jobs?limit=2&requester={JOB}&cursor={cursor}&fields=address")).await;
    assert_eq!((&next["items"], &next["next_cursor"]), (&json!([{"address": JOB}]), &json!(null)));
    for other in ["/v1/jobs?", "/v1/jobs?sort=price&", &format!("/v1/jobs?requester={BOB}&"), "/v1/seats?"] {
        let problem: Value = server.get(&format!("{other}cursor={cursor}")).await.json().await.unwrap();
        assert_eq!((&problem["code"], &problem["status"]), (&json!("cursor_of_another_query"), &json!(400)), "{other}");
    }
}

#[test]
fn the_document_describes_every_operation() {
    let document: Value = serde_json::from_str(&serve::openapi().unwrap()).unwrap();
    let (mut ids, mut lists) = (HashSet::new(), 0);
    let schemas = &document["components"]["schemas"];
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            if let Some(id) = operation["operationId"].as_str() {
                assert!(ids.insert(id.to_owned()), "{path}: {id} twice");
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let parameter = told(&document, parameter);
                assert!(parameter["schema"].is_object(), "{path}: {}", parameter["name"]);
            }
            let reply = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].as_str();
            let Some(name) = reply.and_then(|reply| reply.strip_prefix("#/components/schemas/")) else { continue };
            let schema = &schemas[name];
            // Those of what a wallet has here alone are not of the chain, and have no tag.
            let of_the_chain = operation["responses"]["304"].is_object();
            if schema["properties"]["next_cursor"].is_object() && of_the_chain {
                lists += 1;
                let statuses: Vec<_> = operation["responses"].as_object().unwrap().keys().collect();
                assert_eq!(statuses, ["200", "304", "400", "429", "500", "503"], "{path}");
            }
        }
    }
    assert_eq!(lists, 24);
    // Whatever is referred to is there.
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas[name].is_object(), "{name} is nowhere");
    }
    assert_eq!(schemas["Job"]["properties"]["units"]["$ref"], "#/components/schemas/U64");
    assert_eq!(schemas["Event"]["properties"]["id"]["type"], "string");
}

/// What a part of the document says, there or where it refers to.
fn told<'d>(document: &'d Value, part: &'d Value) -> &'d Value {
    let place = part["$ref"].as_str().and_then(|place| place.strip_prefix('#'));
    place.map_or(part, |place| document.pointer(place).unwrap())
}
