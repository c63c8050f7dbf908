//! Who asks: wallets that signed in, by the short-lived tokens they got for it.

mod tokens;

use std::path::PathBuf;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{StatusCode, header, request::Parts},
};
use solana_sdk::pubkey::Pubkey;

pub use self::tokens::{Keys, Role};
use super::problem::Problem;

/// Settings of sign-in.
#[derive(clap::Args, Debug, Clone, Default)]
pub struct Settings {
    /// File with the secret (32 bytes or more) that signs tokens; without it one is made at each start, and who is
    /// signed in must sign in again. Instances that serve the same users must share it.
    #[arg(long, env = "ASSAY_JWT_SECRET_FILE", global = true)]
    pub jwt_secret_file: Option<PathBuf>,
}

/// A wallet that signed in. As an extractor: 401 without a good token; `Option<Caller>` where none is needed (a bad
/// one is 401 still).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its address.
    pub wallet: Pubkey,
    /// What it may do.
    pub roles: Vec<Role>,
}

impl FromRequestParts<super::State> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &super::State) -> Result<Self, Problem> {
        let caller = <Self as OptionalFromRequestParts<super::State>>::from_request_parts(parts, state).await?;
        caller.ok_or_else(|| unauthorized("this needs a signed-in wallet: send `Authorization: Bearer <token>`"))
    }
}

impl OptionalFromRequestParts<super::State> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &super::State) -> Result<Option<Self>, Problem> {
        let Some(value) = parts.headers.get(header::AUTHORIZATION) else { return Ok(None) };
        let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        let token = token.ok_or_else(|| unauthorized("the Authorization header is not `Bearer <token>`"))?;
        let caller = state.keys.read(token);
        caller.map(Some).ok_or_else(|| unauthorized("the token is not ours or has expired; sign in again"))
    }
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, detail)
}
