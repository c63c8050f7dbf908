//! Signing in with real keypairs, and tokens that are not good.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use assay_indexer::serve::accounts::{Caller, Role};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use common::gate::{House, answer, headers, signed};
use reqwest::Method;
use serde_json::{Value, json};
use solana_sdk::{signature::Keypair, signer::Signer};

const ADMIN: &str = "11111111111111111111111111111119";

#[tokio::test]
async fn wallets_sign_in_and_get_the_roles_they_have() {
    let house = House::build().await;
    let (user, operator, admin) = (Keypair::new(), Keypair::new(), Keypair::new());
    let admin_address = admin.pubkey().to_string();
    let instance = house.open(&["--admin", ADMIN, "--admin", &admin_address, "--auth-domain", "app.example"]).await;
    let pool = "INSERT INTO pools (address, slot, write_version, data)
        VALUES ('pool', 1, 1, jsonb_build_object('operator', $1::text, 'active', '1'))";
    sqlx::query(pool).bind(operator.pubkey().to_string()).execute(&house.pool).await.unwrap();

    let invitation = instance.invite(&user).await;
    let input = &invitation["input"];
    let nonce = input["nonce"].as_str().unwrap();
    assert!(nonce.len() == 32 && nonce.bytes().all(|b| b.is_ascii_alphanumeric()), "{nonce}");
    let text = |name: &str| input[name].as_str().unwrap().to_owned();
    let expected = format!(
        "app.example wants you to sign in with your Solana account:\n{}\n\n{}\n\nURI: https://app.example\nVersion: 1\n\
         Chain ID: localnet\nNonce: {nonce}\nIssued At: {}\nExpiration Time: {}",
        user.pubkey(),
        text("statement"),
        text("issuedAt"),
        text("expirationTime"),
    );
    assert_eq!(invitation["message"], json!(expected));
    let life: i64 = sqlx::query_scalar("SELECT extract(epoch FROM $1::timestamptz - $2::timestamptz)::bigint")
        .bind(text("expirationTime"))
        .bind(text("issuedAt"))
        .fetch_one(&house.pool)
        .await
        .unwrap();
    assert_eq!(life, 300);

    for (wallet, roles) in
        [(&user, vec!["user"]), (&operator, vec!["user", "operator"]), (&admin, vec!["user", "admin"])]
    {
        let tokens = instance.sign_in(wallet).await;
        assert_eq!((&tokens["roles"], &tokens["token_type"]), (&json!(roles), &json!("Bearer")));
        assert_eq!((&tokens["expires_in"], &tokens["refresh_expires_in"]), (&json!(900), &json!(2_592_000)));
        let (status, me) = instance.ask("/v1/me", tokens["access_token"].as_str().unwrap()).await;
        assert_eq!((status, &me["wallet"]), (200, &json!(wallet.pubkey().to_string())));
        assert_eq!((&me["roles"], &me["keys"]), (&json!(roles), &json!([])));
        let quotas = json!({"per_second": 50.0, "burst": 200, "keys": 20, "key_per_minute": 6000,
            "key_per_day": 1_000_000});
        assert_eq!(me["quotas"], quotas);
    }
    // Whoever closes the pool is no operator from the next refresh on.
    let tokens = instance.sign_in(&operator).await;
    sqlx::query("UPDATE pools SET closed_slot = slot").execute(&house.pool).await.unwrap();
    let (_, next) = instance.post("/v1/auth/refresh", None, json!({"refresh_token": tokens["refresh_token"]})).await;
    assert_eq!(next["roles"], json!(["user"]));
    // Only hashes are kept.
    let kept: String = sqlx::query_scalar("SELECT string_agg(t::text, ' ') FROM refresh_tokens t")
        .fetch_one(&house.pool)
        .await
        .unwrap();
    let secret = URL_SAFE_NO_PAD.decode(next["refresh_token"].as_str().unwrap()).unwrap();
    assert!(!kept.contains(&hex::encode(secret)), "{kept}");
}

