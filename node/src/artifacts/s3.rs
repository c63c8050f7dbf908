//! S3-compatible stores. The operator names the server, and the buckets that its keys are for: strangers' uris name buckets
//! too, and what only the operator can read is not for them. All other buckets are asked without keys.

use futures_util::future::BoxFuture;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{ClientOptions, Error, GetOptions, GetRange, ObjectStore, RetryConfig};
use reqwest::StatusCode;
use zeroize::Zeroizing;

use super::error::{ArtifactError, Result, chain};
use super::source::{From, Opened, Source, bad, broken};

/// How S3-compatible stores are asked.
#[derive(Clone)]
pub struct S3 {
    /// The server; AWS' own if not given.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// Key id and secret.
    pub keys: Option<(String, Zeroizing<String>)>,
    /// The buckets that the keys are for.
    pub buckets: Vec<String>,
}

impl Default for S3 {
    /// AWS, without keys.
    fn default() -> Self {
        Self { endpoint: None, region: "us-east-1".to_owned(), keys: None, buckets: vec![] }
    }
}

/// Without the keys.
impl std::fmt::Debug for S3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { endpoint, region, buckets, .. } = self;
        let mut shown = f.debug_struct("S3");
        shown.field("endpoint", endpoint).field("region", region).field("buckets", buckets).finish_non_exhaustive()
    }
}

/// An object.
pub(super) struct Object {
    store: AmazonS3,
    path: Path,
    uri: String,
}

impl S3 {
    /// The object at `s3://BUCKET/KEY`.
    pub(super) fn object(&self, uri: &str) -> Result<Object> {
        let parts = uri.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
        let (bucket, key) =
            parts.filter(|(bucket, key)| is_bucket(bucket) && !key.is_empty()).ok_or_else(|| bad(uri))?;
        let path = Path::parse(key).map_err(|_| bad(uri))?;
        // This module's user tries again, from where it was.
        let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
        let http = self.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(&self.region)
            .with_retry(retry)
            .with_client_options(ClientOptions::new().with_allow_http(http).with_timeout_disabled());
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let known = self.buckets.iter().any(|known| known == bucket);
        let store = match self.keys.as_ref().filter(|_| known) {
            Some((id, secret)) => builder.with_access_key_id(id).with_secret_access_key(secret.as_str()),
            None => builder.with_skip_signature(true),
        };
        let store = store.build().map_err(|why| ArtifactError::Setting(format!("--s3-endpoint: {why}")))?;
        Ok(Object { store, path, uri: uri.to_owned() })
    }
}

/// As S3 allows them, so that none leads to another host or path.
fn is_bucket(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    (3..=63).contains(&name.len()) && name.bytes().all(inner) && !name.starts_with('.') && !name.contains("..")
}

impl Object {
    fn failed(&self, why: &Error) -> ArtifactError {
        let status = match why {
            Error::NotFound { .. } => StatusCode::NOT_FOUND,
            Error::PermissionDenied { .. } => StatusCode::FORBIDDEN,
            Error::Unauthenticated { .. } => StatusCode::UNAUTHORIZED,
            other => return broken(&self.uri, chain(other)),
        };
        ArtifactError::Refused { uri: self.uri.clone(), status }
    }
}

impl Source for Object {
    fn open<'a>(&'a self, from: &'a From) -> BoxFuture<'a, Result<Opened>> {
        Box::pin(async move {
            let again = from.tag.clone().filter(|_| from.at > 0);
            let at = if again.is_some() { from.at } else { 0 };
            let options = GetOptions {
                range: again.is_some().then_some(GetRange::Offset(at)),
                if_match: again,
                ..GetOptions::default()
            };
            let found = match self.store.get_opts(&self.path, options).await {
                // It is another one by now.
                Err(Error::Precondition { .. }) => self.store.get_opts(&self.path, GetOptions::default()).await,
                other => other,
            };
            let found = found.map_err(|why| self.failed(&why))?;
            let (at, total, tag) = (found.range.start, found.meta.size, found.meta.e_tag.clone());
            let uri = self.uri.clone();
            let body = found.into_stream().map_err(move |why| broken(&uri, chain(&why))).boxed();
            Ok(Opened { at, total: Some(total), tag: tag.filter(|tag| tag.starts_with('"')), body })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_uris_of_objects_are_taken() {
        for bad in
            ["s3://bucket", "s3://bucket/", "s3://Bucket/a", "s3://a@b/c", "s3://b..c/d", "s3://bucket/../x", "s3:///a"]
        {
            let error = S3::default().object(bad).map(drop).unwrap_err();
            assert!(matches!(error, ArtifactError::BadUri { .. }), "{bad}: {error}");
        }
        assert!(S3::default().object("s3://my-bucket.eu/a/b c").is_ok());
    }

    #[test]
    fn keys_are_not_shown() {
        let s3 = S3 { keys: Some(("id".into(), Zeroizing::new("hush".into()))), ..S3::default() };
        assert!(!format!("{s3:?}").contains("hush"), "{s3:?}");
    }
}
