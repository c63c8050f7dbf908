//! The loop against a chain in memory: live, killed, restarted and rebuilt, the tables end up the same.

#![allow(clippy::unwrap_used)]

mod common;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use anchor_lang::{AnchorSerialize, Discriminator, Event};
use assay_escrow::{Seat, SeatState, events::SeatSettled};
use assay_indexer::{
    Error, Result,
    decode::Rows,
    ingest::{self, Accounts, ChainAccount, ChainEvent, ChainTransaction, Commitment, Listed, Notice, Scan, Source},
    store::watermark,
};
use common::Postgres;
use serde_json::Value;
use solana_sdk::pubkey::Pubkey;
use sqlx::PgPool;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

#[derive(Default)]
struct Chain {
    slot: u64,
    accounts: BTreeMap<Pubkey, Vec<u8>>,
    transactions: Vec<ChainTransaction>,
    /// First slot of the history that is kept.
    kept_from: u64,
    fetched: usize,
    listener: Option<mpsc::Sender<Notice>>,
}

/// A chain that tells of writes unless it is `silent`.
#[derive(Clone, Default)]
struct Fake(Arc<Mutex<Chain>>);

fn seat(n: u8, state: SeatState) -> Seat {
    let (job, operator) = (Pubkey::new_from_array([100; 32]), Pubkey::new_from_array([n; 32]));
    Seat {
        version: 1,
        bump: 0,
        index: n,
        state,
        job,
        operator,
        payer: operator,
        device: operator,
        seal_by: 9,
        commitment: [n; 32],
        progress: 0,
        heartbeat_at: 0,
    }
}

fn bytes(seat: &Seat) -> Vec<u8> {
    let mut bytes = Seat::DISCRIMINATOR.to_vec();
    seat.serialize(&mut bytes).unwrap();
    bytes
}

fn address(n: u8) -> Pubkey {
    Pubkey::new_from_array([n.wrapping_add(50); 32])
}

impl Fake {
    fn with<T>(&self, change: impl FnOnce(&mut Chain) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }

    /// Writes a seat in a new slot.
    fn write(&self, n: u8, state: SeatState, silent: bool) {
        self.with(|chain| {
            chain.slot += 1;
            let data = bytes(&seat(n, state));
            chain.accounts.insert(address(n), data.clone());
            let account = ChainAccount { address: address(n), program: assay_escrow::ID, data };
            if let (Some(listener), false) = (&chain.listener, silent) {
                let _ = listener.try_send(Notice::Account { slot: chain.slot, write_version: None, account });
            }
        });
    }

    /// Settles a seat in a new slot, which closes its account.
    fn settle(&self, n: u8, silent: bool) {
        self.with(|chain| {
            chain.slot += 1;
            chain.accounts.remove(&address(n));
            let last = seat(n, SeatState::Revealed);
            let (job, operator) = (last.job, last.operator);
            let event = SeatSettled {
                job,
                seat: address(n),
                operator,
                paid: 7,
                fee: 1,
                royalties: 0,
                released: 5,
                bounty: 0,
                last,
            };
            let event = ChainEvent { ix: 0, inner_ix: 2, program: assay_escrow::ID, data: event.data() };
            let signature = format!("settle-{n}-{}", chain.slot);
            chain.transactions.push(ChainTransaction {
                signature: signature.clone(),
                slot: chain.slot,
                time: Some(1_700_000_000),
                closed: vec![address(n).to_string()],
                events: vec![event],
            });
            if let (Some(listener), false) = (&chain.listener, silent) {
                let _ = listener.try_send(Notice::Transaction { signature });
            }
        });
    }
}

impl Source for Fake {
    async fn slot(&self) -> Result<u64> {
        Ok(self.with(|chain| chain.slot))
    }
    async fn finalized(&self) -> Result<u64> {
        self.slot().await
    }
    async fn accounts(&self, addresses: &[Pubkey]) -> Result<Accounts> {
        Ok(self.with(|chain| {
            let account = |address: &Pubkey| {
                let data = chain.accounts.get(address)?.clone();
                Some(ChainAccount { address: *address, program: assay_escrow::ID, data })
            };
            Accounts { slot: chain.slot, accounts: addresses.iter().map(account).collect() }
        }))
    }
    async fn genesis(&self) -> Result<String> {
        Ok("fake".into())
    }
    async fn gap_after(&self, slot: u64) -> Result<Option<u64>> {
        Ok(self.with(|chain| (chain.kept_from > slot + 1).then_some(chain.kept_from)))
    }
    async fn history(&self, from: u64, _: Commitment) -> Result<Vec<Listed>> {
        Ok(self.with(|chain| {
            let listed = chain.transactions.iter().filter(|t| t.slot >= from);
            listed.map(|t| Listed { signature: t.signature.clone(), slot: t.slot }).collect()
        }))
    }
    async fn transaction(&self, listed: &Listed) -> Result<ChainTransaction> {
        self.with(|chain| {
            chain.fetched += 1;
            let found = chain.transactions.iter().find(|t| t.signature == listed.signature).cloned();
            found.ok_or(Error::Rpc { what: "getTransaction", why: "unknown".into() })
        })
    }
    async fn scan(&self, program: Pubkey, _: Commitment) -> Result<Scan> {
        Ok(self.with(|chain| {
            let ours = program == assay_escrow::ID;
            let accounts = chain.accounts.iter().filter(|_| ours);
            let account =
                |(address, data): (&Pubkey, &Vec<u8>)| ChainAccount { address: *address, program, data: data.clone() };
            Scan { slot: chain.slot, accounts: accounts.map(account).collect() }
        }))
    }
    async fn subscribe(&self, notices: mpsc::Sender<Notice>) -> Result<()> {
        self.with(|chain| chain.listener = Some(notices.clone()));
        let _ = notices.send(Notice::Subscribed).await;
        notices.closed().await;
        Ok(())
    }
}

