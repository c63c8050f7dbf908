//! Jobs, with their seats, round and timeline.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::{Value, json};
use solana_sdk::pubkey::Pubkey;
use utoipa::IntoParams;

use super::{
    problem::Problem,
    reply::{Page, Params, after, envelope, limit},
};

const STATUSES: [&str; 11] = [
    "open",
    "seated",
    "delivered",
    "sealed",
    "revealed",
    "disputed",
    "verified",
    "settled",
    "unresolved",
    "cancelled",
    "expired",
];
/// Events of a timeline; a job of seven replicas has well under a hundred unless ghosts haunt it.
const MAX_EVENTS: i64 = 1_000;

/// Filters of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// open, seated, delivered, sealed, revealed, disputed, verified, settled, unresolved, cancelled or expired.
    status: Option<String>,
    /// Address of the requester.
    requester: Option<String>,
    /// Address of an operator that has or had a seat.
    operator: Option<String>,
    /// Most items, 1 to 100; 50 if not given.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Whether this is an address in base58.
pub fn is_address(text: &str) -> bool {
    text.parse::<Pubkey>().is_ok()
}

/// An address or a problem that says which parameter is none.
pub fn address(name: &str, text: Option<&str>) -> Result<(), Problem> {
    match text {
        Some(text) if !is_address(text) => Err(Problem::bad(format!("{name} is not a base58 address"))),
        _ => Ok(()),
    }
}

/// Jobs, newest first.
#[utoipa::path(get, path = "/v1/jobs", tag = "jobs", params(Filter), responses(
    (status = 200, description = "Jobs: every field of the account, with address, slot, closed_slot and status", body = Page),
    (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(State(state): State<super::State>, Params(filter): Params<Filter>) -> Result<Json<Page>, Problem> {
    if filter.status.as_deref().is_some_and(|status| !STATUSES.contains(&status)) {
        return Err(Problem::bad(format!("status must be one of {}", STATUSES.join(", "))));
    }
    address("requester", filter.requester.as_deref())?;
    address("operator", filter.operator.as_deref())?;
    let limit = limit(filter.limit)?;
    let (posted_at, after) = after::<i64>(filter.cursor.as_deref())?.unzip();
    let rows = sqlx::query_as(
        "SELECT posted_at::text, address, json FROM job_rows
         WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR requester = $2)
             AND ($3::text IS NULL OR EXISTS (
                 SELECT FROM seats WHERE seats.job = job_rows.address AND seats.operator = $3))
             AND ($4::bigint IS NULL OR (posted_at, address) < ($4, $5))
         ORDER BY posted_at DESC, address DESC LIMIT $6",
    );
    let rows = rows.bind(filter.status).bind(filter.requester).bind(filter.operator);
    let rows = rows.bind(posted_at).bind(after).bind(limit + 1).fetch_all(&state.pool).await?;
    Ok(Json(Page::new(&state.pool, rows, limit).await?))
}

/// One job with its seats, round, cases, payment mint and timeline.
#[utoipa::path(get, path = "/v1/jobs/{address}", tag = "jobs", params(("address" = String, Path)), responses(
    (status = 200, description = "slot, commitment, job, seats (with outcome, paid, slashed), round, cases (with ballots), mint, timeline", body = Object),
    (status = 400, description = "Not an address", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No such job", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn one(State(state): State<super::State>, Path(address): Path<String>) -> Result<Json<Value>, Problem> {
    if !is_address(&address) {
        return Err(Problem::bad("the job is not a base58 address"));
    }
    // One statement, so that its parts are of one moment.
    let body: Option<Value> = sqlx::query_scalar(
        "SELECT jsonb_build_object('job', j.json,
             'seats', (SELECT coalesce(jsonb_agg(json ORDER BY index, address), '[]') FROM seat_rows s WHERE s.job = $1),
             'round', (SELECT jsonb_build_object('address', address, 'slot', slot::text, 'closed_slot', closed_slot::text)
                 || data FROM rounds r WHERE r.job = $1 ORDER BY closed_slot DESC NULLS FIRST LIMIT 1),
             'cases', (SELECT coalesce(jsonb_agg(json ORDER BY opened_slot, address), '[]') FROM case_pages c WHERE c.job = $1),
             'mint', (SELECT json FROM mint_rows m WHERE m.mint = j.json ->> 'mint'),
             'timeline', (SELECT coalesce(jsonb_agg(json ORDER BY slot, id), '[]') FROM
                 (SELECT slot, id, json FROM event_rows
                  WHERE job = $1 OR of_case IN (SELECT address FROM cases WHERE cases.job = $1)
                  ORDER BY slot, id LIMIT $2) e))
         FROM job_rows j WHERE j.address = $1",
    )
    .bind(&address)
    .bind(MAX_EVENTS)
    .fetch_optional(&state.pool)
    .await?;
    let body = body.ok_or_else(|| Problem::missing(format!("there is no job {address}, or it is not indexed yet")))?;
    Ok(Json(envelope(&state.pool, json!(body)).await?))
}
