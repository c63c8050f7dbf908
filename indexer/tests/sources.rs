//! Sources against a scripted chain: what nodes do to those who rely on them.

#![allow(clippy::unwrap_used)]

mod common;

use std::{sync::Arc, time::Duration};

use assay_escrow::SeatState;
use assay_indexer::{
    Error,
    decode::Rows,
    ingest::{self, ChainEvent, ChainTransaction, Commitment, Patience, RpcSource, Source},
    store::watermark,
};
use common::{
    Postgres,
    chain::{Chain, EPOCH, Fault, Tx},
    index::{NEVER, count, index_until},
    seats,
};
use solana_sdk::pubkey::Pubkey;
use tokio_util::sync::CancellationToken;

fn programs() -> Vec<Pubkey> {
    Rows::new().unwrap().programs().into_iter().map(|(id, _)| id).collect()
}

fn rpc(chain: &Chain) -> RpcSource {
    let (answer, pause) = (Duration::from_secs(1), Duration::from_millis(5));
    let patience = Patience { answer, pause, silence: Duration::from_millis(300), ..Patience::default() };
    RpcSource::new(&chain.rpc_url(), &chain.ws_url(), programs()).patience(patience)
}

#[tokio::test]
async fn a_scripted_chain_is_read_whole() {
    let chain = Chain::start().await;
    let source = rpc(&chain);
    seats::write(&chain, 1, SeatState::Claimed);
    seats::write(&chain, 2, SeatState::Claimed);
    chain.finalize(12);
    chain.skip(3);
    chain.post(seats::settled(2));
    chain.post(Tx::new().mentions(assay_escrow::ID).failed());
    assert_eq!((source.slot().await.unwrap(), source.finalized().await.unwrap()), (17, 12));

    let listed = source.history(0, Commitment::Confirmed).await.unwrap();
    assert_eq!(listed.iter().map(|entry| entry.slot).collect::<Vec<_>>(), [16]);
    assert_eq!(source.history(0, Commitment::Finalized).await.unwrap(), []);
    let told = source.transaction(&listed[0]).await.unwrap();
    let data = seats::settled(2).events[0].data.clone();
    let expected = ChainTransaction {
        signature: listed[0].signature.clone(),
        slot: 16,
        time: Some(EPOCH + 16),
        closed: vec![seats::address(2).to_string()],
        events: vec![ChainEvent { ix: 0, inner_ix: 1, program: assay_escrow::ID, data }],
    };
    assert_eq!(told, expected);

    let addresses = async |commitment| {
        let scan = source.scan(assay_escrow::ID, commitment).await.unwrap();
        (scan.slot, scan.accounts.into_iter().map(|account| account.address).collect::<Vec<_>>())
    };
    assert_eq!(addresses(Commitment::Confirmed).await, (17, vec![seats::address(1)]));
    assert_eq!(addresses(Commitment::Finalized).await, (12, vec![seats::address(1), seats::address(2)]));
    let found = source.accounts(&[seats::address(2), seats::address(9)]).await.unwrap();
    assert_eq!((found.slot, found.accounts[0].is_some(), found.accounts[1].is_some()), (12, true, false));

    // Slot 16 was on a fork.
    chain.drop_slot(16);
    assert_eq!(source.history(0, Commitment::Confirmed).await.unwrap(), []);
    assert_eq!(addresses(Commitment::Confirmed).await.1.len(), 2);
}

const SEALED: &str = "seats WHERE data ->> 'state' = 'Sealed' AND closed_slot IS NULL";

