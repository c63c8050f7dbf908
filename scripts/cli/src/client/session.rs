//! Signing in to the indexer's API with the wallet (Sign-In With Solana), and staying so from one run to the next.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use solana_sdk::signature::Signer;

use super::{kept::Kept, shown::is_absent};
use crate::{
    context::Context,
    error::{Error, Result},
};

const FILE: &str = "sessions.json";
/// A token is not used any more so many seconds before its end.
const MARGIN: u64 = 30;

/// By API and wallet, one space between them.
type Sessions = BTreeMap<String, Session>;

/// What is kept of a session. Both tokens are secrets.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Session {
    access_token: String,
    /// Unix seconds.
    access_until: u64,
    refresh_token: String,
}

impl Context {
    /// The token of the wallet's session with the API, renewed if it has run out; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::NoApi`] while it cannot be renewed, and [`Error::File`].
    pub async fn session(&self) -> Result<Option<String>> {
        let mut kept = Kept::<Sessions>::open(FILE)?;
        // Without any session with this API nobody asks for the wallet, which may be a device.
        let of_api = format!("{} ", self.settings.api);
        if !kept.value.keys().any(|key| key.starts_with(&of_api)) {
            return Ok(None);
        }
        let Ok(wallet) = self.wallet() else { return Ok(None) };
        let key = format!("{of_api}{}", wallet.pubkey());
        let Some(session) = kept.value.get(&key).cloned() else { return Ok(None) };
        if session.access_until > now() + MARGIN {
            return Ok(Some(session.access_token));
        }
        let asked = json!({"refresh_token": session.refresh_token});
        let renewed = match self.api.post("/v1/auth/refresh", &asked).await {
            Ok(tokens) => Some(Session::read(&tokens)?),
            // Ended, spent or too old: it is good for nothing any more.
            Err(Error::Api { status: 401, .. }) => None,
            Err(why) => return Err(why),
        };
        let token = renewed.as_ref().map(|session| session.access_token.clone());
        match renewed {
            Some(session) => kept.value.insert(key, session),
            None => kept.value.remove(&key),
        };
        kept.save()?;
        Ok(token)
    }

    /// Signs the wallet in and keeps the session.
    ///
    /// * `domain`: whom the wallet is ready to sign in to; by default the API's own host
    ///
    /// # Errors
    /// [`Error::Refused`] when the API asks to sign something else than a sign-in to that domain.
    pub async fn sign_in(&self, domain: Option<&str>) -> Result<String> {
        let wallet = self.wallet()?;
        if is_absent(&*wallet) {
            let why = format!("{} is an address, not a wallet: name a keypair file with --keypair", wallet.pubkey());
            return Err(Error::Usage(why));
        }
        let address = wallet.pubkey().to_string();
        let invitation = self.api.post("/v1/auth/nonce", &json!({"wallet": address})).await?;
        let own = host(&self.settings.api);
        let input: Input = serde_json::from_value(invitation["input"].clone())?;
        let message = input.checked(&address, domain.unwrap_or(&own))?;
        let signature = wallet.try_sign_message(message.as_bytes());
        let signature =
            signature.map_err(|why| Error::Refused(format!("the wallet does not sign the sign-in: {why}")))?;
        let login = json!({"wallet": address, "nonce": input.nonce, "signature": signature.to_string()});
        let session = Session::read(&self.api.post("/v1/auth/login", &login).await?)?;
        let mut kept = Kept::<Sessions>::open(FILE)?;
        let token = session.access_token.clone();
        kept.value.insert(format!("{} {address}", self.settings.api), session);
        kept.save()?;
        Ok(token)
    }

    /// Ends the wallet's session, here and at the API; says whether there was one.
    ///
    /// # Errors
    /// As [`Context::session`].
    pub async fn sign_out(&self) -> Result<bool> {
        let mut kept = Kept::<Sessions>::open(FILE)?;
        let key = format!("{} {}", self.settings.api, self.wallet()?.pubkey());
        let Some(session) = kept.value.remove(&key) else { return Ok(false) };
        kept.save()?;
        let asked = json!({"refresh_token": session.refresh_token});
        self.api.post("/v1/auth/logout", &asked).await?;
        Ok(true)
    }
}

