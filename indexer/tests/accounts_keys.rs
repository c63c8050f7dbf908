//! Keys of programs, their quotas, and who did what.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use assay_indexer::serve::accounts::Role;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common::gate::{House, answer, headers, signed};
use reqwest::Method;
use serde_json::{Value, json};
use solana_sdk::{pubkey::Pubkey, signature::Keypair, signer::Signer};

const ADMIN: &str = "11111111111111111111111111111119";

#[tokio::test]
async fn keys_are_shown_once_and_gone_when_revoked() {
    let house = House::build().await;
    let instance = house.open(&[]).await;
    let wallet = Keypair::new();
    let token = instance.token(wallet.pubkey(), &[Role::User]);
    let made = instance.key(&wallet, 10, 100).await;
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert!(key.starts_with("assay_") && key.len() == 49, "{key}");
    assert_eq!(made["prefix"], json!(key[..12]));
    let (_, list) = instance.ask("/v1/api-keys", &token).await;
    let mut shown = made.clone();
    shown.as_object_mut().unwrap().remove("key");
    assert_eq!(list, json!({"items": [shown]}));
    let kept: String = sqlx::query_scalar("SELECT k::text FROM api_keys k").fetch_one(&house.pool).await.unwrap();
    assert!(!kept.contains(&key[12..]), "{kept}");

    // In either header, with the key's own limits in the reply.
    let response = instance.get("/v1/me").header("x-api-key", key).send().await.unwrap();
    let told = headers(&response);
    assert_eq!((told["ratelimit-limit"].as_str(), told["ratelimit-remaining"].as_str()), ("10", "9"));
    assert_eq!(response.json::<Value>().await.unwrap()["wallet"], json!(wallet.pubkey().to_string()));
    assert_eq!(instance.ask("/v1/me", key).await.0, 200);
    for wrong in ["assay_", "assay_AAAA", "other", &format!("assay_{}", URL_SAFE_NO_PAD.encode([7; 32]))] {
        assert_eq!(answer(instance.get("/v1/me").header("x-api-key", wrong)).await.0, 401, "{wrong}");
        // Where nobody needs to be known, a bad key is nobody's.
        assert_eq!(answer(instance.get("/v1/jobs").header("x-api-key", wrong)).await.0, 200, "{wrong}");
    }

    let delete = |id: &str| answer(instance.request(Method::DELETE, &format!("/v1/api-keys/{id}")).bearer_auth(&token));
    assert_eq!(delete(id).await.0, 204);
    assert_eq!(instance.ask("/v1/me", key).await.0, 401);
    assert!(instance.ask("/v1/api-keys", &token).await.1["items"][0]["revoked_at"].is_string());
    assert_eq!((delete("0123456789abcdef").await.0, delete("x").await.0), (404, 400));
    let other = instance.token(Pubkey::new_unique(), &[Role::User]);
    assert_eq!(instance.ask("/v1/api-keys", &other).await.1, json!({"items": []}));

    // Names and quotas within bounds, and twenty at most.
    let make = async |body: Value| instance.post("/v1/api-keys", Some(&token), body).await.0;
    let bad = [
        json!({"name": ""}),
        json!({"name": "x".repeat(65)}),
        json!({"name": "a\u{0}"}),
        json!({}),
        json!({"name": "a", "per_minute": 0}),
        json!({"name": "a", "per_minute": 6001}),
        json!({"name": "a", "per_day": 1_000_001}),
    ];
    for body in bad {
        assert_eq!(make(body.clone()).await, 422, "{body}");
    }
    let made: Vec<u16> = futures_util::future::join_all((0..21).map(|_| make(json!({"name": "a"})))).await;
    assert_eq!((made.iter().filter(|s| **s == 201).count(), made.iter().filter(|s| **s == 409).count()), (20, 1));
}

