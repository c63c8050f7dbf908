//! The loop against a chain in memory: live, killed, restarted and rebuilt, the tables end up the same.

#![allow(clippy::unwrap_used)]

mod common;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use anchor_lang as _;
use assay_escrow::SeatState;
use assay_indexer::{Error, decode::Rows, ingest, store::watermark};
use common::{
    Postgres,
    fake::{Fake, NEVER, address, bytes, index_until, seat},
    tables::{count, dump, indexes},
};
use solana_sdk::pubkey::Pubkey;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn rebuild_equals_incremental() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("live").await;
    let chain = Fake::at(10);
    chain.write(1, SeatState::Claimed, false);
    chain.settle(9, true);

    // What was there before the subscription, then what is noticed; no second sweep comes to help.
    index_until(&chain, &url, NEVER, async || count(&pool, "seats").await == 2).await;
    index_until(&chain, &url, NEVER, async || {
        if chain.with(|chain| chain.tip()) == 12 {
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
    // All but slot and write version of open rows: the one saw them change, the other found them so.
    let expected = dump(&rebuilt).await;
    assert_eq!(expected.len(), 4 + 4);
    assert_eq!(dump(&pool).await, expected);
    assert_eq!(ingest::verify(&chain, &pool).await.unwrap(), Vec::<String>::new());
    let again = ingest::rebuild(Arc::new(chain), Rows::new().unwrap(), &url).await;
    assert!(matches!(again, Err(Error::NotEmpty(19))));
}

#[tokio::test]
async fn a_large_market_is_filled_first_and_indexed_then() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("large").await;
    let (chain, before) = (Fake::at(10), indexes(&pool).await);
    let place = |n: u32| Pubkey::new_from_array(std::array::from_fn(|at| n.to_be_bytes()[at % 4] ^ at as u8));
    let data = bytes(&seat(7, SeatState::Claimed));
    chain.block((0..20_001).map(|n| (place(n), Some(data.clone()))).collect(), |_| vec![], true);
    let of = async |name: &str| {
        let oid = sqlx::query_scalar::<_, i64>("SELECT $1::regclass::oid::bigint").bind(name).fetch_one(&pool).await;
        oid.unwrap()
    };
    let (put_off, key, by_job) = (of("seats_by_device").await, of("seats_pkey").await, of("seats_by_job").await);
    ingest::rebuild(Arc::new(chain.clone()), Rows::new().unwrap(), &url).await.unwrap();
    assert_eq!(count(&pool, "seats WHERE data ->> 'state' = 'Claimed' AND write_version = 0").await, 20_001);
    // They are what they were, but some were made again.
    assert_eq!(indexes(&pool).await, before);
    assert_eq!(count(&pool, "put_off_indexes").await, 0);
    assert_eq!((of("seats_pkey").await, of("seats_by_job").await), (key, by_job));
    assert_ne!(of("seats_by_device").await, put_off);
    assert_eq!(ingest::verify(&chain, &pool).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn sweeps_heal_what_notices_dropped_and_fetch_nothing_twice() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("sweeps").await;
    let chain = Fake::at(10);
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
                1 => chain.block(vec![(address(1), None)], |_| vec![], true),
                2 => chain.settle(2, true),
                _ => return true,
            };
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
    let chain = Fake::at(9);
    chain.block(vec![(address(1), Some(b"garbage!".to_vec()))], |_| vec![], true);
    index_until(&chain, &url, NEVER, async || count(&pool, "dead_letters").await == 1).await;
    let differences = ingest::verify(&chain, &pool).await.unwrap();
    assert_eq!(differences.len(), 1);
    assert!(differences[0].contains(&address(1).to_string()), "{differences:?}");

    chain.with(|chain| (chain.slot, chain.kept_from) = (500, 400));
    let run = ingest::run(Arc::new(chain), Rows::new().unwrap(), &url, NEVER, CancellationToken::new()).await;
    assert!(matches!(run, Err(Error::Gap { indexed: 10, first: 400 })), "{run:?}");
}

#[tokio::test]
async fn verify_names_every_event_that_differs() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("verified").await;
    let chain = Fake::at(10);
    for n in 1..=4 {
        chain.settle(n, true);
    }
    index_until(&chain, &url, NEVER, async || count(&pool, "events").await == 4).await;
    index_until(&chain, &url, NEVER, async || assay_indexer::store::finalized(&pool).await.unwrap() == 14).await;
    assert_eq!(ingest::verify(&chain, &pool).await.unwrap(), Vec::<String>::new());
    let wrong = "DELETE FROM events WHERE id = 1; UPDATE events SET kind = 'Other' WHERE id = 2;
        UPDATE events SET signature = 'never' WHERE id = 3; UPDATE events SET inner_ix = 9 WHERE id = 4";
    sqlx::raw_sql(wrong).execute(&pool).await.unwrap();
    let found = ingest::verify(&chain, &pool).await.unwrap();
    let begins = [
        "1 events of never at slot 13 (ids [3]): not in the chain's history",
        "event 2 (Other settle-2-12/0/2): at slot 12 here; on the chain SeatSettled at slot 12: ",
        "event 4 (SeatSettled settle-4-14/0/9): in the database, not on the chain",
        "event SeatSettled settle-1-11/0/2: on the chain at slot 11, not in the database",
        "event SeatSettled settle-3-13/0/2: on the chain at slot 13, not in the database",
        "event SeatSettled settle-4-14/0/2: on the chain at slot 14, not in the database",
    ];
    assert_eq!(found.len(), begins.len(), "{found:?}");
    for (found, begin) in found.iter().zip(begins) {
        assert!(found.starts_with(begin), "{found}");
    }
}
