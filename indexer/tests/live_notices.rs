//! Notices: each once, to whom it concerns.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/live.rs"]
mod kit;

use std::time::{SystemTime, UNIX_EPOCH};

use assay_escrow::Strategy;
use assay_indexer::{
    serve::live::notices::look,
    store::{Batch, Change, Row, Table},
};
use kit::{Database, LOCAL, Receiver, address, job, until};
use reqwest::Method;
use serde_json::{Value, json};
use solana_sdk::pubkey::Pubkey;

const NOW: i64 = 1_800_000_000;

fn row(table: Table, name: u8, slot: u64, data: Value) -> Row {
    Row { table, address: address(name), slot, change: Change::Scanned(data) }
}

async fn told(database: &Database) -> Vec<Value> {
    let sql = "SELECT jsonb_build_array(kind, object, deadline, parties, data ->> 'what') FROM notices ORDER BY id";
    sqlx::query_scalar(sql).fetch_all(&database.pool).await.unwrap()
}

/// Every kind of deadline, a second before it is near and at the moment it is.
#[tokio::test]
async fn deadlines_are_told_when_they_are_near() {
    let mut database = Database::start().await;
    let at = |seconds: i64| (NOW + seconds).to_string();
    let seat = |of: u8, operator: u8, state: &str, seal_by: i64| json!({"job": address(of), "operator": address(operator), "index": 0, "state": state, "seal_by": at(seal_by)});
    let accepted = json!({"Accepted": {"window": 800}});
    let case = |phase: &str, until: i64, sealed: u8| {
        json!({"job": address(12), "phase": phase, "until": at(until), "requester": address(1), "opener": address(4),
            "executor": address(5), "seal_window": 400, "reveal_window": 400, "sealed": sealed, "chairs": 1, "level": 0,
            "kind": "Tie"})
    };
    let ballot = |of: u8, state: &str| json!({"case": address(of), "operator": address(6), "state": state, "seal_by": at(100), "level": 0});
    let round = |of: u8, phase: &str| json!({"job": address(of), "phase": phase, "seal_by": at(-50), "reveal_by": at(100), "reveal_window": 400});
    let rows = vec![
        // Free seats; the window is from NOW - 900 to NOW + 300.
        row(Table::Jobs, 10, 1, job(NOW - 900, json!({"seal_by": at(300)}))),
        row(Table::Jobs, 11, 1, job(NOW, json!({"state": "Seated", "seal_by": at(9_000), "strategy": accepted}))),
        row(Table::Jobs, 12, 1, job(NOW, json!({"state": "Seated", "seal_by": at(9_000)}))),
        row(Table::Seats, 20, 1, seat(11, 30, "Claimed", 100)),
        row(Table::Seats, 21, 1, seat(12, 31, "Claimed", 100)),
        row(Table::Seats, 22, 1, seat(11, 32, "Delivered", 200)),
        row(Table::Seats, 23, 1, seat(12, 33, "Sealed", 0)),
        row(Table::Seats, 24, 1, seat(12, 34, "Revealed", 100)),
        row(Table::Rounds, 40, 1, round(12, "Revealing")),
        row(Table::Rounds, 41, 1, round(11, "Tied")),
        row(Table::Cases, 50, 1, case("Answering", 100, 0)),
        row(Table::Cases, 51, 1, case("Resolved", 100, 1)),
        row(Table::Cases, 52, 1, case("Judging", 500, 0)),
        row(Table::Cases, 53, 1, case("Judging", 100, 1)),
        row(Table::Ballots, 60, 1, ballot(52, "Joined")),
        row(Table::Ballots, 61, 1, ballot(53, "Sealed")),
    ];
    database.apply(Batch { rows, ..Batch::default() }).await;
    assert_eq!(look(&database.pool, NOW - 1, None).await.unwrap(), 0, "{:?}", told(&database).await);
    assert_eq!(look(&database.pool, NOW, None).await.unwrap(), 10);
    let line = |object: u8, deadline: i64, parties: &[u8], what: &str| {
        let parties: Vec<String> = parties.iter().map(|party| address(*party)).collect();
        json!(["deadline_near", address(object), NOW + deadline, parties, what])
    };
    let mut expected = vec![
        line(10, 300, &[1], "fill"),
        line(20, 100, &[30], "deliver"),
        line(21, 100, &[31], "seal"),
        line(22, 200, &[1], "review"),
        line(23, 100, &[33], "reveal"),
        line(41, 100, &[1, 30, 32], "call_jury"),
        line(50, 100, &[5], "answer"),
        line(51, 100, &[1, 4, 5], "appeal"),
        line(60, 100, &[6], "seal_ballot"),
        line(61, 100, &[6], "reveal_ballot"),
    ];
    expected.sort_by_key(Value::to_string);
    let mut got = told(&database).await;
    got.sort_by_key(Value::to_string);
    // A round's parties are in the order of their addresses.
    assert_eq!(got, expected);
}

