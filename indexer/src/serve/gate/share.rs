//! What several operations say alike is said once in the OpenAPI document, and referred to.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

/// What is said less often stays where it is.
const OFTEN: usize = 3;

/// A name by itself, and what it stands for.
type Said = (String, String);
/// The names of what is said often.
type Names = BTreeMap<Said, String>;

/// Moves responses and parameters that are said often to the document's components.
pub fn share(document: &mut Value) {
    let mut responses = BTreeMap::new();
    let mut parameters = BTreeMap::new();
    each(document, |operation| {
        for (status, response) in operation["responses"].as_object().into_iter().flatten() {
            count(&mut responses, reason(status), response);
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            count(&mut parameters, pascal(parameter["name"].as_str().unwrap_or_default()), parameter);
        }
    });
    let (responses, parameters) = (names(responses), names(parameters));
    let (mut told_responses, mut told_parameters) = (Map::new(), Map::new());
    each(document, |operation| {
        // Not by index, which would add what is not there.
        let all = operation.get_mut("responses").and_then(Value::as_object_mut);
        for (status, response) in all.into_iter().flatten() {
            refer(reason(status), response, &responses, "responses", &mut told_responses);
        }
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            let name = pascal(parameter["name"].as_str().unwrap_or_default());
            refer(name, parameter, &parameters, "parameters", &mut told_parameters);
        }
    });
    document["components"]["responses"] = told_responses.into();
    document["components"]["parameters"] = told_parameters.into();
}

fn each(document: &mut Value, mut with: impl FnMut(&mut Value)) {
    for item in document["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut()) {
        for operation in item.as_object_mut().into_iter().flat_map(|item| item.values_mut()) {
            if operation.get("responses").is_some() {
                with(operation);
            }
        }
    }
}

fn count(counts: &mut BTreeMap<Said, usize>, name: String, what: &Value) {
    *counts.entry((name, what.to_string())).or_default() += 1;
}

/// The most frequent of a name gets it, the others a number after it.
fn names(counts: BTreeMap<Said, usize>) -> Names {
    let mut often: Vec<_> = counts.into_iter().filter(|(_, times)| *times >= OFTEN).collect();
    // Stable: what is said equally often stays in the order of its text.
    often.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    let mut taken = BTreeSet::new();
    let unused = |taken: &mut BTreeSet<String>, name: &str| {
        let others = (2..).map(|n: u32| format!("{name}{n}"));
        let found = std::iter::once(name.to_owned()).chain(others).find(|name| !taken.contains(name));
        let found = found.unwrap_or_default();
        taken.insert(found.clone());
        found
    };
    often.into_iter().map(|(said, _)| (said.clone(), unused(&mut taken, &said.0))).collect()
}

fn refer(base: String, what: &mut Value, names: &Names, kind: &str, told: &mut Map<String, Value>) {
    if let Some(name) = names.get(&(base, what.to_string())) {
        let reference = json!({"$ref": format!("#/components/{kind}/{name}")});
        told.insert(name.clone(), std::mem::replace(what, reference));
    }
}

/// `TooManyRequests` of `429`.
fn reason(status: &str) -> String {
    let known = StatusCode::from_bytes(status.as_bytes()).ok().and_then(|status| status.canonical_reason());
    known.map_or_else(|| pascal(status), |reason| reason.split_whitespace().collect())
}

/// `MinSlot` of `min_slot`.
fn pascal(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter_map(|word| Some(word.get(..1)?.to_ascii_uppercase() + word.get(1..)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_often_is_said_once() {
        let operation = |missing: &str| {
            json!({"responses": {"200": {"description": missing}, "404": {"description": "none"},
                "429": {"description": missing}}, "parameters": [{"name": "min_slot"}, {"name": missing}]})
        };
        let paths: Map<String, Value> = (0..6)
            .map(|n| (format!("/{n}"), json!({"get": operation(if n < 2 { "a" } else { "b" }), "summary": "s"})))
            .collect();
        let mut document = json!({"paths": paths, "components": {"schemas": {}}});
        share(&mut document);
        assert_eq!(
            document["components"],
            json!({"schemas": {}, "responses": {"OK": {"description": "b"}, "NotFound": {"description": "none"},
                "TooManyRequests": {"description": "b"}}, "parameters": {"MinSlot": {"name": "min_slot"},
                "B": {"name": "b"}}})
        );
        let few = json!({"summary": "s", "get": {"responses": {"200": {"description": "a"},
            "404": {"$ref": "#/components/responses/NotFound"}, "429": {"description": "a"}},
            "parameters": [{"$ref": "#/components/parameters/MinSlot"}, {"name": "a"}]}});
        assert_eq!(document["paths"]["/1"], few);
        let many = json!([{"$ref": "#/components/parameters/MinSlot"}, {"$ref": "#/components/parameters/B"}]);
        assert_eq!(document["paths"]["/2"]["get"]["parameters"], many);
    }

    #[test]
    fn nothing_is_added() {
        let mut document = json!({"paths": {"/": {"get": {"responses": {}}}}, "components": {}});
        share(&mut document);
        assert_eq!(document["paths"], json!({"/": {"get": {"responses": {}}}}));
    }

    #[test]
    fn names_are_of_their_own() {
        let counts = [("A", "x", 3), ("A", "y", 5), ("A", "z", 3), ("B", "w", 2)];
        let named = names(counts.map(|(name, what, times)| ((name.into(), what.into()), times)).into());
        let expected = [("x", "A2"), ("y", "A"), ("z", "A3")];
        assert_eq!(named, expected.map(|(what, name)| (("A".into(), what.into()), name.into())).into());
        assert_eq!(
            [pascal("min_slot"), pascal("Last-Event-ID"), reason("404")],
            ["MinSlot", "LastEventID", "NotFound"]
        );
    }
}
