//! What the indexer knows of who asks.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Caller, Role,
    keys::{self, Key},
};
use crate::serve::{self, problem::Problem};

/// Who asks.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// The wallet.
    wallet: String,
    /// What it may do with the token or key that it showed.
    roles: Vec<Role>,
    /// What it may ask for.
    quotas: Quotas,
    /// Its keys, newest first, revoked ones too.
    keys: Vec<Key>,
}

/// What a wallet may ask for.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountQuotas)]
pub struct Quotas {
    /// Requests a second with a token, in the long run; 0 for any number.
    per_second: f64,
    /// Requests at once with a token.
    burst: u32,
    /// Live keys.
    keys: i64,
    /// Most requests a minute of a key.
    key_per_minute: u32,
    /// Most requests a day of a key.
    key_per_day: u32,
}

/// The caller's wallet, roles, quotas and keys.
#[utoipa::path(get, path = "/v1/me", operation_id = "me", tag = "accounts",
    security(("bearer" = []), ("apiKey" = [])), responses(
    (status = 200, description = "Who asks", body = Me),
    (status = 401, description = "No good token or key", body = Problem, content_type = "application/problem+json"),
))]
pub async fn me(State(state): State<serve::State>, caller: Caller) -> Result<Json<Me>, Problem> {
    let settings = &state.accounts.settings;
    let quotas = Quotas {
        per_second: state.gate.settings.rate_per_second,
        burst: state.gate.settings.rate_burst,
        keys: keys::MOST,
        key_per_minute: settings.key_max_per_minute,
        key_per_day: settings.key_max_per_day,
    };
    let keys = keys::of(&state.pool, &caller.wallet, None).await?;
    Ok(Json(Me { wallet: caller.wallet.to_string(), roles: caller.roles, quotas, keys }))
}
