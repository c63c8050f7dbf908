//! Cases: disputes about jobs, with their ballots.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::{
    jobs::{address, is_address},
    problem::Problem,
    reply::{Page, Params, after, envelope, limit},
};

const STATES: [&str; 6] = ["answering", "called", "judging", "resolved", "concluded", "closed"];
const KINDS: [&str; 4] = ["challenge", "demand", "sample", "tie"];
/// Events of a case: three juries of many chairs, each with three steps, are fewer.
const MAX_EVENTS: i64 = 1_000;

/// Filters of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Address of the job.
    job: Option<String>,
    /// answering, called, judging, resolved, concluded or closed.
    state: Option<String>,
    /// challenge, demand, sample or tie.
    kind: Option<String>,
    /// Most items, 1 to 100; 50 if not given.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

fn one_of(name: &str, allowed: &[&str], given: Option<&str>) -> Result<(), Problem> {
    match given {
        Some(given) if !allowed.contains(&given) => {
            Err(Problem::bad(format!("{name} must be one of {}", allowed.join(", "))))
        }
        _ => Ok(()),
    }
}

/// Cases, those opened last first.
#[utoipa::path(get, path = "/v1/cases", operation_id = "cases", tag = "cases", params(Filter), responses(
    (status = 200, description = "Cases: every field of the account, with address, slot, closed_slot, state and opened_at", body = Page),
    (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(State(state): State<super::State>, Params(filter): Params<Filter>) -> Result<Json<Page>, Problem> {
    address("job", filter.job.as_deref())?;
    one_of("state", &STATES, filter.state.as_deref())?;
    one_of("kind", &KINDS, filter.kind.as_deref())?;
    let limit = limit(filter.limit)?;
    let (opened, after) = after::<i64>(filter.cursor.as_deref())?.unzip();
    let rows = sqlx::query_as(
        "SELECT opened_slot::text, address, json FROM case_rows
         WHERE ($1::text IS NULL OR job = $1) AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR kind = $3)
             AND ($4::bigint IS NULL OR (opened_slot, address) < ($4, $5))
         ORDER BY opened_slot DESC, address DESC LIMIT $6",
    );
    let rows = rows.bind(filter.job).bind(filter.state).bind(filter.kind);
    let rows = rows.bind(opened).bind(after).bind(limit + 1).fetch_all(&state.pool).await?;
    Ok(Json(Page::new(&state.pool, rows, limit).await?))
}

/// One case with its ballots and its timeline.
#[utoipa::path(get, path = "/v1/cases/{address}", operation_id = "case", tag = "cases", params(("address" = String, Path)), responses(
    (status = 200, description = "slot, commitment, case (with ballots), timeline", body = Object),
    (status = 400, description = "Not an address", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No such case", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn one(State(state): State<super::State>, Path(address): Path<String>) -> Result<Json<Value>, Problem> {
    if !is_address(&address) {
        return Err(Problem::bad("the case is not a base58 address"));
    }
    // One statement, so that its parts are of one moment.
    let body: Option<Value> = sqlx::query_scalar(
        "SELECT jsonb_build_object('case', c.json,
             'timeline', (SELECT coalesce(jsonb_agg(json ORDER BY slot, id), '[]') FROM
                 (SELECT slot, id, json FROM event_rows WHERE of_case = $1 ORDER BY slot, id LIMIT $2) e))
         FROM case_pages c WHERE c.address = $1",
    )
    .bind(&address)
    .bind(MAX_EVENTS)
    .fetch_optional(&state.pool)
    .await?;
    let body = body.ok_or_else(|| Problem::missing(format!("there is no case {address}, or it is not indexed yet")))?;
    Ok(Json(envelope(&state.pool, json!(body)).await?))
}
