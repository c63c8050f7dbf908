//! A request to a list or lookup, from its parameters to the reply.

use std::{sync::Arc, time::Duration};

use axum::{
    http::{HeaderMap, StatusCode},
    response::Response,
};
use sqlx::{AssertSqlSafe, FromRow, postgres::PgRow};
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    query::{Asked, Common, Pairs, check},
    resource::{Kind, Lookup, Resource},
    sql::{self, Statement},
};
use crate::serve::{State, problem::Problem, reply::Reply};

/// How long a request waits for its `min_slot`.
const PATIENCE: Duration = Duration::from_secs(10);
/// A `min_slot` so many slots beyond the chain's latest is no transaction's.
const AHEAD: u64 = 150;
/// The slot may pass without an event to wake us.
const AT_LEAST_EVERY: Duration = Duration::from_millis(200);

/// Runs a statement whose first column is the tables' slot, and which returns one row; again until they have
/// `min_slot`, if it is given.
///
/// # Errors
/// 400 for a slot that the chain will not have for a while; 503 when the tables do not have it in ten seconds, or the
/// database does not answer.
pub async fn run<R>(state: &State, statement: &Statement, min_slot: Option<u64>) -> Result<R, Problem>
where
    R: for<'r> FromRow<'r, PgRow> + Send + Unpin + HasSlot,
{
    if let Some((wanted, latest)) = min_slot.zip(state.chain_slot())
        && wanted > latest.saturating_add(AHEAD)
    {
        return Err(Problem::bad(format!(
            "min_slot is {wanted}, but the chain is at slot {latest}; give a transaction's slot"
        )));
    }
    let deadline = Instant::now() + PATIENCE;
    let mut wake = state.shared.wake.clone();
    let text: Arc<str> = statement.sql.as_str().into();
    loop {
        wake.borrow_and_update();
        let query = sqlx::query_as::<_, R>(AssertSqlSafe(text.clone()));
        let query = statement.values.iter().fold(query, |query, value| query.bind(value));
        let row = query.fetch_one(&state.shared.pool).await?;
        let missing = |wanted: &u64| row.slot().parse::<u64>().is_ok_and(|slot| slot < *wanted);
        if !min_slot.as_ref().is_some_and(missing) {
            return Ok(row);
        }
        let changed = async {
            tokio::select! {
                // An error says that there will be no more wakes: then the clock alone has to do.
                Ok(()) = wake.changed() => {}
                () = sleep(AT_LEAST_EVERY) => {}
            }
        };
        if timeout_at(deadline, changed).await.is_err() {
            let detail = format!("the tables are at slot {} yet; try again in a moment", row.slot());
            return Err(Problem::coded(StatusCode::SERVICE_UNAVAILABLE, "slot_not_reached", detail).retry_after(1));
        }
    }
}

/// A row that says the tables' slot.
pub trait HasSlot {
    /// It, in decimal.
    fn slot(&self) -> &str;
}

/// Slot, commitment, items, and of the last one, if there are more, its sort value and key.
type PageRow = (String, String, String, Option<String>, Option<String>);
/// Slot, commitment, the reply's object without them.
pub type ObjectRow = (String, String, Option<String>);

impl HasSlot for PageRow {
    fn slot(&self) -> &str {
        &self.0
    }
}

impl HasSlot for ObjectRow {
    fn slot(&self) -> &str {
        &self.0
    }
}

/// A page of a list.
pub async fn list(
    state: State,
    resource: &'static Resource,
    names: &[String],
    within: Option<&str>,
    pairs: Pairs,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let asked = Asked::read(resource, names, pairs, within)?;
    let statement = sql::list(resource, &asked);
    let (slot, commitment, items, value, key): PageRow = run(&state, &statement, asked.common.min_slot).await?;
    let next = value.zip(key).map(|(value, key)| asked.cursor(&value, &key));
    // A cursor is base64: nothing in it needs escaping.
    let next = next.map_or_else(|| "null".to_owned(), |next| format!("\"{next}\""));
    let content = format!(r#""items":[{items}],"next_cursor":{next}"#);
    Ok(Reply { slot, commitment, content }.respond(headers))
}

/// One item.
pub async fn one(
    state: State,
    resource: &'static Resource,
    lookup: &'static Lookup,
    names: &[String],
    key: &str,
    pairs: Pairs,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let noun = resource.noun;
    if resource.key.1 == "bigint" {
        let number = check("id", Kind::Amount, key)?.parse::<i64>();
        number.map_err(|_| Problem::bad("the id is not one of an event"))?;
    } else if check("", Kind::Address, key).is_err() {
        return Err(Problem::bad(format!("the {noun} is not a base58 address")));
    }
    let common = Common::of_lookup(pairs, names)?;
    let statement = sql::one(noun, lookup.row, lookup.parts, lookup.newest, key, &common);
    object(&state, &statement, &common, headers, || format!("there is no {noun} {key}, or it is not indexed yet")).await
}

/// The one object that a statement returns, or 404 if it returns none.
pub async fn object(
    state: &State,
    statement: &Statement,
    common: &Common,
    headers: &HeaderMap,
    missing: impl FnOnce() -> String,
) -> Result<Response, Problem> {
    let (slot, commitment, body): ObjectRow = run(state, statement, common.min_slot).await?;
    let body = body.ok_or_else(|| Problem::missing(missing()))?;
    let content = body.strip_prefix('{').and_then(|body| body.strip_suffix('}')).unwrap_or_default().to_owned();
    Ok(Reply { slot, commitment, content }.respond(headers))
}
