//! A blob store with a server of its own: in this process, or in a child whose environment and memory are its own.
#![allow(dead_code, clippy::unwrap_used)]

pub mod servers;

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use assay_indexer::{
    config::Cli,
    serve::{
        self, Shared, State,
        accounts::{Caller, Keys, Role},
    },
};
use clap::Parser;
use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use solana_sdk::pubkey::Pubkey;
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::common::Postgres;

const SECRET: &str = "a secret of tests, which has 32 bytes and more";
/// For `child`: the database, and the flags as JSON.
const DATABASE: &str = "ASSAY_TEST_DATABASE";
const FLAGS: &str = "ASSAY_TEST_FLAGS";

pub const MIB: usize = 1 << 20;

pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Bytes that repeat nowhere near.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(|_| next()).collect()
}

/// What a problem says.
pub async fn detail(response: Response) -> String {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem: Value = response.json().await.unwrap();
    problem["detail"].as_str().unwrap().to_owned()
}

/// Bytes that an owner's quota counts.
pub async fn held(vault: &Vault, owner: &str) -> i64 {
    let held = sqlx::query_scalar("SELECT bytes FROM blob_usage WHERE owner = $1").bind(owner);
    held.fetch_optional(&vault.pool).await.unwrap().unwrap_or(0)
}

/// The router of an API with these flags, on its own port: its address. It lives as long as the runtime.
pub async fn serve_here(pool: PgPool, flags: &[String]) -> String {
    let (_, woken) = watch::channel(0);
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let chain_slot = Arc::new(AtomicU64::new(1));
    let stop = CancellationToken::new();
    let shared = Shared { pool, chain_slot, wake: woken, metrics, stop: stop.clone() };
    let flags = ["assay-indexer", "--rate-per-second", "0"].map(str::to_owned).into_iter().chain(flags.iter().cloned());
    let state = State::new(&Cli::try_parse_from(flags).unwrap().config, shared).unwrap();
    let router = serve::router(state, None).unwrap();
    let listener = serve::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve::serve(listener, router, stop));
    base
}

pub struct Vault {
    pub base: String,
    pub http: Client,
    pub pool: PgPool,
    pub url: String,
    pub postgres: Postgres,
    pub folder: TempDir,
    pub keys: Keys,
}

impl Vault {
    /// With a folder of its own and these flags.
    pub async fn start(flags: &[&str]) -> Vault {
        let vault = Self::bare().await;
        let base = serve_here(vault.pool.clone(), &vault.flags(flags)).await;
        Vault { base, ..vault }
    }

    /// Without a server.
    pub async fn bare() -> Vault {
        let postgres = Postgres::start().await;
        let (url, pool) = postgres.migrated("blobs").await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), SECRET).unwrap();
        let keys = Keys::load(Some(&folder.path().join("secret"))).unwrap();
        Vault { base: String::new(), http: Client::new(), pool, url, postgres, folder, keys }
    }

    pub fn flags(&self, flags: &[&str]) -> Vec<String> {
        let secret = self.folder.path().join("secret").display().to_string();
        let folder = self.folder.path().join("blobs").display().to_string();
        let mut all = vec!["--jwt-secret-file".to_owned(), secret];
        if !flags.contains(&"--blob-store") && !flags.contains(&"--blobs") {
            all.extend(["--blobs".to_owned(), folder]);
        }
        all.extend(flags.iter().map(|flag| (*flag).to_owned()));
        all
    }

    pub fn token(&self, wallet: Pubkey, role: Role) -> String {
        let caller = Caller { wallet, roles: vec![role] };
        format!("Bearer {}", self.keys.issue(&caller, Duration::from_secs(600)).unwrap())
    }

    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub async fn get(&self, path: &str) -> Response {
        self.http.get(self.path(path)).send().await.unwrap()
    }

    pub async fn put(&self, path: &str, body: impl Into<reqwest::Body>) -> Response {
        self.http.put(self.path(path)).body(body).send().await.unwrap()
    }

    /// Stores a blob and returns its name.
    pub async fn store(&self, bytes: impl Into<Vec<u8>>) -> String {
        let bytes = bytes.into();
        let name = sha256(&bytes);
        assert_eq!(self.put(&format!("/v1/blobs/{name}"), bytes).await.status(), StatusCode::CREATED);
        name
    }

    pub async fn begin(&self, bytes: &[u8], chunk_size: usize) -> Value {
        let body =
            json!({"sha256": sha256(bytes), "size": bytes.len().to_string(), "chunk_size": chunk_size.to_string()});
        let response = self.http.post(self.path("/v1/blobs/uploads")).json(&body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
        response.json().await.unwrap()
    }

    pub async fn chunk(&self, id: &str, n: usize, bytes: &[u8]) -> Response {
        let request = self.http.put(self.path(&format!("/v1/blobs/uploads/{id}/{n}")));
        request.header("x-content-sha256", sha256(bytes)).body(bytes.to_vec()).send().await.unwrap()
    }

    pub async fn complete(&self, id: &str) -> Response {
        self.http.post(self.path(&format!("/v1/blobs/uploads/{id}/complete"))).send().await.unwrap()
    }

    /// Files in the store, with half-written ones.
    pub fn files(&self) -> Vec<String> {
        files(&self.folder.path().join("blobs"))
    }

    /// A server in a child of its own, as `wrap` starts it (for instance `unshare …`), with this environment.
    pub fn child(&self, wrap: &[&str], flags: &[&str], env: &[(&str, &str)]) -> Served {
        let program = std::env::current_exe().unwrap().display().to_string();
        let words = [wrap, &[program.as_str(), "--exact", "child", "--ignored", "--nocapture"]].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).envs(env.iter().copied());
        command.env(DATABASE, &self.url).env(FLAGS, serde_json::to_string(&self.flags(flags)).unwrap());
        // It ends when its input does.
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let base = lines.find_map(|line| Some(line.split_once("serving ")?.1.to_owned())).unwrap();
        // What it says later must go somewhere, or it fails.
        std::thread::spawn(move || lines.for_each(drop));
        Served { base, child }
    }
}

pub fn files(folder: &Path) -> Vec<String> {
    let mut found = vec![];
    for item in std::fs::read_dir(folder).into_iter().flatten() {
        let path = item.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path.display().to_string()) }
    }
    found.sort();
    found
}

/// A server in a child.
pub struct Served {
    pub base: String,
    pub child: Child,
}

impl Served {
    /// The most memory that it ever had, in bytes.
    pub fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// What a child runs: `#[test] #[ignore] fn child() { blobs_common::be_a_child() }`.
pub fn be_a_child() {
    let Ok(url) = std::env::var(DATABASE) else { return };
    let flags: Vec<String> = serde_json::from_str(&std::env::var(FLAGS).unwrap()).unwrap();
    let _ = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(tracing::Level::WARN).try_init();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let base = runtime.block_on(async {
        let pool = assay_indexer::store::pool(&url).unwrap();
        serve_here(pool, &flags).await
    });
    println!("serving {base}");
    let _ = std::io::stdin().read_line(&mut String::new());
    runtime.shutdown_background();
}
