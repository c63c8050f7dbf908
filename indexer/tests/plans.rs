//! Every list goes by an index, in each order and with each filter: by the plans that Postgres makes of the very
//! statements that are served, over tables of 20,000 rows, for values that it sees and for values that it does not.

#![allow(clippy::unwrap_used)]

mod common;

use assay_indexer::serve::read::plans;
use common::Postgres;
use serde_json::Value;
use solana_sdk::pubkey::Pubkey;
use sqlx::{AssertSqlSafe, PgPool};

const ROWS: u32 = 20_000;
const PEOPLE: u32 = 200;
/// Of so many rows, a sort is one of what a filter has chosen, not of the table.
const FEW: f64 = 2_000.0;

/// A whole number as an address, which must have four digits of base58 and three bytes.
fn address(number: u32) -> String {
    let mut bytes = [0; 32];
    bytes[28..].copy_from_slice(&number.to_be_bytes());
    Pubkey::new_from_array(bytes).to_string()
}

fn row(n: u32) -> String {
    address(200_000 + n * 7919 % 100_003)
}

fn person(n: u32) -> String {
    address(5_000_000 + n % PEOPLE)
}

fn hash(n: u32) -> String {
    format!("{:0<64}", format!("{:x}", 100_000 + n))
}

/// The `data` of each table, of row number `n`; `p(i)` is one of some people, `x(n)` the address of row n, `h(n)` a hash.
const TABLES: [(&str, &str); 20] = [
    (
        "jobs",
        "'requester', p(n), 'mint', p(n % 5), 'state', (ARRAY['Open', 'Seated', 'Doubted', 'Settled', 'Cancelled'])[1 + n % 5],
        'posted_at', (n * 7)::text, 'class', n % 5, 'strategy', CASE n % 3 WHEN 0 THEN '{\"Replicated\": {}}'
            WHEN 1 THEN '{\"Optimistic\": {}}' ELSE '{\"Proven\": {}}' END::jsonb, 'spec_hash', h(n), 'root', h(n + 1),
        'seat_price', ((n * 7919) % 10007)::text, 'units', ((n * 31) % 997)::text, 'seal_by', (n * 7 + n % 100)::text, 'cases', 0,
        'legs', CASE n % 100 WHEN 0 THEN jsonb_build_array(jsonb_build_object('to', p(n % 50), 'bps', 100)) ELSE '[]' END,
        'requirements', jsonb_build_object('engine', n % 2, 'cores', n % 64, 'memory_mib', n % 4096, 'disk_gib', n % 100, 'gpus', n % 8,
            'gpu_memory_mib', n % 24000, 'gpu_model', substr(h(n % 9), 1, 8), 'region', substr(h(n % 30), 1, 4))",
    ),
    (
        "bids",
        "'job', x(n / 3 + 1), 'operator', p(n), 'device', x(n), 'price', ((n * 7919) % 10007)::text, 'posted_at', (n / 3 * 7)::text,
        'expires_at', (n * 5)::text",
    ),
    (
        "seats",
        "'job', x(n / 3 + 1), 'operator', p(n), 'device', x(n), 'index', n % 3, 'seal_by', (n * 5)::text,
        'state', (ARRAY['Claimed', 'Sealed', 'Revealed', 'Delivered'])[1 + n % 4]",
    ),
    (
        "devices",
        "'operator', p(n), 'slots', 4, 'busy', n % 5, 'available', n % 3 = 0, 'verified', n % 7 = 0, 'price_floor', (n % 1013)::text,
        'capabilities', jsonb_build_object('engines', 1 + n % 3, 'cores', n % 64, 'memory_mib', n % 4096, 'disk_gib', n % 100,
            'gpus', n % 8, 'gpu_memory_mib', n % 24000, 'gpu_model', substr(h(n % 90), 1, 8), 'region', substr(h(n % 300), 1, 4))",
    ),
    (
        "models",
        "'author', p(n), 'payee', p(n), 'content_hash', h(n), 'uri', 'https://models.example/name' || n, 'royalty_bps', n % 3000",
    ),
    ("payment_mints", "'mint', x(n), 'decimals', 6"),
    ("pools", "'operator', x(n + 1), 'active', (n * 17 % 9973)::text, 'weight', jsonb_build_object('now', (n % 9973)::text), 'commission_bps', n % 10000"),
    ("positions", "'pool', x(n % 500 + 1), 'owner', p(n)"),
    ("tickets", "'pool', x(n % 500 + 1), 'owner', p(n), 'ready_at', (n * 3)::text"),
    (
        "records",
        "'operator', p(n), 'class', n % 5, 'good', (n % 1009 * 1000000000::bigint)::text, 'bad', (n % 13 * 1000000000::bigint)::text,
        'valid', n % 1009, 'wrong', 0, 'silent', 0, 'updated_at', (n * 3)::text",
    ),
    (
        "rounds",
        "'job', x(n), 'phase', (ARRAY['Sealing', 'Checking', 'Revealing', 'Tied', 'Final'])[1 + n % 5], 'revealed', 0, 'seal_by', (n * 5)::text",
    ),
    (
        "cases",
        "'job', x(n / 2 + 1), 'kind', CASE n % 2 WHEN 0 THEN '\"Tie\"' ELSE '\"Sample\"' END::jsonb, 'opener', p(n), 'until', (n * 5)::text,
        'phase', (ARRAY['Answering', 'Called', 'Judging', 'Resolved', 'Concluded'])[1 + n % 5]",
    ),
    (
        "ballots",
        "'case', x(n / 5 + 1), 'operator', p(n), 'level', 0, 'state', (ARRAY['Joined', 'Sealed', 'Revealed'])[1 + n % 3]",
    ),
    ("attestors", "'registrar', p(n), 'revoked', n % 10 = 0, 'expires_at', (n * 3)::text"),
    ("proof_keys", "'payer', p(n), 'closes_at', (n * 3)::text"),
    ("canaries", "'payer', p(n), 'created_at', (n * 3)::text"),
    (
        "proposals",
        "'proposer', p(n), 'created_at', (n * 3)::text, 'ends_at', (n * 5)::text,
        'state', (ARRAY['Draft', 'Voting', 'Queued', 'Executed'])[1 + n % 4]",
    ),
    ("votes", "'proposal', x(n / 100 + 1), 'voter', p(n), 'choice', (ARRAY['Yes', 'No', 'Abstain'])[1 + n % 3], 'weight', (n % 9973)::text"),
    ("distributions", "'opener', p(n), 'mint', p(n % 5), 'expires_at', (n * 3)::text"),
    ("minters", "'minter', p(n), 'allowance', '5'"),
];

