//! Streams: nothing missing, nothing twice, whoever breaks off; who is slow harms himself alone.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/live.rs"]
mod kit;

use std::time::Duration;

use assay_indexer::store::{Batch, Change, Row, Table, drop_older};
use kit::{Database, address, job, until};
use rand::{Rng, SeedableRng, rngs::StdRng};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
    time::sleep,
};

fn rng() -> StdRng {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(rand::random);
    println!("SEED={seed}");
    StdRng::seed_from_u64(seed)
}

/// Clients that break off at random points, while two transactions at a time add to the stream, get every id once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_resumes_without_gap_or_repetition() {
    let mut rng = rng();
    let mut database = Database::start().await;
    // So few are kept that clients read the past from the database, from memory, and live.
    let instance = database.instance(&["--stream-buffer", "16"]).await;
    let other = database.pool.clone();
    let mut delays = StdRng::seed_from_u64(rng.random());
    let retractions = tokio::spawn(async move {
        for n in 0..60_i64 {
            let mut tx = other.begin().await.unwrap();
            let sql = "INSERT INTO retractions (slot, event) VALUES ($1, '{}'), ($1, '{}')";
            sqlx::query(sql).bind(n).execute(&mut *tx).await.unwrap();
            // Ids are drawn, and others come and go meanwhile.
            sleep(Duration::from_millis(delays.random_range(0..8))).await;
            tx.commit().await.unwrap();
            sleep(Duration::from_millis(delays.random_range(0..8))).await;
        }
    });
    let mut clients = vec![];
    for _ in 0..4 {
        let (base, http, seed) = (instance.base.clone(), instance.http.clone(), rng.random());
        clients.push(tokio::spawn(client(base, http, StdRng::seed_from_u64(seed))));
    }
    for _ in 0..60 {
        database.events("Heartbeat", json!({"job": address(9)}), rng.random_range(1..20)).await;
        sleep(Duration::from_millis(rng.random_range(0..10))).await;
    }
    retractions.await.unwrap();
    database.events("Last", json!({}), 1).await;
    let all = database.ids().await;
    for client in clients {
        assert_eq!(client.await.unwrap(), all);
    }
}

/// Reads all from the beginning to the event `Last`, breaking off time and again.
async fn client(base: String, http: reqwest::Client, mut rng: StdRng) -> Vec<i64> {
    let mut ids: Vec<i64> = vec![];
    loop {
        let last = ids.last().copied().unwrap_or(0).to_string();
        let request = if rng.random() {
            http.get(format!("{base}/v1/stream")).header("last-event-id", last)
        } else {
            http.get(format!("{base}/v1/stream?after={last}"))
        };
        let mut stream = kit::Stream::new(request.send().await.unwrap());
        for _ in 0..rng.random_range(0..120) {
            let Some(next) = stream.next().await else { break };
            if next.event == "cut" {
                assert_eq!(next.data["last_id"], ids.last().copied().unwrap_or(0).to_string());
                break;
            }
            ids.push(next.id.unwrap());
            if next.data["kind"] == "Last" {
                return ids;
            }
        }
    }
}

/// The guard of it: while one transaction adds to the stream, no other can draw an id.
#[tokio::test]
async fn ids_are_committed_in_their_order() {
    let database = Database::start().await;
    let retract = "INSERT INTO retractions (slot, event) VALUES (1, '{}')";
    let event = "INSERT INTO events (signature, ix, inner_ix, slot, program, kind, data)
        VALUES ('s', 0, 0, 1, 'escrow', 'X', '{}')";
    let notice = "INSERT INTO notices (kind, object, deadline, parties, data) VALUES ('x', 'x', 1, '{}', '{}')";
    for first in [retract, event, notice] {
        for second in [retract, event, notice] {
            let mut one = database.pool.begin().await.unwrap();
            sqlx::query(first).execute(&mut *one).await.unwrap();
            let mut two = database.pool.begin().await.unwrap();
            sqlx::query("SET LOCAL lock_timeout = '100ms'").execute(&mut *two).await.unwrap();
            let refused = sqlx::query(second).execute(&mut *two).await.unwrap_err();
            let code = refused.as_database_error().unwrap().code().unwrap().into_owned();
            assert_eq!(code, "55P03", "lock_not_available");
        }
    }
}

