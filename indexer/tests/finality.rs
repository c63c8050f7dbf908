//! What was told before it was final, and then was not so.

#![allow(clippy::unwrap_used)]

mod common;

use std::{sync::Arc, time::Duration};

use anchor_lang as _;
use assay_escrow::SeatState::{Claimed, Revealed, Sealed};
use assay_indexer::{decode::Rows, ingest, store};
use common::{
    Postgres,
    fake::{Fake, NEVER, address, index_until, seat, settlement},
    tables::{count, dump, retracted, seats},
};
use sqlx::PgPool;

/// So often here, that audits are too.
const SOON: Duration = Duration::from_millis(20);

fn open(n: u8, state: &str) -> (String, String, Option<i64>) {
    (address(n).to_string(), state.into(), None)
}

fn closed(n: u8, slot: u64) -> (String, String, Option<i64>) {
    (address(n).to_string(), "Revealed".into(), Some(slot.try_into().unwrap()))
}

async fn finalized(pool: &PgPool, slot: u64) -> bool {
    store::finalized(pool).await.is_ok_and(|at| at >= slot)
}

/// The tables of a rebuild from what the chain is now.
async fn rebuilt(postgres: &Postgres, chain: &Fake) -> Vec<String> {
    let (url, pool) = postgres.migrated("rebuilt").await;
    ingest::rebuild(Arc::new(chain.clone()), Rows::new().unwrap(), &url).await.unwrap();
    dump(&pool).await
}

/// A chain whose finalized slot is 10 behind, indexed: seat 1 open, seat 2 settled, both final.
async fn settled_in(postgres: &Postgres) -> (Fake, String, PgPool) {
    let (url, pool) = postgres.migrated("forks").await;
    let chain = Fake::at(10);
    chain.with(|chain| chain.behind = 10);
    chain.write(1, Claimed, true);
    chain.write(2, Revealed, true);
    chain.settle(2, true);
    chain.pass(20);
    index_until(&chain, &url, SOON, async || finalized(&pool, 23).await).await;
    (chain, url, pool)
}

