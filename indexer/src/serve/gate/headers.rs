//! Headers that tell browsers what they may do.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowHeaders, Any, CorsLayer};

/// Data: nothing in it may run.
const DATA: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// Swagger UI: its own scripts, styles in its markup, and images in its style sheet.
const DOCS: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// The portal: its own scripts, wallets' icons, and the RPC that its user chose.
const APP: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data: https:; connect-src 'self' http: https: ws: wss:; worker-src 'self' blob:; object-src 'none'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

/// Whether replies hold what is for one caller's eyes: tokens, keys, what somebody did.
pub fn is_private(path: &str) -> bool {
    let mut parts = path.split('/').skip(1);
    parts.next() == Some("v1") && matches!(parts.next(), Some("auth" | "api-keys" | "me" | "audit" | "webhooks"))
}

/// What a page at this path may load and run.
pub fn policy(path: &str) -> HeaderValue {
    match path.split('/').nth(1) {
        Some("docs") => DOCS,
        Some("v1" | "openapi.json" | "health" | "ready" | "metrics" | "actions.json") => DATA,
        _ => APP,
    }
}

/// Adds what every reply says.
pub fn secure(headers: &mut HeaderMap, policy: HeaderValue, private: bool) {
    if private {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let anybody = HeaderValue::from_static("cross-origin");
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), anybody);
}

/// Any page may ask, and none with its visitor's cookies: there are none.
pub fn cors() -> CorsLayer {
    let exposed = [
        "etag",
        "location",
        "content-range",
        "accept-ranges",
        "retry-after",
        "ratelimit-limit",
        "ratelimit-remaining",
        "ratelimit-reset",
        "x-request-id",
        "x-action-version",
        "x-blockchain-ids",
        "upload-offset",
        "upload-length",
        "digest",
        "content-digest",
        "repr-digest",
    ];
    let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS];
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods(methods)
        // Not `*`, which leaves Authorization out.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(exposed.map(HeaderName::from_static))
        .max_age(Duration::from_secs(7200))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_run_scripts_and_data_does_not() {
        for path in ["/v1/jobs", "/openapi.json", "/health", "/v1", "/actions.json"] {
            assert_eq!(policy(path), DATA, "{path}");
        }
        assert_eq!((policy("/docs/"), policy("/docs/index.html")), (DOCS, DOCS));
        assert_eq!((policy("/"), policy("/jobs/x"), policy("/docsy")), (APP, APP, APP));
        assert!(["/v1/auth/login", "/v1/api-keys", "/v1/api-keys/x", "/v1/me"].into_iter().all(is_private));
        assert!(!["/v1/jobs", "/v1/media", "/keys", "/v1"].into_iter().any(is_private));
    }
}
