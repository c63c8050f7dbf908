//! Events, histories, numbers, search, and paging under writes, over real HTTP and a real Postgres.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use assay_indexer::store::{Batch, Change, EventRow, Row, Table};
use common::server::{ALICE, BOB, JOB, MINT, OPEN_JOB, POOL, SEAT_A, SEAT_B, Server};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use reqwest::StatusCode;
use serde_json::{Value, json};
use solana_sdk::pubkey::Pubkey;

const X: &str = "1111111111111111111111111111111X";
const Y: &str = "1111111111111111111111111111111Y";
const DAY: i64 = 86_400;

fn row(table: Table, address: &str, slot: u64, data: Value) -> Row {
    Row { table, address: address.into(), slot, change: Change::Scanned(data) }
}

fn event(slot: u64, time: i64, program: &'static str, kind: &str, data: Value) -> EventRow {
    EventRow {
        signature: format!("{kind} {slot}"),
        ix: 0,
        inner_ix: 0,
        slot,
        time: Some(time),
        program,
        kind: kind.into(),
        data,
    }
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn events_and_histories() {
    let server = Server::start().await;
    let last = json!({"requester": X, "units": "32", "class": 2, "mint": MINT, "state": "Settled"});
    let events = vec![
        event(40, 1_700_010_000, "escrow", "JobClosed", json!({"job": JOB, "bounty": "5", "last": last})),
        event(41, 1_700_020_000, "token", "Burned", json!({"owner": ALICE, "amount": "7"})),
    ];
    server.apply(Batch { events, watermark: Some(41), ..Batch::default() }).await;
    let burned = json!({"id": "5", "slot": "41", "time": "2023-11-15T03:46:40Z", "signature": "Burned 41", "program": "token",
        "kind": "Burned", "job": null, "data": {"owner": ALICE, "amount": "7"}});
    let all = server.json("/v1/events").await;
    assert_eq!((&all["items"][0], ids(&all)), (&burned, vec!["5", "4", "3", "2", "1"]));
    assert_eq!(server.json("/v1/events/5").await, json!({"slot": "41", "commitment": "confirmed", "event": burned}));
    for (path, status) in [("/v1/events/6", 404), ("/v1/events/x", 400), ("/v1/events/9223372036854775808", 400)] {
        assert_eq!(server.get(path).await.status().as_u16(), status, "{path}");
    }
    let table = [
        ("kind=SeatSlashed".to_owned(), vec!["3"]),
        ("program=staking".into(), vec!["2"]),
        (format!("job={JOB}"), vec!["4", "3", "1"]),
        (format!("operator={BOB}"), vec!["3", "2"]),
        (format!("address={POOL}"), vec!["2"]),
        ("slot_from=21&slot_to=40".into(), vec!["4"]),
        ("slot_from=18446744073709551615".into(), vec![]),
        ("from=1700010000&to=1700019999".into(), vec!["4"]),
        ("from=2023-11-15T03:46:40Z".into(), vec!["5"]),
        ("to=1700009999&sort=slot".into(), vec!["1", "2", "3"]),
        ("to=1699999999".into(), vec![]),
        ("from=1700020001".into(), vec![]),
    ];
    for (query, found) in table {
        assert_eq!(ids(&server.json(&format!("/v1/events?{query}")).await), found, "{query}");
    }
    let table = [
        (ALICE, "", vec!["5", "1"]),
        (BOB, "", vec!["3", "2"]),
        (JOB, "?limit=2", vec!["4", "3"]),
        (X, "", vec!["4"]),
        (SEAT_B, "", vec!["3"]),
        (JOB, "?from=1700010000", vec!["4"]),
        (JOB, "?to=1700009999&sort=slot", vec!["1", "3"]),
        (ALICE, "?slot_to=40", vec!["1"]),
        (Y, "", vec![]),
    ];
    for (address, query, found) in table {
        let history = server.json(&format!("/v1/accounts/{address}/history{query}")).await;
        assert_eq!(ids(&history), found, "{address} {query}");
    }
    let first = server.json(&format!("/v1/accounts/{JOB}/history?limit=2")).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(ids(&server.json(&format!("/v1/accounts/{JOB}/history?cursor={cursor}")).await), ["1"]);
    let problem: Value = server.get(&format!("/v1/accounts/{BOB}/history?cursor={cursor}")).await.json().await.unwrap();
    assert_eq!(problem["code"], "cursor_of_another_query");
    assert_eq!(server.get("/v1/accounts/nobody/history").await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_token() {
    let server = Server::start().await;
    let config = json!({"mint": X, "max_supply": "1000000", "minted": "1000", "paused": false, "next_epoch": "3", "next_amount": "50",
        "next_at": "900", "params": {"split": {"burn_bps": 1, "reserve_bps": 2, "rewards_bps": 3, "treasury_bps": 4},
        "emission": {"first": "100", "keep_bps": 9_900, "epoch_seconds": "60"}, "reserve_mint": Y}});
    let log = json!({"mint": MINT, "reserve_mint": Y, "swaps": "1", "given": "30", "received": "20"});
    let events = vec![
        event(40, 1_700_010_000, "token", "EpochEmitted", json!({"epoch": "2", "amount": "60"})),
        event(
            41,
            1_700_010_000,
            "token",
            "FeesCollected",
            json!({"mint": MINT, "vault": Y, "burned": "0", "reserve": "30", "rewards": "0", "treasury": "9"}),
        ),
        event(
            42,
            1_700_010_000,
            "token",
            "ReserveSwapped",
            json!({"mint": MINT, "reserve_mint": Y, "given": "30", "received": "20"}),
        ),
        event(43, 1_700_010_000, "token", "Burned", json!({"owner": X, "amount": "5"})),
        event(44, 1_700_010_000, "token", "ParamsSet", json!({})),
    ];
    let rows = vec![row(Table::TokenConfigs, POOL, 44, config), row(Table::SwapLogs, X, 44, log)];
    server.apply(Batch { rows, events, watermark: Some(44), ..Batch::default() }).await;
    let expected = json!({"slot": "44", "commitment": "confirmed", "mint": X, "max_supply": "1000000", "paused": false,
        "supply": {"minted": "1000", "burned": "25", "current": "975"},
        "emission": {"emitted": "60", "next_epoch": "3", "next_amount": "50", "next_at": "900", "first": "100", "keep_bps": 9_900,
            "epoch_seconds": "60"},
        "fees": {"split": {"burn_bps": 1, "reserve_bps": 2, "rewards_bps": 3, "treasury_bps": 4},
            "collected": [{"mint": MINT, "burned": "0", "reserve": "30", "rewards": "0", "treasury": "9"}]},
        "reserve": {"mint": Y, "swaps": [{"mint": MINT, "reserve_mint": Y, "swaps": "1", "given": "30", "received": "20"}]}});
    assert_eq!(server.json("/v1/token").await, expected);
    assert_eq!(ids(&server.json("/v1/token/transfers").await), ["7", "6", "5", "4"]);
    assert_eq!(ids(&server.json("/v1/token/transfers?kind=Burned").await), ["7"]);
    assert_eq!(ids(&server.json("/v1/token/reserve-log").await), ["6"]);
    assert_eq!(server.json("/v1/token/minters").await["items"], json!([]));
}

#[tokio::test]
async fn series_and_the_leaderboard() {
    let server = Server::start().await;
    let start = 1_700_000_000 / DAY * DAY;
    let device = |slots: u64| json!({"device": Y, "operator": ALICE, "slots": slots, "last": {"slots": slots}});
    let posted = json!({"job": X, "requester": BOB});
    let settled = json!({"job": X, "seat": SEAT_A, "operator": BOB, "paid": "300", "fee": "10", "last": {}});
    let events = vec![
        event(50, start, "escrow", "DeviceRegistered", device(4)),
        event(51, start + 60, "escrow", "JobPosted", posted),
        event(52, start + 120, "escrow", "SeatClaimed", json!({"job": X, "seat": SEAT_A, "operator": BOB})),
        event(53, start + 3_600, "escrow", "DeviceUpdated", device(2)),
        event(54, start + 7_200, "escrow", "SeatSettled", settled),
        event(
            55,
            start + DAY,
            "escrow",
            "JobClosed",
            json!({"job": X, "last": {"state": "Settled", "class": 2, "mint": Y, "units": "100"}}),
        ),
    ];
    let job = json!({"requester": BOB, "mint": Y, "class": 2, "units": "100", "state": "Settled", "posted_at": "1"});
    let rows = vec![row(Table::Jobs, X, 55, job)];
    server.apply(Batch { rows, events, watermark: Some(55), ..Batch::default() }).await;
    let series = async |query: &str| {
        let reply = server.json(&format!("/v1/stats/series?from={start}&to={}&{query}", start + DAY)).await;
        let items = reply["items"].as_array().unwrap().clone();
        let point = |item: &Value| {
            (
                item["at"].as_str().unwrap().to_owned(),
                item["class"].clone(),
                item["mint"].clone(),
                item["value"].clone(),
            )
        };
        items.iter().map(point).collect::<Vec<_>>()
    };
    let (day, next) = ("2023-11-14T00:00:00Z", "2023-11-15T00:00:00Z");
    let point = |at: &str, class: Value, mint: Value, value: &str| (at.to_owned(), class, mint, json!(value));
    // The other settlement is the seed's, of a job without a class.
    let of_seed = |value: &str| point(day, json!(null), json!(MINT), value);
    assert_eq!(series("metric=volume").await, [of_seed("100"), point(day, json!(2), json!(Y), "310")]);
    assert_eq!(series("metric=fees&class=2").await, [point(day, json!(2), json!(Y), "10")]);
    assert_eq!(series("metric=jobs").await, [point(day, json!(2), json!(Y), "1")]);
    assert_eq!(series(&format!("metric=price&mint={Y}")).await, [point(day, json!(2), json!(Y), "3.000000")]);
    assert_eq!(series("metric=units").await, [point(next, json!(2), json!(Y), "100")]);
    assert_eq!(series("metric=slashes").await, [point(day, json!(null), json!(null), "40")]);
    assert_eq!(series("metric=burned").await, [point(day, json!(null), json!(null), "20")]);
    let used = series("metric=utilisation&step=hour").await;
    let used: Vec<_> = used.iter().map(|(at, .., value)| (&at[11..13], value.as_str().unwrap())).collect();
    // One seat of four slots, then of two, then none; the seed's seats ended without a claim.
    assert_eq!(used, [("00", "0.250000"), ("01", "0.500000"), ("02", "0.000000"), ("22", "-1.000000")]);
    for bad in [
        "",
        "?metric=size",
        "?metric=burned&class=1",
        "?metric=volume&from=10&to=5",
        "?metric=volume&step=hour&from=0&to=1700000000",
    ] {
        assert_eq!(server.get(&format!("/v1/stats/series{bad}")).await.status(), StatusCode::BAD_REQUEST, "{bad}");
    }

    let bob = json!({"rank": 1, "operator": BOB, "units": "100", "seats_won": 1, "seats_lost": 1, "earned": [{"mint": Y, "amount": "300"}],
        "slashed": "40"});
    let alice = json!({"rank": 2, "operator": ALICE, "units": "32", "seats_won": 1, "seats_lost": 0,
        "earned": [{"mint": MINT, "amount": "97"}], "slashed": "0"});
    let board = server.json("/v1/leaderboard").await;
    assert_eq!(board, json!({"slot": "55", "commitment": "confirmed", "period": "all", "items": [bob, alice]}));
    let of_class = server.json("/v1/leaderboard?class=2&limit=1").await;
    assert_eq!((&of_class["items"][0]["operator"], of_class["items"].as_array().unwrap().len()), (&json!(BOB), 1));
    assert_eq!(server.json("/v1/leaderboard?period=30d").await["items"], json!([]), "all that is years old");
    assert_eq!(server.get("/v1/leaderboard?limit=0").await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn search_finds_addresses_hashes_and_words() {
    let server = Server::start().await;
    let hash = "ab".repeat(32);
    let job = json!({"requester": BOB, "mint": MINT, "state": "Open", "posted_at": "1", "spec_hash": hash});
    let model = json!({"author": BOB, "uri": "https://hub.example/Meta/Llama-3.1-70B", "content_hash": hash});
    let rows = vec![
        row(Table::Jobs, "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM", 30, job),
        row(Table::Models, Y, 30, model),
    ];
    server.apply(Batch { rows, watermark: Some(30), ..Batch::default() }).await;
    let found = async |q: &str| {
        let reply = server.http.get(format!("{}/v1/search", server.base)).query(&[("q", q)]).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::OK, "{q}");
        let reply: Value = reply.json().await.unwrap();
        let hit = |hit: &Value| format!("{} {}", hit["type"].as_str().unwrap(), hit["by"].as_str().unwrap());
        reply["items"].as_array().unwrap().iter().map(hit).collect::<Vec<_>>()
    };
    assert_eq!(found("4uQeVj5t").await, ["job address"]);
    assert_eq!(found(Y).await, ["model address"]);
    assert_eq!(found(BOB).await, ["operator address"]);
    assert_eq!(found(SEAT_A).await, ["seat address"], "events name it too, but it is a seat");
    assert_eq!(found(&hash).await, ["job spec_hash", "model content_hash"]);
    assert_eq!(found("llama 70").await, ["model word"]);
    assert_eq!(found("LLAMA").await, ["model word"]);
    for nothing in ["nothing", "'; DROP TABLE jobs", "!!", "a & | b:*", "é€"] {
        assert_eq!(found(nothing).await, Vec::<String>::new(), "{nothing}");
    }
    for bad in ["", "?q=a", &format!("?q={}", "a".repeat(101)), "?q=a%00b"] {
        assert_eq!(server.get(&format!("/v1/search{bad}")).await.status(), StatusCode::BAD_REQUEST, "{bad}");
    }
    let items = server.json(&format!("/v1/search?q={Y}")).await["items"].clone();
    assert_eq!(
        items,
        json!([{"type": "model", "address": Y, "label": "https://hub.example/Meta/Llama-3.1-70B", "by": "address"}])
    );
}

/// Pages through a list while rows come, change and close: what was there throughout is seen, and seen once.
#[tokio::test]
async fn cursor_stable_under_writes() {
    let seed: u64 = std::env::var("ASSAY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random);
    println!("ASSAY_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let server = Server::start().await;
    let mut slot = 100;
    let mut jobs: BTreeMap<String, Value> = BTreeMap::new();
    let fresh = |rng: &mut StdRng| {
        // Many of one second: the address decides then.
        let posted: u32 = rng.random_range(1_000..1_010);
        let data = json!({"requester": ALICE, "mint": MINT, "units": "1", "state": "Open", "posted_at": posted.to_string(),
            "seat_price": rng.random_range(1..5).to_string(), "seal_by": "9"});
        (Pubkey::new_from_array(rng.random()).to_string(), data)
    };
    for query in ["sort=-posted_at", "sort=posted_at", "sort=price", "sort=-address", "sort=-posted_at&requester="] {
        let query = if query.ends_with('=') { format!("{query}{ALICE}") } else { query.to_owned() };
        let mut batch = Batch::default();
        for _ in 0..60 {
            let (address, data) = fresh(&mut rng);
            batch.rows.push(row(Table::Jobs, &address, slot, data.clone()));
            jobs.insert(address, data);
        }
        server.apply(batch).await;
        let throughout: Vec<String> = jobs.keys().cloned().collect();
        let (mut seen, mut cursor) = (BTreeMap::<String, u32>::new(), String::new());
        loop {
            let page = server.json(&format!("/v1/jobs?limit=7&{query}{cursor}")).await;
            for item in page["items"].as_array().unwrap() {
                *seen.entry(item["address"].as_str().unwrap().to_owned()).or_default() += 1;
            }
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
            slot += 1;
            let mut batch = Batch::default();
            let (address, data) = fresh(&mut rng);
            batch.rows.push(row(Table::Jobs, &address, slot, data.clone()));
            jobs.insert(address, data);
            // One changes, one is closed: they are there still.
            for closes in [false, true] {
                let address = throughout.choose(&mut rng).unwrap();
                let mut data = jobs[address].clone();
                data["state"] = json!(if closes { "Settled" } else { "Seated" });
                let change = if closes { Change::Last(data) } else { Change::Scanned(data) };
                batch.rows.push(Row { table: Table::Jobs, address: address.clone(), slot, change });
            }
            server.apply(batch).await;
        }
        let wrong: Vec<_> = throughout.iter().filter(|address| seen.get(*address) != Some(&1)).collect();
        assert!(wrong.is_empty(), "{query}: {wrong:?}");
        assert!(seen.values().all(|times| *times == 1), "{query}");
        assert!(seen.contains_key(OPEN_JOB) || query.contains("requester") || query.contains("price"));
    }
}
