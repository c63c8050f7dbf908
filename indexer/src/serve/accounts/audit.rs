//! Who did what, for its owner and for admins.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use solana_sdk::pubkey::Pubkey;
use sqlx::PgExecutor;
use utoipa::{IntoParams, ToSchema};

use super::{Role, SignedIn};
use crate::serve::{self, gate, problem::Problem, reply::Params};

const DEFAULT_LIMIT: i64 = 50;

/// Something worth keeping that somebody did.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// Who, if known.
    pub wallet: Option<Pubkey>,
    /// What: a noun and a verb, for example `key.made`.
    pub action: &'static str,
    /// To what: an id or an address, never a secret.
    pub object: Option<&'a str>,
}

/// Writes an act down, with the request's id and network. In the transaction of what it tells of, if there is one, so
/// that neither is without the other.
///
/// # Errors
/// When the database does not answer.
pub async fn audit(executor: impl PgExecutor<'_>, act: Act<'_>) -> sqlx::Result<()> {
    let (request, network) = gate::context().map(|at| (at.request_id.to_string(), at.network())).unzip();
    let sql = "INSERT INTO audit_log (wallet, action, object, network, request_id) VALUES ($1, $2, $3, $4, $5)";
    let insert = sqlx::query(sql).bind(act.wallet.map(|wallet| wallet.to_string())).bind(act.action);
    insert.bind(act.object).bind(network).bind(request).execute(executor).await?;
    Ok(())
}

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// For admins: only this wallet's. Others see their own.
    #[param(pattern = "^[1-9A-HJ-NP-Za-km-z]{32,44}$")]
    wallet: Option<String>,
    /// Most items, 1 to 100; 50 if not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(pattern = "^[1-9][0-9]{0,17}$")]
    cursor: Option<String>,
}

/// A page of the audit log, newest first.
#[derive(Serialize, ToSchema)]
pub struct AuditPage {
    items: Vec<Entry>,
    /// Pass it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

/// Who did what.
#[derive(Serialize, ToSchema, sqlx::FromRow)]
#[schema(as = AuditEntry)]
pub struct Entry {
    /// Grows with time.
    id: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Who, if known.
    wallet: Option<String>,
    /// What: `login`, `logout`, `session.reused`, `key.made`, `key.revoked` and others.
    action: String,
    /// To what.
    object: Option<String>,
    /// From where: the first 24 bits of an IPv4 address, 48 of an IPv6 one.
    network: Option<String>,
    /// In which request.
    request_id: Option<String>,
}

/// What was done in one's name; for admins, by anybody.
#[utoipa::path(get, path = "/v1/audit", operation_id = "listAudit", tag = "accounts", params(Wanted),
    security(("bearer" = [])), responses(
    (status = 200, description = "Entries, newest first", body = AuditPage),
    (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No good token", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Another's entries, or a key", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    State(state): State<serve::State>,
    SignedIn(caller): SignedIn,
    Params(wanted): Params<Wanted>,
) -> Result<Json<AuditPage>, Problem> {
    let mut whose = wanted.wallet.as_deref().map(super::wallet).transpose()?;
    if !caller.roles.contains(&Role::Admin) {
        if whose.is_some_and(|wallet| wallet != caller.wallet) {
            caller.require(Role::Admin)?;
        }
        whose = Some(caller.wallet);
    }
    let limit = match wanted.limit.map(i64::from) {
        None => DEFAULT_LIMIT,
        Some(limit @ 1..=100) => limit,
        Some(_) => return Err(Problem::bad("limit must be 1 to 100")),
    };
    let before = wanted.cursor.as_deref().map(|cursor| cursor.parse::<i64>().ok().filter(|id| *id > 0));
    let before = before.map(|id| id.ok_or_else(|| Problem::bad("cursor is none of ours; start without one")));
    let mut items: Vec<Entry> = sqlx::query_as(
        "SELECT id::text, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS at, wallet, action, object,
             network, request_id
         FROM audit_log WHERE ($1::text IS NULL OR wallet = $1) AND ($2::bigint IS NULL OR id < $2)
         ORDER BY audit_log.id DESC LIMIT $3",
    )
    .bind(whose.map(|wallet| wallet.to_string()))
    .bind(before.transpose()?)
    .bind(limit + 1)
    .fetch_all(&state.pool)
    .await?;
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > page;
    items.truncate(page);
    let next_cursor = items.last().filter(|_| more).map(|last| last.id.clone());
    Ok(Json(AuditPage { items, next_cursor }))
}