/// Runs the indexer until `done`, then kills it: dropped wherever it is, as kill -9 would.
async fn index_until(chain: &Fake, url: &str, sweep: Duration, done: impl AsyncFn() -> bool) {
    let run = ingest::run(Arc::new(chain.clone()), Rows::new().unwrap(), url, sweep, CancellationToken::new());
    let wait = async {
        while !done().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        ended = run => panic!("it ended: {ended:?}"),
        () = wait => {}
    }
}

/// Address, closed slot and data of every seat, and every event but its id.
async fn tables(pool: &PgPool) -> Vec<Value> {
    let sql = "SELECT jsonb_build_object('address', address, 'closed', closed_slot, 'told', last_state, 'data', data)
                   FROM seats ORDER BY address";
    let mut rows: Vec<Value> = sqlx::query_scalar(sql).fetch_all(pool).await.unwrap();
    let sql = "SELECT to_jsonb(e) - 'id' FROM events e ORDER BY id";
    rows.extend(sqlx::query_scalar::<_, Value>(sql).fetch_all(pool).await.unwrap());
    rows
}

async fn count(pool: &PgPool, table_and_condition: &'static str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table_and_condition}");
    // Before the first migration there is no table.
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(pool).await.unwrap_or(0)
}

const NEVER: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn live_killed_and_restarted_equals_a_rebuild() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("live").await;
    let chain = Fake::default();
    chain.with(|chain| chain.slot = 10);
    chain.write(1, SeatState::Claimed, false);
    chain.settle(9, true);

    // What was there before the subscription, then what is noticed; no second sweep comes to help.
    index_until(&chain, &url, NEVER, async || count(&pool, "seats").await == 2).await;
    index_until(&chain, &url, NEVER, async || {
        if chain.with(|chain| chain.slot) == 12 {
            chain.write(2, SeatState::Claimed, false);
            chain.write(1, SeatState::Sealed, false);
            chain.settle(2, false);
        }
        let sealed = "seats WHERE data ->> 'state' = 'Sealed'";
        count(&pool, "events").await == 2 && count(&pool, sealed).await == 1
    })
    .await;

    // While it was down: a seat came and went, one was closed, one closed and taken again.
    chain.write(3, SeatState::Claimed, true);
    chain.settle(3, true);
    chain.settle(1, true);
    chain.write(2, SeatState::Claimed, true);
    index_until(&chain, &url, NEVER, async || {
        count(&pool, "seats WHERE closed_slot IS NULL").await == 1 && count(&pool, "events").await == 4
    })
    .await;
    assert_eq!(watermark(&pool).await.unwrap(), 19);

    let (url, rebuilt) = postgres.migrated("rebuilt").await;
    let slot = ingest::rebuild(Arc::new(chain.clone()), Rows::new().unwrap(), &url).await.unwrap();
    assert_eq!(slot, 19);
    let expected = tables(&rebuilt).await;
    assert_eq!(expected.len(), 4 + 4);
    assert_eq!(tables(&pool).await, expected);
    assert_eq!(ingest::verify(&chain, &pool).await.unwrap(), Vec::<String>::new());
    let again = ingest::rebuild(Arc::new(chain), Rows::new().unwrap(), &url).await;
    assert!(matches!(again, Err(Error::NotEmpty(19))));
}

#[tokio::test]
async fn sweeps_heal_what_notices_dropped_and_fetch_nothing_twice() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("sweeps").await;
    let chain = Fake::default();
    chain.with(|chain| chain.slot = 10);
    chain.write(1, SeatState::Claimed, true);
    chain.write(2, SeatState::Claimed, true);
    let step = Mutex::new(0);
    index_until(&chain, &url, Duration::from_millis(30), async || {
        let at = *step.lock().unwrap();
        let ready = match at {
            0 => count(&pool, "seats").await == 2,
            1 => count(&pool, "seats WHERE data ->> 'state' = 'Sealed'").await == 1,
            // Gone without a word, not even an event: the scan misses it.
            2 => count(&pool, "seats WHERE closed_slot IS NOT NULL AND NOT last_state").await == 1,
            _ => count(&pool, "seats WHERE closed_slot IS NOT NULL AND last_state").await == 1,
        };
        if ready {
            match at {
                0 => chain.write(1, SeatState::Sealed, true),
                1 => chain.with(|chain| {
                    chain.slot += 1;
                    chain.accounts.remove(&address(1));
                }),
                2 => chain.settle(2, true),
                _ => return true,
            }
            *step.lock().unwrap() += 1;
        }
        false
    })
    .await;
    assert_eq!(chain.with(|chain| chain.fetched), 1);
    assert_eq!(ingest::verify(&chain, &pool).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_hole_in_history_stops_it_and_what_is_unreadable_does_not() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("hole").await;
    let chain = Fake::default();
    chain.with(|chain| {
        chain.slot = 10;
        chain.accounts.insert(address(1), b"garbage!".to_vec());
    });
    index_until(&chain, &url, NEVER, async || count(&pool, "dead_letters").await == 1).await;
    let differences = ingest::verify(&chain, &pool).await.unwrap();
    assert_eq!(differences.len(), 1);
    assert!(differences[0].contains(&address(1).to_string()), "{differences:?}");

    chain.with(|chain| (chain.slot, chain.kept_from) = (500, 400));
    let run = ingest::run(Arc::new(chain), Rows::new().unwrap(), &url, NEVER, CancellationToken::new()).await;
    assert!(matches!(run, Err(Error::Gap { indexed: 10, first: 400 })), "{run:?}");
}
