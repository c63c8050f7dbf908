//! Replies that are one object, made by one statement of checked parameters.

use axum::{extract::State as Shared, http::HeaderMap, routing::get};
use serde_json::Value;
use utoipa_axum::router::UtoipaMethodRouter;

use super::{
    handlers,
    openapi::{self, About},
    query::{Pairs, check, plain},
    resource::Filter,
    sql::Statement,
};
use crate::serve::{State, problem::Problem, reply::Params};

/// A route whose reply is one object.
pub struct Numbers {
    /// Path.
    pub path: &'static str,
    /// operationId.
    pub id: &'static str,
    /// Group in the document.
    pub tag: &'static str,
    /// What it says.
    pub text: &'static str,
    /// Its parameters; only their names, kinds and texts count.
    pub filters: &'static [Filter],
    /// Name of the reply's schema.
    pub schema: &'static str,
    /// Properties of the reply beside slot and commitment.
    pub properties: fn() -> Value,
    /// The statement: slot, commitment, and the object as text.
    pub statement: fn(&Values) -> Result<Statement, Problem>,
}

/// Parameters that are set, in the order of the filters.
pub struct Values(Vec<(&'static str, String)>);

impl Values {
    /// The value of one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

/// The route.
pub fn route(numbers: &'static Numbers) -> UtoipaMethodRouter<State> {
    let handler = get(async move |Shared(state): Shared<State>, Params(pairs): Params<Pairs>, headers: HeaderMap| {
        let (mut known, common) = plain(pairs, numbers.filters)?;
        let mut values = vec![];
        for filter in numbers.filters {
            if let Some(value) = known.remove(filter.name) {
                values.push((filter.name, check(filter.name, filter.kind, &value)?));
            }
        }
        let statement = (numbers.statement)(&Values(values))?;
        handlers::object(&state, &statement, &common, &headers, || "it is not indexed yet".into()).await
    });
    let mut parameters: Vec<Value> = numbers.filters.iter().map(|filter| openapi::parameter(filter, "query")).collect();
    parameters.extend(openapi::without_fields());
    let mut properties = (numbers.properties)();
    properties["slot"] = openapi::slot();
    properties["commitment"] = openapi::commitment();
    let required: Vec<String> = properties.as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default();
    let schema = serde_json::json!({"type": "object", "required": required, "properties": properties});
    let about = About { id: numbers.id, tag: numbers.tag, text: numbers.text, missing: false };
    let operation = openapi::operation(&about, &parameters, numbers.schema);
    (vec![openapi::named(numbers.schema, schema)], openapi::path(numbers.path, operation), handler)
}

/// A statement that makes an object of `from` for all that is in the tables.
pub fn whole(body: &str, from: &str, values: Vec<String>) -> Statement {
    let sql = format!(
        "SELECT w.slot::text, CASE WHEN w.slot <= w.finalized THEN 'finalized' ELSE 'confirmed' END, o.body
         FROM watermark w CROSS JOIN LATERAL (SELECT ({body})::text AS body {from}) o"
    );
    Statement { sql, values }
}
