//! The routes of webhooks. A wallet sees its own alone.

use axum::{
    Json,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{
    rows::{self, Delivery, Webhook},
    secret::Secret,
};
use crate::serve::{
    accounts::Caller,
    gate::body::Body,
    live::topics::{self, Topics},
    problem::Problem,
    reply::Params,
};

type Reply<T> = Result<T, Problem>;

/// A webhook to be registered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// Where to: https, a public host, port 443 or 8443, no user or password.
    #[schema(max_length = 2048)]
    url: String,
    /// What for: as `topics` of `/v1/stream`, one each. Notices come only if they concern the wallet.
    #[serde(default)]
    #[schema(max_items = 64)]
    topics: Vec<String>,
    /// Names of events, each as a topic `kind:`.
    #[serde(default)]
    #[schema(max_items = 64)]
    kinds: Vec<String>,
}

/// What is changed of a webhook; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookChange {
    /// Another place.
    #[schema(max_length = 2048)]
    url: Option<String>,
    /// Other topics, instead of all that it has.
    #[schema(max_items = 64)]
    topics: Option<Vec<String>>,
    /// Names of events, each as a topic `kind:`; with `topics` or instead of all topics.
    #[schema(max_items = 64)]
    kinds: Option<Vec<String>>,
    /// `true` pauses, `false` resumes: what came meanwhile is delivered then.
    paused: Option<bool>,
}

/// A webhook with its secret, which is told this once.
#[derive(Serialize, ToSchema)]
pub struct Registered {
    /// It.
    #[serde(flatten)]
    webhook: Webhook,
    /// Checks the signatures of what arrives: `whsec_` and base64. Keep it; it is never shown again.
    secret: String,
}

/// A wallet's webhooks.
#[derive(Serialize, ToSchema)]
pub struct Webhooks {
    /// The newest first.
    items: Vec<Webhook>,
}

/// Deliveries of a webhook.
#[derive(Serialize, ToSchema)]
pub struct Deliveries {
    /// The newest first.
    items: Vec<Delivery>,
    /// Pass it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

/// What is being delivered.
#[derive(Serialize, ToSchema)]
pub struct Queued {
    /// The delivery; ask for it to see what came of it.
    delivery: Delivery,
}

/// Which deliveries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Only those that wait, that arrived, or that were given up.
    #[param(pattern = "^(pending|done|dead)$")]
    state: Option<String>,
    /// At most so many; 50 if nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// From the page before.
    #[param(pattern = "^[0-9]{1,18}$")]
    cursor: Option<String>,
}

/// What the path names; what cannot be a name is the name of nothing.
pub struct At<T>(T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Reply<Self> {
        // Postgres has no text with a zero in it.
        if parts.uri.path().contains("%00") {
            return Err(missing());
        }
        Path::from_request_parts(parts, state).await.map(|Path(at)| Self(at)).map_err(|_| missing())
    }
}

