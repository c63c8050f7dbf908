//! One box for all: addresses by their beginning, hashes, operators, words in models' uris.

use serde_json::json;
use utoipa_axum::router::OpenApiRouter;

use super::{
    numbers::{Numbers, Values, route, whole},
    resource::{Filter, Kind},
    sql::Statement,
};
use crate::serve::{State, problem::Problem};

/// Hits of one kind.
const OF_A_KIND: u32 = 5;

/// Type of the hit, table, and SQL of what it is called.
const ACCOUNTS: [(&str, &str, &str); 16] = [
    ("job", "jobs", "status"),
    ("seat", "seats", "data ->> 'state'"),
    ("bid", "bids", "NULL"),
    ("round", "rounds", "data ->> 'phase'"),
    ("case", "cases", "case_state(data, closed_slot)"),
    ("ballot", "ballots", "data ->> 'state'"),
    ("device", "devices", "device_state(data, closed_slot)"),
    ("model", "models", "data ->> 'uri'"),
    ("pool", "pools", "operator"),
    ("position", "positions", "owner"),
    ("ticket", "tickets", "owner"),
    ("proposal", "proposals", "lower(state)"),
    ("vote", "votes", "data ->> 'choice'"),
    ("distribution", "distributions", "data ->> 'mint'"),
    ("attestor", "attestors", "registrar"),
    ("key", "proof_keys", "NULL"),
];

pub fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(route(&SEARCH))
}

static SEARCH: Numbers = Numbers {
    path: "/v1/search",
    id: "search",
    tag: "market",
    text: "What has this address or begins with it, has this hash (spec, root or content, in hex), or has this word in its uri; \
        five of each type at most. An address that is no account of ours, but that events name, is of type `account`.",
    filters: &[Filter {
        name: "q",
        kind: Kind::Text(2, 100),
        sql: "",
        text: "What to look for, 2 to 100 characters. Must be given.",
    }],
    schema: "Hits",
    properties: || {
        let mut types: Vec<&str> = ACCOUNTS.iter().map(|(name, ..)| *name).collect();
        types.extend(["operator", "account"]);
        json!({"items": {"type": "array", "items": {"type": "object", "required": ["type", "address", "label", "by"], "properties": {
            "type": {"type": "string", "enum": types}, "address": {"$ref": "#/components/schemas/Address"},
            "label": {"type": ["string", "null"], "description": "State, owner or uri"},
            "by": {"type": "string", "enum": ["address", "spec_hash", "root", "content_hash", "word"], "description": "What fits"}}}}})
    },
    statement: search,
};

fn search(values: &Values) -> Result<Statement, Problem> {
    let q = values.get("q").ok_or_else(|| Problem::bad("q must be given"))?;
    let mut hits: Vec<String> = vec![];
    let mut bound = vec![];
    let base58 =
        q.len() <= 44 && q.bytes().all(|b| b.is_ascii_alphanumeric() && !matches!(b, b'0' | b'O' | b'I' | b'l'));
    if base58 {
        // Nothing of base58 comes after `z` but `{`: so an index of addresses finds the place.
        bound.extend([q.to_owned(), format!("{q}{{")]);
        let begins =
            |column: &str| format!("{column} >= $1::text AND {column} < $2::text AND starts_with({column}, $1::text)");
        hits.extend(ACCOUNTS.map(|(name, table, label)| {
            hit(
                &format!("'{name}' AS type, address, {label} AS label, 'address' AS by"),
                table,
                &begins("address"),
                "address",
            )
        }));
        hits.push(hit("'operator', operator, address, 'address'", "pools", &begins("operator"), "operator"));
        hits.push(
            "(SELECT 'account', $1::text, NULL, 'address' WHERE EXISTS (SELECT FROM event_parties WHERE address = $1::text))".into(),
        );
    }
    if q.len() == 64 && q.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        bound.push(q.to_owned());
        for field in ["spec_hash", "root"] {
            let what = format!("'job' AS type, address, status AS label, '{field}' AS by");
            hits.push(hit(&what, "jobs", &format!("data ->> '{field}' = $1::text"), "posted_at DESC, address"));
        }
        hits.push(hit(
            "'model', address, data ->> 'uri', 'content_hash'",
            "models",
            "data ->> 'content_hash' = $1::text",
            "address",
        ));
    }
    let words: Vec<&str> = q.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if !words.is_empty() {
        bound.push(words.iter().map(|word| format!("{}:*", word.to_lowercase())).collect::<Vec<_>>().join(" & "));
        let fits = format!("words_of(data ->> 'uri') @@ to_tsquery('simple', ${}::text)", bound.len());
        hits.push(hit("'model' AS type, address, data ->> 'uri' AS label, 'word' AS by", "models", &fits, "address"));
    }
    let from = if hits.is_empty() {
        "SELECT NULL AS type, NULL AS address, NULL AS label, NULL AS by WHERE false".to_owned()
    } else {
        hits.join(" UNION ALL ")
    };
    // An account of ours is not listed again as one that events name.
    let body = format!(
        "WITH h AS (SELECT *, row_number() OVER () AS n FROM ({from}) u)
         SELECT jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object('type', type, 'address', address,
             'label', label, 'by', by) ORDER BY n), '[]'))
         FROM h WHERE type <> 'account' OR NOT EXISTS (SELECT FROM h o WHERE o.type <> 'account' AND o.address = h.address)"
    );
    Ok(whole(&body, "", bound))
}

fn hit(what: &str, table: &str, condition: &str, order: &str) -> String {
    format!("(SELECT {what} FROM {table} WHERE {condition} ORDER BY {order} LIMIT {OF_A_KIND})")
}
