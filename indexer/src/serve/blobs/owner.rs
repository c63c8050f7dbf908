//! In whose quota a blob counts.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};

use super::{GIB, Settings};
use crate::serve::{State, accounts::Caller, problem::Problem};

/// How callers who did not sign in are counted.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anonymous {
    /// All in one quota.
    Shared,
    /// Each IP address in its own.
    PerIp,
    /// Not at all: they store nothing.
    Off,
}

/// Whose quota: a wallet, `anonymous`, or `ip:` and an address. As an extractor: 401 with a bad token, or without one
/// where nobody may store without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner(pub String);

impl Owner {
    /// Most bytes that it may hold.
    pub fn quota(&self, settings: &Settings) -> u64 {
        match self.0.as_str() {
            // Copies of what this indexer's own IPFS node has.
            "ipfs" => u64::MAX,
            owner if Self::is_wallet(owner) => settings.blob_quota_gib * GIB,
            _ => settings.blob_anonymous_gib * GIB,
        }
    }

    /// Whether only itself may touch its uploads: what is nobody's is whose knows the id.
    pub fn is_wallet(owner: &str) -> bool {
        owner != "anonymous" && !owner.starts_with("ip:")
    }
}

impl FromRequestParts<State> for Owner {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let caller = <Caller as OptionalFromRequestParts<State>>::from_request_parts(parts, state).await?;
        if let Some(caller) = caller {
            return Ok(Self(caller.wallet.to_string()));
        }
        let address: Result<ConnectInfo<SocketAddr>, _> = ConnectInfo::from_request_parts(parts, state).await;
        match state.blobs()?.settings.blob_anonymous {
            Anonymous::Shared => Ok(Self("anonymous".into())),
            Anonymous::PerIp => Ok(Self(of_address(address.ok().map(|ConnectInfo(address)| address)))),
            Anonymous::Off => Err(Problem::new(
                axum::http::StatusCode::UNAUTHORIZED,
                "only signed-in wallets may store here: send `Authorization: Bearer <token>`",
            )),
        }
    }
}

/// Of IPv6 the network of 64 bits, of which anybody has all the addresses.
fn of_address(address: Option<SocketAddr>) -> String {
    match address.map(|address| address.ip().to_canonical()) {
        Some(std::net::IpAddr::V4(ip)) => format!("ip:{ip}"),
        Some(std::net::IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("ip:{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        None => "anonymous".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_networks() {
        let of = |text: &str| of_address(Some(text.parse().unwrap()));
        assert_eq!(of("192.0.2.7:80"), "ip:192.0.2.7");
        assert_eq!(of("[::ffff:192.0.2.7]:80"), "ip:192.0.2.7");
        assert_eq!(of("[2001:db8:1:2:3:4:5:6]:80"), "ip:2001:db8:1:2::/64");
        assert_eq!(of("[2001:db8:1:2:ffff::1]:81"), "ip:2001:db8:1:2::/64");
        assert_eq!(of_address(None), "anonymous");
    }
}
