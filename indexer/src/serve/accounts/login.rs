//! Signing in and staying so.

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use solana_sdk::pubkey::Pubkey;
use sqlx::PgPool;
use utoipa::ToSchema;

use super::{
    Act, Caller, Role, audit, sessions,
    siws::{self, Input, Invitation},
    unauthorized,
};
use crate::serve::{self, gate::body::Body, problem::Problem};

/// How long an access token is good.
const ACCESS: Duration = Duration::from_secs(15 * 60);
/// How long a nonce is good, in seconds.
const NONCE: i64 = 5 * 60;

/// Who wants to sign in.
#[derive(Deserialize, ToSchema)]
pub struct NonceRequest {
    /// Its address.
    #[schema(pattern = "^[1-9A-HJ-NP-Za-km-z]{32,44}$")]
    wallet: String,
}

/// What to sign.
#[derive(Serialize, ToSchema)]
pub struct NonceReply {
    /// For a wallet's `signIn`, as it is.
    input: Input,
    /// For a wallet's `signMessage`: the text that `signIn` makes of `input`.
    message: String,
}

/// An invitation to sign in, good for one try within five minutes.
#[utoipa::path(post, path = "/v1/auth/nonce", operation_id = "makeNonce", tag = "accounts", security(()),
    request_body = NonceRequest, responses(
    (status = 200, description = "What to sign", body = NonceReply),
    (status = 400, description = "No address", body = Problem, content_type = "application/problem+json"),
))]
pub async fn nonce(
    State(state): State<serve::State>,
    Body(asked): Body<NonceRequest>,
) -> Result<Json<NonceReply>, Problem> {
    let wallet = super::wallet(&asked.wallet)?;
    let genesis: Option<String> = sqlx::query_scalar("SELECT genesis FROM watermark").fetch_one(&state.pool).await?;
    let row: Invitation = sqlx::query_as(
        "INSERT INTO auth_nonces (nonce, wallet, domain, uri, chain, issued_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, date_trunc('second', now()), date_trunc('second', now()) + $6 * interval '1 second')
         RETURNING wallet, domain, uri, chain, nonce,
             to_char(issued_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS issued_at,
             to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS expires_at",
    )
    .bind(hex::encode(rand::random::<[u8; 16]>()))
    .bind(wallet.to_string())
    .bind(&state.accounts.domain)
    .bind(&state.accounts.uri)
    .bind(siws::chain(genesis.as_deref()))
    .bind(NONCE)
    .fetch_one(&state.pool)
    .await?;
    let input = Input::from(row);
    Ok(Json(NonceReply { message: input.message(), input }))
}

/// The signed invitation.
#[derive(Deserialize, ToSchema)]
pub struct Login {
    /// The wallet.
    #[schema(pattern = "^[1-9A-HJ-NP-Za-km-z]{32,44}$")]
    wallet: String,
    /// The invitation's.
    nonce: String,
    /// The wallet's signature of the message, base58 or base64.
    signature: String,
}

/// Tokens of somebody who is signed in.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// For `Authorization: Bearer`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds that the access token is good.
    expires_in: u64,
    /// For one `POST /v1/auth/refresh`.
    refresh_token: String,
    /// Seconds that the refresh token is good.
    refresh_expires_in: i64,
    /// The wallet.
    wallet: String,
    /// What it may do.
    roles: Vec<Role>,
}

async fn tokens(state: &serve::State, wallet: Pubkey, refresh_token: String) -> Result<Json<Tokens>, Problem> {
    let roles = state.accounts.roles(&state.pool, &wallet).await?;
    let caller = Caller { wallet, roles };
    let access_token = state.keys.issue(&caller, ACCESS).map_err(|why| {
        tracing::error!("{why}");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "no token can be made; see the indexer's log")
    })?;
    Ok(Json(Tokens {
        access_token,
        token_type: "Bearer",
        expires_in: ACCESS.as_secs(),
        refresh_token,
        refresh_expires_in: sessions::LIFE,
        wallet: wallet.to_string(),
        roles: caller.roles,
    }))
}

/// The invitation, which is spent by this, whatever comes of it.
async fn spend(pool: &PgPool, nonce: &str, wallet: &Pubkey, domain: &str) -> Result<Input, Problem> {
    let row: Option<Invitation> = sqlx::query_as(
        "WITH spent AS (DELETE FROM auth_nonces WHERE nonce = $1 AND wallet = $2 AND domain = $3 RETURNING *)
         SELECT wallet, domain, uri, chain, nonce,
             to_char(issued_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS issued_at,
             to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS expires_at
         FROM spent WHERE spent.expires_at > now()",
    )
    .bind(nonce)
    .bind(wallet.to_string())
    .bind(domain)
    .fetch_optional(pool)
    .await?;
    row.map(Input::from).ok_or_else(|| unauthorized("the nonce is unknown, spent or expired; ask for another"))
}

/// Signs a wallet in.
#[utoipa::path(post, path = "/v1/auth/login", operation_id = "login", tag = "accounts", security(()),
    request_body = Login, responses(
    (status = 200, description = "Tokens", body = Tokens),
    (status = 400, description = "No address", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "The nonce or the signature is not good", body = Problem, content_type = "application/problem+json"),
))]
pub async fn login(State(state): State<serve::State>, Body(login): Body<Login>) -> Result<Json<Tokens>, Problem> {
    let wallet = super::wallet(&login.wallet)?;
    // A zero byte is nothing that Postgres takes as text, and no nonce has one.
    let nonce = login.nonce.replace('\0', "?");
    let input = spend(&state.pool, &nonce, &wallet, &state.accounts.domain).await?;
    if !siws::signed(&wallet, &input.message(), &login.signature) {
        return Err(unauthorized("the signature is not the wallet's for this message; ask for another nonce"));
    }
    let mut tx = state.pool.begin().await?;
    let refresh_token = sessions::begin(&mut tx, &wallet).await?;
    audit(&mut *tx, Act { wallet: Some(wallet), action: "login", object: None }).await?;
    tx.commit().await?;
    tokens(&state, wallet, refresh_token).await
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
pub struct RefreshToken {
    /// The latest of its session.
    refresh_token: String,
}

/// New tokens for a refresh token, which is spent by this. One that was spent before ends its session.
#[utoipa::path(post, path = "/v1/auth/refresh", operation_id = "refresh", tag = "accounts", security(()),
    request_body = RefreshToken, responses(
    (status = 200, description = "Tokens", body = Tokens),
    (status = 401, description = "The token is not good", body = Problem, content_type = "application/problem+json"),
))]
pub async fn refresh(
    State(state): State<serve::State>,
    Body(old): Body<RefreshToken>,
) -> Result<Json<Tokens>, Problem> {
    let (wallet, next) = sessions::rotate(&state.pool, &old.refresh_token).await?;
    tokens(&state, wallet, next).await
}

/// Ends the session of a refresh token. Its access token stays good for the minutes it has.
#[utoipa::path(post, path = "/v1/auth/logout", operation_id = "logout", tag = "accounts", security(()),
    request_body = RefreshToken, responses((status = 204, description = "The session has ended, if there was one")))]
pub async fn logout(State(state): State<serve::State>, Body(token): Body<RefreshToken>) -> Result<StatusCode, Problem> {
    let mut tx = state.pool.begin().await?;
    if let Some((session, wallet)) = sessions::end(&mut tx, &token.refresh_token).await? {
        let object = session.to_string();
        let act = Act { wallet: Some(super::wallet(&wallet)?), action: "logout", object: Some(&object) };
        audit(&mut *tx, act).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
