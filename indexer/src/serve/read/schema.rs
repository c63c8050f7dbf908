//! JSON schemas of the programs' accounts, made of the committed IDLs by the rules of their decoder: 64 bits and more
//! are decimal strings, addresses base58, bytes lower hex, enums their variant's name or an object of it.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

const TEXTS: [(&str, &str); 6] = [
    ("token", include_str!("../../../../idl/assay_token.json")),
    ("staking", include_str!("../../../../idl/assay_staking.json")),
    ("reputation", include_str!("../../../../idl/assay_reputation.json")),
    ("escrow", include_str!("../../../../idl/assay_escrow.json")),
    ("verification", include_str!("../../../../idl/assay_verification.json")),
    ("governance", include_str!("../../../../idl/assay_governance.json")),
];

static IDLS: LazyLock<Vec<(&str, Value)>> = LazyLock::new(|| {
    // The decoder of the SDK reads the same files at the start, and says what is wrong with them.
    TEXTS.into_iter().map(|(name, text)| (name, serde_json::from_str(text).unwrap_or_default())).collect()
});

/// Properties of an account, by name; empty if there is no such type.
pub fn account(program: &str, kind: &str) -> Map<String, Value> {
    let idl = IDLS.iter().find(|(name, _)| *name == program).map(|(_, idl)| idl);
    let Some(idl) = idl else { return Map::new() };
    let full = list(&idl["accounts"]).iter().filter_map(|account| account["name"].as_str());
    let full = full.into_iter().find(|name| short(name) == kind);
    match full.map(|name| defined(idl, name)) {
        Some(Value::Object(mut schema)) => match schema.remove("properties") {
            Some(Value::Object(properties)) => properties,
            _ => Map::new(),
        },
        _ => Map::new(),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn short(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

fn defined(idl: &Value, name: &str) -> Value {
    let found = list(&idl["types"]).iter().find(|ty| ty["name"] == name);
    let Some(ty) = found.map(|ty| &ty["type"]) else { return json!({}) };
    match ty["kind"].as_str() {
        Some("struct") => fields(idl, &ty["fields"]),
        Some("enum") => variants(idl, list(&ty["variants"])),
        _ => json!({}),
    }
}

fn fields(idl: &Value, fields: &Value) -> Value {
    let properties: Map<String, Value> = list(fields)
        .iter()
        .filter_map(|field| {
            Some((field["name"].as_str()?.to_owned(), described(of(idl, &field["type"]), &field["docs"])))
        })
        .collect();
    json!({"type": "object", "properties": properties})
}

fn described(mut schema: Value, docs: &Value) -> Value {
    let text: Vec<_> = list(docs).iter().filter_map(Value::as_str).collect();
    if !text.is_empty() && schema.get("$ref").is_none() {
        schema["description"] = json!(text.join(" "));
    }
    schema
}

fn variants(idl: &Value, variants: &[Value]) -> Value {
    let name = |variant: &Value| variant["name"].clone();
    let plain: Vec<Value> = variants.iter().filter(|variant| list(&variant["fields"]).is_empty()).map(name).collect();
    let with = variants.iter().filter(|variant| !list(&variant["fields"]).is_empty());
    let mut all: Vec<Value> = with
        .map(|variant| {
            let name = variant["name"].as_str().unwrap_or_default();
            json!({"type": "object", "required": [name], "properties": {name: fields(idl, &variant["fields"])}})
        })
        .collect();
    if !plain.is_empty() {
        all.insert(0, json!({"type": "string", "enum": plain}));
    }
    if all.len() == 1 { all.remove(0) } else { json!({"oneOf": all}) }
}

fn of(idl: &Value, ty: &Value) -> Value {
    match ty.as_str() {
        Some("bool") => return json!({"type": "boolean"}),
        Some("u8" | "u16" | "u32") => return json!({"type": "integer", "minimum": 0}),
        Some("i8" | "i16" | "i32") => return json!({"type": "integer"}),
        Some("u64") => return json!({"$ref": "#/components/schemas/U64"}),
        Some("u128") => return json!({"type": "string", "pattern": "^\\d{1,39}$"}),
        Some("i64" | "i128") => return json!({"type": "string", "pattern": "^-?\\d{1,39}$"}),
        Some("pubkey") => return json!({"$ref": "#/components/schemas/Address"}),
        Some("string") => return json!({"type": "string"}),
        Some("bytes") => return json!({"type": "string", "pattern": "^([0-9a-f]{2})*$"}),
        _ => {}
    }
    if let Some(name) = ty["defined"]["name"].as_str() {
        return defined(idl, name);
    }
    if !ty["option"].is_null() {
        return json!({"anyOf": [of(idl, &ty["option"]), {"type": "null"}]});
    }
    if !ty["vec"].is_null() {
        return json!({"type": "array", "items": of(idl, &ty["vec"])});
    }
    match (ty["array"][0].as_str(), ty["array"][1].as_u64()) {
        (Some("u8"), Some(length)) => json!({"type": "string", "pattern": format!("^[0-9a-f]{{{}}}$", length * 2)}),
        (_, Some(length)) => {
            json!({"type": "array", "items": of(idl, &ty["array"][0]), "minItems": length, "maxItems": length})
        }
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_have_the_fields_of_the_idl() {
        let job = account("escrow", "Job");
        assert_eq!(job.len(), 37);
        assert_eq!(job["spec_hash"]["pattern"], "^[0-9a-f]{64}$");
        assert_eq!(job["units"]["$ref"], "#/components/schemas/U64");
        assert_eq!(job["state"]["enum"][0], "Open");
        assert_eq!(job["strategy"]["oneOf"][3]["required"][0], "Proven");
        assert_eq!(job["prices"]["items"]["$ref"], "#/components/schemas/U64");
        assert_eq!(account("verification", "Round")["shown"]["anyOf"][1]["type"], "null");
        assert!(account("escrow", "Nothing").is_empty() && account("nothing", "Job").is_empty());
    }

    #[test]
    fn every_list_of_accounts_knows_its_fields() {
        for resource in super::super::catalog::ALL {
            if let Some((program, kind)) = resource.account {
                assert!(!account(program, kind).is_empty(), "{}", resource.path);
            }
        }
    }
}