#[tokio::test]
async fn signatures_are_taken_as_base58_and_base64_and_only_the_wallets() {
    let house = House::build().await;
    let instance = house.open(&[]).await;
    let (wallet, other) = (Keypair::new(), Keypair::new());
    let login = async |body: Value| instance.post("/v1/auth/login", None, body).await;
    for write in [|bytes: &[u8]| STANDARD.encode(bytes), |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes)] {
        let invitation = instance.invite(&wallet).await;
        let signature = wallet.sign_message(invitation["message"].as_str().unwrap().as_bytes());
        let mut body = signed(&wallet, &invitation);
        body["signature"] = json!(write(signature.as_ref()));
        assert_eq!(login(body).await.0, 200);
    }
    // Another's signature, of another message, of nothing; each costs its nonce.
    let forged = async |change: &dyn Fn(&Value, &mut Value)| {
        let invitation = instance.invite(&wallet).await;
        let mut body = signed(&wallet, &invitation);
        change(&invitation, &mut body);
        let (status, problem) = login(body).await;
        let again = login(signed(&wallet, &invitation)).await.0;
        (status, problem["detail"].as_str().unwrap().to_owned(), again)
    };
    let refused = (401, "the signature is not the wallet's for this message; ask for another nonce".to_owned(), 401);
    let theirs =
        |invitation: &Value, body: &mut Value| body["signature"] = signed(&other, invitation)["signature"].clone();
    assert_eq!(forged(&theirs).await, refused);
    let elsewhere = |invitation: &Value, body: &mut Value| {
        let message = invitation["message"].as_str().unwrap().replacen("127.0.0.1", "evil.example", 1);
        body["signature"] = json!(wallet.sign_message(message.as_bytes()).to_string());
    };
    assert_eq!(forged(&elsewhere).await, refused);
    assert_eq!(forged(&|_, body| body["signature"] = json!("")).await, refused);
    assert_eq!(forged(&|_, body| body["signature"] = json!("1".repeat(64))).await, refused);
    let (status, problem) = login(json!({"wallet": "x", "nonce": "n", "signature": "s"})).await;
    assert_eq!((status, &problem["detail"]), (400, &json!("wallet is not a base58 address")));
}

#[tokio::test]
async fn nonce_replay() {
    let house = House::build().await;
    let instance = house.open(&["--auth-domain", "one.example"]).await;
    let (wallet, other) = (Keypair::new(), Keypair::new());
    let login = async |body: &Value| instance.post("/v1/auth/login", None, body.clone()).await;
    let spent = json!("the nonce is unknown, spent or expired; ask for another");

    let body = signed(&wallet, &instance.invite(&wallet).await);
    assert_eq!(login(&body).await.0, 200);
    let (status, problem) = login(&body).await;
    assert_eq!((status, &problem["detail"]), (401, &spent));

    // Ten at once: one gets in.
    let body = signed(&wallet, &instance.invite(&wallet).await);
    let tries: Vec<_> = futures_util::future::join_all((0..10).map(|_| login(&body))).await;
    assert_eq!(tries.iter().filter(|(status, _)| *status == 200).count(), 1);

    // Another wallet's nonce is not its own, and stays good for whom it was made.
    let invitation = instance.invite(&wallet).await;
    assert_eq!(login(&signed(&other, &invitation)).await.0, 401);
    // Nor does one of another site count, though both share the database.
    let elsewhere = house.open(&["--auth-domain", "two.example"]).await;
    let body = signed(&wallet, &invitation);
    assert_eq!(elsewhere.post("/v1/auth/login", None, body.clone()).await.0, 401);
    assert_eq!(login(&body).await.0, 200);

    let body = signed(&wallet, &instance.invite(&wallet).await);
    sqlx::query("UPDATE auth_nonces SET expires_at = now()").execute(&house.pool).await.unwrap();
    let (status, problem) = login(&body).await;
    assert_eq!((status, &problem["detail"]), (401, &spent));
    let (status, _) = login(&json!({"wallet": wallet.pubkey().to_string(), "nonce": "\0", "signature": ""})).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn refresh_reuse_revokes() {
    let house = House::build().await;
    let instance = house.open(&[]).await;
    let wallet = Keypair::new();
    let refresh = async |token: &Value| instance.post("/v1/auth/refresh", None, json!({"refresh_token": token})).await;
    let first = instance.sign_in(&wallet).await["refresh_token"].clone();
    let bystander = instance.sign_in(&wallet).await["refresh_token"].clone();
    let (status, second) = refresh(&first).await;
    assert_eq!(status, 200, "{second}");
    let (status, third) = refresh(&second["refresh_token"]).await;
    assert_eq!((status, instance.ask("/v1/me", third["access_token"].as_str().unwrap()).await.0), (200, 200));

    // The thief's copy of the first: all of its session ends, and nobody else's.
    assert_eq!(refresh(&first).await.0, 401);
    assert_eq!(refresh(&third["refresh_token"]).await.0, 401);
    assert_eq!(refresh(&bystander).await.0, 200);
    let acts: Vec<String> =
        sqlx::query_scalar("SELECT action FROM audit_log ORDER BY id").fetch_all(&house.pool).await.unwrap();
    assert_eq!(acts, ["login", "login", "session.reused"]);

    // Signed out, expired, made up.
    let token = instance.sign_in(&wallet).await["refresh_token"].clone();
    let (status, _) = instance.post("/v1/auth/logout", None, json!({"refresh_token": token})).await;
    assert_eq!((status, refresh(&token).await.0), (204, 401));
    let token = instance.sign_in(&wallet).await["refresh_token"].clone();
    sqlx::query("UPDATE refresh_tokens SET expires_at = now()").execute(&house.pool).await.unwrap();
    assert_eq!(refresh(&token).await.0, 401);
    for made_up in ["", "AAAA", &URL_SAFE_NO_PAD.encode([7; 32])] {
        assert_eq!(refresh(&json!(made_up)).await.0, 401, "{made_up}");
        assert_eq!(instance.post("/v1/auth/logout", None, json!({"refresh_token": made_up})).await.0, 204);
    }
}

/// A token with this header and these claims, signed by nobody.
fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}.", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn claims(roles: &[&str]) -> Value {
    json!({"sub": ADMIN, "roles": roles, "iat": 1, "exp": 4_000_000_000_u64, "iss": "assay-indexer"})
}

