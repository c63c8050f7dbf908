//! A scripted RPC, and an API on it.
#![allow(dead_code, clippy::unwrap_used)]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, atomic::AtomicU64},
};

use assay_indexer::{
    config::Cli,
    serve::{self, Shared, State},
};
use assay_sdk::{
    anchor_lang::{AccountSerialize, AnchorDeserialize, Owner},
    ix,
};
use axum::{Json, Router, extract, http::StatusCode, routing::post};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Parser;
use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_sdk::{
    hash::Hash,
    instruction::Instruction,
    message::{VersionedMessage, v0},
    pubkey::Pubkey,
    signature::Signature,
    transaction::VersionedTransaction,
};
use sqlx::PgPool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::common::Postgres;

/// Who asks in most tests.
pub const ME: Pubkey = key(1);
/// What every simulation takes.
pub const UNITS: u64 = 100_000;
/// A fifth more, and a thousand.
pub const LIMIT: u32 = 121_000;
pub const GENESIS: &str = "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG";

/// An address of a test.
pub const fn key(number: u8) -> Pubkey {
    Pubkey::new_from_array([number; 32])
}

pub fn blockhash() -> Hash {
    Hash::new_from_array([9; 32])
}

/// An account as the RPC has it.
#[derive(Clone)]
pub struct Stored {
    pub owner: Pubkey,
    pub lamports: u64,
    pub data: Vec<u8>,
}

/// What the RPC says.
#[derive(Default)]
pub struct Script {
    pub accounts: HashMap<String, Stored>,
    /// What a simulation leaves, where that is not what was there; `None` is nothing.
    pub after: HashMap<String, Option<Stored>>,
    /// A simulation's error and logs.
    pub failure: Option<(Value, Vec<&'static str>)>,
    /// Every transaction that was simulated, as it came.
    pub simulated: Vec<(String, Value)>,
    pub down: bool,
}

pub type Shelf = Arc<Mutex<Script>>;

fn ui(stored: Option<&Stored>) -> Value {
    stored.map_or(Value::Null, |Stored { owner, lamports, data }| {
        json!({"owner": owner.to_string(), "lamports": lamports, "data": [STANDARD.encode(data), "base64"],
            "executable": false, "rentEpoch": 0, "space": data.len()})
    })
}

async fn answer(extract::State(shelf): extract::State<Shelf>, Json(asked): Json<Value>) -> (StatusCode, Json<Value>) {
    let mut script = shelf.lock().unwrap();
    if script.down {
        return (StatusCode::BAD_GATEWAY, Json(json!(null)));
    }
    let with = |value: Value| json!({"context": {"slot": 7, "apiVersion": "3.1.0"}, "value": value});
    let params = &asked["params"];
    let result = match asked["method"].as_str().unwrap() {
        "getGenesisHash" => json!(GENESIS),
        "getLatestBlockhash" => with(json!({"blockhash": blockhash().to_string(), "lastValidBlockHeight": 100})),
        "getMultipleAccounts" => {
            let one = |address: &Value| ui(script.accounts.get(address.as_str().unwrap()));
            with(params[0].as_array().unwrap().iter().map(one).collect())
        }
        "simulateTransaction" => {
            script.simulated.push((params[0].as_str().unwrap().into(), params[1].clone()));
            let one = |address: &Value| {
                let address = address.as_str().unwrap();
                let left = script.after.get(address).cloned();
                ui(left.unwrap_or_else(|| script.accounts.get(address).cloned()).as_ref())
            };
            let (err, logs) = script.failure.clone().unwrap_or_default();
            let asked = params[1]["accounts"]["addresses"].as_array();
            let accounts: Option<Vec<_>> = asked.map(|asked| asked.iter().map(one).collect());
            with(json!({"err": err, "logs": logs, "accounts": accounts, "unitsConsumed": UNITS}))
        }
        other => panic!("the script has no {other}"),
    };
    (StatusCode::OK, Json(json!({"jsonrpc": "2.0", "id": asked["id"], "result": result})))
}

/// An API whose chain is a script.
pub struct Api {
    pub base: String,
    pub http: Client,
    pub pool: PgPool,
    pub shelf: Shelf,
    _postgres: Postgres,
}

impl Api {
    pub async fn start(flags: &[&str]) -> Api {
        let shelf = Shelf::default();
        let rpc = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let rpc_url = format!("http://{}", rpc.local_addr().unwrap());
        let scripted = Router::new().route("/", post(answer)).with_state(shelf.clone());
        tokio::spawn(async { axum::serve(rpc, scripted).await });

        let postgres = Postgres::start().await;
        let (_, pool) = postgres.migrated("actions").await;
        let (_, woken) = watch::channel(0);
        let stop = CancellationToken::new();
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let chain_slot = Arc::new(AtomicU64::new(7));
        let shared = Shared { pool: pool.clone(), chain_slot, wake: woken, metrics, stop: stop.clone() };
        let flags =
            ["assay-indexer", "--rate-per-second", "0", "--rpc-url", &rpc_url].into_iter().chain(flags.iter().copied());
        let state = State::new(&Cli::parse_from(flags).config, shared).unwrap();
        let router = serve::router(state, None).unwrap();
        let listener = serve::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve::serve(listener, router, stop));
        Api { base, http: Client::new(), pool, shelf, _postgres: postgres }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    pub async fn json(&self, path: &str) -> Value {
        let reply = self.get(path).await;
        assert_eq!(reply.status(), StatusCode::OK, "{path}");
        reply.json().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.http.post(format!("{}{path}", self.base)).json(body).send().await.unwrap()
    }

