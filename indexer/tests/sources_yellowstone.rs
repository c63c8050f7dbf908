//! The Yellowstone source against a server of its protocol.

#![allow(clippy::unwrap_used)]

mod common;

use std::{sync::Arc, time::Duration};

use assay_escrow::SeatState;
use assay_indexer::{
    Error, Result,
    decode::Rows,
    ingest::{self, Listed, Notice, Patience, RpcSource, SlotStatus, Source, YellowstoneSource},
};
use common::{
    Postgres,
    chain::{Chain, EPOCH, Tx},
    index::{NEVER, count, index_until},
    seats,
    yellowstone::Yellowstone,
};
use serde_json::Value;
use sqlx::PgPool;
use tokio::{sync::mpsc, task::JoinHandle};

const TOKEN: &str = "a-token-that-nobody-prints";

fn rpc(chain: &Chain) -> RpcSource {
    let programs = Rows::new().unwrap().programs().into_iter().map(|(id, _)| id).collect();
    let (pause, silence) = (Duration::from_millis(5), Duration::from_millis(400));
    let patience = Patience { pause, silence, answer: Duration::from_secs(2), ..Patience::default() };
    RpcSource::new(&chain.rpc_url(), &chain.ws_url(), programs).patience(patience)
}

fn source(chain: &Chain, server: &Yellowstone) -> Arc<YellowstoneSource> {
    Arc::new(YellowstoneSource::new(rpc(chain), &server.url(), Some(TOKEN)).unwrap())
}

/// A subscription under way.
struct Heard(JoinHandle<Result<()>>, mpsc::Receiver<Notice>);

impl Heard {
    fn of(source: &Arc<YellowstoneSource>) -> Heard {
        let (send, notices) = mpsc::channel(1_000);
        let source = source.clone();
        Heard(tokio::spawn(async move { source.subscribe(send).await }), notices)
    }

    /// The next notice, in words.
    async fn next(&mut self) -> String {
        let notice = tokio::time::timeout(Duration::from_secs(60), self.1.recv()).await.expect("nothing comes");
        match notice.expect("it ended") {
            Notice::Subscribed => "subscribed".into(),
            Notice::Account { slot, write_version, account } => {
                format!("account {} {slot} {}", account.address, write_version.unwrap())
            }
            Notice::Transaction { signature } => format!("transaction {signature}"),
            Notice::Slot { slot, status: SlotStatus::Dead } => format!("dead {slot}"),
            Notice::Slot { slot, status: SlotStatus::Finalized } => format!("finalized {slot}"),
        }
    }

    async fn ended(self) -> Error {
        let ended = tokio::time::timeout(Duration::from_secs(60), self.0).await.expect("it does not end");
        ended.unwrap().unwrap_err()
    }
}

/// Until there were so many.
async fn pings(server: &Yellowstone, count: usize) {
    let wait = async {
        while server.pings() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(8), wait).await.expect("no ping");
}

/// Every seat and every event, without what depends on when it was read.
async fn tables(pool: &PgPool) -> Vec<Value> {
    let sql = "SELECT jsonb_build_object('address', address, 'closed', closed_slot, 'told', last_state, 'data', data)
                   FROM seats ORDER BY address";
    let mut rows: Vec<Value> = sqlx::query_scalar(sql).fetch_all(pool).await.unwrap();
    let sql = "SELECT to_jsonb(e) - 'id' FROM events e ORDER BY slot, signature, ix, inner_ix";
    rows.extend(sqlx::query_scalar::<_, Value>(sql).fetch_all(pool).await.unwrap());
    rows
}

