//! HTTP(S), with ranges: a transfer that broke off goes on where it was, if the content is still the same.

use futures_util::future::BoxFuture;
use futures_util::{StreamExt, TryStreamExt};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, header};

use super::egress::{Refused, refused};
use super::error::{ArtifactError, Result, chain};
use super::source::{From, Opened, Source, broken};

/// A content at a url.
pub(super) struct Http {
    pub client: Client,
    pub url: Url,
    /// As it is told in errors.
    pub uri: String,
}

impl Source for Http {
    fn open<'a>(&'a self, from: &'a From) -> BoxFuture<'a, Result<Opened>> {
        Box::pin(async move {
            let mut request =
                self.client.request(Method::GET, self.url.clone()).header(header::ACCEPT_ENCODING, "identity");
            if let (1.., Some(tag)) = (from.at, &from.tag) {
                request = request.header(header::RANGE, format!("bytes={}-", from.at)).header(header::IF_RANGE, tag);
            }
            let response = ask(request, &self.uri).await?;
            let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
            let (at, total) = match response.status() {
                StatusCode::OK => (0, response.content_length()),
                StatusCode::PARTIAL_CONTENT => {
                    let range = text(header::CONTENT_RANGE).and_then(range);
                    range.filter(|(at, _)| *at == from.at).ok_or_else(|| broken(&self.uri, "it sent another range"))?
                }
                status => return Err(ArtifactError::Refused { uri: self.uri.clone(), status }),
            };
            // A weak one says that two contents mean the same, not that they are.
            let tag = text(header::ETAG).filter(|tag| tag.starts_with('"')).map(str::to_owned);
            Ok(Opened { at, total, tag, body: body(response, self.uri.clone()) })
        })
    }
}

/// Sends a request.
pub(super) async fn ask(request: RequestBuilder, uri: &str) -> Result<Response> {
    request.send().await.map_err(|error| match refused(&error) {
        Some(Refused::NotPublic) => ArtifactError::NotPublic { uri: uri.to_owned() },
        _ => broken(uri, chain(&error)),
    })
}

/// What comes, as it comes.
pub(super) fn body(response: Response, uri: String) -> futures_util::stream::BoxStream<'static, Result<bytes::Bytes>> {
    response.bytes_stream().map_err(move |error| broken(&uri, chain(&error))).boxed()
}

/// The first byte and the length of the whole, of `bytes 5-9/10`.
fn range(text: &str) -> Option<(u64, Option<u64>)> {
    let (first, rest) = text.strip_prefix("bytes ")?.split_once('-')?;
    let (_, total) = rest.split_once('/')?;
    Some((first.parse().ok()?, total.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        assert_eq!(range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(range("bytes 5-9/*"), Some((5, None)));
        assert_eq!((range("bytes */10"), range("lines 5-9/10")), (None, None));
    }
}