/// Two instances that look at the same time, and again; a deadline that moved is another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notices_are_given_once() {
    let mut database = Database::start().await;
    let seal_by = |seconds: i64| json!({"seal_by": (NOW + seconds).to_string()});
    database
        .apply(Batch { rows: vec![row(Table::Jobs, 10, 1, job(NOW - 900, seal_by(300)))], ..Batch::default() })
        .await;
    let (one, two) = (database.pool.clone(), database.pool.clone());
    let mut count = 0;
    for _ in 0..20 {
        let (a, b) = tokio::join!(look(&one, NOW, None), look(&two, NOW, None));
        count += a.unwrap() + b.unwrap();
    }
    assert_eq!((count, told(&database).await.len()), (1, 1));
    let drawn = "SELECT last_value FROM events_id_seq";
    assert_eq!(sqlx::query_scalar::<_, i64>(drawn).fetch_one(&one).await.unwrap(), 1, "no ids are drawn for nothing");
    database
        .apply(Batch { rows: vec![row(Table::Jobs, 10, 2, job(NOW - 900, seal_by(310)))], ..Batch::default() })
        .await;
    assert_eq!(look(&one, NOW, Some(309)).await.unwrap(), 0);
    assert_eq!(look(&one, NOW, Some(310)).await.unwrap(), 1);
    assert_eq!(look(&one, NOW, Some(310)).await.unwrap(), 0);
}

#[tokio::test]
async fn low_funds_are_told() {
    let mut database = Database::start().await;
    let settled = |price: u64| job(1, json!({"state": "Settled", "seat_price": price.to_string()}));
    let open = |more: Value| job(NOW - 100, more);
    let half = json!({"seal_by": (NOW + 100).to_string()});
    let low = json!({"seal_by": (NOW + 100).to_string(), "seat_price": "396"});
    let of_another = json!({"seal_by": (NOW + 100).to_string(), "seat_price": "396", "class": 2});
    let early = json!({"seal_by": (NOW + 102).to_string(), "seat_price": "396"});
    let seated = json!({"seal_by": (NOW + 100).to_string(), "seat_price": "396", "seats": 1});
    let rows = vec![
        row(Table::Jobs, 10, 1, settled(4)),
        row(Table::Jobs, 11, 1, settled(400)),
        row(Table::Jobs, 12, 1, settled(4_000)),
        row(Table::Jobs, 20, 1, open(half)),
        row(Table::Jobs, 21, 1, open(low)),
        row(Table::Jobs, 22, 1, open(of_another)),
        row(Table::Jobs, 23, 1, open(early)),
        row(Table::Jobs, 24, 1, open(seated)),
        // Drawn again and again.
        row(Table::Jobs, 30, 1, job(1_700_000_000, json!({"state": "Seated"}))),
        row(Table::Jobs, 31, 1, job(1_700_000_000, json!({"state": "Seated"}))),
    ];
    let mut events = vec![];
    for (of, draws) in [(30, 5), (31, 4)] {
        events.push(database.event("DrawRearmed", json!({"job": address(of)})));
        for _ in 0..draws {
            events.push(database.event("SeedDrawn", json!({"job": address(of)})));
        }
    }
    database.apply(Batch { rows, events, ..Batch::default() }).await;
    let cranks = Strategy::Replicated { replicas: 3, quorum: 2, most: 5, adaptive: false }.cranks();
    assert_eq!(cranks, 10, "5 of them leave 5, and 3 seats, a draw, a verdict and the closing need 6");
    assert_eq!(look(&database.pool, NOW, Some(1)).await.unwrap(), 2);
    let told: Vec<Value> = sqlx::query_scalar("SELECT data FROM notices WHERE kind = 'funds_low' ORDER BY id")
        .fetch_all(&database.pool)
        .await
        .unwrap();
    let bounties = json!({"reason": "bounties", "left_lamports": "25000", "needed_lamports": "30000", "can_top_up": true,
        "send_to": address(30), "job": address(30), "requester": address(1)});
    let price = json!({"reason": "price", "price_per_unit": "99", "usual_per_unit": "100", "mint": address(2),
        "can_top_up": true, "job": address(21), "requester": address(1)});
    assert_eq!(told, [bounties, price]);
}

