//! The way out. A stranger's uri leads to public addresses only: through this node nobody reaches what only it can reach.
//! Names are resolved here, checked, and connected to as they were checked, for each connection anew; so a name that changes
//! its mind gains nothing, nor does a redirect.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use assay_sdk::net::{is_global, is_in};
use futures_util::future::BoxFuture;
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder, Url, redirect};

/// Most redirects that are followed.
const REDIRECTS: usize = 3;
/// For a name alone.
const NAME_PATIENCE: Duration = Duration::from_secs(10);

/// Finds a host's addresses.
pub trait Lookup: Send + Sync + std::fmt::Debug {
    /// All of them.
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// As the system does.
#[derive(Debug, Clone, Copy)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// Where strangers' uris may lead.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub nets: Vec<IpNet>,
    pub lookup: Arc<dyn Lookup>,
}

/// Why a uri does not lead where it says. Never says to what a name resolves.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(super) enum Refused {
    #[error("not on the public internet")]
    NotPublic,
    #[error("its host is not found")]
    NotFound,
    #[error("neither http nor https")]
    Scheme,
    #[error("too many redirects")]
    Redirects,
}

impl Rules {
    fn allowed(&self, address: IpAddr) -> bool {
        is_global(address) || is_in(&self.nets, address)
    }

    /// What can be said of a url without asking anybody. The client asks no resolver for an address that is spelled out;
    /// other notations (octal, a single number) are an address by now.
    pub fn check(&self, url: &Url) -> Result<(), Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme);
        }
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        match host.parse() {
            Ok(address) if !self.allowed(address) => Err(Refused::NotPublic),
            _ => Ok(()),
        }
    }

    /// All addresses of a host, each of which is allowed.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Refused> {
        let found = tokio::time::timeout(NAME_PATIENCE, self.lookup.lookup(host.to_owned())).await;
        let found = found.ok().and_then(io::Result::ok).filter(|found| !found.is_empty()).ok_or(Refused::NotFound)?;
        if found.iter().all(|address| self.allowed(*address)) { Ok(found) } else { Err(Refused::NotPublic) }
    }

    /// A client that goes nowhere else.
    pub fn client(&self) -> reqwest::Result<Client> {
        let rules = self.clone();
        let follow = redirect::Policy::custom(move |attempt| match rules.check(attempt.url()) {
            _ if attempt.previous().len() > REDIRECTS => attempt.error(Refused::Redirects),
            Ok(()) => attempt.follow(),
            Err(why) => attempt.error(why),
        });
        patient().redirect(follow).dns_resolver(Arc::new(self.clone())).build()
    }
}

/// A client for where the operator itself sends this node.
pub(super) fn own_client() -> reqwest::Result<Client> {
    patient().redirect(redirect::Policy::none()).build()
}

fn patient() -> ClientBuilder {
    let client = Client::builder().connect_timeout(Duration::from_secs(10)).read_timeout(Duration::from_secs(30));
    // A proxy would resolve names once more, and connect to what it finds.
    client.no_proxy().referer(false).user_agent(concat!("assay-node/", env!("CARGO_PKG_VERSION")))
}

impl Resolve for Rules {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = self.clone();
        Box::pin(async move {
            let found = rules.addresses(name.as_str()).await?;
            // The port is the url's.
            let found: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(found)
        })
    }
}

/// Whether it failed because of the rules, and how.
pub(super) fn refused(error: &reqwest::Error) -> Option<Refused> {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.into_iter().find_map(|cause| cause.downcast_ref::<Refused>()).copied()
}
