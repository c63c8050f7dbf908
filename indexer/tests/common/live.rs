//! Instances of the server, what they stream, and receivers of webhooks.
#![allow(dead_code, clippy::unwrap_used)]

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use assay_indexer::{
    config::Cli,
    serve::{
        self, Shared, State,
        accounts::{Caller, Keys, Role},
    },
    store::{self, Batch, EventRow, Writer},
};
use axum::{Router, body::Bytes, extract::State as Extract, http::HeaderMap, routing::post};
use clap::Parser;
use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use solana_sdk::pubkey::Pubkey;
use sqlx::PgPool;
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::common::Postgres;

/// No wait of a test is longer.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A database with its writer.
pub struct Database {
    pub url: String,
    pub pool: PgPool,
    pub writer: Writer,
    count: u64,
    pub folder: tempfile::TempDir,
    _postgres: Postgres,
}

impl Database {
    pub async fn start() -> Self {
        let postgres = Postgres::start().await;
        let (url, pool) = postgres.migrated("live").await;
        let writer = Writer::acquire(&url).await.unwrap().unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("jwt"), "0123456789abcdef0123456789abcdef").unwrap();
        Self { url, pool, writer, count: 0, folder, _postgres: postgres }
    }

    pub fn jwt(&self) -> PathBuf {
        self.folder.path().join("jwt")
    }

    pub async fn apply(&mut self, batch: Batch) {
        self.writer.apply(batch).await.unwrap();
    }

    /// Commits so many events, each a transaction of its own.
    pub async fn events(&mut self, kind: &str, data: Value, count: usize) {
        let events = (0..count).map(|_| self.event(kind, data.clone())).collect();
        self.apply(Batch { events, ..Batch::default() }).await;
    }

    pub fn event(&mut self, kind: &str, data: Value) -> EventRow {
        self.count += 1;
        let signature = format!("signature{}", self.count);
        let time = Some(1_700_000_000);
        EventRow { signature, ix: 0, inner_ix: 0, slot: self.count, time, program: "escrow", kind: kind.into(), data }
    }

    /// The next event is at this slot.
    pub fn later(&mut self, slot: u64) {
        self.count = slot - 1;
    }

    /// Every id that was streamed, in order.
    pub async fn ids(&self) -> Vec<i64> {
        let sql = "SELECT id FROM (SELECT id FROM events UNION ALL SELECT id FROM retractions) s ORDER BY id";
        sqlx::query_scalar(sql).fetch_all(&self.pool).await.unwrap()
    }

    pub async fn instance(&self, flags: &[&str]) -> Instance {
        Instance::start(&self.url, &self.jwt(), flags).await
    }

    /// A header that says who asks.
    pub fn token(&self, wallet: Pubkey) -> String {
        let caller = Caller { wallet, roles: vec![Role::User] };
        let token = Keys::load(Some(&self.jwt())).unwrap().issue(&caller, Duration::from_secs(600)).unwrap();
        format!("Bearer {token}")
    }
}

/// One process's worth of server.
pub struct Instance {
    pub base: String,
    pub http: Client,
    pub stop: CancellationToken,
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Instance {
    async fn start(url: &str, jwt: &std::path::Path, flags: &[&str]) -> Self {
        let pool = store::pool(url).unwrap();
        let (wake, woken) = watch::channel(0);
        let stop = CancellationToken::new();
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let chain_slot = Arc::new(AtomicU64::new(1));
        let shared = Shared { pool: pool.clone(), chain_slot, wake: woken, metrics, stop: stop.clone() };
        let given = [
            "assay-indexer",
            "--notice-every-ms",
            "0",
            "--rate-per-second",
            "0",
            "--jwt-secret-file",
            jwt.to_str().unwrap(),
        ];
        // The last one counts, so that a test may say otherwise.
        let flags: Vec<&str> = if flags.contains(&"--notice-every-ms") {
            given[..1].iter().chain(&given[3..]).chain(flags).copied().collect()
        } else {
            given.iter().chain(flags).copied().collect()
        };
        let state = State::new(&Cli::parse_from(flags).config, shared).unwrap();
        let router = serve::router(state, None).unwrap();
        let listener = serve::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve::listen(pool, wake, stop.clone()));
        tokio::spawn(serve::serve(listener, router, stop.clone()));
        Self { base, http: Client::new(), stop }
    }

