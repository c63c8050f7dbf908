//! The indexer's API.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;

use crate::error::{Error, Result};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(120);
/// How often a busy API is asked again, after 1, 2 and 4 seconds.
const RETRIES: usize = 3;
/// Most items that the API gives at once.
const PAGE: usize = 100;

/// A client of the indexer's API.
pub struct Api {
    base: String,
    http: Client,
}

impl Api {
    /// `base` without a slash at the end.
    pub fn new(base: String) -> Self {
        // The builder fails only where no TLS can be set up; plain http still works then.
        let http = Client::builder().connect_timeout(CONNECT_TIMEOUT).build().unwrap_or_default();
        Self { base, http }
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Gets JSON; asks again where the API is too busy.
    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value> {
        let ask = || self.ask(self.http.get(self.url(path)).query(query).timeout(TIMEOUT), path);
        let response = when_free(ask).await?;
        response.json().await.map_err(|why| self.unreachable(&why))
    }

    /// The items of a list, page by page, at most `limit` of them; and whether there are more.
    pub async fn list(&self, path: &str, query: &[(&str, String)], limit: usize) -> Result<(Vec<Value>, bool)> {
        let (mut items, mut cursor) = (vec![], None::<String>);
        loop {
            let mut query = query.to_vec();
            query.push(("limit", PAGE.min(limit - items.len()).to_string()));
            query.extend(cursor.map(|cursor| ("cursor", cursor)));
            let page = self.get(path, &query).await?;
            items.extend_from_slice(page["items"].as_array().map(Vec::as_slice).unwrap_or_default());
            cursor = page.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
            if cursor.is_none() || items.len() >= limit {
                return Ok((items, cursor.is_some()));
            }
        }
    }

    /// Gets JSON, or `None` where the API says 404.
    pub async fn find(&self, path: &str) -> Result<Option<Value>> {
        match self.get(path, &[]).await {
            Ok(found) => Ok(Some(found)),
            Err(Error::Api { status: 404, .. }) => Ok(None),
            Err(why) => Err(why),
        }
    }

    /// Gets bytes.
    pub async fn download(&self, path: &str) -> Result<Vec<u8>> {
        let response = self.ask(self.http.get(self.url(path)).timeout(TIMEOUT), path).await?;
        Ok(response.bytes().await.map_err(|why| self.unreachable(&why))?.to_vec())
    }

    /// Sends JSON and gets some, or null where the reply is empty.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let response = self.call(Method::POST, path, None, |request| request.json(body)).await?;
        self.json(response).await
    }

    /// Makes any request, as whom a token says, and returns a reply that is a success.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        more: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response> {
        let mut request = self.http.request(method, self.url(path)).timeout(TIMEOUT);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        self.ask(more(request), path).await
    }

    /// The JSON of a reply, or null if it is empty.
    pub async fn json(&self, response: Response) -> Result<Value> {
        let bytes = response.bytes().await.map_err(|why| self.unreachable(&why))?;
        if bytes.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&bytes)?) }
    }

    /// Opens a stream of events, which has no end.
    pub async fn stream(&self, path: &str, query: &[(&str, String)]) -> Result<Response> {
        self.ask(self.http.get(self.url(path)).query(query), path).await
    }

    async fn ask(&self, request: RequestBuilder, path: &str) -> Result<Response> {
        let response = request.send().await.map_err(|why| self.unreachable(&why))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        // Problems are application/problem+json; a proxy's page is not, and then the status has to do.
        let problem: Value = response.json().await.unwrap_or_default();
        let text = |field: &str| problem.get(field).and_then(Value::as_str).map(str::to_owned);
        let title = text("title").unwrap_or_else(|| status.canonical_reason().unwrap_or("error").to_owned());
        let detail = text("detail").unwrap_or_default();
        Err(Error::Api { status: status.as_u16(), title, detail, path: path.to_owned() })
    }

    /// That the API cannot be reached, and why.
    pub fn unreachable(&self, why: &reqwest::Error) -> Error {
        Error::NoApi { url: self.base.clone(), why: innermost(why) }
    }
}

/// Asks again where the API is too busy, for some seconds. For what may be asked twice.
pub async fn when_free<T, F: Future<Output = Result<T>>>(ask: impl FnMut() -> F) -> Result<T> {
    let busy = |why: &Error| matches!(why, Error::Api { status: 429 | 503, .. });
    ask.retry(ExponentialBuilder::default().with_jitter().with_max_times(RETRIES)).when(busy).await
}

/// The last cause of an error, which says most with the fewest words.
pub fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
