//! A small market to ask for quotes.
#![allow(dead_code, clippy::unwrap_used)]

use std::time::{SystemTime, UNIX_EPOCH};

use assay_indexer::store::{Batch, Change, EventRow, Row, Table, Writer};
use reqwest::StatusCode;
use serde_json::{Value, json};
use solana_sdk::pubkey::Pubkey;

use crate::blobs_common::Vault;

pub fn address(n: u16) -> String {
    let mut bytes = [7; 32];
    bytes[..2].copy_from_slice(&n.to_be_bytes());
    Pubkey::new_from_array(bytes).to_string()
}

pub fn row(table: Table, n: u16, data: Value) -> Row {
    Row { table, address: address(n), slot: 20, change: Change::Scanned(data) }
}

pub const MINT: u16 = 1;
/// Where the addresses of each kind of account begin.
pub const OPERATORS: u16 = 100;
pub const DEVICES: u16 = 200;
pub const OTHERS: u16 = 300;
pub const JOBS: u16 = 1_000;
pub const EVENTS: u16 = 2_000;

pub fn config() -> Vec<Row> {
    let class = |seconds: u32| json!({"seconds": seconds, "stake": "1000"});
    let escrow = json!({"params": {"fee_bps": 250, "bond_bps": 3000, "wrong_bps": 2500, "seal_factor": 7,
        "bounty_lamports": 5000, "classes": [class(300), class(1_200), class(3_600), class(10_800), class(36_000)]}});
    let staking = json!({"params": {"harmed_bps": 4000}});
    let payment = json!({"mint": address(MINT), "decimals": 6, "bond_rate": "2000000000"});
    vec![
        row(Table::EscrowConfigs, 2, escrow),
        row(Table::StakingConfigs, 3, staking),
        row(Table::PaymentMints, 4, payment),
    ]
}

/// A device and its operator's pool, each with changes.
pub fn device(n: u16, device: Value, pool: Value) -> Vec<Row> {
    let mut can = json!({"engines": 1, "cores": 8, "memory_mib": 16_384, "disk_gib": 100, "gpus": 1, "gpu_memory_mib": 80_000,
        "gpu_model": "48313030", "region": "4445"});
    let mut data = json!({"operator": address(OPERATORS + n), "slots": 2, "busy": 0, "available": true, "verified": true,
        "price_floor": "3600"});
    for (field, value) in device.as_object().unwrap() {
        let whole = if can.get(field).is_some() { &mut can } else { &mut data };
        whole[field] = value.clone();
    }
    data["capabilities"] = can;
    let mut stake = json!({"operator": address(OPERATORS + n), "active": "100000", "locked": "0", "jailed_until": "0"});
    for (field, value) in pool.as_object().unwrap() {
        stake[field] = value.clone();
    }
    vec![row(Table::Devices, DEVICES + n, data), row(Table::Pools, OPERATORS + 50 + n, stake)]
}

pub fn event(job: u16, seat: u16, at: i64, kind: &str, data: Value) -> EventRow {
    let mut whole = json!({"job": address(JOBS + job), "seat": address(EVENTS + seat), "operator": address(9)});
    for (field, value) in data.as_object().unwrap() {
        whole[field] = value.clone();
    }
    let signature = format!("{job}-{seat}-{kind}-{at}");
    EventRow {
        signature,
        ix: 0,
        inner_ix: 0,
        slot: 20,
        time: Some(at),
        program: "escrow",
        kind: kind.into(),
        data: whole,
    }
}

/// A settled job of class 1 with `seats` of (index of the seat, what it was paid in all, seconds from claim to seal).
pub fn settled(batch: &mut Batch, n: u16, strategy: Value, seats: &[(u16, u64, i64)]) {
    let data = json!({"requester": address(8), "mint": address(MINT), "class": 1, "units": "10", "state": "Settled",
        "posted_at": "1", "ended_at": (1_000 + u64::from(n)).to_string(), "strategy": strategy});
    batch.rows.push(row(Table::Jobs, JOBS + n, data));
    for (seat, amount, seconds) in seats {
        let (seat, claimed) = (n * 10 + seat, 5_000);
        batch.events.push(event(n, seat, claimed, "SeatClaimed", json!({})));
        batch.events.push(event(n, seat, claimed + seconds, "ResultSealed", json!({})));
        let (paid, fee, royalties) = ((amount - 3).to_string(), "2", "1");
        let paid = json!({"paid": paid, "fee": fee, "royalties": royalties});
        batch.events.push(event(n, seat, claimed + 9_000, "SeatSettled", paid));
    }
}

pub async fn market(rows: Vec<Vec<Row>>, jobs: impl FnOnce(&mut Batch)) -> Vault {
    let vault = Vault::start(&[]).await;
    let mut batch = Batch { rows: rows.concat(), watermark: Some(20), ..Batch::default() };
    jobs(&mut batch);
    Writer::acquire(&vault.url).await.unwrap().unwrap().apply(batch).await.unwrap();
    vault
}

pub async fn ask(vault: &Vault, body: Value) -> Value {
    let response = vault.http.post(vault.path("/v1/quotes")).json(&body).send().await.unwrap();
    let status = response.status();
    let quote: Value = response.json().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{body}: {quote}");
    quote
}

pub fn order(quote: &Value) -> Vec<Value> {
    quote["devices"].as_array().unwrap().iter().map(|device| device["device"].clone()).collect()
}

pub fn of(devices: &[u16]) -> Vec<Value> {
    devices.iter().map(|n| json!(address(DEVICES + n))).collect()
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A job of class 1 whose 8 units take 450 s each: on the 8 cores 450 s, an eighth of an hour.
pub fn wanted() -> Value {
    json!({"class": 1, "mint": address(MINT), "units": "8", "seconds_per_unit": 450})
}