    pub async fn stream(&self, query: &str) -> Stream {
        let response = self.http.get(format!("{}/v1/stream{query}", self.base)).send().await.unwrap();
        Stream::new(response)
    }

    pub async fn call(&self, method: Method, path: &str, token: &str, body: Value) -> (StatusCode, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).header("authorization", token);
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap_or(Value::Null))
    }
}

/// A server-sent event.
#[derive(Debug, Clone, PartialEq)]
pub struct Sse {
    pub event: String,
    pub id: Option<i64>,
    pub data: Value,
}

/// What an instance streams.
pub struct Stream {
    pub response: reqwest::Response,
    text: String,
}

impl Stream {
    pub fn new(response: reqwest::Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK, "{}", response.url());
        Self { response, text: String::new() }
    }

    /// The next event; `None` at the end.
    pub async fn next(&mut self) -> Option<Sse> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                let field = |name: &str| {
                    let line = block.lines().find(|line| line.starts_with(&format!("{name}:")))?;
                    Some(line[name.len() + 1..].trim_start().to_owned())
                };
                if let Some(data) = field("data") {
                    let data = serde_json::from_str(&data).unwrap();
                    return Some(Sse {
                        event: field("event").unwrap(),
                        id: field("id").map(|id| id.parse().unwrap()),
                        data,
                    });
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("the stream is silent");
            self.text.push_str(std::str::from_utf8(&chunk.ok()??).unwrap());
        }
    }

    /// The next so many ids.
    pub async fn ids(&mut self, count: usize) -> Vec<i64> {
        let mut ids = vec![];
        while ids.len() < count {
            ids.push(self.next().await.unwrap().id.unwrap());
        }
        ids
    }
}

/// One delivery as it arrived.
#[derive(Clone, Debug)]
pub struct Got {
    pub headers: HeaderMap,
    pub body: String,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap()
    }
}

/// A receiver of webhooks, which answers what it is told to.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    pub port: u16,
    got: Arc<Mutex<Vec<Got>>>,
    answer: Arc<Mutex<StatusCode>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}/hook");
        let this = Self { url, port, got: Arc::default(), answer: Arc::new(Mutex::new(StatusCode::OK)) };
        let take = async |Extract(this): Extract<Receiver>, headers: HeaderMap, body: Bytes| {
            let body = String::from_utf8(body.to_vec()).unwrap();
            this.got.lock().unwrap().push(Got { headers, body });
            let status = *this.answer.lock().unwrap();
            // Followed by nobody.
            (status, [("location", format!("http://127.0.0.1:{}/elsewhere", this.port))])
        };
        let router = Router::new().route("/hook", post(take)).route("/elsewhere", post(take).get(take));
        let router = router.with_state(this.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        this
    }

    pub fn answer(&self, status: StatusCode) {
        *self.answer.lock().unwrap() = status;
    }

    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// Everything, once there are so many.
    pub async fn wait(&self, count: usize) -> Vec<Got> {
        until(async || self.got().len() >= count).await;
        self.got()
    }
}

/// Waits until it is so.
pub async fn until(mut so: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !so().await {
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("it never came to be");
}

/// An address that is like no other.
pub fn address(n: u8) -> String {
    Pubkey::new_from_array([n; 32]).to_string()
}

/// Flags with which webhooks may go to this machine, and do so at once.
pub const LOCAL: [&str; 7] = [
    "--webhook-allow-http",
    "--webhook-allow-cidr",
    "127.0.0.0/8",
    "--webhook-poll-ms",
    "20",
    "--webhook-retry-ms",
    "1",
];

pub fn job(posted_at: i64, more: Value) -> Value {
    let mut job = json!({"requester": address(1), "mint": address(2), "nonce": "1", "units": "4", "seat_price": "400",
        "state": "Open", "class": 1, "seats": 0, "replicas": 3, "winners": 0, "losers": 0, "bounty": 5000, "posted_at": posted_at.to_string(),
        "seal_window": 400, "reveal_window": 400, "ended_at": "0",
        "strategy": {"Replicated": {"replicas": 3, "quorum": 2, "most": 5, "adaptive": false}}});
    for (key, value) in more.as_object().unwrap() {
        job[key] = value.clone();
    }
    job
}