/// The wallet's webhooks.
#[utoipa::path(get, path = "/v1/webhooks", tag = "live", operation_id = "listWebhooks",
    security(("bearer" = []), ("apiKey" = [])),
    responses(
        (status = 200, description = "The wallet's webhooks", body = Webhooks),
        (status = 401, description = "No wallet is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn list(caller: Caller, State(state): State<crate::serve::State>) -> Reply<Json<Webhooks>> {
    let items = rows::list(&state.pool, &caller.wallet.to_string(), None).await?;
    Ok(Json(Webhooks { items }))
}

/// Registers a webhook, for what comes from now on. What is delivered is
/// `{"type":"escrow.SeatSettled","timestamp":"…","data":{…}}`, signed as Standard Webhooks says (`webhook-id`,
/// `webhook-timestamp`, `webhook-signature`); an answer of 2xx within 10 seconds takes it, 410 pauses the webhook,
/// anything else is tried again, ten times in about a day. It may arrive twice: then under the same `webhook-id`.
#[utoipa::path(post, path = "/v1/webhooks", tag = "live", operation_id = "createWebhook",
    security(("bearer" = []), ("apiKey" = [])), request_body = NewWebhook,
    responses(
        (status = 201, description = "Registered", body = Registered),
        (status = 400, description = "A topic is wrong, or the body is no JSON", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No wallet is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The wallet has too many", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is no JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The url is refused, or a field is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn create(
    caller: Caller,
    State(state): State<crate::serve::State>,
    Body(new): Body<NewWebhook>,
) -> Reply<(StatusCode, Json<Registered>)> {
    let webhooks = &state.live.webhooks;
    let topics = topics_of(&new.topics, &new.kinds)?;
    let url = check(&state, &new.url).await?;
    let (wallet, secret) = (caller.wallet.to_string(), Secret::new());
    let id = format!("wh_{}", bs58::encode(rand::random::<[u8; 16]>()).into_string());
    let broken = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the secret cannot be encrypted; try again");
    let (kept, sealed) = webhooks.keyring.seal(&id, &secret).ok_or_else(broken)?;
    let new = rows::New { id: &id, wallet: &wallet, url: &url, topics: &topics, secret: &kept, sealed };
    if !rows::insert(&state.pool, new, webhooks.most).await? {
        let what = format!("a wallet may have {} webhooks; delete one first", webhooks.most);
        return Err(Problem::new(StatusCode::CONFLICT, what));
    }
    let webhook = find(&state, &caller, &id).await?;
    Ok((StatusCode::CREATED, Json(Registered { webhook, secret: secret.show() })))
}

/// One of the wallet's webhooks.
#[utoipa::path(get, path = "/v1/webhooks/{id}", tag = "live", operation_id = "getWebhook",
    security(("bearer" = []), ("apiKey" = [])),
    params(("id" = String, Path, description = "The webhook")),
    responses(
        (status = 200, description = "The webhook", body = Webhook),
        (status = 401, description = "No wallet is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The wallet has no such webhook", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn one(caller: Caller, State(state): State<crate::serve::State>, At(id): At<String>) -> Reply<Json<Webhook>> {
    find(&state, &caller, &id).await.map(Json)
}

/// Changes, pauses or resumes a webhook. What is queued already goes to the new url.
#[utoipa::path(patch, path = "/v1/webhooks/{id}", tag = "live", operation_id = "changeWebhook",
    security(("bearer" = []), ("apiKey" = [])),
    params(("id" = String, Path, description = "The webhook")), request_body = WebhookChange,
    responses(
        (status = 200, description = "The webhook as it is now", body = Webhook),
        (status = 400, description = "A topic is wrong, or the body is no JSON", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No wallet is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The wallet has no such webhook", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is no JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The url is refused, or a field is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn change(
    caller: Caller,
    State(state): State<crate::serve::State>,
    At(id): At<String>,
    Body(change): Body<WebhookChange>,
) -> Reply<Json<Webhook>> {
    let topics = match (&change.topics, &change.kinds) {
        (None, None) => None,
        (topics, kinds) => Some(topics_of(topics.as_deref().unwrap_or(&[]), kinds.as_deref().unwrap_or(&[]))?),
    };
    let wallet = caller.wallet.to_string();
    find(&state, &caller, &id).await?;
    let url = match &change.url {
        Some(url) => Some(check(&state, url).await?),
        None => None,
    };
    rows::update(&state.pool, (&wallet, &id), url.as_deref(), topics.as_deref(), change.paused).await?;
    find(&state, &caller, &id).await.map(Json)
}

/// Deletes a webhook and all its deliveries.
#[utoipa::path(delete, path = "/v1/webhooks/{id}", tag = "live", operation_id = "deleteWebhook",
    security(("bearer" = []), ("apiKey" = [])),
    params(("id" = String, Path, description = "The webhook")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 401, description = "No wallet is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The wallet has no such webhook", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn delete(caller: Caller, State(state): State<crate::serve::State>, At(id): At<String>) -> Reply<StatusCode> {
    let found = rows::delete(&state.pool, &caller.wallet.to_string(), &id).await?;
    if found { Ok(StatusCode::NO_CONTENT) } else { Err(missing()) }
}

/// Delivers a message of type `test`.
#[utoipa::path(post, path = "/v1/webhooks/{id}/test", tag = "live", operation_id = "testWebhook",
    security(("bearer" = []), ("apiKey" = [])),
    params(("id" = String, Path, description = "The webhook")),
    responses(
        (status = 202, description = "It is being delivered", body = Queued),
        (status = 401, description = "No wallet is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The wallet has no such webhook", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The webhook is paused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn test(caller: Caller, State(state): State<crate::serve::State>, At(id): At<String>) -> Reply<Response> {
    active(&state, &caller, &id).await?;
    let time: String = sqlx::query_scalar(r#"SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"#)
        .fetch_one(&state.pool)
        .await?;
    let body = json!({"type": "test", "timestamp": time, "data": {"webhook": id}}).to_string();
    let number = rows::test(&state.pool, &id, &body).await?;
    queued(&state, &id, number).await
}

/// A webhook's deliveries, the newest first; `state=dead` are those that were given up. What arrived is kept for a week,
/// what did not for a month.
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries", tag = "live", operation_id = "listDeliveries",
    security(("bearer" = []), ("apiKey" = [])),
    params(("id" = String, Path, description = "The webhook"), Which),
    responses(
        (status = 200, description = "A page of deliveries", body = Deliveries),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No wallet is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The wallet has no such webhook", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn deliveries(
    caller: Caller,
    State(state): State<crate::serve::State>,
    At(id): At<String>,
    Params(which): Params<Which>,
) -> Reply<Json<Deliveries>> {
    let limit = which.limit.unwrap_or(50);
    if !(1..=100).contains(&limit) {
        return Err(Problem::bad("limit must be 1 to 100"));
    }
    let of = which.state.as_deref();
    if of.is_some_and(|state| !["pending", "done", "dead"].contains(&state)) {
        return Err(Problem::bad("state must be one of pending, done, dead"));
    }
    let cursor = match &which.cursor {
        Some(cursor) => Some(number(cursor).ok_or_else(|| Problem::bad("cursor is none of ours; start without one"))?),
        None => None,
    };
    find(&state, &caller, &id).await?;
    let mut items = rows::deliveries(&state.pool, &id, of, cursor, i64::from(limit) + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = items.last().filter(|_| more).map(|last| last.id.clone());
    Ok(Json(Deliveries { items, next_cursor }))
}

/// Delivers it again, as often as it takes, whatever came of it before.
#[utoipa::path(post, path = "/v1/webhooks/{id}/deliveries/{delivery}/replay", tag = "live", operation_id = "replayDelivery",
    security(("bearer" = []), ("apiKey" = [])),
    params(("id" = String, Path, description = "The webhook"), ("delivery" = String, Path, description = "The delivery")),
    responses(
        (status = 202, description = "It is being delivered", body = Queued),
        (status = 401, description = "No wallet is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The wallet has no such webhook or delivery", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The webhook is paused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer", body = Problem, content_type = "application/problem+json"),
    ))]
pub async fn replay(
    caller: Caller,
    State(state): State<crate::serve::State>,
    At((id, delivery)): At<(String, String)>,
) -> Reply<Response> {
    active(&state, &caller, &id).await?;
    let none = || Problem::missing("there is no such delivery");
    let number = number(&delivery).ok_or_else(none)?;
    if !rows::replay(&state.pool, &id, number).await? {
        return Err(none());
    }
    queued(&state, &id, number).await
}

async fn queued(state: &crate::serve::State, hook: &str, number: i64) -> Reply<Response> {
    let delivery = rows::delivery(&state.pool, hook, number).await?.ok_or_else(missing)?;
    state.live.webhooks.queued.notify_one();
    Ok((StatusCode::ACCEPTED, Json(Queued { delivery })).into_response())
}

/// A plain number, as ids of rows are.
fn number(text: &str) -> Option<i64> {
    let digits = (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

async fn find(state: &crate::serve::State, caller: &Caller, id: &str) -> Reply<Webhook> {
    rows::list(&state.pool, &caller.wallet.to_string(), Some(id)).await?.pop().ok_or_else(missing)
}

async fn active(state: &crate::serve::State, caller: &Caller, id: &str) -> Reply<()> {
    match find(state, caller, id).await?.state.as_str() {
        "active" => Ok(()),
        _ => Err(Problem::new(StatusCode::CONFLICT, "the webhook is paused; resume it first")),
    }
}

fn missing() -> Problem {
    Problem::missing("this wallet has no such webhook")
}

async fn check(state: &crate::serve::State, url: &str) -> Reply<String> {
    let checked = state.live.webhooks.egress.check(url).await;
    checked.map(Into::into).map_err(|why| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why.to_string()))
}

/// All that is asked for, as topics that are right.
fn topics_of(topics: &[String], kinds: &[String]) -> Reply<Vec<String>> {
    let all: Vec<String> = topics.iter().cloned().chain(kinds.iter().map(|kind| format!("kind:{kind}"))).collect();
    if all.len() > topics::MOST {
        return Err(Problem::bad(format!("there may be {} topics at most", topics::MOST)));
    }
    let parsed = Topics::parse(all.iter().map(String::as_str))?;
    if parsed.is_empty() {
        return Err(Problem::bad("say what for: give at least one of topics and kinds"));
    }
    Ok(all)
}
