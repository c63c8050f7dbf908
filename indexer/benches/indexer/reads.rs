//! Lists and lookups in a market of a million jobs.

use std::time::{Duration, Instant};

use assay_indexer::Result;
use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    chain::address,
    figures::{percentiles, rate, ratio},
    server::{Server, statements},
};

const REQUESTS: u64 = 2_000;
/// Connections at once.
const CLIENTS: u64 = 2;
/// Requests of a kind before it is the next one's turn, so that what else the machine does hits all alike.
const TURN: u64 = 100;

/// List and lookup of the API, beside a bare handler of the same SQL and beside `SELECT 1`.
pub async fn reads(server: &Server, pool: &PgPool, jobs: u64) -> Result<Value> {
    let list = |_| format!("{}/v1/jobs", server.base);
    // Each has jobs of its own: the second to ask for one would find in memory what the first had to fetch from the disk.
    let job = |number: u64| address(1, number * 7_919 % jobs);
    let lookup = |number: u64| format!("{}/v1/jobs/{}", server.base, job(number * 2));
    // So that the statements are there to be found.
    for url in [lookup(1), list(1)] {
        let reply = server.http.get(&url).send().await.expect("an answer");
        assert!(reply.status().is_success(), "{url}: {}", reply.status());
    }
    let (list_sql, lookup_sql) = statements(pool).await?;
    let bare = Server::bare(pool, list_sql, lookup_sql).await;
    let bare_list = |_| format!("{}/list", bare.base);
    let bare_lookup = |number: u64| format!("{}/lookup/{}", bare.base, job(number * 2 + 1));
    let one = |_| format!("{}/one", bare.base);
    let filtered = |number: u64| {
        let kinds = ["status=open", "status=settled&class=2", "sort=-price", "status=cancelled"];
        let requester = format!("requester={}", address(2, number % 10_000));
        let kind =
            kinds.get(usize::try_from(number % 5).unwrap_or_default()).map_or(requester, |kind| (*kind).to_owned());
        format!("{}/v1/jobs?{kind}", server.base)
    };
    let mut kinds: [Kind<'_>; 6] = [
        Kind::new("list", Box::new(list)),
        Kind::new("bare_list", Box::new(bare_list)),
        Kind::new("lookup", Box::new(lookup)),
        Kind::new("bare_lookup", Box::new(bare_lookup)),
        Kind::new("filtered_lists", Box::new(filtered)),
        Kind::new("select_1", Box::new(one)),
    ];
    // Each connection plans a statement anew for its first five times, which would be counted against whoever is first.
    for kind in &mut kinds {
        kind.measure(server, 0).await;
        (kind.times, kind.took) = (vec![], Duration::ZERO);
    }
    for first in (0..REQUESTS).step_by(usize::try_from(TURN).unwrap_or(1)) {
        for kind in &mut kinds {
            kind.measure(server, first).await;
        }
    }
    let mut figures = json!({"jobs": jobs, "requests": REQUESTS, "clients": CLIENTS});
    for kind in &kinds {
        figures[kind.name] = percentiles(kind.times.clone());
        figures[kind.name]["per_s"] = json!(rate(REQUESTS, kind.took));
    }
    let [list, bare_list, lookup, bare_lookup, ..] = kinds.map(|kind| kind.took.as_secs_f64());
    figures["list_of_bare"] = json!(ratio(bare_list, list));
    figures["lookup_of_bare"] = json!(ratio(bare_lookup, lookup));
    Ok(figures)
}

/// A kind of requests, and how long they took.
struct Kind<'a> {
    name: &'static str,
    url: Box<dyn Fn(u64) -> String + 'a>,
    times: Vec<Duration>,
    took: Duration,
}

impl<'a> Kind<'a> {
    fn new(name: &'static str, url: Box<dyn Fn(u64) -> String + 'a>) -> Self {
        Self { name, url, times: vec![], took: Duration::ZERO }
    }

    async fn measure(&mut self, server: &Server, first: u64) {
        let (url, begun) = (&self.url, Instant::now());
        let client = async |first: u64, last: u64| {
            let mut times = vec![];
            for number in (first..last).step_by(usize::try_from(CLIENTS).unwrap_or(1)) {
                let begun = Instant::now();
                let reply = server.http.get(url(number)).send().await.expect("an answer");
                assert!(reply.status().is_success(), "{}: {}", url(number), reply.status());
                reply.bytes().await.expect("the whole of it");
                times.push(begun.elapsed());
            }
            times
        };
        let clients = (0..CLIENTS).map(|client_number| client(first + client_number, first + TURN));
        self.times.extend(join_all(clients).await.concat());
        self.took += begun.elapsed();
    }
}
