//! Keys of programs that act for a wallet, with quotas.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use solana_sdk::pubkey::Pubkey;
use sqlx::PgPool;
use utoipa::ToSchema;

use super::{Act, KEY_PREFIX, SignedIn, audit};
use crate::serve::{self, gate::body::Body, problem::Problem};

/// Live keys of a wallet at most.
pub const MOST: i64 = 20;
/// Characters that a list shows of a key.
const SHOWN: usize = 12;

/// The hash under which a key is kept; `None` if it cannot be one of ours.
pub fn hash(key: &[u8]) -> Option<[u8; 32]> {
    let secret = key.strip_prefix(KEY_PREFIX.as_bytes())?;
    let secret = URL_SAFE_NO_PAD.decode(secret).ok().filter(|secret| secret.len() == 32)?;
    Some(Sha256::digest(secret).into())
}

/// What a new key shall be.
#[derive(Deserialize, ToSchema)]
pub struct NewKey {
    /// What its owner calls it: 1 to 64 characters.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    /// Requests a minute; 600 if not given.
    #[schema(minimum = 1)]
    per_minute: Option<u32>,
    /// Requests a day (UTC); 100,000 if not given.
    #[schema(minimum = 1)]
    per_day: Option<u32>,
}

/// A key, without its secret.
#[derive(Serialize, ToSchema, sqlx::FromRow)]
#[schema(as = ApiKey)]
pub struct Key {
    /// For revoking it.
    id: String,
    /// What its owner calls it.
    name: String,
    /// How it begins.
    prefix: String,
    /// Requests a minute.
    per_minute: i64,
    /// Requests a day.
    per_day: i64,
    /// Requests today, some seconds late.
    today: i64,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was used last, some seconds late.
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    /// When it was revoked.
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
}

/// A key with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub struct MadeKey {
    /// For `Authorization: Bearer` or `X-Api-Key`. Keep it: it is not shown again.
    key: String,
    #[serde(flatten)]
    about: Key,
}

/// All of a wallet's keys.
#[derive(Serialize, ToSchema)]
pub struct KeyList {
    /// Newest first, revoked ones too.
    pub items: Vec<Key>,
}

