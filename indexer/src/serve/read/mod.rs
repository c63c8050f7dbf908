//! All that can be read of the market: lists and lookups of accounts and events by one engine, numbers, search.
//!
//! Each request is one prepared statement, which returns the finished JSON; it is handed through as text.

mod cases;
mod catalog;
mod handlers;
mod jobs;
mod numbers;
mod openapi;
mod query;
mod resource;
mod schema;
mod search;
mod sql;
mod stats;
mod token;

use utoipa_axum::router::OpenApiRouter;

use super::State;

/// Every list's path, name and statement, in each order and with each single filter (of which the values are the ones
/// given), as it is sent to the database: for tests of the plans.
#[doc(hidden)]
pub fn plans(value_of: impl Fn(&str, &str) -> String) -> Vec<(String, &'static str, bool, String, Vec<String>)> {
    openapi::plans(value_of)
}

/// The routes.
pub fn routes() -> OpenApiRouter<State> {
    let lists = catalog::ALL.into_iter().fold(OpenApiRouter::new(), |router, resource| {
        let router = router.routes(openapi::list(resource));
        match &resource.one {
            Some(lookup) => router.routes(openapi::lookup(resource, lookup)),
            None => router,
        }
    });
    lists.merge(stats::routes()).merge(search::routes()).merge(token::routes())
}
