//! Tokens: JWT, HS256, minutes long.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Caller;
use crate::{Error, Result};

const ISSUER: &str = "assay-indexer";
const SHORTEST: usize = 32;

/// What a wallet may do beyond what everybody may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Anybody who signed in.
    User,
    /// Has a pool on the chain.
    Operator,
    /// Named by this indexer's configuration.
    Admin,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    roles: Vec<Role>,
    iat: u64,
    exp: u64,
    iss: String,
}

/// What signs and checks tokens.
#[derive(Clone)]
pub struct Keys(Arc<(EncodingKey, DecodingKey)>);

impl Keys {
    /// Of the secret in a file, or of one made now.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be read, [`Error::Start`] when it is shorter than 32 bytes.
    pub fn load(file: Option<&Path>) -> Result<Self> {
        let secret = match file {
            Some(path) => {
                let bytes = std::fs::read(path);
                let bytes = bytes.map_err(|source| Error::File { path: path.display().to_string(), source })?;
                bytes.trim_ascii().to_vec()
            }
            None => rand::random::<[u8; SHORTEST]>().to_vec(),
        };
        if secret.len() < SHORTEST {
            return Err(Error::Start(format!("the secret of --jwt-secret-file has less than {SHORTEST} bytes")));
        }
        Ok(Self(Arc::new((EncodingKey::from_secret(&secret), DecodingKey::from_secret(&secret)))))
    }

    /// A token for a wallet that proved who it is.
    ///
    /// # Errors
    /// Never, unless the signing library is broken.
    pub fn issue(&self, caller: &Caller, life: Duration) -> Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (iat, exp) = (now.as_secs(), (now + life).as_secs());
        let claims =
            Claims { sub: caller.wallet.to_string(), roles: caller.roles.clone(), iat, exp, iss: ISSUER.into() };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.0.0);
        token.map_err(|why| Error::Start(format!("a token cannot be signed: {why}")))
    }

    /// Whose token this is; `None` unless it is ours, whole and not expired.
    pub fn read(&self, token: &str) -> Option<Caller> {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[ISSUER]);
        rules.leeway = 0;
        let Claims { sub, roles, .. } = jsonwebtoken::decode(token, &self.0.1, &rules).ok()?.claims;
        Some(Caller { wallet: sub.parse().ok()?, roles })
    }
}