/// A client that does not read is cut when it is behind the bound, hears where to resume, and misses nothing by it;
/// the others notice nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_stream_client() {
    let mut database = Database::start().await;
    let instance = database.instance(&["--stream-buffer", "64"]).await;
    let mut fast = instance.stream("").await;
    // Takes little into its socket.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let address = instance.base.strip_prefix("http://").unwrap();
    let mut slow = socket.connect(address.parse().unwrap()).await.unwrap();
    slow.write_all(format!("GET /v1/stream HTTP/1.0\r\nhost: {address}\r\n\r\n").as_bytes()).await.unwrap();
    let mut text = vec![0; 15];
    slow.read_exact(&mut text).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&text), "HTTP/1.0 200 OK");

    // More than all buffers on the way hold; the fast one is asked for each lot, so that it is never behind.
    let large = "x".repeat(50_000);
    for _ in 0..40 {
        database.events("Heartbeat", json!({"large": large}), 16).await;
        fast.ids(16).await;
    }
    database.events("Last", json!({}), 1).await;
    assert_eq!(fast.next().await.unwrap().data["kind"], "Last");

    let mut rest = vec![];
    tokio::time::timeout(kit::PATIENCE, slow.read_to_end(&mut rest)).await.expect("it is not cut").unwrap();
    let rest = String::from_utf8(rest).unwrap();
    let ids: Vec<i64> = rest.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect();
    let (cut, before) = ids.split_last().unwrap();
    assert!(rest.ends_with("\n\n") && rest.contains("event: cut\n"), "{}", &rest[rest.len() - 300..]);
    assert!(rest.contains(&format!("\"last_id\":\"{cut}\"")), "{}", &rest[rest.len() - 300..]);
    assert_eq!(before.last(), Some(cut), "what it got is what it is told that it got");
    let all = database.ids().await;
    assert!(ids.len() < all.len(), "it was to be cut");
    assert_eq!(before, &all[..before.len()]);
    let mut resumed = instance.stream(&format!("?after={cut}")).await;
    assert_eq!(resumed.ids(all.len() - before.len()).await, all[before.len()..]);
}

/// Each topic alone and together, from the past and live alike.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn topics_choose() {
    let mut database = Database::start().await;
    let instance = database.instance(&[]).await;
    let table = [
        ("", vec![1, 2, 3, 4, 5, 6]),
        ("&kind=SeatSettled", vec![2]),
        (&format!("&job={}", address(10)), vec![1, 2, 5]),
        (&format!("&topics=job:{}", address(10)), vec![1, 2, 5]),
        (&format!("&topics=job:{},job:{}", address(10), address(11)), vec![1, 2, 3, 5]),
        (&format!("&topics=case:{}", address(20)), vec![5]),
        (&format!("&topics=operator:{}", address(30)), vec![2, 4]),
        (&format!("&topics=operator:{},kind:SeatSettled", address(30)), vec![2]),
        (&format!("&topics=requester:{}", address(1)), vec![1, 2, 3, 5]),
        (&format!("&topics=requester:{},kind:JobPosted", address(3)), vec![]),
        ("&topics=class:1", vec![1, 2, 5]),
        ("&topics=class:1,class:2", vec![1, 2, 3, 5]),
        (&format!("&topics=mint:{},class:2", address(2)), vec![3]),
        (&format!("&topics=address:{}", address(40)), vec![3]),
        (&format!("&topics=address:{}", address(30)), vec![2, 4]),
        ("&topics=program:escrow,kind:JobPosted,kind:BallotSealed", vec![1, 3, 5]),
        ("&topics=program:staking", vec![]),
        ("&topics=notice:all", vec![]),
    ];
    let mut live = vec![];
    for (query, _) in &table {
        live.push(instance.stream(&format!("?{}", query.trim_start_matches('&'))).await);
    }
    let row = |table, name: &str, data| Row { table, address: name.into(), slot: 1, change: Change::Scanned(data) };
    let rows = vec![
        row(Table::Jobs, &address(10), job(1, json!({}))),
        row(Table::Jobs, &address(11), job(1, json!({"class": 2}))),
        row(Table::Cases, &address(20), json!({"job": address(10), "kind": "Tie", "phase": "Judging"})),
    ];
    let events = vec![
        database.event("JobPosted", json!({"job": address(10)})),
        database.event("SeatSettled", json!({"job": address(10), "operator": address(30)})),
        database.event("JobPosted", json!({"job": address(11), "last": {"legs": [{"to": address(40)}]}})),
        database.event("Staked", json!({"operator": address(30)})),
        database.event("BallotSealed", json!({"case": address(20)})),
        database.event("Last", json!({})),
    ];
    database.apply(Batch { rows, events, ..Batch::default() }).await;
    sqlx::query("INSERT INTO retractions (slot, event) SELECT 1, json || '{\"mark\": 1}' FROM event_rows WHERE id = 2")
        .execute(&database.pool)
        .await
        .unwrap();
    // One that came later has nothing in memory: it reads the past from the database.
    let later = database.instance(&[]).await;
    later.stream("?after=6").await.ids(1).await;
    for ((query, expected), mut live) in table.iter().zip(live) {
        let mut memory = instance.stream(&format!("?after=0{query}")).await;
        let mut past = later.stream(&format!("?after=0{query}")).await;
        // The retraction goes where its event goes, under an id of its own.
        let more = expected.contains(&2).then_some(7);
        let expected: Vec<i64> = expected.iter().copied().chain(more).collect();
        for stream in [&mut live, &mut memory, &mut past] {
            assert_eq!(stream.ids(expected.len()).await, expected, "{query}");
        }
    }
    let mut retracted = instance.stream("?after=6").await;
    let retracted = retracted.next().await.unwrap();
    assert_eq!((retracted.event.as_str(), retracted.id), ("retracted", Some(7)));
    assert_eq!(retracted.data["id"], "7");
    assert_eq!((&retracted.data["event"]["id"], &retracted.data["event"]["mark"]), (&json!("2"), &json!(1)));
}

