//! The OpenAPI document as a whole, and the pages that show it.

use axum::Router;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::{is_operation, share::share};

#[derive(OpenApi)]
#[openapi(info(
    title = "Assay indexer",
    description = "Jobs, operators and events of the Assay market, mirrored from the chain. Integers of 64 bits and \
        more are decimal strings, addresses base58, hashes lower hex, enums their variant's name. Errors are problems \
        (RFC 9457). Reading needs no account; what does takes a token (`POST /v1/auth/nonce`, then \
        `POST /v1/auth/login`) or a key (`POST /v1/api-keys`).",
    license(name = "Apache-2.0", identifier = "Apache-2.0")
))]
struct Api;

/// What the tags stand for.
const TAGS: [(&str, &str); 14] = [
    ("jobs", "Jobs, with their bids, seats, rounds and timelines"),
    ("market", "Operators, devices, models, prices, the market in numbers, and finding things"),
    ("cases", "Disputes and their juries"),
    ("verdict", "Attestors, proof keys, canaries"),
    ("stake", "Positions, tickets and reputation"),
    ("governance", "Proposals and votes"),
    ("token", "Supply, fees, reserve, distributions and transfers"),
    ("quotes", "Which devices fit a spec, and what it will cost"),
    ("events", "What happened"),
    ("live", "What happens, as it happens: streams and webhooks"),
    ("actions", "Unsigned transactions for wallets, by the Solana Actions specification"),
    ("blobs", "Content by its hash"),
    ("accounts", "Signing in with a wallet, keys of programs, the audit log"),
    ("operation", "For those who run the indexer"),
];

/// The document without its paths.
pub fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

/// The document in full: what holds for every operation is said here once.
///
/// # Errors
/// Never, unless a derive is broken.
pub fn complete(document: &utoipa::openapi::OpenApi) -> serde_json::Result<Value> {
    let mut document = serde_json::to_value(document)?;
    let mut used = vec![];
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            for operation in item.as_object_mut().into_iter().flat_map(|item| item.values_mut()) {
                if operation.get("responses").is_some() {
                    used.extend(operation["tags"].as_array().into_iter().flatten().cloned());
                    finish(path, operation);
                }
            }
        }
    }
    let tags = TAGS.iter().filter(|(name, _)| used.contains(&json!(name)));
    document["tags"] = tags.map(|(name, description)| json!({"name": name, "description": description})).collect();
    let components = &mut document["components"];
    components["securitySchemes"] = json!({
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "An access token of `POST /v1/auth/login`, or an API key"},
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "A key of `POST /v1/api-keys`"},
    });
    components["headers"] = headers();
    if components["schemas"]["Problem"]["properties"].is_object() {
        components["schemas"]["Problem"]["properties"]["request_id"] =
            json!({"type": "string", "description": "Name it when you report the problem."});
    }
    share(&mut document);
    Ok(document)
}

fn headers() -> Value {
    let integer = |description: &str| json!({"description": description, "schema": {"type": "integer", "minimum": 0}});
    json!({
        "RateLimit-Limit": integer("Requests that may come at once; absent where nothing limits them"),
        "RateLimit-Remaining": integer("How many of them are left"),
        "RateLimit-Reset": integer("Seconds until all are there again"),
        "Retry-After": integer("Seconds to wait before the next try"),
        "X-Request-Id": {"description": "The request's own, or one made for it; it is in the indexer's log",
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{8,64}$"}},
    })
}

/// Adds to an operation what each can answer.
fn finish(path: &str, operation: &mut Value) {
    let takes_json = operation.pointer("/requestBody/content/application~1json").is_some();
    let takes_body = operation.get("requestBody").is_some();
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    let limited = !is_operation(path);
    let mut add = |status: &str, description: &str| {
        let problem = json!({"schema": {"$ref": "#/components/schemas/Problem"}});
        let response = json!({"description": description, "content": {"application/problem+json": problem}});
        responses.entry(status).or_insert(response);
    };
    add("500", "The indexer has a fault");
    add("503", "The database does not answer, or there is too much to do");
    if limited {
        add("429", "Too many requests");
    }
    if takes_body {
        add("408", "The body did not come in time");
        add("413", "The body is too large");
    }
    if takes_json {
        add("400", "The body is no JSON, or a parameter is wrong");
        add("415", "The body's type is not application/json");
        add("422", "The body's JSON has another shape");
    }
    for (status, response) in responses.iter_mut() {
        let headers = response.as_object_mut().map(|response| response.entry("headers").or_insert_with(|| json!({})));
        let Some(headers) = headers.and_then(Value::as_object_mut) else { continue };
        refer(headers, &["X-Request-Id"]);
        if limited {
            refer(headers, &["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]);
        }
        if matches!(status.as_str(), "429" | "503") {
            refer(headers, &["Retry-After"]);
        }
    }
}

fn refer(headers: &mut Map<String, Value>, names: &[&str]) {
    for name in names {
        headers.entry(*name).or_insert_with(|| json!({"$ref": format!("#/components/headers/{name}")}));
    }
}

/// Pages at `/docs` that show `/openapi.json`; all their files come with this program.
pub fn pages<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let config = Config::from("/openapi.json").try_it_out_enabled(true).filter(true).deep_linking(true);
    SwaggerUi::new("/docs").config(config.validator_url("none").use_base_layout()).into()
}
