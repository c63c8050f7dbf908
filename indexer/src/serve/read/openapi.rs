//! Lists and lookups as routes, described for the OpenAPI document by what the engine checks.

use std::sync::Arc;

use axum::{
    extract::{RawPathParams, State as Shared, rejection::RawPathParamsRejection},
    http::HeaderMap,
    routing::get,
};
use serde_json::{Map, Value, json};
use utoipa::openapi::{
    HttpMethod, PathItem, Paths, RefOr, Schema,
    path::{Operation, PathsBuilder},
};
use utoipa_axum::router::UtoipaMethodRouter;

use super::{
    catalog, handlers,
    query::{Asked, MAX_LIMIT, Pairs},
    resource::{Filter, Kind, Lookup, Resource},
    schema, sql,
};
use crate::serve::{State, problem::Problem, reply::Params};

/// A schema and its name.
pub type Named = (String, RefOr<Schema>);

/// The route of a list.
pub fn list(resource: &'static Resource) -> UtoipaMethodRouter<State> {
    let names = names(resource);
    let handler = get(
        move |Shared(state): Shared<State>,
              path: Result<RawPathParams, RawPathParamsRejection>,
              Params(pairs): Params<Pairs>,
              headers: HeaderMap| {
            let names = names.clone();
            async move {
                let within = key(path)?;
                handlers::list(state, resource, &names, within.as_deref(), pairs, &headers).await
            }
        },
    );
    let mut parameters: Vec<Value> = resource.within.iter().map(|filter| parameter(filter, "path")).collect();
    parameters.extend(resource.filters.iter().map(|filter| parameter(filter, "query")));
    let sorts = resource.sorts.iter().flat_map(|sort| [sort.name.to_owned(), format!("-{}", sort.name)]);
    let sorts: Vec<String> = sorts.collect();
    parameters.push(query("sort", &json!({"type": "string", "enum": sorts, "default": resource.default_sort}),
        "The order; with - before it, the greatest first. Pages neither repeat nor miss an item while what the order goes by does not change."));
    parameters.push(query(
        "limit",
        &json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 50}),
        "Most items.",
    ));
    parameters.push(query(
        "cursor",
        &json!({"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}),
        "`next_cursor` of the page before, of the same path, order and filters.",
    ));
    parameters.extend(common());
    let item = format!("#/components/schemas/{}", resource.schema);
    let page = json!({"type": "object", "required": ["slot", "commitment", "items", "next_cursor"], "properties": {
        "slot": slot(), "commitment": commitment(), "items": {"type": "array", "items": {"$ref": item}},
        "next_cursor": {"type": ["string", "null"], "description": "Pass it as `cursor` for the next page; null at the end"}}});
    let reply = format!("{}Page", resource.schema);
    let about = About { id: resource.id, tag: resource.tag, text: resource.text, missing: false };
    let operation = operation(&about, &parameters, &reply);
    let mut schemas = vec![named(&reply, page), named(resource.schema, item_schema(resource))];
    schemas.extend(shared_schemas());
    (schemas, path(resource.path, operation), handler)
}

/// The route of a lookup.
pub fn lookup(resource: &'static Resource, lookup: &'static Lookup) -> UtoipaMethodRouter<State> {
    let names = names(resource);
    let handler = get(
        move |Shared(state): Shared<State>,
              path: Result<RawPathParams, RawPathParamsRejection>,
              Params(pairs): Params<Pairs>,
              headers: HeaderMap| {
            let names = names.clone();
            async move {
                let key = key(path)?.unwrap_or_default();
                handlers::one(state, resource, lookup, &names, &key, pairs, &headers).await
            }
        },
    );
    let (name, kind) = if resource.key.1 == "bigint" { ("id", Kind::Amount) } else { ("address", Kind::Address) };
    let of_path = Filter { name, kind, sql: "", text: "Which one." };
    let mut parameters = vec![parameter(&of_path, "path")];
    parameters.extend(common());
    let mut properties = Map::from_iter([("slot".to_owned(), slot()), ("commitment".to_owned(), commitment())]);
    properties.insert(resource.noun.into(), json!({"$ref": format!("#/components/schemas/{}", resource.schema)}));
    for (name, _, schema) in lookup.parts {
        properties.insert((*name).into(), parsed(schema));
    }
    let required: Vec<&String> = properties.keys().collect();
    let schema = json!({"type": "object", "required": required, "properties": properties});
    let reply = format!("{}Reply", resource.schema);
    let text = format!("One {}.", resource.noun);
    let about = About { id: resource.noun, tag: resource.tag, text: &text, missing: true };
    let operation = operation(&about, &parameters, &reply);
    let mut schemas = vec![named(&reply, schema)];
    if resource.noun == "operator" {
        schemas.push(named("Pool", object(schema::account("staking", "Pool"), super::resource::ACCOUNT)));
    }
    if resource.noun == "proposal" {
        schemas.push(named("Action", object(schema::account("governance", "Action"), super::resource::ACCOUNT)));
    }
    (schemas, path(&format!("{}/{{{name}}}", resource.path), operation), handler)
}

fn key(path: Result<RawPathParams, RawPathParamsRejection>) -> Result<Option<String>, Problem> {
    let path = path.map_err(|why| Problem::bad(why.body_text()))?;
    Ok(path.iter().next().map(|(_, value)| value.to_owned()))
}

/// What an operation is, for the document.
pub struct About<'a> {
    /// operationId.
    pub id: &'a str,
    /// Its group.
    pub tag: &'a str,
    /// What it does.
    pub text: &'a str,
    /// Whether there may be nothing.
    pub missing: bool,
}

