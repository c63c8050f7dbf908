//! IPFS, through Kubo's API or a gateway, either of which the operator names. A CID is as good as a hash, so any transfer can
//! go on where it was; but what comes is hashed here too, as it is from anywhere else.

use futures_util::future::BoxFuture;
use reqwest::{Client, StatusCode, Url};

use super::error::{ArtifactError, Result};
use super::http::{Http, ask, body};
use super::source::{From, Opened, Source, bad};

/// The way to IPFS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ipfs {
    /// Kubo's API, such as `http://127.0.0.1:5001`.
    Api(Url),
    /// A gateway, such as `http://127.0.0.1:8080`, which serves `/ipfs/CID` without redirects.
    Gateway(Url),
}

impl Ipfs {
    /// The content at `ipfs://CID` or `ipfs://CID/PATH`.
    pub(super) fn content(&self, uri: &str, client: &Client) -> Result<Box<dyn Source>> {
        let path = uri.strip_prefix("ipfs://").filter(|path| is_path(path)).ok_or_else(|| bad(uri))?;
        let at = |base: &Url, path: &str| {
            let mut url = base.clone();
            url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
            url
        };
        let (client, uri) = (client.clone(), uri.to_owned());
        Ok(match self {
            Self::Gateway(base) => Box::new(Http { client, url: at(base, &format!("ipfs/{path}")), uri }),
            Self::Api(base) => {
                Box::new(Kubo { client, cat: at(base, "api/v0/cat"), path: format!("/ipfs/{path}"), uri })
            }
        })
    }
}

/// A CID and names below it, none of which leads up again.
fn is_path(path: &str) -> bool {
    let cid = path.split('/').next().unwrap_or_default();
    let is_cid = (40..=128).contains(&cid.len()) && cid.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_cid && path.split('/').all(|name| !matches!(name, "" | "." | ".."))
}

/// A content that Kubo finds.
struct Kubo {
    client: Client,
    cat: Url,
    path: String,
    uri: String,
}

impl Source for Kubo {
    fn open<'a>(&'a self, from: &'a From) -> BoxFuture<'a, Result<Opened>> {
        Box::pin(async move {
            let offset = from.at.to_string();
            let request = self.client.post(self.cat.clone()).query(&[("arg", self.path.as_str()), ("offset", &offset)]);
            let response = ask(request, &self.uri).await?;
            if response.status() != StatusCode::OK {
                return Err(ArtifactError::Refused { uri: self.uri.clone(), status: response.status() });
            }
            // Of what comes, not of the whole.
            let left =
                response.headers().get("x-content-length").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
            let total = left.map(|left| left.saturating_add(from.at));
            Ok(Opened { at: from.at, total, tag: Some(self.path.clone()), body: body(response, self.uri.clone()) })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CID: &str = "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq";

    #[test]
    fn only_paths_below_a_cid_are_taken() {
        for good in [CID.to_owned(), format!("{CID}/a/b.txt"), "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG".into()]
        {
            assert!(is_path(&good), "{good}");
        }
        for bad in [
            format!("{CID}/../x"),
            format!("{CID}//x"),
            format!("{CID}/"),
            "short".into(),
            format!("{CID}?a=b"),
            "".into(),
        ] {
            assert!(!is_path(&bad), "{bad}");
        }
    }
}
