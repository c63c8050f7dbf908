//! Operators and the market in numbers.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use super::{
    problem::Problem,
    reply::{Page, Params, after, envelope, limit},
};

/// Which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Most items, 1 to 100; 50 if not given.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Operators by active stake, largest first.
#[utoipa::path(get, path = "/v1/operators", tag = "market", params(Paging), responses(
    (status = 200, description = "Operators: stake, records and scores, seats won and lost, earned per mint, slashed", body = Page),
    (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn operators(
    State(state): State<super::State>,
    Params(paging): Params<Paging>,
) -> Result<Json<Page>, Problem> {
    let limit = limit(paging.limit)?;
    let (active, after) = after::<u64>(paging.cursor.as_deref())?.unzip();
    let rows = sqlx::query_as(
        "SELECT active::text AS cursor, address, json FROM operator_rows
         WHERE $1::text IS NULL OR (active, address) < ($1::numeric, $2)
         ORDER BY active DESC, address DESC LIMIT $3",
    );
    let active = active.map(|active| active.to_string());
    let rows = rows.bind(active).bind(after).bind(limit + 1).fetch_all(&state.pool).await?;
    Ok(Json(Page::new(&state.pool, rows, limit).await?))
}

/// The market in numbers.
#[utoipa::path(get, path = "/v1/stats", tag = "market", responses(
    (status = 200, description = "Jobs, units, seats, stake, slashes, supply, volume per mint, payment mints", body = Object),
    (status = 503, description = "The database does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn stats(State(state): State<super::State>) -> Result<Json<Value>, Problem> {
    let body: Value = sqlx::query_scalar("SELECT json FROM stats").fetch_one(&state.pool).await?;
    Ok(Json(envelope(&state.pool, body).await?))
}
