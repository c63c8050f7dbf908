//! Who asks: wallets that signed in, by the short-lived tokens they got for it, and programs by their owner's key.

mod audit;
mod keys;
mod login;
mod me;
mod quotas;
mod sessions;
mod siws;
mod tokens;

use std::{net::SocketAddr, path::PathBuf};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use solana_sdk::pubkey::Pubkey;
use sqlx::PgPool;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::{
    audit::{Act, audit},
    tokens::{Keys, Role},
};
pub(crate) use self::{
    quotas::{Charge, Quotas},
    sessions::sweep,
};
use super::problem::Problem;

/// How each API key begins, so that scanners find one that got out.
const KEY_PREFIX: &str = "assay_";

/// Settings of sign-in.
#[derive(clap::Args, Debug, Clone)]
#[group(skip)]
pub struct Settings {
    /// File with the secret (32 bytes or more) that signs tokens; without it one is made at each start, and who is
    /// signed in must sign in again. Instances that serve the same users must share it.
    #[arg(long, env = "ASSAY_JWT_SECRET_FILE", global = true)]
    pub jwt_secret_file: Option<PathBuf>,
    /// Domain of the pages on which wallets sign in, as their address bar shows it; by default the listening address.
    #[arg(long, env = "ASSAY_AUTH_DOMAIN", global = true, value_parser = domain)]
    pub auth_domain: Option<String>,
    /// Wallet that administers this indexer; may be repeated.
    #[arg(long = "admin", env = "ASSAY_ADMINS", value_name = "WALLET", value_delimiter = ',', global = true)]
    pub admins: Vec<Pubkey>,
    /// Most requests a minute that the owner of an API key may allow it.
    #[arg(long, env = "ASSAY_KEY_MAX_PER_MINUTE", default_value = "6000", global = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub key_max_per_minute: u32,
    /// Most requests a day that the owner of an API key may allow it.
    #[arg(long, env = "ASSAY_KEY_MAX_PER_DAY", default_value = "1000000", global = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub key_max_per_day: u32,
}

/// A host, with its port if it is not the usual one: what goes into a signed message must not bring lines of its own.
fn domain(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if (1..=255).contains(&text.len()) && text.chars().all(good) {
        return Ok(text.into());
    }
    Err("expected a host, or host:port, without scheme and path".into())
}

/// What the accounts' routes need beside the database.
#[derive(Clone, Debug)]
pub struct Accounts {
    domain: String,
    uri: String,
    settings: Settings,
}

impl Accounts {
    /// As the settings say.
    pub fn new(settings: &Settings, listen: SocketAddr) -> Self {
        let domain = settings.auth_domain.clone().unwrap_or_else(|| listen.to_string());
        // Pages on this machine are served without TLS, and those of others are not.
        let local = settings.auth_domain.is_none()
            || domain.split(':').next().is_some_and(|host| host == "localhost" || host.starts_with("127."));
        let uri = format!("{}://{domain}", if local { "http" } else { "https" });
        Self { domain, uri, settings: settings.clone() }
    }

    /// What the wallet may do, by the chain's tables and the configuration of this moment.
    async fn roles(&self, pool: &PgPool, wallet: &Pubkey) -> Result<Vec<Role>, Problem> {
        let sql = "SELECT EXISTS (SELECT FROM pools WHERE operator = $1 AND closed_slot IS NULL)";
        let operator: bool = sqlx::query_scalar(sql).bind(wallet.to_string()).fetch_one(pool).await?;
        let operator = operator.then_some(Role::Operator);
        let admin = self.settings.admins.contains(wallet).then_some(Role::Admin);
        Ok([Some(Role::User), operator, admin].into_iter().flatten().collect())
    }
}

/// Routes of sign-in, keys and the audit log.
pub fn routes() -> OpenApiRouter<super::State> {
    OpenApiRouter::new()
        .routes(routes!(login::nonce))
        .routes(routes!(login::login))
        .routes(routes!(login::refresh))
        .routes(routes!(login::logout))
        .routes(routes!(me::me))
        .routes(routes!(keys::make, keys::list))
        .routes(routes!(keys::revoke))
        .routes(routes!(audit::list))
}