#[tokio::test]
async fn jwt_none() {
    let house = House::build().await;
    let instance = house.open(&[]).await;
    for algorithm in ["none", "None", "NONE", "HS256", "HS512", "RS256"] {
        let token = unsigned(&json!({"alg": algorithm, "typ": "JWT"}), &claims(&["user"]));
        let (status, problem) = instance.ask("/v1/me", &token).await;
        let detail = json!("the token is not ours or has expired; refresh it, or sign in again");
        assert_eq!((status, &problem["detail"]), (401, &detail), "{algorithm}");
    }
    let good = instance.token(ADMIN.parse().unwrap(), &[Role::User]);
    assert_eq!(instance.ask("/v1/me", &good).await.0, 200);
    assert_eq!(answer(instance.get("/v1/me").header("authorization", format!("bearer {good}"))).await.0, 200);
    for header in ["", "Bearer", "Bearer ", "Basic dTpw", &good, "Bearer \u{e9}"] {
        let request = instance.get("/v1/me").header("authorization", header.as_bytes());
        assert_eq!(answer(request).await.0, 401, "{header}");
    }
    let nobody = instance.get("/v1/me").send().await.unwrap();
    assert_eq!((nobody.status().as_u16(), headers(&nobody)["www-authenticate"].as_str()), (401, "Bearer"));
}

#[tokio::test]
async fn jwt_expired() {
    let house = House::build().await;
    let instance = house.open(&[]).await;
    let caller = Caller { wallet: ADMIN.parse().unwrap(), roles: vec![Role::User] };
    let expired = sign(&json!({"sub": ADMIN, "roles": ["user"], "iat": 1, "exp": 2, "iss": "assay-indexer"}));
    assert_eq!(instance.ask("/v1/me", &expired).await.0, 401);
    let good = instance.keys.issue(&caller, Duration::from_secs(60)).unwrap();
    assert_eq!(instance.ask("/v1/me", &good).await.0, 200);
    // One without an end, and one of another issuer.
    let endless = sign(&json!({"sub": ADMIN, "roles": ["user"], "iat": 1, "iss": "assay-indexer"}));
    let foreign = sign(&json!({"sub": ADMIN, "roles": ["user"], "iat": 1, "exp": 4_000_000_000_u64, "iss": "x"}));
    assert_eq!((instance.ask("/v1/me", &endless).await.0, instance.ask("/v1/me", &foreign).await.0), (401, 401));
    assert_eq!(instance.ask("/v1/me", &sign(&claims(&["user"]))).await.0, 200, "the test signs as the server does");
}