#[tokio::test]
async fn confirmed_never_finalizes() {
    let postgres = Postgres::start().await;
    let (chain, url, pool) = settled_in(&postgres).await;
    let step = std::cell::Cell::new(0);
    index_until(&chain, &url, SOON, async || {
        match step.get() {
            0 if chain.with(|chain| chain.listener.is_some()) => {
                // A fork: seat 1 is sealed, then settled.
                chain.write(1, Sealed, false);
                step.set(chain.settle(1, false));
            }
            fork @ 1.. if step.get() < 1_000 && count(&pool, "events").await == 2 => {
                assert_eq!(seats(&pool).await[0], closed(1, fork), "confirmed is served");
                chain.give_up(fork - 1);
                chain.pass(20);
                step.set(1_000);
            }
            _ => {}
        }
        step.get() == 1_000 && finalized(&pool, 45).await
    })
    .await;
    // The event is gone and readers are told so; the row is what the chain has.
    assert_eq!(seats(&pool).await, [open(1, "Claimed"), closed(2, 13)]);
    assert_eq!(retracted(&pool).await, [("2".into(), "settle-1-35".into())]);
    assert_eq!(count(&pool, "retractions WHERE id > 2 AND event ->> 'kind' = 'SeatSettled'").await, 1);
    assert_eq!(dump(&pool).await, rebuilt(&postgres, &chain).await);
    assert_eq!(ingest::verify(&chain, &pool).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn created_on_dropped_fork() {
    let postgres = Postgres::start().await;
    let (chain, url, pool) = settled_in(&postgres).await;
    let step = std::cell::Cell::new(0);
    index_until(&chain, &url, SOON, async || {
        match step.get() {
            0 if chain.with(|chain| chain.listener.is_some()) => {
                step.set(chain.write(3, Claimed, false));
                // An address that was closed is taken again, on the fork alone; and one comes and goes on it.
                chain.write(2, Claimed, false);
                chain.write(4, Claimed, false);
                chain.settle(4, false);
            }
            fork @ 1..1_000 if count(&pool, "seats").await == 4 && count(&pool, "events").await == 2 => {
                assert_eq!(seats(&pool).await[1..3], [open(2, "Claimed"), open(3, "Claimed")]);
                chain.give_up(fork);
                chain.pass(20);
                step.set(1_000);
            }
            _ => {}
        }
        step.get() == 1_000 && finalized(&pool, 46).await
    })
    .await;
    assert_eq!(seats(&pool).await, [open(1, "Claimed"), closed(2, 13)], "and the earlier closing counts again");
    assert_eq!(dump(&pool).await, rebuilt(&postgres, &chain).await);
}

#[tokio::test]
async fn a_slot_that_is_said_to_be_dead_is_taken_back_at_once() {
    let postgres = Postgres::start().await;
    let (chain, url, pool) = settled_in(&postgres).await;
    let step = std::cell::Cell::new(0);
    // No sweep and no audit come to help: the finalized slot stays where it is.
    chain.with(|chain| chain.behind = 1_000);
    index_until(&chain, &url, NEVER, async || {
        match step.get() {
            0 if chain.with(|chain| chain.listener.is_some()) => {
                chain.write(3, Claimed, false);
                step.set(chain.settle(1, false));
            }
            fork @ 1..1_000 if count(&pool, "seats").await == 3 && count(&pool, "events").await == 2 => {
                chain.give_up(fork - 1);
                chain.pass(3);
                chain.say_dead(fork - 1);
                chain.say_dead(fork);
                step.set(1_000);
            }
            _ => {}
        }
        step.get() == 1_000 && count(&pool, "retractions").await == 1 && count(&pool, "seats").await == 2
    })
    .await;
    index_until(&chain, &url, NEVER, async || seats(&pool).await == [open(1, "Claimed"), closed(2, 13)]).await;
    assert_eq!(count(&pool, "events").await, 1);
}

#[tokio::test]
async fn a_transaction_that_lands_again_counts_once() {
    let postgres = Postgres::start().await;
    let (chain, url, pool) = settled_in(&postgres).await;
    let step = std::cell::Cell::new(0);
    let again = |slot| vec![settlement("lands twice", slot, 1, seat(1, Revealed))];
    index_until(&chain, &url, SOON, async || {
        match step.get() {
            0 if chain.with(|chain| chain.listener.is_some()) => {
                step.set(chain.block(vec![(address(1), None)], again, false));
            }
            fork @ 1..1_000 if count(&pool, "events").await == 2 => {
                chain.give_up(fork);
                assert_eq!(chain.block(vec![(address(1), None)], again, false), fork + 1);
                step.set(1_000);
            }
            1_000 if count(&pool, "events WHERE slot = 35").await == 1 => {
                chain.pass(20);
                step.set(1_001);
            }
            _ => {}
        }
        step.get() == 1_001 && finalized(&pool, 45).await
    })
    .await;
    assert_eq!(seats(&pool).await, [closed(1, 35), closed(2, 13)]);
    assert_eq!(retracted(&pool).await, [("2".into(), "lands twice".into())]);
    assert_eq!(dump(&pool).await, rebuilt(&postgres, &chain).await);
}

/// What a local chain does: its finalized history lists late, and what it calls finalized accounts are those of now.
#[tokio::test]
async fn nothing_is_retracted_that_is_only_listed_late() {
    let postgres = Postgres::start().await;
    let (chain, url, pool) = settled_in(&postgres).await;
    chain.with(|chain| chain.hasty = true);
    let step = std::cell::Cell::new(0);
    index_until(&chain, &url, SOON, async || {
        match step.get() {
            0 if chain.with(|chain| chain.listener.is_some()) => {
                chain.write(3, Claimed, false);
                step.set(chain.settle(1, false));
            }
            1..1_000 if count(&pool, "events").await == 2 => {
                // Seat 3 is closed, but no listing tells of it yet.
                let slot = chain.settle(3, true);
                chain.with(|chain| chain.late = vec![format!("settle-3-{slot}")]);
                chain.pass(14);
                step.set(1_000);
            }
            // Seat 3 is gone from the finalized accounts, and is not believed to be gone at first sight.
            1_000 if finalized(&pool, 33).await => {
                chain.with(|chain| chain.late.clear());
                chain.pass(20);
                step.set(1_001);
            }
            _ => {}
        }
        step.get() == 1_001 && finalized(&pool, 60).await
    })
    .await;
    assert_eq!(seats(&pool).await, [closed(1, 35), closed(2, 13), closed(3, 36)]);
    assert_eq!(count(&pool, "retractions").await, 0);
    assert_eq!(dump(&pool).await, rebuilt(&postgres, &chain).await);
}

/// A node that dropped the history of what is to be audited knows nothing of it: nothing is taken back for that.
#[tokio::test]
async fn pruned_history_is_no_reason_to_retract() {
    let postgres = Postgres::start().await;
    let (chain, url, pool) = settled_in(&postgres).await;
    chain.settle(1, true);
    let indexed = async || store::watermark(&pool).await.unwrap() == 34 && count(&pool, "events").await == 2;
    index_until(&chain, &url, NEVER, indexed).await;
    chain.with(|chain| chain.kept_from = 35);
    chain.pass(30);
    index_until(&chain, &url, SOON, async || finalized(&pool, 40).await).await;
    assert_eq!((count(&pool, "events").await, count(&pool, "retractions").await), (2, 0));
}
