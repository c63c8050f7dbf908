//! Webhooks: signed, told once, tried again, kept.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/live.rs"]
mod kit;

use kit::{Database, LOCAL, Receiver, address, until};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use solana_sdk::pubkey::Pubkey;

const ALICE: Pubkey = Pubkey::new_from_array([1; 32]);
const BOB: Pubkey = Pubkey::new_from_array([2; 32]);

fn local(more: &[&'static str]) -> Vec<&'static str> {
    LOCAL.iter().chain(more).copied().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_is_signed_and_its_hook_is_its_wallets() {
    let mut database = Database::start().await;
    let instance = database.instance(&local(&["--webhooks-per-wallet", "2"])).await;
    let (alice, bob) = (database.token(ALICE), database.token(BOB));
    let receiver = Receiver::start().await;
    database.events("SeatSettled", json!({"before": "it"}), 1).await;
    let new = json!({"url": receiver.url, "topics": [format!("job:{}", address(10))], "kinds": ["SeatSettled"]});
    let (status, hook) = instance.call(Method::POST, "/v1/webhooks", &alice, new.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{hook}");
    let secret = hook["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44);
    assert_eq!(hook["topics"], json!([format!("job:{}", address(10)), "kind:SeatSettled"]));
    assert_eq!((&hook["state"], &hook["pending"]), (&json!("active"), &json!(0)));

    database.events("SeatSettled", json!({"job": address(11)}), 1).await;
    database.events("SeatClaimed", json!({"job": address(10)}), 1).await;
    database.events("SeatSettled", json!({"job": address(10), "paid": "97"}), 1).await;
    let got = receiver.wait(1).await;
    assert_eq!(got.len(), 1);
    let body = got[0].json();
    assert_eq!((&body["type"], &body["timestamp"]), (&json!("escrow.SeatSettled"), &json!("2023-11-14T22:13:20Z")));
    assert_eq!((&body["data"]["id"], &body["data"]["data"]["paid"]), (&json!("4"), &json!("97")));
    let verifier = standardwebhooks::Webhook::new(secret).unwrap();
    verifier.verify(got[0].body.as_bytes(), &got[0].headers).unwrap();
    assert!(verifier.verify(got[0].body.replace("97", "98").as_bytes(), &got[0].headers).is_err());
    assert_eq!(got[0].headers["content-type"], "application/json");

    // It is Alice's, and nobody else's.
    let path = format!("/v1/webhooks/{}", hook["id"].as_str().unwrap());
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::PATCH, path.clone()),
        (Method::POST, format!("{path}/test")),
        (Method::GET, format!("{path}/deliveries")),
        (Method::POST, format!("{path}/deliveries/1/replay")),
    ] {
        let body = if method == Method::PATCH { json!({"paused": true}) } else { Value::Null };
        assert_eq!(instance.call(method.clone(), &path, &bob, body.clone()).await.0, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(instance.call(method, &path, "Bearer x", body).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(instance.call(Method::GET, "/v1/webhooks", &bob, Value::Null).await.1, json!({"items": []}));
    let (_, mine) = instance.call(Method::GET, "/v1/webhooks", &alice, Value::Null).await;
    assert_eq!((mine["items"].as_array().unwrap().len(), &mine["items"][0]["id"]), (1, &hook["id"]));
    assert!(!mine.to_string().contains("whsec_"), "a secret is shown once");

    // So many and no more.
    assert_eq!(instance.call(Method::POST, "/v1/webhooks", &alice, new.clone()).await.0, StatusCode::CREATED);
    assert_eq!(instance.call(Method::POST, "/v1/webhooks", &alice, new.clone()).await.0, StatusCode::CONFLICT);
    assert_eq!(instance.call(Method::POST, "/v1/webhooks", &bob, new).await.0, StatusCode::CREATED);

    let (status, tested) = instance.call(Method::POST, &format!("{path}/test"), &alice, Value::Null).await;
    assert_eq!((status, &tested["delivery"]["type"]), (StatusCode::ACCEPTED, &json!("test")));
    let got = receiver.wait(2).await;
    assert_eq!(got[1].json()["data"], json!({"webhook": hook["id"]}));
    verifier.verify(got[1].body.as_bytes(), &got[1].headers).unwrap();
    assert_eq!(instance.call(Method::DELETE, &path, &alice, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(instance.call(Method::GET, &path, &alice, Value::Null).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn wrong_webhooks_get_problems() {
    let database = Database::start().await;
    let instance = database.instance(&local(&[])).await;
    let alice = database.token(ALICE);
    let url = "http://127.0.0.1:9/";
    let table = [
        (json!({"url": url}), 400, "say what for"),
        (json!({"url": url, "topics": []}), 400, "say what for"),
        (json!({"url": url, "topics": ["job:x"]}), 400, "topic `job:x`"),
        (json!({"url": url, "kinds": vec!["A"; 65]}), 400, "64 topics at most"),
        (json!({"topics": ["class:1"]}), 422, "missing field `url`"),
        (json!({"url": url, "topics": ["class:1"], "colour": 1}), 422, "unknown field `colour`"),
        (json!({"url": "ftp://x.example/", "topics": ["class:1"]}), 422, "must begin with https://"),
    ];
    for (body, status, detail) in table {
        let (got, problem) = instance.call(Method::POST, "/v1/webhooks", &alice, body.clone()).await;
        assert_eq!(got.as_u16(), status, "{body}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{body}: {problem}");
    }
    for (method, path) in [(Method::GET, "x"), (Method::DELETE, "%00"), (Method::GET, "%00"), (Method::GET, "%ff")] {
        let path = format!("/v1/webhooks/{path}");
        let (status, problem) = instance.call(method, &path, &alice, Value::Null).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(problem["detail"], "this wallet has no such webhook", "{path}");
    }
    let request = instance.http.post(format!("{}/v1/webhooks", instance.base)).header("authorization", &alice);
    assert_eq!(request.body("{}").send().await.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_arrive_is_tried_again_kept_and_replayed() {
    let mut database = Database::start().await;
    let instance = database.instance(&local(&["--webhook-tries", "3"])).await;
    let alice = database.token(ALICE);
    let receiver = Receiver::start().await;
    // A redirect is not followed: it would lead where nobody has looked.
    receiver.answer(StatusCode::TEMPORARY_REDIRECT);
    let new = json!({"url": receiver.url, "kinds": ["SeatSettled"]});
    let (_, hook) = instance.call(Method::POST, "/v1/webhooks", &alice, new).await;
    let path = format!("/v1/webhooks/{}", hook["id"].as_str().unwrap());
    database.events("SeatSettled", json!({"n": 1}), 1).await;
    let dead = format!("{path}/deliveries?state=dead");
    until(async || instance.call(Method::GET, &dead, &alice, Value::Null).await.1["items"][0].is_object()).await;
    let got = receiver.got();
    assert_eq!(got.len(), 3, "three tries, and no redirect is followed");
    assert!(got.iter().all(|one| one.id() == got[0].id() && one.body == got[0].body), "they are one message");
    let (_, list) = instance.call(Method::GET, &dead, &alice, Value::Null).await;
    let delivery = &list["items"][0];
    assert_eq!(format!("msg_{}", delivery["id"].as_str().unwrap()), got[0].id());
    assert_eq!((&delivery["attempts"], &delivery["status"]), (&json!(3), &json!(307)));
    assert_eq!((&delivery["error"], &delivery["item"]), (&json!("it answered 307"), &json!("1")));
    let (_, now) = instance.call(Method::GET, &path, &alice, Value::Null).await;
    assert_eq!((&now["dead"], &now["pending"], &now["state"]), (&json!(1), &json!(0), &json!("active")));
    assert!(now["failing_since"].is_string());

    receiver.answer(StatusCode::NO_CONTENT);
    let replay = format!("{path}/deliveries/{}/replay", delivery["id"].as_str().unwrap());
    assert_eq!(instance.call(Method::POST, &replay, &alice, Value::Null).await.0, StatusCode::ACCEPTED);
    let done = format!("{path}/deliveries?state=done");
    until(async || instance.call(Method::GET, &done, &alice, Value::Null).await.1["items"][0].is_object()).await;
    let got = receiver.got();
    assert_eq!((got.len(), got[3].id()), (4, got[0].id()));
    until(async || instance.call(Method::GET, &path, &alice, Value::Null).await.1["failing_since"].is_null()).await;
    for (delivery, status) in [("0", 404), ("x", 404), ("99999999999999999999", 404)] {
        let path = format!("{path}/deliveries/{delivery}/replay");
        assert_eq!(instance.call(Method::POST, &path, &alice, Value::Null).await.0.as_u16(), status, "{delivery}");
    }

    // Page by page.
    database.events("SeatSettled", json!({"n": 2}), 4).await;
    receiver.wait(8).await;
    let mut seen = vec![];
    let mut cursor = String::new();
    loop {
        let (_, page) =
            instance.call(Method::GET, &format!("{path}/deliveries?limit=2{cursor}"), &alice, Value::Null).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|one| one["item"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["5", "4", "3", "2", "1"]);
    for query in ["limit=0", "limit=101", "state=lost", "cursor=x"] {
        let wrong = instance.call(Method::GET, &format!("{path}/deliveries?{query}"), &alice, Value::Null).await;
        assert_eq!(wrong.0, StatusCode::BAD_REQUEST, "{query}");
    }
}

/// Several instances, several hooks, events that come meanwhile: each hook gets each event once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_deliver_each_event_once() {
    let mut database = Database::start().await;
    let instances = [database.instance(&local(&[])).await, database.instance(&local(&[])).await];
    let alice = database.token(ALICE);
    let receivers = [Receiver::start().await, Receiver::start().await, Receiver::start().await];
    let mut expected = vec![];
    for (n, receiver) in receivers.iter().enumerate() {
        let new = json!({"url": receiver.url, "kinds": ["SeatSettled", "SeatClaimed"]});
        let made = instances[n % 2].call(Method::POST, "/v1/webhooks", &alice, new).await;
        assert_eq!(made.0, StatusCode::CREATED);
        database.events("SeatSettled", json!({}), 40).await;
        database.events("Heartbeat", json!({}), 5).await;
        for _ in 0..10 {
            database.events("SeatClaimed", json!({}), 3).await;
        }
        expected.push(n);
    }
    let all: Vec<i64> = sqlx::query_scalar("SELECT id FROM events WHERE kind <> 'Heartbeat' ORDER BY id")
        .fetch_all(&database.pool)
        .await
        .unwrap();
    assert_eq!(all.len(), 210);
    for (n, receiver) in receivers.iter().enumerate() {
        // From when it was registered.
        let mine = &all[70 * n..];
        let got = receiver.wait(mine.len()).await;
        let mut ids: Vec<i64> =
            got.iter().map(|one| one.json()["data"]["id"].as_str().unwrap().parse().unwrap()).collect();
        ids.sort_unstable();
        assert_eq!(ids, mine, "receiver {n}");
    }
    let left = "SELECT count(*) FROM webhook_deliveries WHERE state <> 'done'";
    until(async || sqlx::query_scalar::<_, i64>(left).fetch_one(&database.pool).await.unwrap() == 0).await;
    assert_eq!(receivers.iter().map(|receiver| receiver.got().len()).sum::<usize>(), 210 + 140 + 70);
}

/// A paused hook misses nothing; one whose receiver is gone for good is paused, with the reason.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_hook_goes_on_where_it_was() {
    let mut database = Database::start().await;
    let instance = database.instance(&local(&["--webhook-tries", "2", "--webhook-pause-hours", "0"])).await;
    let alice = database.token(ALICE);
    let receiver = Receiver::start().await;
    let new = json!({"url": receiver.url, "kinds": ["SeatSettled"]});
    let (_, hook) = instance.call(Method::POST, "/v1/webhooks", &alice, new).await;
    let path = format!("/v1/webhooks/{}", hook["id"].as_str().unwrap());
    database.events("SeatSettled", json!({}), 2).await;
    receiver.wait(2).await;
    let (status, paused) = instance.call(Method::PATCH, &path, &alice, json!({"paused": true})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&paused["state"], &paused["paused_reason"]), (&json!("paused"), &json!("its wallet paused it")));
    assert_eq!(instance.call(Method::POST, &format!("{path}/test"), &alice, Value::Null).await.0, StatusCode::CONFLICT);
    database.events("SeatSettled", json!({}), 3).await;
    // Others have it by now.
    let cursor = "SELECT id FROM webhook_cursor";
    until(async || sqlx::query_scalar::<_, i64>(cursor).fetch_one(&database.pool).await.unwrap() == 5).await;
    assert_eq!(receiver.got().len(), 2);
    let (_, active) = instance.call(Method::PATCH, &path, &alice, json!({"paused": false})).await;
    assert_eq!((&active["state"], &active["paused_reason"]), (&json!("active"), &Value::Null));
    let mut ids: Vec<_> = receiver.wait(5).await.iter().map(|one| one.json()["data"]["id"].to_string()).collect();
    ids.sort();
    assert_eq!(ids, ["\"1\"", "\"2\"", "\"3\"", "\"4\"", "\"5\""]);

    let state = async |field: &'static str| {
        instance.call(Method::GET, &path, &alice, Value::Null).await.1[field].as_str().unwrap_or("").to_owned()
    };
    for (answer, reason) in [
        (StatusCode::GONE, "its receiver answered 410 Gone"),
        (StatusCode::INTERNAL_SERVER_ERROR, "every delivery has failed for too long"),
    ] {
        receiver.answer(answer);
        database.events("SeatSettled", json!({}), 1).await;
        until(async || state("state").await == "paused").await;
        assert_eq!(state("paused_reason").await, reason);
        receiver.answer(StatusCode::OK);
        assert_eq!(instance.call(Method::PATCH, &path, &alice, json!({"paused": false})).await.0, StatusCode::OK);
        until(async || state("failing_since").await.is_empty()).await;
    }
}

/// An instance that died with a delivery in its hands leaves it to the others, when its lease is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_instance_had_is_delivered_by_another() {
    let mut database = Database::start().await;
    let dead = database.instance(&[&LOCAL[..5], &["--webhook-retry-ms", "100000000"]].concat()).await;
    let receiver = Receiver::start().await;
    receiver.answer(StatusCode::SERVICE_UNAVAILABLE);
    let new = json!({"url": receiver.url, "kinds": ["X"]});
    dead.call(Method::POST, "/v1/webhooks", &database.token(ALICE), new).await;
    database.events("X", json!({}), 1).await;
    receiver.wait(1).await;
    drop(dead);
    receiver.answer(StatusCode::OK);
    let _other = database.instance(&local(&[])).await;
    // The dead one put it off for a day; not again what the other has in its hands.
    let sql =
        "UPDATE webhook_deliveries SET next_at = now() WHERE state = 'pending' AND next_at > now() + interval '1 hour'";
    until(async || {
        sqlx::query(sql).execute(&database.pool).await.unwrap();
        receiver.got().len() >= 2
    })
    .await;
    let got = receiver.got();
    assert_eq!((got.len(), got[0].id()), (2, got[1].id()));
    let done = "SELECT attempts FROM webhook_deliveries WHERE state = 'done'";
    until(async || sqlx::query_scalar::<_, i32>(done).fetch_all(&database.pool).await.unwrap() == [2]).await;
}

/// Hooks take turns: many with much to say do not keep the last one from its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hooks_take_turns() {
    let mut database = Database::start().await;
    let instance = database.instance(&local(&["--webhooks-per-wallet", "100"])).await;
    let receiver = Receiver::start().await;
    for _ in 0..40 {
        let new = json!({"url": receiver.url, "kinds": ["X"]});
        let made = instance.call(Method::POST, "/v1/webhooks", &database.token(ALICE), new).await;
        assert_eq!(made.0, StatusCode::CREATED);
    }
    database.events("X", json!({}), 12).await;
    let got = receiver.wait(480).await;
    let mut messages: Vec<_> = got.iter().map(|one| one.id().to_owned()).collect();
    messages.sort();
    messages.dedup();
    assert_eq!((got.len(), messages.len()), (480, 480));
}

/// With a key the database alone signs nothing.
#[tokio::test]
async fn secrets_are_sealed_with_a_key() {
    let mut database = Database::start().await;
    let key = database.folder.path().join("key");
    std::fs::write(&key, "fedcba9876543210fedcba9876543210").unwrap();
    let flags: Vec<&str> = LOCAL.iter().copied().chain(["--webhook-key-file", key.to_str().unwrap()]).collect();
    let instance = database.instance(&flags).await;
    let receiver = Receiver::start().await;
    let new = json!({"url": receiver.url, "kinds": ["X"]});
    let (_, hook) = instance.call(Method::POST, "/v1/webhooks", &database.token(ALICE), new).await;
    let (kept, sealed): (Vec<u8>, bool) =
        sqlx::query_as("SELECT secret, sealed FROM webhooks").fetch_one(&database.pool).await.unwrap();
    assert!(sealed && kept.len() == 12 + 32 + 16);
    database.events("X", json!({}), 1).await;
    let got = receiver.wait(1).await;
    let verifier = standardwebhooks::Webhook::new(hook["secret"].as_str().unwrap()).unwrap();
    verifier.verify(got[0].body.as_bytes(), &got[0].headers).unwrap();
}