#[tokio::test]
async fn stream_drop_resume() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("drop").await;
    let chain = Chain::start().await;
    seats::write(&chain, 1, SeatState::Claimed);
    let source = Arc::new(rpc(&chain));
    let (mut step, step_of) = (0, chain.clone());
    index_until(source, &url, NEVER, async || {
        match step {
            0 if count(&pool, "seats").await == 1 => {
                step_of.cut();
                // While nobody listens: a write, a settlement, a seat that comes and goes.
                seats::write(&step_of, 1, SeatState::Sealed);
                seats::write(&step_of, 2, SeatState::Claimed);
                step_of.post(seats::settled(2));
            }
            1 if count(&pool, SEALED).await == 1 && count(&pool, "events").await == 1 => {
                // Over the new socket.
                seats::write(&step_of, 3, SeatState::Sealed);
            }
            2 => return count(&pool, SEALED).await == 2,
            _ => return false,
        }
        step += 1;
        false
    })
    .await;
    assert_eq!(chain.calls("subscribe"), 2);
    assert_eq!(count(&pool, "seats WHERE closed_slot IS NOT NULL AND last_state").await, 1);
    assert_eq!(ingest::verify(&rpc(&chain), &pool).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn silent_stall() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("silent").await;
    let chain = Chain::start().await;
    seats::write(&chain, 1, SeatState::Claimed);
    let mut step = 0;
    index_until(Arc::new(rpc(&chain)), &url, NEVER, async || {
        match step {
            0 if count(&pool, "seats").await == 1 => {
                // The socket stays open; what happens is not told.
                chain.silent(true);
                seats::write(&chain, 1, SeatState::Sealed);
            }
            1 => {
                // A chain that stands still is silent by right: the first look finds that it went on.
                if chain.calls("subscribe") < 2 {
                    return false;
                }
                chain.silent(false);
            }
            2 => return count(&pool, SEALED).await == 1,
            _ => return false,
        }
        step += 1;
        false
    })
    .await;
    assert!(chain.calls("subscribe") >= 2);

    // With a chain that stands still nobody connects again.
    let (notices, mut heard) = tokio::sync::mpsc::channel(100);
    let source = rpc(&chain);
    let before = chain.calls("subscribe");
    let quiet = tokio::time::timeout(Duration::from_secs(2), source.subscribe(notices)).await;
    assert!(quiet.is_err(), "{quiet:?}");
    assert!(matches!(heard.recv().await, Some(ingest::Notice::Subscribed)));
    assert_eq!(chain.calls("subscribe"), before + 1);
}

#[tokio::test]
async fn replay_window_exceeded() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("replay").await;
    let chain = Chain::start().await;
    seats::write(&chain, 1, SeatState::Claimed);
    index_until(Arc::new(rpc(&chain)), &url, NEVER, async || count(&pool, "seats").await == 1).await;
    assert_eq!(watermark(&pool).await.unwrap(), 11);

    // Not a gap: the slots between were skipped, which the first block's parent says.
    chain.skip(20);
    chain.advance(1);
    chain.prune(32);
    assert_eq!(rpc(&chain).gap_after(11).await.unwrap(), None);

    // The node forgot a block that it had; trouble while it is asked is no gap.
    chain.advance(300);
    chain.post(seats::settled(1));
    chain.prune(300);
    chain.fault("getBlockTime", Fault::Status(500), 5);
    assert!(matches!(rpc(&chain).gap_after(11).await, Err(Error::Rpc { what: "getBlockTime", .. })));
    chain.heal();
    let ended = ingest::run(Arc::new(rpc(&chain)), Rows::new().unwrap(), &url, NEVER, CancellationToken::new()).await;
    let error = ended.unwrap_err();
    assert!(matches!(error, Error::Gap { indexed: 11, first: 300 }), "{error}");
    assert!(error.to_string().starts_with("history is missing: the tables end at slot 11"), "{error}");
    assert_eq!((watermark(&pool).await.unwrap(), count(&pool, "events").await), (11, 0));
}

#[tokio::test]
async fn rpc_429_500_timeout() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("trouble").await;
    let chain = Chain::start().await;
    for n in 0..20 {
        seats::write(&chain, n, SeatState::Claimed);
    }
    chain.post(seats::settled(7));
    let late = Fault::Late(Duration::from_secs(3));
    // Within the patience of a question: the caller sees nothing of it.
    chain.fault("getSlot", Fault::TooMany(0), 3);
    chain.fault("getProgramAccounts", Fault::Status(500), 2);
    chain.fault("getTransaction", Fault::Cut, 1);
    chain.fault("getSignaturesForAddress", late.clone(), 1);
    let source = rpc(&chain);
    assert_eq!(source.slot().await.unwrap(), 31);
    assert_eq!(source.scan(assay_escrow::ID, Commitment::Confirmed).await.unwrap().accounts.len(), 19);
    let listed = source.history(0, Commitment::Confirmed).await.unwrap();
    assert_eq!(source.transaction(&listed[0]).await.unwrap().events.len(), 1);
    assert_eq!((chain.calls("getProgramAccounts"), chain.calls("getTransaction")), (3, 2));

    // Beyond it: an error that says what to do, and not the url.
    chain.fault("getSlot", Fault::Status(503), 5);
    let error = source.slot().await.unwrap_err().to_string();
    let expected = "the chain's RPC failed at getSlot: HTTP status 503 Service Unavailable; check --rpc-url and that the node runs";
    assert_eq!(error, expected);
    // What is refused for good is not asked again.
    chain.fault("getSlot", Fault::Status(401), 1);
    let before = chain.calls("getSlot");
    assert!(source.slot().await.is_err());
    assert_eq!(chain.calls("getSlot"), before + 1);

    // A loop that starts in the middle of it gets through, and loses nothing.
    chain.fault("*", Fault::Status(500), 12);
    chain.fault("*", Fault::TooMany(0), 12);
    chain.fault("*", late, 3);
    index_until(Arc::new(rpc(&chain)), &url, Duration::from_millis(100), async || {
        count(&pool, "seats WHERE closed_slot IS NULL").await == 19 && count(&pool, "events").await == 1
    })
    .await;
}

