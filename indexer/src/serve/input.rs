//! JSON bodies and parts of paths, whose errors are problems too, and integers of 64 bits, which come as strings or numbers.

use std::fmt;

use axum::{
    body::Bytes,
    extract::{
        FromRequest, FromRequestParts, Path, Request,
        rejection::{BytesRejection, PathRejection},
    },
    http::{StatusCode, header, request::Parts},
};
use serde::{
    Deserializer,
    de::{DeserializeOwned, Error, Visitor},
};
use serde_json::error::Category;

use super::problem::Problem;

/// A JSON body: 400 when it is not JSON, 413 when it is too long, 415 when it says that it is something else, 422 when it
/// is not what is wanted.
pub struct Input<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if essence != "application/json" && !essence.ends_with("+json") {
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/json"));
        }
        let bytes: Result<Bytes, BytesRejection> = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|why| Problem::new(why.status(), why.body_text()))?;
        serde_json::from_slice(&bytes).map(Self).map_err(|why| match why.classify() {
            Category::Data => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why.to_string()),
            _ => Problem::bad(format!("the body is not JSON: {why}")),
        })
    }
}

/// Parts of the path: 400 when they are not text.
pub struct Segments<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        path.map(|Path(segments)| Self(segments)).map_err(|why| Problem::bad(why.body_text()))
    }
}

struct U64;

impl Visitor<'_> for U64 {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer of 0 to 2^64 - 1, as a decimal string")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<u64, E> {
        Ok(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<u64, E> {
        u64::try_from(value).map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(value), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let value = text.parse().ok().filter(|_| digits);
        value.ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}

/// For `deserialize_with`: a decimal string, or a number.
///
/// # Errors
/// What is neither.
pub fn u64_or_text<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    from.deserialize_any(U64)
}

/// The same where it may be missing (with `default`).
///
/// # Errors
/// What is neither.
pub fn maybe_u64_or_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    struct Maybe;
    impl<'de> Visitor<'de> for Maybe {
        type Value = Option<u64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            U64.expecting(f)
        }

        fn visit_none<E: Error>(self) -> Result<Option<u64>, E> {
            Ok(None)
        }

        fn visit_unit<E: Error>(self) -> Result<Option<u64>, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Option<u64>, D::Error> {
            from.deserialize_any(U64).map(Some)
        }
    }
    from.deserialize_option(Maybe)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, PartialEq, Debug)]
    struct Both {
        #[serde(deserialize_with = "u64_or_text")]
        a: u64,
        #[serde(default, deserialize_with = "maybe_u64_or_text")]
        b: Option<u64>,
    }

    #[test]
    fn numbers_and_strings() {
        let read = serde_json::from_str::<Both>;
        for (json, expected) in [
            (r#"{"a": 1}"#, (1, None)),
            (r#"{"a": "18446744073709551615", "b": null}"#, (u64::MAX, None)),
            (r#"{"a": 18446744073709551615, "b": "7"}"#, (u64::MAX, Some(7))),
            (r#"{"a": "0", "b": 0}"#, (0, Some(0))),
        ] {
            assert_eq!(read(json).unwrap(), Both { a: expected.0, b: expected.1 }, "{json}");
        }
        for bad in
            [r#"{"a": -1}"#, r#"{"a": "+1"}"#, r#"{"a": ""}"#, r#"{"a": 1.5}"#, r#"{"a": "18446744073709551616"}"#]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
