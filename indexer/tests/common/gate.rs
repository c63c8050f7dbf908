//! Instances of the API on one database, with flags of the test's choice, and wallets that sign in to them.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use assay_indexer::{
    config::{Cli, Config},
    serve::{
        self, Shared, State,
        accounts::{Caller, Keys, Role},
    },
    store,
};
use clap::Parser;
use metrics_exporter_prometheus::PrometheusHandle;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use solana_sdk::{pubkey::Pubkey, signature::Keypair, signer::Signer};
use sqlx::PgPool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Postgres;

/// A migrated database, and a secret that its instances share.
pub struct House {
    pub postgres: Postgres,
    pub url: String,
    /// For the test's own questions.
    pub pool: PgPool,
    pub folder: tempfile::TempDir,
}

/// One that serves it.
pub struct Instance {
    pub base: String,
    pub http: Client,
    /// Its own connections.
    pub pool: PgPool,
    pub chain: Arc<AtomicU64>,
    pub stop: CancellationToken,
    pub keys: Keys,
}

impl House {
    pub async fn build() -> House {
        let postgres = Postgres::start().await;
        let (url, pool) = postgres.migrated("gate").await;
        sqlx::query("UPDATE watermark SET slot = 20").execute(&pool).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "0123456789abcdef0123456789abcdef\n").unwrap();
        House { postgres, url, pool, folder }
    }

    pub fn secret(&self) -> PathBuf {
        self.folder.path().join("secret")
    }

    pub fn config(&self, flags: &[&str]) -> Config {
        let usual = ["assay-indexer", "--max-lag-slots", "10", "--database-url", &self.url, "--jwt-secret-file"];
        let usual = usual.map(OsString::from).into_iter().chain([self.secret().into_os_string()]);
        Cli::parse_from(usual.chain(flags.iter().map(OsString::from))).config
    }

    pub async fn open(&self, flags: &[&str]) -> Instance {
        let metrics = serve::recorder().unwrap().build_recorder().handle();
        self.open_with(flags, metrics).await
    }

    pub async fn open_with(&self, flags: &[&str], metrics: PrometheusHandle) -> Instance {
        let config = self.config(flags);
        let pool = store::pool_with(&config.database_url, &config.database).unwrap();
        let (chain, stop) = (Arc::new(AtomicU64::new(25)), CancellationToken::new());
        let (_, wake) = watch::channel(0);
        let shared = Shared { pool: pool.clone(), chain_slot: chain.clone(), wake, metrics, stop: stop.clone() };
        let router = serve::router(State::new(&config, shared).unwrap(), None).unwrap();
        let listener = serve::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve::serve(listener, router, stop.clone()));
        let keys = Keys::load(Some(&self.secret())).unwrap();
        Instance { base, http: Client::new(), pool, chain, stop, keys }
    }
}

impl Instance {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    /// Status and body of a POST of JSON.
    pub async fn post(&self, path: &str, token: Option<&str>, body: Value) -> (u16, Value) {
        let request = self.request(Method::POST, path).json(&body);
        answer(match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
        .await
    }

    /// Status and body of a GET.
    pub async fn ask(&self, path: &str, token: &str) -> (u16, Value) {
        answer(self.get(path).bearer_auth(token)).await
    }

    /// A token as a sign-in gives it, without one.
    pub fn token(&self, wallet: Pubkey, roles: &[Role]) -> String {
        self.keys.issue(&Caller { wallet, roles: roles.to_vec() }, Duration::from_secs(60)).unwrap()
    }

    /// A nonce's reply.
    pub async fn invite(&self, wallet: &Keypair) -> Value {
        let (status, reply) = self.post("/v1/auth/nonce", None, json!({"wallet": wallet.pubkey().to_string()})).await;
        assert_eq!(status, 200, "{reply}");
        reply
    }

    /// Signs in as wallets do.
    pub async fn sign_in(&self, wallet: &Keypair) -> Value {
        let invitation = self.invite(wallet).await;
        let (status, tokens) = self.post("/v1/auth/login", None, signed(wallet, &invitation)).await;
        assert_eq!(status, 200, "{tokens}");
        tokens
    }

    /// Makes a key with these quotas.
    pub async fn key(&self, wallet: &Keypair, per_minute: u32, per_day: u32) -> Value {
        let token = self.token(wallet.pubkey(), &[Role::User]);
        let body = json!({"name": "mine", "per_minute": per_minute, "per_day": per_day});
        let (status, key) = self.post("/v1/api-keys", Some(&token), body).await;
        assert_eq!(status, 201, "{key}");
        key
    }

    pub fn behind(&self, slots: u64) {
        self.chain.store(20 + slots, Ordering::Relaxed);
    }
}

/// What a wallet sends to sign in.
pub fn signed(wallet: &Keypair, invitation: &Value) -> Value {
    let message = invitation["message"].as_str().unwrap();
    json!({"wallet": wallet.pubkey().to_string(), "nonce": invitation["input"]["nonce"],
        "signature": wallet.sign_message(message.as_bytes()).to_string()})
}

/// Status and JSON; problems must be ones.
pub async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    let text = response.text().await.unwrap();
    let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    if status >= 400 {
        assert_eq!(kind.as_deref(), Some("application/problem+json"), "{status} {text}");
        assert_eq!(body["status"], json!(status), "{text}");
        assert!(body["request_id"].is_string() && body["detail"].is_string(), "{text}");
    }
    (status, body)
}

/// The headers that matter here.
pub fn headers(response: &Response) -> BTreeMap<String, String> {
    let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap_or("?").to_owned();
    response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}