/// A wallet that signed in, or the owner of the API key that was shown. As an extractor: 401 without a good token or
/// key; `Option<Caller>` where none is needed (a bad one is 401 still).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its address.
    pub wallet: Pubkey,
    /// What it may do.
    pub roles: Vec<Role>,
}

impl Caller {
    /// Goes on only if the caller has the role.
    ///
    /// # Errors
    /// 403 if it has not.
    pub fn require(&self, role: Role) -> Result<(), Problem> {
        if self.roles.contains(&role) {
            return Ok(());
        }
        let detail = match role {
            Role::User => "this needs a signed-in wallet",
            Role::Operator => "this needs a wallet with an open pool; sign in or refresh after opening one",
            Role::Admin => "this needs a wallet that the indexer was started with as --admin",
        };
        Err(Problem::new(StatusCode::FORBIDDEN, detail))
    }
}

/// A wallet that signed in itself: an API key is not enough. 401 without a token, 403 with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn(pub Caller);

/// What a request showed of who makes it.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// Nothing.
    Nobody,
    /// A good token.
    Token(Caller),
    /// A good API key, of this owner.
    Key(Caller),
    /// Something that is not good, and why.
    Bad(&'static str),
}

/// What the headers show, before any key was looked up.
pub(crate) enum Shown {
    Identity(Identity),
    /// SHA-256 of an API key.
    Key([u8; 32]),
}

/// Reads the headers. A key goes in either header, a token in `Authorization` only.
pub(crate) fn shown(keys: &Keys, headers: &HeaderMap) -> Shown {
    let bad = |why| Shown::Identity(Identity::Bad(why));
    if let Some(key) = headers.get("x-api-key") {
        return keys::hash(key.as_bytes()).map_or_else(|| bad("X-Api-Key is no key of ours"), Shown::Key);
    }
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Shown::Identity(Identity::Nobody) };
    // The scheme's name may be written in any case.
    let token = value.to_str().ok().and_then(|value| value.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let Some(token) = token else { return bad("the Authorization header is not `Bearer <token>`") };
    if token.starts_with(KEY_PREFIX) {
        return keys::hash(token.as_bytes()).map_or_else(|| bad("the key is none of ours"), Shown::Key);
    }
    match keys.read(token) {
        Some(caller) => Shown::Identity(Identity::Token(caller)),
        None => bad("the token is not ours or has expired; refresh it, or sign in again"),
    }
}

fn identity(parts: &Parts, state: &super::State) -> Identity {
    if let Some(identity) = parts.extensions.get::<Identity>() {
        return identity.clone();
    }
    // Outside the gate, which looks keys up, only tokens count.
    match shown(&state.keys, &parts.headers) {
        Shown::Identity(identity) => identity,
        Shown::Key(_) => Identity::Bad("keys are not taken here"),
    }
}

const NOBODY: &str = "this needs a signed-in wallet: send `Authorization: Bearer <token>`, see POST /v1/auth/nonce";

impl FromRequestParts<super::State> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &super::State) -> Result<Self, Problem> {
        let caller = <Self as OptionalFromRequestParts<super::State>>::from_request_parts(parts, state).await?;
        caller.ok_or_else(|| unauthorized(NOBODY))
    }
}

impl OptionalFromRequestParts<super::State> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &super::State) -> Result<Option<Self>, Problem> {
        match identity(parts, state) {
            Identity::Nobody => Ok(None),
            Identity::Token(caller) | Identity::Key(caller) => Ok(Some(caller)),
            Identity::Bad(why) => Err(unauthorized(why)),
        }
    }
}

impl FromRequestParts<super::State> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &super::State) -> Result<Self, Problem> {
        match identity(parts, state) {
            Identity::Nobody => Err(unauthorized(NOBODY)),
            Identity::Token(caller) => Ok(Self(caller)),
            Identity::Key(_) => {
                Err(Problem::new(StatusCode::FORBIDDEN, "a key may not do this; sign in with the wallet"))
            }
            Identity::Bad(why) => Err(unauthorized(why)),
        }
    }
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, detail)
}

fn wallet(text: &str) -> Result<Pubkey, Problem> {
    text.parse().map_err(|_| Problem::bad("wallet is not a base58 address"))
}
