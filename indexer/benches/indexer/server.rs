//! The API over a database of the bench, without limits, and what it is compared with.

use std::sync::{Arc, atomic::AtomicU64};

use assay_indexer::{
    Result,
    config::Cli,
    serve::{self, Shared, State},
};
use axum::{Router, extract::Path, routing::get};
use clap::Parser;
use reqwest::Client;
use sqlx::{AssertSqlSafe, PgPool, Row};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A client that takes replies as they are: a bare handler does not compress any, and to compress is what the API does for
/// distant clients that ask for it.
fn client() -> Client {
    Client::builder().no_gzip().no_brotli().no_deflate().build().expect("a client")
}

/// The API as users have it.
pub struct Server {
    pub base: String,
    pub http: Client,
}

impl Server {
    /// Over a database that is filled.
    pub async fn start(pool: &PgPool) -> Result<Self> {
        let (wake, woken) = watch::channel(0);
        let stop = CancellationToken::new();
        let metrics = serve::recorder()?.build_recorder().handle();
        let chain_slot = Arc::new(AtomicU64::new(1));
        let shared = Shared { pool: pool.clone(), chain_slot, wake: woken, metrics, stop: stop.clone() };
        let flags = ["assay-indexer", "--rate-per-second", "0", "--max-streams", "5000"];
        let router = serve::router(State::new(&Cli::parse_from(flags).config, shared)?, None)?;
        let listener = serve::bind(([127, 0, 0, 1], 0).into()).await?;
        let base = format!("http://{}", listener.local_addr().expect("it is bound"));
        tokio::spawn(serve::listen(pool.clone(), wake, stop.clone()));
        tokio::spawn(serve::serve(listener, router, stop));
        Ok(Self { base, http: client() })
    }

    /// A bare axum handler that runs `sql` (with the last part of the path as its one value, if it wants one) and puts
    /// the columns' text behind each other; and one that runs `SELECT 1`.
    pub async fn bare(pool: &PgPool, list: String, lookup: String) -> Self {
        let run = async |pool: PgPool, sql: String, value: Option<String>| {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            if let Some(value) = value {
                query = query.bind(value);
            }
            let row = query.fetch_one(&pool).await.expect("the statement runs");
            let text = |at| row.try_get::<Option<String>, _>(at).ok().flatten().unwrap_or_default();
            format!(r#"{{"slot":"{}","commitment":"{}",{}}}"#, text(0), text(1), text(2))
        };
        let (for_list, for_lookup, for_one) = (pool.clone(), pool.clone(), pool.clone());
        let router = Router::new()
            .route("/list", get(async move || run(for_list.clone(), list.clone(), None).await))
            .route(
                "/lookup/{address}",
                get(async move |Path(address): Path<String>| {
                    run(for_lookup.clone(), lookup.clone(), Some(address)).await
                }),
            )
            .route(
                "/one",
                get(async move || {
                    let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&for_one).await.expect("it runs");
                    one.to_string()
                }),
            );
        let listener = serve::bind(([127, 0, 0, 1], 0).into()).await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("it is bound"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, http: client() }
    }
}

/// The statements that the API runs for a list and for a lookup of jobs, as Postgres last saw them.
pub async fn statements(pool: &PgPool) -> Result<(String, String)> {
    let seen = async |what: &str| {
        let sql =
            "SELECT query FROM pg_stat_activity WHERE application_name = 'assay-indexer' AND query LIKE $1 LIMIT 1";
        sqlx::query_scalar::<_, String>(sql).bind(what).fetch_one(&store_pool(pool)).await
    };
    Ok((seen("WITH p AS MATERIALIZED%").await?, seen("%jsonb_build_object('job'%").await?))
}

fn store_pool(pool: &PgPool) -> PgPool {
    // Another name, so that it does not find itself.
    let options = (*pool.connect_options()).clone().application_name("bench");
    sqlx::postgres::PgPoolOptions::new().max_connections(1).connect_lazy_with(options)
}
