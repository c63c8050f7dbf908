//! What replies have in common: slot, commitment, pages and their cursors.

use axum::extract::{FromRequestParts, Query, rejection::QueryRejection};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sqlx::PgPool;
use utoipa::ToSchema;

use super::problem::Problem;

/// All that is served is confirmed.
pub const COMMITMENT: &str = "confirmed";
const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 100;

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct Page {
    /// The latest indexed slot.
    slot: String,
    /// Always `confirmed`.
    commitment: &'static str,
    /// The items.
    #[schema(value_type = Vec<Object>)]
    items: Vec<Value>,
    /// Pass it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

impl Page {
    /// Of one row more than `limit` if there are more; each with the values of its sort key.
    pub async fn new(pool: &PgPool, mut rows: Vec<(String, String, Value)>, limit: i64) -> Result<Self, Problem> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|(key, address, _)| cursor(key, address));
        let items = rows.into_iter().map(|(.., json)| json).collect();
        Ok(Self { slot: slot(pool).await?, commitment: COMMITMENT, items, next_cursor })
    }
}

/// The latest indexed slot, as replies have it.
pub async fn slot(pool: &PgPool) -> Result<String, Problem> {
    Ok(sqlx::query_scalar("SELECT slot::text FROM watermark").fetch_one(pool).await?)
}

/// Adds slot and commitment to an object.
pub async fn envelope(pool: &PgPool, mut body: Value) -> Result<Value, Problem> {
    body["slot"] = json!(slot(pool).await?);
    body["commitment"] = json!(COMMITMENT);
    Ok(body)
}

/// The limit asked for, or the default.
pub fn limit(asked: Option<u32>) -> Result<i64, Problem> {
    match asked.unwrap_or(DEFAULT_LIMIT) {
        0 => Err(Problem::bad(format!("limit must be 1 to {MAX_LIMIT}"))),
        limit if limit > MAX_LIMIT => Err(Problem::bad(format!("limit must be 1 to {MAX_LIMIT}"))),
        limit => Ok(limit.into()),
    }
}

fn cursor(key: &str, address: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{key}:{address}"))
}

/// The sort key after which the page begins.
pub fn after<K: std::str::FromStr>(cursor: Option<&str>) -> Result<Option<(K, String)>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let (key, address) = text.split_once(':')?;
        super::jobs::is_address(address).then_some(())?;
        Some((key.parse().ok()?, address.to_owned()))
    };
    read().map(Some).ok_or_else(|| Problem::bad("cursor is none of ours; start without one"))
}

/// Query parameters, whose errors are problems too.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, Problem> {
        let query: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        query.map(|Query(params)| Self(params)).map_err(|why| Problem::bad(why.body_text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back_and_foreign_ones_do_not() {
        let address = "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM";
        let there = cursor("-5", address);
        assert_eq!(after::<i64>(Some(&there)).unwrap(), Some((-5, address.to_owned())));
        assert_eq!(after::<i64>(None).unwrap(), None);
        for bad in ["", "%%%", "AAAA", &cursor("x", address), &cursor("1", "0OIl")] {
            assert!(after::<i64>(Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn limits_are_1_to_100() {
        assert_eq!((limit(None).unwrap(), limit(Some(1)).unwrap(), limit(Some(100)).unwrap()), (50, 1, 100));
        assert!(limit(Some(0)).is_err() && limit(Some(101)).is_err());
    }
}