/// Signed with the house's secret.
fn sign(claims: &Value) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(b"0123456789abcdef0123456789abcdef");
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), claims, &key).unwrap()
}

#[tokio::test]
async fn jwt_wrong_key() {
    let house = House::build().await;
    let instance = house.open(&[]).await;
    let key = |secret: &[u8]| {
        let key = jsonwebtoken::EncodingKey::from_secret(secret);
        jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims(&["user"]), &key).unwrap()
    };
    for secret in [&b""[..], b"secret", b"0123456789abcdef0123456789abcdeF", b"0123456789abcdef0123456789abcdef\n"] {
        assert_eq!(instance.ask("/v1/me", &key(secret)).await.0, 401, "{secret:?}");
    }
    let good = key(b"0123456789abcdef0123456789abcdef");
    assert_eq!(instance.ask("/v1/me", &good).await.0, 200);
    // A bit of the signature.
    let (rest, signature) = good.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    bytes[0] ^= 1;
    assert_eq!(instance.ask("/v1/me", &format!("{rest}.{}", URL_SAFE_NO_PAD.encode(bytes))).await.0, 401);
}

#[tokio::test]
async fn role_escalation() {
    let house = House::build().await;
    let instance = house.open(&["--admin", ADMIN]).await;
    let wallet = Keypair::new();
    let tokens = instance.sign_in(&wallet).await;
    let token = tokens["access_token"].as_str().unwrap();
    let admin = instance.token(ADMIN.parse().unwrap(), &[Role::User, Role::Admin]);
    assert_eq!(instance.ask(&format!("/v1/audit?wallet={}", wallet.pubkey()), &admin).await.0, 200);

    // Another's log, by one's own token, and by the same token with more in it.
    let path = format!("/v1/audit?wallet={ADMIN}");
    assert_eq!(instance.ask(&path, token).await.0, 403);
    let mut parts = token.split('.');
    let (header, _, signature) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let forged = format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(claims(&["user", "admin"]).to_string()));
    assert_eq!(instance.ask(&path, &forged).await.0, 401);
    // Roles asked for at sign-in and refresh are not heard.
    let mut body = signed(&wallet, &instance.invite(&wallet).await);
    body["roles"] = json!(["admin"]);
    assert_eq!(instance.post("/v1/auth/login", None, body).await.1["roles"], json!(["user"]));
    let body = json!({"refresh_token": tokens["refresh_token"], "roles": ["admin"]});
    assert_eq!(instance.post("/v1/auth/refresh", None, body).await.1["roles"], json!(["user"]));

    // An admin's key is a user's, and no key makes, sees or revokes keys or reads the log.
    let (status, key) = instance.post("/v1/api-keys", Some(&admin), json!({"name": "a"})).await;
    assert_eq!(status, 201);
    let (id, key) = (key["id"].as_str().unwrap(), key["key"].as_str().unwrap());
    assert_eq!(instance.ask("/v1/me", key).await.1["roles"], json!(["user"]));
    let refused = (403, json!("a key may not do this; sign in with the wallet"));
    let detail = |(status, problem): (u16, Value)| (status, problem["detail"].clone());
    assert_eq!(detail(instance.post("/v1/api-keys", Some(key), json!({"name": "b"})).await), refused);
    assert_eq!(detail(instance.ask("/v1/api-keys", key).await), refused);
    assert_eq!(detail(instance.ask("/v1/audit", key).await), refused);
    let delete = |id: &str| instance.request(Method::DELETE, &format!("/v1/api-keys/{id}"));
    assert_eq!(detail(answer(delete(id).bearer_auth(key)).await), refused);
    // Nor does another wallet revoke it.
    assert_eq!(answer(delete(id).bearer_auth(token)).await.0, 404);
    assert_eq!(instance.ask("/v1/me", key).await.0, 200);
}