/// The database counts a strategy's cranks as the program does.
#[tokio::test]
async fn cranks_are_the_programs() {
    let database = Database::start().await;
    let mut all = vec![
        (json!({"Proven": {"key": address(1)}}), Strategy::Proven { key: Pubkey::default() }),
        (json!({"Optimistic": {"window": 5}}), Strategy::Optimistic { window: 5 }),
        (json!({"Accepted": {"window": 5}}), Strategy::Accepted { window: 5 }),
        (
            json!({"Attested": {"registrar": address(1), "threshold": 2}}),
            Strategy::Attested { registrar: Pubkey::default(), threshold: 2 },
        ),
    ];
    for committee in 1..7 {
        let sampled = json!({"Sampled": {"samples": 3, "committee": committee}});
        all.push((sampled, Strategy::Sampled { samples: 3, committee }));
    }
    for adaptive in [false, true] {
        for most in 2..=7 {
            for replicas in 2..=most {
                let json =
                    json!({"Replicated": {"replicas": replicas, "quorum": 2, "most": most, "adaptive": adaptive}});
                all.push((json, Strategy::Replicated { replicas, quorum: 2, most, adaptive }));
            }
        }
    }
    for (json, strategy) in all {
        let cranks: i32 =
            sqlx::query_scalar("SELECT job_cranks($1)").bind(&json).fetch_one(&database.pool).await.unwrap();
        assert_eq!(cranks, i32::from(strategy.cranks()), "{json}");
    }
}

/// A closing is told with its reason: on the stream to who names it, by webhook to its parties alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_job_is_told_with_its_reason() {
    let mut database = Database::start().await;
    let flags: Vec<&str> = LOCAL.iter().copied().chain(["--notice-every-ms", "50"]).collect();
    // Two, of which one looks at a time.
    let (instance, _other) = (database.instance(&flags).await, database.instance(&flags).await);
    let (mine, others) = (Receiver::start().await, Receiver::start().await);
    for (receiver, wallet) in [(&mine, 1), (&others, 9)] {
        let new = json!({"url": receiver.url, "topics": ["notice:job_closed"]});
        let token = database.token(Pubkey::new_from_array([wallet; 32]));
        assert_eq!(instance.call(Method::POST, "/v1/webhooks", &token, new).await.0.as_u16(), 201);
    }
    let mut stream = instance.stream("?topics=notice:all").await;
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let last = job(now - 60, json!({"state": "Unresolved", "losers": 1, "ended_at": now.to_string(), "root": "00"}));
    let mut events = vec![
        database.event("SeatClaimed", json!({"job": address(10), "operator": address(30)})),
        database.event("JobRefunded", json!({"job": address(10), "amount": "400"})),
        database.event("JobClosed", json!({"job": address(10), "bounty": "1", "last": last})),
        // Of long ago: history that is read in.
        database.event("JobClosed", json!({"job": address(11), "bounty": "1", "last": last})),
    ];
    events[..3].iter_mut().for_each(|event| event.time = Some(now));
    database.apply(Batch { events, ..Batch::default() }).await;
    let notice = stream.next().await.unwrap();
    assert_eq!((notice.event.as_str(), notice.id), ("notice", Some(5)));
    let expected = json!({"job": address(10), "requester": address(1), "state": "Unresolved", "reason": "unresolved",
        "text": "no result was found right: the requester has its payment back", "winners": 0, "losers": 1, "root": "00",
        "ended_at": now.to_string(), "paid": "0", "refunded": "400", "event": "3"});
    assert_eq!(notice.data["data"], expected);
    assert_eq!(notice.data["parties"], json!([address(1), address(30)]));
    assert_eq!(mine.wait(1).await[0].json()["type"], "notice.job_closed");
    // All hooks have had their turn.
    let cursor = "SELECT id FROM webhook_cursor";
    until(async || sqlx::query_scalar::<_, i64>(cursor).fetch_one(&database.pool).await.unwrap() >= 5).await;
    let count = "SELECT count(*) FROM webhook_deliveries";
    assert_eq!(sqlx::query_scalar::<_, i64>(count).fetch_one(&database.pool).await.unwrap(), 1);
    assert!(others.got().is_empty());
    let told = "SELECT array_agg(object) FROM notices";
    let told: Vec<String> = sqlx::query_scalar(told).fetch_one(&database.pool).await.unwrap();
    assert_eq!(told, [address(10)]);
}
