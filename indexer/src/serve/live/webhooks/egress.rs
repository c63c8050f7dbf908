//! The way out: where a webhook may go, and the client that goes nowhere else.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use assay_sdk::net::{is_global, is_in};
use futures_util::future::BoxFuture;
use ipnet::IpNet;
use reqwest::{
    Client, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};

use crate::{Error, Result};

/// For a whole delivery: name, connection, answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// For a name alone.
const NAME_PATIENCE: Duration = Duration::from_secs(5);
/// Ports that https is served on.
const PORTS: [u16; 2] = [443, 8443];
const LONGEST: usize = 2_048;

/// Finds a host's addresses.
pub trait Lookup: Send + Sync {
    /// All of them.
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// As the system does.
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// Where webhooks may go.
#[derive(Clone)]
pub struct Rules {
    /// Plain http too, and any port.
    pub allow_http: bool,
    /// Addresses that are allowed although they are not global.
    pub allow: Vec<IpNet>,
    /// Who knows the names.
    pub lookup: Arc<dyn Lookup>,
}

/// Why a webhook may not go somewhere. Never says to what a name resolves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not a url at all.
    #[error("the url is not one that is understood; give an absolute https url of at most 2048 bytes")]
    BadUrl,
    /// Neither https nor allowed http.
    #[error("the url must begin with https://")]
    NotHttps,
    /// `user:password@`.
    #[error("the url must not hold a user or a password; check the signature of what arrives instead")]
    UserInfo,
    /// Not a port of https.
    #[error("the url's port must be 443 or 8443")]
    Port,
    /// The name has no addresses.
    #[error("the url's host is not found; check its name")]
    NotFound,
    /// One of its addresses is not for everybody.
    #[error("the url's host is not on the public internet; give one that is")]
    NotGlobal,
}

/// What came of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It answered with this status.
    Answered(u16),
    /// It did not; why.
    Failed(String),
}

/// Sends to where the rules allow. Names are resolved by the rules' lookup, checked, and connected to as they were
/// checked, for each delivery anew: a name that changes its mind in between gains nothing.
#[derive(Clone)]
pub struct Egress {
    rules: Rules,
    client: Client,
}

impl Rules {
    fn allowed(&self, address: IpAddr) -> bool {
        is_global(address) || is_in(&self.allow, address)
    }

    /// What can be said of a url without asking anybody.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn parse(&self, url: &str) -> std::result::Result<Url, Refused> {
        if url.len() > LONGEST || url.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Refused::BadUrl);
        }
        let url = Url::parse(url).map_err(|_| Refused::BadUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            _ => return Err(Refused::NotHttps),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::UserInfo);
        }
        let port = url.port_or_known_default().ok_or(Refused::Port)?;
        if !self.allow_http && !PORTS.contains(&port) {
            return Err(Refused::Port);
        }
        // The client asks no resolver for these. Other notations (octal, a single number) are an address by now.
        match literal(&url) {
            Some(address) if !self.allowed(address) => Err(Refused::NotGlobal),
            Some(_) => Ok(url),
            None if url.domain().is_none() => Err(Refused::BadUrl),
            None => Ok(url),
        }
    }

    /// All addresses of a host, each of which is allowed.
    async fn resolve(&self, host: &str) -> std::result::Result<Vec<IpAddr>, Refused> {
        let found = tokio::time::timeout(NAME_PATIENCE, self.lookup.lookup(host.to_owned())).await;
        let found = found.ok().and_then(io::Result::ok).filter(|found| !found.is_empty()).ok_or(Refused::NotFound)?;
        if found.iter().all(|address| self.allowed(*address)) { Ok(found) } else { Err(Refused::NotGlobal) }
    }
}

/// The address that a url spells out, if it does.
fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

impl Resolve for Rules {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = self.clone();
        Box::pin(async move {
            let found = Rules::resolve(&rules, name.as_str()).await?;
            // The port is the url's.
            let found: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(found)
        })
    }
}

impl Egress {
    /// By these rules.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(rules: Rules) -> Result<Self> {
        let client = Client::builder()
            .user_agent(concat!("assay-indexer/", env!("CARGO_PKG_VERSION")))
            .timeout(PATIENCE)
            .redirect(Policy::none())
            // A proxy would resolve the name once more, and connect to what it finds.
            .no_proxy()
            .referer(false)
            // Each delivery connects anew, to an address that was checked for it.
            .pool_max_idle_per_host(0)
            .dns_resolver(Arc::new(rules.clone()))
            .build();
        let client = client.map_err(|why| Error::Start(format!("webhooks cannot be sent: {why}")))?;
        Ok(Self { rules, client })
    }

    /// Whether a webhook may go there, as far as it can be said now.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn check(&self, url: &str) -> std::result::Result<Url, Refused> {
        let url = self.rules.parse(url)?;
        if literal(&url).is_none() {
            self.rules.resolve(url.host_str().unwrap_or_default()).await?;
        }
        Ok(url)
    }

    /// Sends a body; what it answers besides its status is not read.
    pub async fn send(&self, url: &str, headers: Vec<(&'static str, String)>, body: String) -> Sent {
        let url = match self.rules.parse(url) {
            Ok(url) => url,
            Err(why) => return Sent::Failed(why.to_string()),
        };
        let mut request = self.client.post(url).header("content-type", "application/json").body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        match request.send().await {
            Ok(response) => Sent::Answered(response.status().as_u16()),
            Err(why) => Sent::Failed(reason(&why)),
        }
    }
}

/// Why, without the url, whose path may hold a secret.
fn reason(why: &reqwest::Error) -> String {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(why);
    while let Some(error) = source {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return refused.to_string();
        }
        source = error.source();
    }
    let text = if why.is_timeout() {
        "no answer within 10 seconds"
    } else if why.is_connect() {
        "no connection: refused, or its certificate is not good"
    } else {
        "the connection ended before the answer"
    };
    text.into()
}