/// A GET that replies with the schema of that name.
pub fn operation(about: &About, parameters: &[Value], reply: &str) -> Operation {
    let problem = |text: &str| json!({"description": text, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}});
    let header = |text: &str| json!({"description": text, "schema": {"type": "string"}});
    let headers = json!({"ETag": header("Changes with the content, not with the slot"),
        "Cache-Control": header("no-cache: keep it, but ask"), "Assay-Slot": header("The slot of the reply")});
    let mut responses = json!({
        "200": {"description": about.text, "headers": headers,
            "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{reply}")}}}},
        "304": {"description": "You have it: If-None-Match is its ETag", "headers": headers},
        "400": problem("A parameter is wrong"),
        "503": problem("The database does not answer, or has not reached min_slot in ten seconds"),
    });
    if about.missing {
        responses["404"] = problem("There is none, or it is not indexed yet");
    }
    let operation = json!({"operationId": about.id, "tags": [about.tag], "summary": about.text,
        "parameters": parameters, "responses": responses});
    serde_json::from_value(operation).unwrap_or_default()
}

/// A path with one operation, GET.
pub fn path(path: &str, operation: Operation) -> Paths {
    PathsBuilder::new().path(path, PathItem::new(HttpMethod::Get, operation)).build()
}

/// A named schema.
pub fn named(name: &str, schema: Value) -> Named {
    (name.to_owned(), serde_json::from_value(schema).unwrap_or_else(|_| RefOr::T(Schema::default())))
}

fn parsed(schema: &str) -> Value {
    serde_json::from_str(schema).unwrap_or_default()
}

fn object(mut properties: Map<String, Value>, added: &[super::resource::Added]) -> Value {
    for (name, schema) in added {
        properties.insert((*name).into(), parsed(schema));
    }
    json!({"type": "object", "properties": properties})
}

fn item_schema(resource: &Resource) -> Value {
    let own = resource.account.map(|(program, kind)| schema::account(program, kind)).unwrap_or_default();
    object(own, resource.added)
}

/// Names of an item's fields.
fn names(resource: &Resource) -> Arc<[String]> {
    let schema = item_schema(resource);
    schema["properties"].as_object().map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}

/// What the schemas of accounts refer to.
fn shared_schemas() -> Vec<Named> {
    let address =
        json!({"type": "string", "pattern": "^[1-9A-HJ-NP-Za-km-z]{32,44}$", "description": "An address in base58"});
    let u64 = json!({"type": "string", "pattern": "^\\d{1,20}$", "description": "A u64 in decimal: JSON numbers lose digits past 2^53"});
    let amount = json!({"type": "object", "required": ["mint", "amount"], "properties": {
        "mint": {"$ref": "#/components/schemas/Address"}, "amount": {"$ref": "#/components/schemas/U64"}}});
    let statuses =
        catalog::ALL.into_iter().flat_map(|resource| resource.filters).find(|filter| filter.name == "status");
    let statuses = match statuses.map(|filter| filter.kind) {
        Some(Kind::OneOf(words)) => words,
        _ => &[],
    };
    let status = json!({"type": "string", "enum": statuses, "description": "Its state; while it is live, what its cases, round and seats say"});
    vec![named("Address", address), named("U64", u64), named("MintAmount", amount), named("JobStatus", status)]
}