    /// Builds an action for `ME`: its status and its document.
    pub async fn build(&self, action: &str, data: &[(&str, String)]) -> (StatusCode, Value) {
        let data: HashMap<_, _> = data.iter().cloned().collect();
        let reply =
            self.post(&format!("/v1/actions/{action}"), &json!({"account": ME.to_string(), "data": data})).await;
        (reply.status(), reply.json().await.unwrap())
    }

    pub fn script<T>(&self, change: impl FnOnce(&mut Script) -> T) -> T {
        change(&mut self.shelf.lock().unwrap())
    }

    /// Puts an account on the chain.
    pub fn put(&self, address: &Pubkey, owner: &Pubkey, data: Vec<u8>) {
        let stored = Stored { owner: *owner, lamports: 1_000_000, data };
        self.script(|script| script.accounts.insert(address.to_string(), stored));
    }

    /// Puts an account of one of our types on the chain.
    pub fn store<T: AccountSerialize + Owner>(&self, address: &Pubkey, state: &T) {
        let mut data = vec![];
        state.try_serialize(&mut data).unwrap();
        self.put(address, &T::owner(), data);
    }

    /// Puts an SPL Token account on the chain.
    pub fn hold(&self, owner: &Pubkey, mint: &Pubkey, amount: u64) -> Pubkey {
        let address = assay_sdk::addresses::ata(owner, mint);
        self.put(&address, &ix::TOKEN_PROGRAM, holding(owner, mint, amount));
        address
    }

    /// Puts a mint of a token program on the chain.
    pub fn mint(&self, address: &Pubkey, program: &Pubkey, decimals: u8) {
        let mut data = vec![0; 82];
        data[44] = decimals;
        data[45] = 1;
        self.put(address, program, data);
    }

    /// Puts a row into a table of the index.
    pub async fn row(&self, table: &str, address: &Pubkey, data: Value) {
        let sql = format!("INSERT INTO {table} (address, slot, write_version, data) VALUES ($1, 7, 1, $2)");
        let insert = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(address.to_string()).bind(data);
        insert.execute(&self.pool).await.unwrap();
    }
}

/// Bytes of an SPL Token account.
pub fn holding(owner: &Pubkey, mint: &Pubkey, amount: u64) -> Vec<u8> {
    let mut data = vec![0; 165];
    data[..32].copy_from_slice(mint.as_ref());
    data[32..64].copy_from_slice(owner.as_ref());
    data[64..72].copy_from_slice(&amount.to_le_bytes());
    data[108] = 1;
    data
}

/// An account of zeros, to be filled in.
pub fn blank<T: AnchorDeserialize>() -> T {
    T::deserialize(&mut [0; 8_192].as_slice()).unwrap()
}

/// The wire form of what should be built: these instructions after the compute limit, for `ME` to sign.
pub fn expected(work: &[Instruction]) -> String {
    let limit = ComputeBudgetInstruction::set_compute_unit_limit(LIMIT);
    let all: Vec<_> = std::iter::once(limit).chain(work.iter().cloned()).collect();
    let message = VersionedMessage::V0(v0::Message::try_compile(&ME, &all, &[], blockhash()).unwrap());
    STANDARD
        .encode(bincode::serialize(&VersionedTransaction { signatures: vec![Signature::default()], message }).unwrap())
}
