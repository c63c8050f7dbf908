//! What replies have in common: slot, commitment, a tag of their content; and how queries are read.

use axum::{
    extract::{FromRequestParts, Query, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use solana_sdk::pubkey::Pubkey;

use super::problem::Problem;

/// The header that says the slot of a reply, of one without a body too.
pub const SLOT_HEADER: &str = "assay-slot";

/// Whether this is an address in base58.
pub fn is_address(text: &str) -> bool {
    text.parse::<Pubkey>().is_ok()
}

/// A reply that the database has made: `content` is all of its JSON but the outer braces, `slot` and `commitment`.
pub struct Reply {
    /// The latest slot that is fully in the tables.
    pub slot: String,
    /// The lowest commitment of what the reply shows: `confirmed` or `finalized`.
    pub commitment: String,
    /// The other members of the object.
    pub content: String,
}

impl Reply {
    /// The response; without a body if the client has it. The tag leaves `slot` out: it changes some times a second,
    /// and what it says of unchanged content is in the header.
    pub fn respond(self, asked: &HeaderMap) -> Response {
        let Self { slot, commitment, content } = self;
        let mut hash = Sha256::new();
        hash.update(&commitment);
        hash.update(&content);
        let hash = hash.finalize();
        let tag = format!("W/\"{}\"", hex::encode(hash.get(..16).unwrap_or(&hash)));
        let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let known = known.flat_map(|value| value.split(',')).map(str::trim);
        let known = known.into_iter().any(|known| known == "*" || known.trim_start_matches("W/") == &tag[2..]);
        let mut reply = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let body = format!(r#"{{"slot":"{slot}","commitment":"{commitment}",{content}}}"#);
            ([(header::CONTENT_TYPE, "application/json")], body).into_response()
        };
        let headers = reply.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        for (name, value) in [(header::ETAG.as_str(), &tag), (SLOT_HEADER, &slot)] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        reply
    }
}

/// Query parameters, whose errors are problems too.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, Problem> {
        let query: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        query.map(|Query(params)| Self(params)).map_err(|why| Problem::bad(why.body_text()))
    }
}