async fn run(pool: &PgPool, sql: impl Into<String>) {
    let sql = sql.into();
    sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(pool).await.unwrap_or_else(|why| panic!("{why}\n{sql}"));
}

async fn load(pool: &PgPool) {
    // The same as the functions above.
    let digit = |power: u32| {
        format!("substr('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz', i / {power} % 58 + 1, 1)")
    };
    let digits = [195_112, 3_364, 58, 1].map(digit).join(" || ");
    run(
        pool,
        format!(
            "CREATE FUNCTION a(i int) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT repeat('1', 29) || {digits}$$;
             CREATE FUNCTION x(n int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT a(200000 + n * 7919 % 100003)';
             CREATE FUNCTION p(n int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT a(5000000 + n % {PEOPLE})';
             CREATE FUNCTION h(n int) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT rpad(to_hex(100000 + n), 64, '0')$$"
        ),
    )
    .await;
    let same: bool = sqlx::query_scalar("SELECT (x(300), p(7), h(500)) = ($1, $2, $3)")
        .bind(row(300))
        .bind(person(7))
        .bind(hash(500))
        .fetch_one(pool)
        .await
        .unwrap();
    assert!(same);
    for (table, data) in TABLES {
        // Half of them are closed; none is in the order of its key.
        run(
            pool,
            format!(
                "INSERT INTO {table} (address, slot, write_version, closed_slot, data)
                 SELECT x(n), n, 0, CASE WHEN n % 2 = 0 AND '{table}' <> 'pools' THEN n END, jsonb_build_object({data})
                 FROM generate_series(1, {ROWS}) n"
            ),
        )
        .await;
    }
    run(
        pool,
        format!(
            "INSERT INTO events (signature, ix, inner_ix, slot, time, program, kind, data)
             SELECT 's' || n, 0, 0, n, to_timestamp(n * 60), CASE n % 10 WHEN 0 THEN 'token' WHEN 1 THEN 'staking' ELSE 'escrow' END,
                 CASE n % 10 WHEN 0 THEN (ARRAY['Minted', 'Burned', 'ReserveSwapped', 'ParamsSet'])[1 + n / 10 % 4] WHEN 1 THEN 'Staked'
                     ELSE (ARRAY['JobPosted', 'SeatClaimed', 'SeatSettled'])[1 + n % 3] END,
                 jsonb_build_object('job', x(n), 'operator', p(n), 'owner', p(n + 1), 'paid', '0', 'amount', '1')
             FROM generate_series(1, {ROWS}) n;
             INSERT INTO operator_rollups SELECT x(n), 'all', 0, 1, p(1), 1, 0, 5, 5, 0 FROM generate_series(1, {ROWS}) n; ANALYZE"
        ),
    )
    .await;
}

/// A value that some rows have, or the middle of a range.
fn value_of(path: &str, filter: &str) -> String {
    let part = |n: u32, digits: usize| hash(n)[..digits].to_owned();
    match (path, filter) {
        (_, "job" | "device" | "case" | "proposal" | "pool" | "model") | ("/v1/mints", "mint") => row(300),
        ("/v1/operators" | "/v1/positions" | "/v1/tickets", "operator") => row(300),
        ("/v1/jobs" | "/v1/distributions", "mint") => person(3),
        (
            _,
            "requester" | "operator" | "owner" | "author" | "payee" | "opener" | "proposer" | "voter" | "payer"
            | "registrar" | "address",
        ) => person(7),
        (_, "status") => "disputed".into(),
        ("/v1/devices", "state") => "available".into(),
        ("/v1/cases", "state") => "judging".into(),
        ("/v1/proposals", "state") => "voting".into(),
        (_, "state") => "Sealed".into(),
        (_, "phase") => "Tied".into(),
        ("/v1/cases", "kind") => "tie".into(),
        ("/v1/token/transfers", "kind") => "Burned".into(),
        (_, "kind") => "SeatSettled".into(),
        (_, "program") => "staking".into(),
        (_, "strategy") => "proven".into(),
        (_, "choice") => "No".into(),
        (_, "spec_hash" | "root" | "content_hash") => hash(500),
        ("/v1/devices", "gpu_model") => part(60, 8),
        ("/v1/devices", "region") => part(200, 4),
        (_, "gpu_model") => part(6, 8),
        (_, "region") => part(20, 4),
        (_, "word") => "name1234".into(),
        (_, "open" | "verified" | "revoked") => "true".into(),
        (_, "class" | "engine") => "1".into(),
        (_, "from" | "to") => "600000".into(),
        (_, "gpus_min" | "gpus" | "cores" | "cores_min" | "disk_gib" | "disk_gib_min") => "4".into(),
        _ => "1000".into(),
    }
}

/// What is wrong with a plan.
fn faults(node: &Value, faults_found: &mut Vec<String>) {
    let text = |name: &str| node[name].as_str().unwrap_or_default().to_owned();
    let table = text("Relation Name");
    let small = ["", "watermark", "mint_symbols", "event_hours"];
    if text("Node Type") == "Seq Scan" && !small.contains(&table.as_str()) {
        faults_found.push(format!("a Seq Scan of {table}"));
    }
    let children = node["Plans"].as_array().cloned().unwrap_or_default();
    if text("Node Type").ends_with("Sort") {
        let rows = children.iter().filter_map(|child| child["Plan Rows"].as_f64()).fold(0.0, f64::max);
        if rows > FEW {
            faults_found.push(format!("a sort of {rows} rows"));
        }
    }
    children.iter().for_each(|child| faults(child, faults_found));
}

#[tokio::test]
async fn every_list_goes_by_an_index() {
    let postgres = Postgres::start().await;
    let (_, pool) = postgres.migrated("plans").await;
    load(&pool).await;
    let all = plans(value_of);
    assert!(all.len() > 200, "{}", all.len());
    let mut connection = pool.acquire().await.unwrap();
    let mut wrong = vec![];
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let set = format!("SET plan_cache_mode = {mode}; SET jit = off");
        sqlx::raw_sql(AssertSqlSafe(set)).execute(&mut *connection).await.unwrap();
        for (name, _, _, sql, values) in &all {
            assert!(sql.starts_with("WITH"), "{name}: {sql}");
            let prepare = format!("PREPARE s AS {sql}");
            let prepared = sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await;
            prepared.unwrap_or_else(|why| panic!("{name}: {why}\n{sql}"));
            let values: Vec<_> = values.iter().map(|value| format!("'{value}'")).collect();
            let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
            let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE s{values}");
            let plan: Value =
                sqlx::query_scalar(AssertSqlSafe(explain)).persistent(false).fetch_one(&mut *connection).await.unwrap();
            sqlx::raw_sql("DEALLOCATE s").execute(&mut *connection).await.unwrap();
            let mut found = vec![];
            faults(&plan[0]["Plan"], &mut found);
            if !found.is_empty() {
                wrong.push(format!("{name} ({mode}): {}", found.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{} of {}", wrong.join("\n"), wrong.len(), all.len() * 2);
}