#[tokio::test]
async fn rpc_behind_tip() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("behind").await;
    let chain = Chain::start().await;
    for n in 0..10 {
        seats::write(&chain, n, SeatState::Claimed);
    }
    let source = rpc(&chain);
    assert_eq!(source.slot().await.unwrap(), 20);
    // One of the balancer's nodes is before most of it: it is asked again, and another answers.
    chain.fault("getProgramAccounts", Fault::Behind(8), 2);
    chain.fault("getSignaturesForAddress", Fault::Behind(8), 2);
    chain.post(seats::settled(3));
    assert_eq!(source.slot().await.unwrap(), 21);
    assert_eq!(source.scan(assay_escrow::ID, Commitment::Confirmed).await.unwrap().accounts.len(), 9);
    assert_eq!(source.history(0, Commitment::Confirmed).await.unwrap().len(), 1);
    // All of them are: time is not turned back, and what they lack is no absence.
    chain.fault("getSlot", Fault::Behind(8), 2);
    chain.fault("getProgramAccounts", Fault::Behind(8), 5);
    assert_eq!(source.slot().await.unwrap(), 21);
    let error = source.scan(assay_escrow::ID, Commitment::Confirmed).await.unwrap_err().to_string();
    assert!(error.contains("the node is behind: it answers as of slot 13, but slot 21 was seen"), "{error}");

    // In the loop: no row is closed, whatever the nodes answer between.
    chain.heal();
    let mut step = 0;
    index_until(Arc::new(rpc(&chain)), &url, Duration::from_millis(20), async || {
        if count(&pool, "seats WHERE closed_slot IS NOT NULL").await > 1 {
            panic!("a row was closed that is open on the chain");
        }
        if step == 0 && count(&pool, "seats").await == 10 {
            chain.fault("*", Fault::Behind(8), 200);
            step = chain.calls("getProgramAccounts");
        }
        step > 0 && chain.calls("getProgramAccounts") > step + 60
    })
    .await;
    assert_eq!(count(&pool, "seats WHERE closed_slot IS NULL").await, 9);
}

#[tokio::test]
async fn rpc_partial_scan() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("partial").await;
    let chain = Chain::start().await;
    for n in 0..10 {
        seats::write(&chain, n, SeatState::Claimed);
    }
    // What was final stays as a tombstone; of what never was nothing is left.
    chain.finalize(chain.slot());
    let mut step = 0;
    index_until(Arc::new(rpc(&chain)), &url, Duration::from_millis(20), async || {
        if step == 0 && count(&pool, "seats").await == 10 {
            // Two are really gone, without a word; five are left out.
            chain.close(seats::address(8));
            let slot = chain.close(seats::address(9));
            chain.finalize(slot);
            chain.fault("getProgramAccounts", Fault::Partial, 100);
            step = chain.calls("getProgramAccounts");
        }
        step > 0 && chain.calls("getProgramAccounts") > step + 40
    })
    .await;
    assert_eq!(count(&pool, "seats WHERE closed_slot IS NULL").await, 8);
    assert_eq!(count(&pool, "seats WHERE closed_slot IS NOT NULL").await, 2);

    // A process that starts knows from the tables what to miss.
    let source = rpc(&chain);
    source.expect(assay_escrow::ID, (0..10).map(seats::address));
    let mut found = source.scan(assay_escrow::ID, Commitment::Confirmed).await.unwrap().accounts;
    found.sort_by_key(|account| account.address);
    let expected: Vec<_> = (0..8).map(seats::address).collect();
    assert_eq!(found.iter().map(|account| account.address).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn skipped_slot() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("skipped").await;
    let chain = Chain::start().await;
    chain.post(seats::settled(1));
    // Two programs' transactions in one slot: only the block tells their order.
    chain.skip(5);
    chain.put(|block| {
        block.transaction(seats::settled(2));
        block.transaction(Tx::new().mentions(assay_staking::ID));
    });
    index_until(Arc::new(rpc(&chain)), &url, NEVER, async || count(&pool, "events").await == 2).await;
    assert_eq!(watermark(&pool).await.unwrap(), 17);

    // While it was down nothing but skipped slots, then a block: no gap, nothing lost.
    chain.skip(100);
    chain.post(seats::settled(3));
    index_until(Arc::new(rpc(&chain)), &url, NEVER, async || count(&pool, "events").await == 3).await;
    assert_eq!(watermark(&pool).await.unwrap(), 118);
    let slots: Vec<i64> = sqlx::query_scalar("SELECT slot FROM events ORDER BY id").fetch_all(&pool).await.unwrap();
    assert_eq!(slots, [11, 17, 118]);
}
