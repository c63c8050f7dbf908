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

/// List and lookup of the API, beside a bare handler of the same SQL and beside `SELECT 1`.
pub async fn reads(server: &Server, pool: &PgPool, jobs: u64) -> Result<Value> {
    let list = |_| format!("{}/v1/jobs", server.base);
    let lookup = |number: u64| format!("{}/v1/jobs/{}", server.base, address(1, number * 7_919 % jobs));
    // So that Postgres has seen both.
    for url in [lookup(1), list(1)] {
        let reply = server.http.get(&url).send().await.expect("an answer");
        assert!(reply.status().is_success(), "{url}: {}", reply.status());
    }
    let (list_sql, lookup_sql) = statements(pool).await?;
    let bare = Server::bare(pool, list_sql, lookup_sql).await;
    let bare_list = |_| format!("{}/list", bare.base);
    let bare_lookup = |number: u64| format!("{}/lookup/{}", bare.base, address(1, number * 7_919 % jobs));
    let one = |_| format!("{}/one", bare.base);
    let filtered = |number: u64| {
        let kinds = ["status=open", "status=settled&class=2", "sort=-price", "status=cancelled"];
        let requester = format!("requester={}", address(2, number % 10_000));
        let kind =
            kinds.get(usize::try_from(number % 5).unwrap_or_default()).map_or(requester, |kind| (*kind).to_owned());
        format!("{}/v1/jobs?{kind}", server.base)
    };
    let mut figures = json!({"jobs": jobs, "requests": REQUESTS, "clients": CLIENTS});
    // Turn by turn, so that noise hits all alike.
    let list_rate = measure(server, &mut figures, "list", list).await;
    let bare_list_rate = measure(server, &mut figures, "bare_list", bare_list).await;
    let lookup_rate = measure(server, &mut figures, "lookup", lookup).await;
    let bare_lookup_rate = measure(server, &mut figures, "bare_lookup", bare_lookup).await;
    measure(server, &mut figures, "filtered_lists", filtered).await;
    measure(server, &mut figures, "select_1", one).await;
    figures["list_of_bare"] = json!(ratio(list_rate as f64, bare_list_rate as f64));
    figures["lookup_of_bare"] = json!(ratio(lookup_rate as f64, bare_lookup_rate as f64));
    Ok(figures)
}

async fn measure(server: &Server, figures: &mut Value, name: &str, url: impl Fn(u64) -> String) -> u64 {
    let begun = Instant::now();
    let client = async |first: u64| {
        let mut times = vec![];
        for number in (first..REQUESTS).step_by(usize::try_from(CLIENTS).unwrap_or(1)) {
            let begun = Instant::now();
            let reply = server.http.get(url(number)).send().await.expect("an answer");
            assert!(reply.status().is_success(), "{}: {}", url(number), reply.status());
            reply.bytes().await.expect("the whole of it");
            times.push(begun.elapsed());
        }
        times
    };
    let times: Vec<Duration> = join_all((0..CLIENTS).map(client)).await.concat();
    let found = rate(REQUESTS, begun.elapsed());
    figures[name] = percentiles(times);
    figures[name]["per_s"] = json!(found);
    found
}