#[tokio::test]
async fn key_quota() {
    let house = House::build().await;
    let first = house.open(&[]).await;
    let wallet = Keypair::new();
    let key = first.key(&wallet, 3, 100).await["key"].clone();
    let ask = async |instance: &common::gate::Instance, key: &Value| {
        let response = instance.get("/v1/me").header("x-api-key", key.as_str().unwrap()).send().await.unwrap();
        let told = headers(&response);
        (response.status().as_u16(), told["ratelimit-remaining"].clone(), told.get("retry-after").cloned())
    };
    let mut left = vec![];
    for _ in 0..3 {
        let (status, remaining, retry) = ask(&first, &key).await;
        assert_eq!((status, retry), (200, None));
        left.push(remaining);
    }
    assert_eq!(left, ["2", "1", "0"]);
    let (status, _, retry) = ask(&first, &key).await;
    let wait: u64 = retry.unwrap().parse().unwrap();
    assert!(status == 429 && (1..=21).contains(&wait), "{status} {wait}");
    // Only that key waits.
    let daily = first.key(&wallet, 100, 3).await["key"].clone();
    assert_eq!((ask(&first, &daily).await.0, ask(&first, &daily).await.0), (200, 200));

    // An instance that ends says what it counted, and the next one goes on from there.
    first.stop.cancel();
    let counts = "SELECT coalesce(array_agg(count ORDER BY count), '{}') FROM api_key_days";
    for _ in 0..500 {
        let told: Vec<i64> = sqlx::query_scalar(counts).fetch_one(&house.pool).await.unwrap();
        if told.len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let told: Vec<i64> = sqlx::query_scalar(counts).fetch_one(&house.pool).await.unwrap();
    assert_eq!(told, [2, 3], "refused requests do not count");
    let second = house.open(&[]).await;
    assert_eq!(ask(&second, &daily).await.0, 200);
    let (status, remaining, retry) = ask(&second, &daily).await;
    let wait: u64 = retry.unwrap().parse().unwrap();
    assert!(status == 429 && remaining == "0" && (1..=86_400).contains(&wait), "{status} {remaining} {wait}");
    let token = second.token(wallet.pubkey(), &[Role::User]);
    let (_, list) = second.ask("/v1/api-keys", &token).await;
    assert_eq!(list["items"][0]["today"], json!(2));
    assert!(list["items"][0]["last_used_at"].is_string(), "{list}");
}

#[tokio::test]
async fn the_audit_log_tells_who_did_what() {
    let house = House::build().await;
    let instance = house.open(&["--admin", ADMIN, "--trust-forwarded"]).await;
    let wallet = Keypair::new();
    let invitation = instance.invite(&wallet).await;
    let login = instance.request(Method::POST, "/v1/auth/login").json(&signed(&wallet, &invitation));
    let login = login.header("x-forwarded-for", "203.0.113.77").header("x-request-id", "sign-in-1");
    let (status, tokens) = answer(login).await;
    assert_eq!(status, 200);
    let key = instance.key(&wallet, 10, 10).await;
    let id = key["id"].as_str().unwrap();
    let token = tokens["access_token"].as_str().unwrap();
    answer(instance.request(Method::DELETE, &format!("/v1/api-keys/{id}")).bearer_auth(token)).await;

    let (status, page) = instance.ask("/v1/audit", token).await;
    assert_eq!(status, 200);
    let items = page["items"].as_array().unwrap();
    let acts: Vec<_> = items.iter().map(|item| (item["action"].clone(), item["object"].clone())).collect();
    let expected = [(json!("key.revoked"), json!(id)), (json!("key.made"), json!(id)), (json!("login"), json!(null))];
    assert_eq!(acts, expected);
    assert_eq!((&items[2]["network"], &items[2]["request_id"]), (&json!("203.0.113.0/24"), &json!("sign-in-1")));
    assert_eq!(
        (&items[0]["network"], &items[0]["wallet"]),
        (&json!("127.0.0.0/24"), &json!(wallet.pubkey().to_string()))
    );

    // Page by page; an admin sees all, others their own.
    let (_, first) = instance.ask("/v1/audit?limit=2", token).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, second) = instance.ask(&format!("/v1/audit?limit=2&cursor={cursor}"), token).await;
    assert_eq!((&first["items"], &second["items"]), (&json!(items[..2]), &json!(items[2..])));
    assert_eq!(second["next_cursor"], json!(null));
    let stranger = instance.token(Pubkey::new_unique(), &[Role::User]);
    assert_eq!(instance.ask("/v1/audit", &stranger).await.1["items"], json!([]));
    let admin = instance.token(ADMIN.parse().unwrap(), &[Role::User, Role::Admin]);
    assert_eq!(instance.ask("/v1/audit", &admin).await.1["items"], page["items"]);
    for bad in ["limit=0", "limit=101", "limit=x", "cursor=x", "cursor=-1", "wallet=x"] {
        assert_eq!(instance.ask(&format!("/v1/audit?{bad}"), &admin).await.0, 400, "{bad}");
    }
}
