//! What is in the tables.

use assay_indexer::store::Table;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool};

pub async fn count(pool: &PgPool, table_and_condition: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table_and_condition}");
    // Before the first migration there is no table.
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(pool).await.unwrap_or(0)
}

/// Every table, as text. Slot and write version of open rows are left out: they say when a row was last seen to change,
/// and a rebuild sees it for the first time. Ids are left out too: they are in the order of arrival. All else is equal
/// to the byte however the tables came about.
pub async fn dump(pool: &PgPool) -> Vec<String> {
    let mut all = vec![];
    for table in Table::ALL {
        let name = table.name();
        let sql = format!(
            "SELECT '{name} ' || (CASE WHEN closed_slot IS NULL THEN to_jsonb(t) - '{{slot,write_version}}'::text[]
                 ELSE to_jsonb(t) END)::text FROM {name} t ORDER BY address"
        );
        all.extend(sqlx::query_scalar::<_, String>(AssertSqlSafe(sql)).fetch_all(pool).await.unwrap());
    }
    let sql = "SELECT 'events ' || (to_jsonb(e) - 'id')::text FROM events e ORDER BY slot, signature, ix, inner_ix";
    all.extend(sqlx::query_scalar::<_, String>(sql).fetch_all(pool).await.unwrap());
    let sql = "SELECT 'dead_letters ' || to_jsonb(d)::text FROM dead_letters d ORDER BY key";
    all.extend(sqlx::query_scalar::<_, String>(sql).fetch_all(pool).await.unwrap());
    all
}

/// Address, state and closing slot of every seat, by address.
pub async fn seats(pool: &PgPool) -> Vec<(String, String, Option<i64>)> {
    let sql = "SELECT address, data ->> 'state', closed_slot FROM seats ORDER BY address";
    sqlx::query_as(sql).fetch_all(pool).await.unwrap()
}

/// What readers were told to forget: the event's id and its transaction.
pub async fn retracted(pool: &PgPool) -> Vec<(String, String)> {
    let sql = "SELECT event ->> 'id', event ->> 'signature' FROM retractions ORDER BY id";
    sqlx::query_as(sql).fetch_all(pool).await.unwrap()
}

pub async fn json(pool: &PgPool, sql: &'static str) -> Vec<Value> {
    sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
}

/// The indexes as Postgres writes them down, by their names; those of events, whose partitions come by themselves, apart.
pub async fn indexes(pool: &PgPool) -> Vec<String> {
    let sql = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE 'events%'
         ORDER BY indexname";
    sqlx::query_scalar(sql).fetch_all(pool).await.unwrap()
}
