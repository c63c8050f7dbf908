//! The API on a seeded database, over real HTTP.

use std::{
    ffi::OsString,
    sync::{Arc, atomic::AtomicU64},
};

use assay_indexer::{
    config::Cli,
    serve::{self, Shared, State},
    store::{self, Batch, Change, EventRow, Row, Table, Writer},
};
use clap::Parser;
use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Postgres;

pub const JOB: &str = "11111111111111111111111111111112";
pub const OPEN_JOB: &str = "11111111111111111111111111111113";
pub const MINT: &str = "11111111111111111111111111111114";
pub const ALICE: &str = "11111111111111111111111111111115";
pub const BOB: &str = "11111111111111111111111111111116";
pub const SEAT_A: &str = "11111111111111111111111111111117";
pub const SEAT_B: &str = "11111111111111111111111111111118";
pub const POOL: &str = "11111111111111111111111111111119";

/// A settled and closed job with a winner and a loser, and an open one whose seats are all sealed.
pub fn seed() -> Batch {
    let job = |nonce: &str, state: &str, posted: &str| {
        json!({"requester": JOB, "mint": MINT, "nonce": nonce, "units": "32", "state": state, "posted_at": posted,
            "winners": 1, "losers": 2})
    };
    let seat =
        |index: u8, operator: &str| json!({"index": index, "job": JOB, "operator": operator, "state": "Revealed"});
    let row = |table, address: &str, slot, change| Row { table, address: address.into(), slot, change };
    let round = json!({"job": OPEN_JOB, "phase": "Revealing", "sealed": 2, "revealed": 0});
    let record = json!({"operator": ALICE, "class": 1, "good": "1000000000", "bad": "0", "valid": 1, "wrong": 0,
        "silent": 0, "consecutive_valid": 1});
    let pool = json!({"operator": ALICE, "active": "900", "cooling": "5", "locked": "0", "weight": {"now": "900"}});
    // Larger as a number, smaller as text.
    let larger = json!({"operator": BOB, "active": "1000", "cooling": "0", "locked": "0", "weight": {"now": "1000"}});
    let event = |inner_ix, program, kind: &str, data| EventRow {
        signature: "sig".into(),
        ix: 0,
        inner_ix,
        slot: 20,
        time: Some(1_700_000_000),
        program,
        kind: kind.into(),
        data,
    };
    let slashed = json!({"pool": POOL, "operator": BOB, "amount": "40", "burned": "20", "harmed": "16", "caller": "4"});
    Batch {
        rows: vec![
            row(Table::Jobs, JOB, 21, Change::Last(job("1", "Settled", "100"))),
            row(Table::Jobs, OPEN_JOB, 22, Change::Scanned(job("2", "Seated", "200"))),
            row(Table::Seats, SEAT_A, 20, Change::Last(seat(0, ALICE))),
            row(Table::Seats, SEAT_B, 20, Change::Last(seat(1, BOB))),
            row(Table::Rounds, POOL, 22, Change::Scanned(round)),
            row(Table::Records, POOL, 22, Change::Scanned(record)),
            row(Table::Pools, POOL, 22, Change::Scanned(pool)),
            row(Table::Pools, SEAT_B, 22, Change::Scanned(larger)),
            row(Table::PaymentMints, POOL, 22, Change::Scanned(json!({"mint": MINT, "decimals": 6, "bond_rate": "1"}))),
            row(Table::TokenConfigs, POOL, 22, Change::Scanned(json!({"minted": "1000"}))),
        ],
        events: vec![
            event(
                0,
                "escrow",
                "SeatSettled",
                json!({"job": JOB, "seat": SEAT_A, "operator": ALICE, "paid": "97", "fee": "3"}),
            ),
            event(1, "staking", "Slashed", slashed),
            event(
                2,
                "escrow",
                "SeatSlashed",
                json!({"job": JOB, "seat": SEAT_B, "operator": BOB, "reason": "Wrong", "amount": "50"}),
            ),
        ],
        watermark: Some(22),
        ..Batch::default()
    }
}

/// An API on a database of its own.
pub struct Server {
    pub base: String,
    pub url: String,
    pub http: Client,
    pub chain: Arc<AtomicU64>,
    _postgres: Postgres,
    pub folder: tempfile::TempDir,
}

impl Server {
    pub async fn start() -> Server {
        let postgres = Postgres::start().await;
        let (url, pool) = postgres.migrated("api").await;
        Writer::acquire(&url).await.unwrap().unwrap().apply(seed()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("app")).unwrap();
        std::fs::write(folder.path().join("app/index.html"), "<title>Assay</title>").unwrap();
        let chain = Arc::new(AtomicU64::new(25));
        let base = Self::serve(pool, &folder, chain.clone()).await;
        Server { base, url, http: Client::new(), chain, _postgres: postgres, folder }
    }

    async fn serve(pool: PgPool, folder: &tempfile::TempDir, chain_slot: Arc<AtomicU64>) -> String {
        let (wake, woken) = watch::channel(0);
        let stop = CancellationToken::new();
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let shared = Shared { pool: pool.clone(), chain_slot, wake: woken, metrics, stop: stop.clone() };
        let blobs = folder.path().join("blobs");
        let flags = ["assay-indexer", "--rate-per-second", "0", "--max-lag-slots", "10", "--blobs"].map(OsString::from);
        let flags = flags.into_iter().chain([blobs.into_os_string()]);
        let state = State::new(&Cli::parse_from(flags).config, shared).unwrap();
        store::name_mints(&pool, &[(MINT.into(), "tUSD".into())]).await.unwrap();
        let router = serve::router(state, Some(&folder.path().join("app"))).unwrap();
        let listener = serve::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve::listen(pool, wake, stop.clone()));
        tokio::spawn(serve::serve(listener, router, stop));
        base
    }

    /// By another process's writer; the one before it leaves its lock in its own time.
    pub async fn apply(&self, batch: Batch) {
        loop {
            if let Some(mut writer) = Writer::acquire(&self.url).await.unwrap() {
                writer.apply(batch).await.unwrap();
                return;
            }
        }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    pub async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    pub async fn put(&self, path: &str, body: impl Into<reqwest::Body>) -> StatusCode {
        self.http.put(format!("{}{path}", self.base)).body(body).send().await.unwrap().status()
    }
}
