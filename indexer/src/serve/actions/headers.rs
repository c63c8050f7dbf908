//! The headers that every reply to a wallet carries, those of errors too.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::spec::VERSION;

const ACTION_VERSION: HeaderName = HeaderName::from_static("x-action-version");
const BLOCKCHAIN_IDS: HeaderName = HeaderName::from_static("x-blockchain-ids");

/// For requests below `/v1/actions` and to `/actions.json`: answers OPTIONS, and adds CORS, the specification's version and the
/// chain's id to whatever the reply is. The outermost layer, so that no other one replies without them.
pub async fn headers(State(state): State<crate::serve::State>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let ours = path == "/actions.json" || path == "/v1/actions" || path.starts_with("/v1/actions/");
    if !ours {
        return next.run(request).await;
    }
    let mut reply = match *request.method() {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    let headers = reply.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET,POST,OPTIONS"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Content-Type,Authorization,Content-Encoding,Accept-Encoding,X-Accept-Action-Version,X-Accept-Blockchain-Ids",
        ),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "X-Action-Version,X-Blockchain-Ids"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        (ACTION_VERSION, VERSION),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Without a known chain there is no id to tell.
    let id = state.chain.caip2(&state.pool).await.and_then(|id| HeaderValue::from_str(&id).ok());
    if let Some(id) = id {
        reply.headers_mut().insert(BLOCKCHAIN_IDS, id);
    }
    reply
}
