//! Parts of paths, whose errors are problems too, and integers of 64 bits, which come as strings or numbers.

use std::fmt;

use axum::{
    extract::{FromRequestParts, Path, rejection::PathRejection},
    http::request::Parts,
};
use serde::{
    Deserializer,
    de::{DeserializeOwned, Error, Visitor},
};

use super::problem::Problem;

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
