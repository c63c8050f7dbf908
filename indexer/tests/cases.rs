//! Cases as the API serves them.

#![allow(clippy::unwrap_used)]

mod common;

use assay_indexer::store::{Batch, Change, EventRow, Row, Table};
use common::server::{BOB, JOB, MINT, OPEN_JOB, Server};
use serde_json::json;

const CASE: &str = "1111111111111111111111111111111A";
const TIE: &str = "1111111111111111111111111111111B";
const BALLOT: &str = "1111111111111111111111111111111C";

/// Of the open job: a challenge that a jury judges, and an older case that was closed.
fn cases() -> Batch {
    let row = |table, address: &str, slot, change| Row { table, address: address.into(), slot, change };
    let case = |kind, phase: &str| json!({"job": OPEN_JOB, "kind": kind, "phase": phase, "until": "9"});
    let ballot = json!({"case": CASE, "operator": BOB, "level": 0, "state": "Sealed"});
    let event = |slot, kind: &str, data| EventRow {
        signature: format!("of {kind} at {slot}"),
        ix: 0,
        inner_ix: 0,
        slot,
        time: Some(1_700_000_000),
        program: "verification",
        kind: kind.into(),
        data,
    };
    let challenge = case(json!({"Challenge": {"unit": "5"}}), "Judging");
    let mut job =
        json!({"requester": JOB, "mint": MINT, "nonce": "2", "units": "32", "state": "Seated", "posted_at": "200"});
    job["cases"] = json!(1);
    Batch {
        rows: vec![
            row(Table::Jobs, OPEN_JOB, 30, Change::Scanned(job)),
            row(Table::Cases, CASE, 30, Change::Scanned(challenge)),
            row(Table::Cases, TIE, 24, Change::Last(case(json!("Tie"), "Concluded"))),
            row(Table::Ballots, BALLOT, 30, Change::Scanned(ballot)),
        ],
        events: vec![
            event(23, "CaseOpened", json!({"job": OPEN_JOB, "case": TIE})),
            event(26, "CaseOpened", json!({"job": OPEN_JOB, "case": CASE})),
            event(27, "BallotSealed", json!({"case": CASE, "operator": BOB})),
        ],
        watermark: Some(30),
        ..Batch::default()
    }
}

#[tokio::test]
async fn cases_with_their_ballots() {
    let server = Server::start().await;
    server.apply(cases()).await;
    let challenge = json!({"address": CASE, "slot": "30", "closed_slot": null, "state": "judging",
        "opened_at": "2023-11-14T22:13:20Z", "job": OPEN_JOB, "kind": {"Challenge": {"unit": "5"}}, "phase": "Judging", "until": "9"});
    let list = server.json("/v1/cases").await;
    assert_eq!(list["items"][0], challenge);
    assert_eq!((&list["items"][1]["address"], &list["items"][1]["state"]), (&json!(TIE), &json!("closed")));
    let first = server.json("/v1/cases?limit=1").await;
    let second = server.json(&format!("/v1/cases?limit=1&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!((&first["items"][0], &second["items"]), (&challenge, &json!([list["items"][1]])));
    let found = async |query: &str| {
        let items = server.json(&format!("/v1/cases?{query}")).await["items"].clone();
        items.as_array().unwrap().iter().map(|case| case["address"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("kind=challenge").await, [CASE]);
    assert_eq!(found("kind=tie&state=closed").await, [TIE]);
    assert_eq!(found("state=concluded").await, Vec::<String>::new());
    assert_eq!(found(&format!("job={OPEN_JOB}")).await, [CASE, TIE]);
    assert_eq!(found(&format!("job={JOB}")).await, Vec::<String>::new());

    let one = server.json(&format!("/v1/cases/{CASE}")).await;
    let mut with_ballots = challenge.clone();
    with_ballots["ballots"] = json!([{"address": BALLOT, "slot": "30", "closed_slot": null, "case": CASE, "operator": BOB,
        "level": 0, "state": "Sealed"}]);
    assert_eq!(one["case"], with_ballots);
    let kinds: Vec<_> = one["timeline"].as_array().unwrap().iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds, ["CaseOpened", "BallotSealed"]);
    let job = server.json(&format!("/v1/jobs/{OPEN_JOB}")).await;
    assert_eq!((&job["job"]["status"], &job["cases"][1]), (&json!("disputed"), &with_ballots));
    assert_eq!(job["cases"][0]["ballots"], json!([]));
    let kinds: Vec<_> = job["timeline"].as_array().unwrap().iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds, ["CaseOpened", "CaseOpened", "BallotSealed"], "the last one does not name its job");
    assert_eq!(server.json(&format!("/v1/jobs/{JOB}")).await["cases"], json!([]));
}