impl Session {
    fn read(tokens: &Value) -> Result<Self> {
        let text = |field: &str| tokens[field].as_str().map(str::to_owned);
        let until = |field: &str| tokens[field].as_u64().map(|seconds| now().saturating_add(seconds));
        let read = || {
            Some(Self {
                access_token: text("access_token")?,
                access_until: until("expires_in")?,
                refresh_token: text("refresh_token")?,
            })
        };
        read().ok_or_else(|| Error::Refused("the API's tokens cannot be read: update assay, or check --api".into()))
    }
}

/// What the API asks to be signed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    domain: String,
    address: String,
    statement: String,
    uri: String,
    version: String,
    chain_id: String,
    nonce: String,
    issued_at: String,
    expiration_time: String,
}

impl Input {
    /// The text to sign. It is written here and not taken from the API, so that nothing but a sign-in of this wallet to
    /// this domain is ever signed: a transaction least of all, and no other site's invitation either.
    fn checked(&self, address: &str, domain: &str) -> Result<String> {
        let Self { statement, uri, version, chain_id, nonce, issued_at, expiration_time, .. } = self;
        let refused = |why: String| Err(Error::Refused(why));
        if self.domain != domain {
            let why = format!(
                "the API asks to sign in to {}, not to {domain}: if you trust it, name it with --domain {}",
                self.domain.escape_debug(),
                self.domain.escape_debug(),
            );
            return refused(why);
        }
        let lines = [&self.address, statement, uri, version, chain_id, nonce, issued_at, expiration_time];
        if self.address != address || lines.iter().any(|line| line.chars().any(char::is_control)) {
            return refused("the API asks to sign something that is no sign-in of this wallet: check --api".into());
        }
        if host(uri) != domain {
            return refused(format!("the API asks to sign in at {uri}, which is not of {domain}: check --api"));
        }
        Ok(format!(
            "{domain} wants you to sign in with your Solana account:\n{address}\n\n{statement}\n\nURI: {uri}\nVersion: \
             {version}\nChain ID: {chain_id}\nNonce: {nonce}\nIssued At: {issued_at}\nExpiration Time: {expiration_time}"
        ))
    }
}

/// A URL's host, with its port if it is not the usual one.
fn host(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return String::new() };
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: &str = "So11111111111111111111111111111111111111112";

    fn input(change: impl Fn(&mut Input)) -> Input {
        let mut input = Input {
            domain: "127.0.0.1:8910".into(),
            address: ME.into(),
            statement: "Sign in.".into(),
            uri: "http://127.0.0.1:8910".into(),
            version: "1".into(),
            chain_id: "localnet".into(),
            nonce: "abcdef12".into(),
            issued_at: "2026-11-21T22:00:00Z".into(),
            expiration_time: "2026-11-21T22:05:00Z".into(),
        };
        change(&mut input);
        input
    }

    #[test]
    fn a_sign_in_is_what_the_standard_says() {
        let text = input(|_| {}).checked(ME, "127.0.0.1:8910").unwrap();
        let expected = format!(
            "127.0.0.1:8910 wants you to sign in with your Solana account:\n{ME}\n\nSign in.\n\n\
             URI: http://127.0.0.1:8910\nVersion: 1\nChain ID: localnet\nNonce: abcdef12\n\
             Issued At: 2026-11-21T22:00:00Z\nExpiration Time: 2026-11-21T22:05:00Z"
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn nothing_else_is_signed() {
        let refused = |change: &dyn Fn(&mut Input)| {
            let error = input(change).checked(ME, "127.0.0.1:8910").unwrap_err();
            assert!(matches!(error, Error::Refused(_)));
            error.to_string()
        };
        assert!(refused(&|input| input.domain = "bank.example".into()).contains("--domain bank.example"));
        assert!(refused(&|input| input.address = "11111111111111111111111111111111".into()).contains("of this wallet"));
        assert!(refused(&|input| input.statement = "a\nURI: http://b".into()).contains("no sign-in"));
        assert!(refused(&|input| input.nonce = "a\u{1}".into()).contains("no sign-in"));
        assert!(refused(&|input| input.uri = "https://bank.example".into()).contains("not of 127.0.0.1:8910"));
    }

    #[test]
    fn hosts_have_their_ports() {
        let hosts =
            ["http://127.0.0.1:8910", "https://api.example", "https://api.example:443", "http://[::1]:80/x", "x"];
        assert_eq!(hosts.map(host), ["127.0.0.1:8910", "api.example", "api.example", "[::1]", ""]);
    }
}
