//! Bodies of requests.

use std::error::Error;

use axum::{
    Json,
    extract::{FromRequest, Request, rejection::JsonRejection},
    http::StatusCode,
};
use serde::de::DeserializeOwned;
use tower_http::timeout::TimeoutError;

use super::patience::SLOW_BODY;
use crate::serve::problem::Problem;

/// A JSON body, whose errors are problems: 400 for what is no JSON, 408 for what does not come, 413 for what is too
/// large, 415 for another type, 422 for JSON of another shape. Take it last: it reads the request.
#[derive(Clone, Copy, Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body: Result<Json<T>, JsonRejection> = Json::from_request(request, state).await;
        body.map(|Json(body)| Self(body)).map_err(|why| problem(&why))
    }
}

fn problem(why: &JsonRejection) -> Problem {
    let mut cause: Option<&dyn Error> = Some(why);
    while let Some(why) = cause {
        if why.is::<TimeoutError>() {
            return Problem::new(StatusCode::REQUEST_TIMEOUT, SLOW_BODY);
        }
        cause = why.source();
    }
    Problem::new(why.status(), why.body_text())
}