#[tokio::test]
async fn yellowstone_replays_into_the_same_rows() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("grpc").await;
    let (other, by_rpc) = postgres.migrated("rpc").await;
    let chain = Chain::start().await;
    let server = Yellowstone::start(&chain, Some(TOKEN)).await;
    seats::write(&chain, 1, SeatState::Claimed);
    let (mut told, sweeps) = (false, 2 * Rows::new().unwrap().programs().len());
    index_until(source(&chain, &server), &url, NEVER, async || {
        // The loop begins with two sweeps: for the subscription, and because it is time. There are no more after them.
        if !told && chain.calls("getProgramAccounts") == sweeps && count(&pool, "seats").await == 1 {
            told = true;
            // Written twice in a slot and told last write first: the write version decides.
            chain.put(|block| {
                block.write(seats::address(2), assay_escrow::ID, seats::bytes(&seats::seat(2, SeatState::Claimed)));
                block.write(seats::address(2), assay_escrow::ID, seats::bytes(&seats::seat(2, SeatState::Sealed)));
            });
            seats::write(&chain, 3, SeatState::Claimed);
            chain.post(seats::settled(3));
            chain.post(Tx::new().mentions(assay_escrow::ID).failed());
            chain.post(seats::settled(1).event(assay_escrow::ID, b"unknown!".to_vec()));
        }
        told && count(&pool, "events").await == 2 && count(&pool, "seats").await == 3
    })
    .await;
    let sealed = "seats WHERE data ->> 'state' = 'Sealed'";
    assert_eq!((count(&pool, sealed).await, count(&pool, "dead_letters").await), (1, 1));
    // The stream told all of it: no transaction was asked for. What became final is looked at once more.
    assert_eq!(chain.calls("getTransaction"), 0);
    let looks = chain.calls("getProgramAccounts") - sweeps;
    assert!(
        looks <= sweeps / 2,
        "of what the first scan found each program is looked at once, when it is final: {looks}"
    );

    ingest::rebuild(Arc::new(rpc(&chain)), Rows::new().unwrap(), &other).await.unwrap();
    let sql = "SELECT slot, extract(epoch FROM time)::bigint FROM events ORDER BY slot";
    let times: Vec<(i64, i64)> = sqlx::query_as(sql).fetch_all(&pool).await.unwrap();
    assert_eq!(times, [(14, EPOCH + 14), (16, EPOCH + 16)]);
    let (mine, theirs) = (tables(&pool).await, tables(&by_rpc).await);
    // What closed before a rebuild is known by its last state alone.
    assert_eq!(mine, theirs);
    assert_eq!(ingest::verify(&*source(&chain, &server), &pool).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn yellowstone_resumes_from_slot() {
    let chain = Chain::start().await;
    let server = Yellowstone::start(&chain, Some(TOKEN)).await;
    let source = source(&chain, &server);
    let mut heard = Heard::of(&source);
    assert_eq!(heard.next().await, "subscribed");
    chain.advance(9);
    let slot = seats::write(&chain, 1, SeatState::Claimed);
    assert_eq!(heard.next().await, format!("account {} {slot} 1", seats::address(1)));
    // The slot's confirmation is the next thing; a finalization after it shows that it arrived.
    chain.finalize(11);
    assert_eq!(heard.next().await, "finalized 11");
    server.cut();
    assert!(matches!(heard.ended().await, Error::Yellowstone { what: "listen", .. }));

    // What happened meanwhile comes, without a word of a new subscription, which would cost a sweep.
    let slot = seats::write(&chain, 2, SeatState::Claimed);
    let mut heard = Heard::of(&source);
    assert_eq!(heard.next().await, format!("account {} 20 1", seats::address(1)));
    assert_eq!(heard.next().await, format!("account {} {slot} 2", seats::address(2)));
    assert_eq!(server.resumed_from(), [None, Some(16)]);
    assert_eq!(heard.next().await, "finalized 11");
    server.cut();
    heard.ended().await;

    // Too old for the stream, whether it says so before or refuses: history fills it, so a new subscription is told.
    for tells in [true, false] {
        chain.advance(100);
        server.forget(chain.slot() - 10, tells);
        let mut heard = Heard::of(&source);
        assert_eq!(heard.next().await, "subscribed");
        chain.finalize(chain.slot() - 5);
        seats::write(&chain, 3, SeatState::Claimed);
        while !heard.next().await.starts_with("account") {}
        chain.finalize(chain.slot());
        while heard.next().await != format!("finalized {}", chain.slot()) {}
        server.cut();
        heard.ended().await;
    }
    assert_eq!(server.resumed_from().iter().filter(|from| from.is_none()).count(), 3);

    // Too old for both: nobody can fill it.
    let (missed, _) = (chain.slot(), chain.advance(100));
    server.forget(chain.slot() - 10, true);
    chain.prune(chain.slot() - 10);
    let error = Heard::of(&source).ended().await;
    let (indexed, first) = (missed - 4, chain.slot() - 10);
    assert!(matches!(error, Error::Gap { indexed: i, first: f } if (i, f) == (indexed, first)), "{error}");
}

#[tokio::test]
async fn yellowstone_keep_alive() {
    let chain = Chain::start().await;
    let server = Yellowstone::start(&chain, Some(TOKEN)).await;
    let source = source(&chain, &server);
    let mut heard = Heard::of(&source);
    assert_eq!(heard.next().await, "subscribed");
    // Of itself, again and again.
    pings(&server, 6).await;
    heard.0.abort();
    // In answer: with this patience its own are ten seconds apart.
    let patient = Patience { silence: Duration::from_secs(600), ..Patience::default() };
    let rpc_source = rpc(&chain).patience(patient);
    let source = Arc::new(YellowstoneSource::new(rpc_source, &server.url(), Some(TOKEN)).unwrap());
    let mut heard = Heard::of(&source);
    assert_eq!(heard.next().await, "subscribed");
    for _ in 0..100 {
        let before = server.pings();
        server.ping();
        pings(&server, before + 1).await;
    }
    chain.advance(1);
    chain.finalize(11);
    assert_eq!(heard.next().await, "finalized 11");
    heard.0.abort();

    // A wrong token is refused, and neither the right nor the wrong one is ever told.
    let wrong = YellowstoneSource::new(rpc(&chain), &server.url(), Some("wrong-token")).unwrap();
    let error = wrong.probe().await.unwrap_err().to_string();
    assert!(error.contains("the token is not taken") && !error.contains("wrong-token"), "{error}");
    assert_eq!(source.probe().await.unwrap(), "scripted");
}

#[tokio::test]
async fn yellowstone_watchdog() {
    let chain = Chain::start().await;
    let server = Yellowstone::start(&chain, Some(TOKEN)).await;
    let source = source(&chain, &server);
    let mut heard = Heard::of(&source);
    assert_eq!(heard.next().await, "subscribed");
    chain.advance(1);
    chain.finalize(11);
    assert_eq!(heard.next().await, "finalized 11");
    // The chain stands still, longer than the patience: that is no silence.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(!heard.0.is_finished());
    // The chain goes on, and only pings come.
    server.silent(true);
    chain.advance(1);
    let error = heard.ended().await.to_string();
    assert!(error.contains("nothing came for 400ms while the chain went on"), "{error}");
}

#[tokio::test]
async fn yellowstone_dead_slot() {
    let chain = Chain::start().await;
    let server = Yellowstone::start(&chain, Some(TOKEN)).await;
    let source = source(&chain, &server);
    let mut heard = Heard::of(&source);
    assert_eq!(heard.next().await, "subscribed");
    let slot = chain.post(seats::settled(1));
    let told = heard.next().await;
    let signature = told.strip_prefix("transaction ").unwrap().to_owned();
    chain.finalize(slot - 1);
    let listed = Listed { signature, slot };
    assert_eq!(source.transaction(&listed).await.unwrap().time, Some(EPOCH + 11));
    assert_eq!(chain.calls("getTransaction"), 0);

    chain.drop_slot(slot);
    assert_eq!(heard.next().await, "dead 11");
    // It is not told from memory any more, and the chain does not know it.
    assert!(matches!(source.transaction(&listed).await, Err(Error::Rpc { what: "getTransaction", .. })));
    chain.advance(1);
    chain.finalize(12);
    assert_eq!(heard.next().await, "finalized 12");
}