/// A wallet's keys, newest first; only the one if `id` is given.
pub async fn of(pool: &PgPool, wallet: &Pubkey, id: Option<&str>) -> sqlx::Result<Vec<Key>> {
    sqlx::query_as(
        "SELECT k.id, k.name, k.prefix, k.per_minute, k.per_day, coalesce(d.count, 0) AS today,
             to_char(k.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS created_at,
             to_char(k.last_used_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS last_used_at,
             to_char(k.revoked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS revoked_at
         FROM api_keys k LEFT JOIN api_key_days d ON d.key = k.id AND d.day = (now() AT TIME ZONE 'UTC')::date
         WHERE k.wallet = $1 AND ($2::text IS NULL OR k.id = $2)
         ORDER BY k.created_at DESC, k.id LIMIT 1000",
    )
    .bind(wallet.to_string())
    .bind(id)
    .fetch_all(pool)
    .await
}

/// Within what this indexer allows.
fn quota(asked: Option<u32>, default: u32, most: u32, name: &str) -> Result<i64, Problem> {
    match asked.unwrap_or(default.min(most)) {
        quota if (1..=most).contains(&quota) => Ok(quota.into()),
        _ => Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{name} must be 1 to {most}"))),
    }
}

/// Makes a key that acts for the wallet, as a plain user.
#[utoipa::path(post, path = "/v1/api-keys", operation_id = "makeKey", tag = "accounts", security(("bearer" = [])),
    request_body = NewKey, responses(
    (status = 201, description = "The key, shown this once", body = MadeKey),
    (status = 401, description = "No good token", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "A key cannot make keys", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The wallet has too many keys", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The name or a quota is not good", body = Problem, content_type = "application/problem+json"),
))]
pub async fn make(
    State(state): State<serve::State>,
    SignedIn(caller): SignedIn,
    Body(asked): Body<NewKey>,
) -> Result<(StatusCode, Json<MadeKey>), Problem> {
    let good = (1..=64).contains(&asked.name.chars().count()) && !asked.name.chars().any(char::is_control);
    if !good {
        let detail = "name must have 1 to 64 characters, no control characters";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let settings = &state.accounts.settings;
    let per_minute = quota(asked.per_minute, 600, settings.key_max_per_minute, "per_minute")?;
    let per_day = quota(asked.per_day, 100_000, settings.key_max_per_day, "per_day")?;
    let (wallet, id) = (caller.wallet.to_string(), hex::encode(rand::random::<[u8; 8]>()));
    let secret = rand::random::<[u8; 32]>();
    let key = format!("{KEY_PREFIX}{}", URL_SAFE_NO_PAD.encode(secret));
    let mut tx = state.pool.begin().await?;
    // Else two requests at once would both find room for one more.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))").bind(&wallet).execute(&mut *tx).await?;
    let made = sqlx::query(
        "INSERT INTO api_keys (id, wallet, name, prefix, hash, per_minute, per_day)
         SELECT $1, $2, $3, $4, $5, $6, $7
         WHERE (SELECT count(*) FROM api_keys WHERE wallet = $2 AND revoked_at IS NULL) < $8",
    )
    .bind(&id)
    .bind(&wallet)
    .bind(&asked.name)
    .bind(&key[..SHOWN])
    .bind(Sha256::digest(secret).as_slice())
    .bind(per_minute)
    .bind(per_day)
    .bind(MOST)
    .execute(&mut *tx)
    .await?;
    if made.rows_affected() == 0 {
        return Err(Problem::new(StatusCode::CONFLICT, format!("a wallet has at most {MOST} keys; revoke one first")));
    }
    audit(&mut *tx, Act { wallet: Some(caller.wallet), action: "key.made", object: Some(&id) }).await?;
    tx.commit().await?;
    let about = of(&state.pool, &caller.wallet, Some(&id)).await?.pop();
    let about = about.ok_or_else(|| Problem::missing("the key is gone already"))?;
    Ok((StatusCode::CREATED, Json(MadeKey { key, about })))
}

/// The wallet's keys, without their secrets.
#[utoipa::path(get, path = "/v1/api-keys", operation_id = "listKeys", tag = "accounts", security(("bearer" = [])), responses(
    (status = 200, description = "Keys, newest first, revoked ones too", body = KeyList),
    (status = 401, description = "No good token", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "A key cannot see keys", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(State(state): State<serve::State>, SignedIn(caller): SignedIn) -> Result<Json<KeyList>, Problem> {
    Ok(Json(KeyList { items: of(&state.pool, &caller.wallet, None).await? }))
}

/// Revokes a key: at once here, within seconds at other instances.
#[utoipa::path(delete, path = "/v1/api-keys/{id}", operation_id = "revokeKey", tag = "accounts", security(("bearer" = [])),
    params(("id" = String, Path, description = "The key's id", pattern = "^[0-9a-f]{16}$")), responses(
    (status = 204, description = "It is revoked"),
    (status = 400, description = "No id", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No good token", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "A key cannot revoke keys", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "The wallet has no such key", body = Problem, content_type = "application/problem+json"),
))]
pub async fn revoke(
    State(state): State<serve::State>,
    SignedIn(caller): SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if id.len() != 16 || !id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(Problem::bad("the id must be 16 lower hex digits"));
    }
    let mut tx = state.pool.begin().await?;
    let sql =
        "UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 AND wallet = $2 RETURNING hash";
    let revoked = sqlx::query_scalar(sql).bind(&id).bind(caller.wallet.to_string());
    let hash: Option<Vec<u8>> = revoked.fetch_optional(&mut *tx).await?;
    let hash = hash.ok_or_else(|| Problem::missing("this wallet has no such key"))?;
    audit(&mut *tx, Act { wallet: Some(caller.wallet), action: "key.revoked", object: Some(&id) }).await?;
    tx.commit().await?;
    state.quotas.forget(&hash);
    Ok(StatusCode::NO_CONTENT)
}
