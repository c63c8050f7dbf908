//! What is known of a request wherever it is handled: its id and where it comes from.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request},
    http::HeaderMap,
};

/// Header of a request's id, both ways.
pub const REQUEST_ID: &str = "x-request-id";

tokio::task_local! {
    static CONTEXT: Context;
}

/// A request.
#[derive(Clone, Debug)]
pub struct Context {
    /// Its id, in logs, replies, problems and the audit log.
    pub request_id: Arc<str>,
    /// Who sent it, or whom the proxy got it from.
    pub ip: IpAddr,
}

/// The request that is being handled; `None` outside of one.
pub fn context() -> Option<Context> {
    CONTEXT.try_with(Clone::clone).ok()
}

impl Context {
    /// Of a request that came in.
    pub fn of(request: &Request, trust_forwarded: bool) -> Self {
        Self { request_id: request_id(request.headers()), ip: ip(request, trust_forwarded) }
    }

    /// Does the work as part of this request.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CONTEXT.scope(self, work).await
    }

    /// The network of the address: it tells about where, and not who.
    pub fn network(&self) -> String {
        match self.ip {
            IpAddr::V4(ip) => format!("{}/24", Ipv4Addr::from(u32::from(ip) & 0xffff_ff00)),
            IpAddr::V6(ip) => format!("{}/48", Ipv6Addr::from(u128::from(ip) >> 80 << 80)),
        }
    }
}

/// The sender's own, if it is well-formed: 8 to 64 letters, digits, dots, dashes and underscores.
fn request_id(headers: &HeaderMap) -> Arc<str> {
    let good = |text: &&str| {
        (8..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    };
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(good);
    given.map_or_else(|| hex::encode(rand::random::<[u8; 16]>()).into(), Into::into)
}

fn ip(request: &Request, trust_forwarded: bool) -> IpAddr {
    // The last entry is what the proxy in front saw; those before it are what it was told.
    let forwarded = || {
        let last = request.headers().get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
    };
    let peer = || request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let ip = trust_forwarded.then(forwarded).flatten().or_else(peer);
    ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request {
        let mut builder = Request::builder().uri("/");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let mut request = builder.body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([10, 1, 2, 3], 5))));
        request
    }

    #[test]
    fn addresses_come_from_the_peer_or_a_trusted_proxys_last_word() {
        type Headers = &'static [(&'static str, &'static str)];
        let table: [(Headers, bool, &str); 6] = [
            (&[], false, "10.1.2.0/24"),
            (&[("x-forwarded-for", "9.9.9.9")], false, "10.1.2.0/24"),
            (&[("x-forwarded-for", "9.9.9.9")], true, "9.9.9.0/24"),
            (&[("x-forwarded-for", "1.1.1.1, 9.9.9.9")], true, "9.9.9.0/24"),
            (&[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "2001:db8:1:2::3")], true, "2001:db8:1::/48"),
            (&[("x-forwarded-for", "nonsense")], true, "10.1.2.0/24"),
        ];
        for (headers, trust, network) in table {
            assert_eq!(Context::of(&request(headers), trust).network(), network, "{headers:?}");
        }
    }

    #[test]
    fn ids_are_taken_if_well_formed() {
        let id = |value| Context::of(&request(&[(REQUEST_ID, value)]), false).request_id;
        assert_eq!(&*id("order-42.retry_1"), "order-42.retry_1");
        let long = "x".repeat(65);
        for bad in ["short", "with space in it", "quote\"quote", &long] {
            let made = id(bad);
            assert!(made.len() == 32 && made.bytes().all(|b| b.is_ascii_hexdigit()), "{made}");
        }
    }
}