pub fn slot() -> Value {
    json!({"type": "string", "pattern": "^\\d+$", "description": "The latest slot that is fully in the tables"})
}

pub fn commitment() -> Value {
    json!({"type": "string", "enum": ["confirmed", "finalized"], "description": "The lowest commitment of what is shown"})
}

/// A query parameter.
pub fn query(name: &str, schema: &Value, text: &str) -> Value {
    json!({"name": name, "in": "query", "required": false, "schema": schema, "description": text})
}

/// `fields`, `min_slot` and `If-None-Match`.
pub fn common() -> Vec<Value> {
    let mut all = vec![query(
        "fields",
        &json!({"type": "string", "pattern": "^[A-Za-z0-9_]+(\\.[A-Za-z0-9_]+)*(,[A-Za-z0-9_]+(\\.[A-Za-z0-9_]+)*)*$"}),
        "Only these fields of the items, for example `address,requirements.gpus`. An unknown first part is an error; unknown parts below it are left out.",
    )];
    all.extend(without_fields());
    all
}

/// `min_slot` and `If-None-Match`.
pub fn without_fields() -> Vec<Value> {
    vec![
        query(
            "min_slot",
            &json!({"type": "string", "pattern": "^\\d{1,20}$"}),
            "The tables must have this slot: the request waits for it, ten seconds at most. To read what you wrote, give the slot of your transaction.",
        ),
        json!({"name": "If-None-Match", "in": "header", "required": false, "schema": {"type": "string"},
            "description": "The ETag of the reply that you have"}),
    ]
}

/// A parameter as a filter has it.
pub fn parameter(filter: &Filter, place: &str) -> Value {
    let schema = match filter.kind {
        Kind::Address => json!({"type": "string", "pattern": "^[1-9A-HJ-NP-Za-km-z]{32,44}$"}),
        Kind::OneOf(words) => json!({"type": "string", "enum": words}),
        Kind::Amount => json!({"type": "string", "pattern": "^\\d{1,20}$"}),
        Kind::Small(most) => json!({"type": "integer", "minimum": 0, "maximum": most}),
        Kind::Time => json!({"type": "string", "examples": ["1767225600", "2026-01-01T00:00:00Z"]}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Hex(bytes) => json!({"type": "string", "pattern": format!("^[0-9a-f]{{{}}}$", bytes * 2)}),
        Kind::Text(least, most) => json!({"type": "string", "minLength": least, "maxLength": most}),
        Kind::Word => json!({"type": "string", "pattern": "^[A-Za-z0-9]{1,64}$"}),
    };
    let text = match filter.kind {
        Kind::Time => format!("{} Unix seconds or RFC 3339.", filter.text),
        _ => filter.text.to_owned(),
    };
    let required = place == "path" || filter.text.ends_with("Must be given.");
    json!({"name": filter.name, "in": place, "required": required, "schema": schema, "description": text})
}

/// See [`super::plans`].
pub fn plans(value_of: impl Fn(&str, &str) -> String) -> Vec<(String, &'static str, bool, String, Vec<String>)> {
    let mut all = vec![];
    for resource in catalog::ALL {
        let within = resource.within.as_ref().map(|filter| value_of(resource.path, filter.name));
        let mut queries: Vec<(String, Pairs)> = vec![];
        for order in resource.sorts.iter().flat_map(|sort| [sort.name.to_owned(), format!("-{}", sort.name)]) {
            queries.push((format!("sort={order}"), vec![("sort".into(), order)]));
        }
        for filter in resource.filters {
            let value = value_of(resource.path, filter.name);
            queries.push((format!("{}={value}", filter.name), vec![(filter.name.into(), value)]));
        }
        for (name, pairs) in queries {
            let filtered = pairs.iter().any(|(name, _)| name != "sort");
            let asked = Asked::read(resource, &[], pairs, within.as_deref());
            let (sql, values) = match asked {
                Ok(asked) => {
                    let statement = sql::list(resource, &asked);
                    (statement.sql, statement.values)
                }
                Err(why) => (format!("{why:?}"), vec![]),
            };
            all.push((format!("{}?{name}", resource.path), resource.table, filtered, sql, values));
        }
    }
    all
}