#[tokio::test]
async fn wrong_streams_get_problems() {
    let mut database = Database::start().await;
    database.events("X", json!({}), 3).await;
    let instance = database.instance(&[]).await;
    let many = vec!["class:1"; 65].join(",");
    let table = [
        ("topics=colour:red", "topic `colour:red`: topics are job, case, operator"),
        ("topics=job:x", "topic `job:x`: it needs a base58 address"),
        ("topics=class:256", "a class is a number from 0 to 255"),
        ("topics=program:system", "it must name a program"),
        ("topics=notice:x", "notices are deadline_near"),
        (&format!("topics={many}"), "there may be 64 topics at most"),
        ("kind=a%20b", "kind: a kind is the name of an event"),
        ("job=1", "job: it needs a base58 address"),
        ("after=-1", "is not the id of an event"),
        ("after=x", "is not the id of an event"),
        ("after=4", "which may have been built anew"),
    ];
    for (query, detail) in table {
        let response = instance.http.get(format!("{}/v1/stream?{query}", instance.base)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{query}");
        let problem: Value = response.json().await.unwrap();
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{query}: {problem}");
    }
    let plain = instance.http.get(format!("{}/v1/ws", instance.base)).send().await.unwrap();
    assert_eq!(plain.status(), StatusCode::BAD_REQUEST);
    assert_eq!(plain.headers()["content-type"], "application/problem+json");
}

/// A process serves so many streams and no more; who leaves makes room.
#[tokio::test]
async fn streams_are_limited() {
    let database = Database::start().await;
    let instance = database.instance(&["--max-streams", "2"]).await;
    let get = async |path: &str| instance.http.get(format!("{}{path}", instance.base)).send().await.unwrap();
    let first = instance.stream("").await;
    let _second = instance.stream("").await;
    let third = get("/v1/stream").await;
    assert_eq!(third.status(), StatusCode::SERVICE_UNAVAILABLE);
    let problem: Value = third.json().await.unwrap();
    assert_eq!(problem["detail"], "too many streams are open here; try again in a moment");
    let socket = format!("{}/v1/ws", instance.base.replacen("http", "ws", 1));
    let refused = tokio_tungstenite::connect_async(&socket).await.unwrap_err();
    assert!(refused.to_string().contains("503"), "{refused}");
    drop(first);
    until(async || get("/v1/stream").await.status() == StatusCode::OK).await;
}

/// What retention has dropped is not passed over in silence, and nothing else is said to be gone.
#[tokio::test]
async fn what_is_not_kept_is_said_to_be_gone() {
    let mut database = Database::start().await;
    let retract = "INSERT INTO retractions (slot, event) VALUES (2, '{}')";
    sqlx::query(retract).execute(&database.pool).await.unwrap();
    database.events("X", json!({}), 4).await;
    sqlx::query(retract).execute(&database.pool).await.unwrap();
    database.later(2_000_000);
    database.events("X", json!({}), 2).await;
    let get = async |after: i64| {
        let instance = database.instance(&[]).await;
        instance.http.get(format!("{}/v1/stream?after={after}", instance.base)).send().await.unwrap()
    };
    // The first event has the id 2, which does not mean that something was before it.
    for after in 0..=8 {
        assert_eq!(get(after).await.status(), StatusCode::OK, "{after}");
    }
    sqlx::query("UPDATE watermark SET slot = 1500000, finalized = 1500000").execute(&database.pool).await.unwrap();
    assert_eq!(drop_older(&database.pool, 30).await.unwrap(), ["events_0"]);
    for after in 1..=5 {
        let gone = get(after).await;
        assert_eq!(gone.status(), StatusCode::GONE, "{after}");
        let problem: Value = gone.json().await.unwrap();
        let expected = format!("what came after {after} is not kept any more; begin after 6");
        assert_eq!(problem["detail"], expected);
    }
    let instance = database.instance(&[]).await;
    for (after, first) in [(0, 7), (6, 7), (7, 8)] {
        assert_eq!(instance.stream(&format!("?after={after}")).await.ids(1).await, [first]);
    }
    assert_eq!(get(8).await.status(), StatusCode::OK);
}

/// Notices go with the events of their time; of a job that is open they stay, so that nobody is told twice.
#[tokio::test]
async fn notices_are_not_kept_for_ever() {
    let mut database = Database::start().await;
    let open = Row { table: Table::Jobs, address: address(10), slot: 1, change: Change::Scanned(job(1, json!({}))) };
    database.apply(Batch { rows: vec![open], ..Batch::default() }).await;
    let pool = database.pool.clone();
    let tell = async |object: &str, job: String| {
        let sql =
            "INSERT INTO notices (kind, object, deadline, job, parties, data) VALUES ('X', $1, 1, $2, '{}', '{}')";
        sqlx::query(sql).bind(object).bind(job).execute(&pool).await.unwrap();
    };
    let kept = async || -> Vec<String> {
        sqlx::query_scalar("SELECT object FROM notices ORDER BY id").fetch_all(&pool).await.unwrap()
    };
    tell("of an open job", address(10)).await;
    tell("of one that is gone", address(11)).await;
    database.events("X", json!({}), 1).await;
    tell("and a late one", address(11)).await;
    database.later(2_000_000);
    database.events("X", json!({}), 1).await;
    assert_eq!(drop_older(&pool, 30).await.unwrap(), Vec::<String>::new(), "nothing is final");
    assert_eq!(kept().await.len(), 3);
    sqlx::query("UPDATE watermark SET slot = 1500000, finalized = 1500000").execute(&pool).await.unwrap();
    assert_eq!(drop_older(&pool, 30).await.unwrap(), ["events_0"]);
    assert_eq!(kept().await, ["of an open job", "and a late one"]);
}

/// However many listen, the database is read once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_reader_serves_all() {
    const CLIENTS: usize = 200;
    const BATCHES: usize = 25;
    let mut database = Database::start().await;
    let instance = database.instance(&[]).await;
    let mut streams = vec![];
    for _ in 0..CLIENTS {
        streams.push(instance.stream("?topics=kind:Heartbeat").await);
    }
    let before = statements(&database).await;
    for _ in 0..BATCHES {
        database.events("Heartbeat", json!({"job": address(9)}), 4).await;
        database.events("Other", json!({}), 1).await;
        for stream in &mut streams {
            assert_eq!(stream.ids(4).await.len(), 4);
        }
    }
    let spent = statements(&database).await - before;
    println!("{spent} transactions for {CLIENTS} clients and {BATCHES} batches");
    assert!(spent < i64::try_from(CLIENTS * BATCHES).unwrap() / 4, "{spent}");
}

/// Transactions of the database so far, once they are counted.
async fn statements(database: &Database) -> i64 {
    let sql = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
    let mut last = -1;
    loop {
        let count: i64 = sqlx::query_scalar(sql).fetch_one(&database.pool).await.unwrap();
        if count <= last + 2 {
            return count;
        }
        last = count;
        sleep(Duration::from_millis(1_500)).await;
    }
}
