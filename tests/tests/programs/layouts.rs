//! `docs/accounts.md`: every account's address, layout, payer and end, from the IDLs and, for what no IDL tells, from the
//! programs' sources. `UPDATE=1` rewrites it.

use std::fmt::Write;

use assay_tests::{idl, table};
use serde_json::Value;

mod source;

use source::{Lives, Use};

const PATH: &str = "docs/accounts.md";

const HEAD: &str = "# Accounts

Written from the IDLs and the programs' sources by `UPDATE=1 cargo test -p assay-tests --test programs layouts`, and checked
by the same test without it. Every account is a PDA of its program. It begins with eight bytes that name its type; numbers
are little-endian. A field has an offset as long as all before it have a fixed size; a `Vec` or `String` is four bytes of
length and its items, an `Option` a byte and, where that is 1, its value. `Pubkey` is 32 bytes. What an account's rent comes
to is in [costs.md](costs.md).
";

/// A type of an IDL, in a program's list of types.
struct Types(Vec<Value>);

impl Types {
    fn of(idl: &Value) -> Self {
        Self(idl["types"].as_array().cloned().unwrap_or_default())
    }

    fn find(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|of| of["name"] == name).map(|of| &of["type"])
    }

    /// Bytes, if they do not depend on the value.
    fn size(&self, of: &Value) -> Option<usize> {
        if let Some(name) = of.as_str() {
            return primitive(name);
        }
        if let Some([item, count]) = of["array"].as_array().map(Vec::as_slice) {
            return Some(self.size(item)? * usize::try_from(count.as_u64()?).ok()?);
        }
        let found = self.find(of["defined"]["name"].as_str()?)?;
        if found["kind"] == "enum" {
            let plain = found["variants"].as_array()?.iter().all(|variant| variant["fields"].is_null());
            return plain.then_some(1);
        }
        found["fields"].as_array()?.iter().map(|field| self.size(field.get("type").unwrap_or(field))).sum()
    }
}

fn primitive(name: &str) -> Option<usize> {
    Some(match name {
        "bool" | "u8" | "i8" => 1,
        "u16" | "i16" => 2,
        "u32" | "i32" => 4,
        "u64" | "i64" => 8,
        "u128" | "i128" => 16,
        "pubkey" => 32,
        _ => return None,
    })
}

/// A type as Rust writes it.
fn text(of: &Value) -> String {
    if let Some(name) = of.as_str() {
        return match name {
            "pubkey" => "Pubkey",
            "string" => "String",
            "bytes" => "Vec<u8>",
            name => name,
        }
        .to_owned();
    }
    if let Some([item, count]) = of["array"].as_array().map(Vec::as_slice) {
        return format!("[{}; {count}]", text(item));
    }
    for (key, name) in [("vec", "Vec"), ("option", "Option")] {
        if !of[key].is_null() {
            return format!("{name}<{}>", text(&of[key]));
        }
    }
    of["defined"]["name"].as_str().map_or_else(|| of.to_string(), |name| short(name).to_owned())
}

/// A name without the path that the IDL has where two programs have the same.
fn short(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

fn docs(of: &Value) -> String {
    let lines = of["docs"].as_array().into_iter().flatten().filter_map(Value::as_str);
    lines.collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn line(out: &mut String, row: std::fmt::Arguments) {
    writeln!(out, "{row}").expect("a string takes all");
}

/// Whether an IDL's account is the program's own, and not one of a program it calls.
fn own(program: &str, name: &str) -> bool {
    !name.contains("::") || name.starts_with(&format!("assay_{program}::"))
}

fn program(out: &mut String, name: &str) {
    let idl = idl::file(name);
    let (types, lives) = (Types::of(&idl), Lives::read(name, &idl));
    line(out, format_args!("\n## {name}\n\n`{}`", idl["address"].as_str().expect("an address")));
    for account in idl["accounts"].as_array().into_iter().flatten() {
        let full = account["name"].as_str().expect("a name");
        if own(name, full) {
            one(out, full, &types, &lives);
        }
    }
    vaults(out, &lives);
    nested(out, name, &idl, &types);
}

/// The types that the program's accounts are made of, and those that these are made of.
fn nested(out: &mut String, program: &str, idl: &Value, types: &Types) {
    let full = idl["accounts"].as_array().into_iter().flatten().filter_map(|of| of["name"].as_str());
    let mut known: Vec<String> = full.filter(|name| own(program, name)).map(str::to_owned).collect();
    let accounts = known.len();
    let mut at = 0;
    while at < known.len() {
        let within = types.0.iter().find(|of| of["name"] == known[at].as_str()).map(defined).unwrap_or_default();
        for name in within {
            if !known.contains(&name) {
                known.push(name);
            }
        }
        at += 1;
    }
    let parts: Vec<_> =
        known[accounts..].iter().filter_map(|name| types.0.iter().find(|of| of["name"] == name.as_str())).collect();
    if parts.is_empty() {
        return;
    }
    out.push_str("\n### Types within\n\n| type | bytes | what it holds, in order |\n|---|---:|---|\n");
    for of in parts {
        let name = of["name"].as_str().expect("a name");
        let named = serde_json::json!({ "defined": { "name": name } });
        let size = types.size(&named).map_or("varies".to_owned(), |size| size.to_string());
        line(out, format_args!("| {} | {size} | {} |", short(name), holds(&of["type"])));
    }
}

/// Names of the types that a type names.
fn defined(of: &Value) -> Vec<String> {
    match of {
        Value::Object(map) => {
            let own = map.get("defined").and_then(|of| of["name"].as_str()).map(str::to_owned);
            own.into_iter().chain(map.values().flat_map(defined)).collect()
        }
        Value::Array(list) => list.iter().flat_map(defined).collect(),
        _ => Vec::new(),
    }
}

/// `a: u8, b: Pubkey` of a struct, `0 Open, 1 Seated` of an enum.
fn holds(of: &Value) -> String {
    let field = |field: &Value| match field["name"].as_str() {
        Some(name) => format!("{name}: `{}`", text(&field["type"])),
        None => format!("`{}`", text(field)),
    };
    let fields = |of: &Value| of.as_array().into_iter().flatten().map(field).collect::<Vec<_>>().join(", ");
    let variants = of["variants"].as_array().into_iter().flatten().enumerate().map(|(number, variant)| {
        let name = variant["name"].as_str().unwrap_or_default();
        let within = fields(&variant["fields"]);
        if within.is_empty() { format!("{number} {name}") } else { format!("{number} {name} ({within})") }
    });
    if of["kind"] == "enum" { variants.collect::<Vec<_>>().join(", ") } else { fields(&of["fields"]) }
}

/// One account: where, who, and its fields.
fn one(out: &mut String, full: &str, types: &Types, lives: &Lives) {
    let of = types.0.iter().find(|of| of["name"] == full).expect("an account's type is in the IDL");
    let (born, died) = (lives.created(short(full)), lives.closed(short(full)));
    line(out, format_args!("\n### {}\n\n{}\n", short(full), docs(of)));
    line(out, format_args!("- address: {}", join(born.iter().map(|of| of.seeds.clone()))));
    line(out, format_args!("- made by {}", join(born.iter().map(|of| format!("`{}`, paid by `{}`", of.by, of.whom)))));
    let ends = join(died.iter().map(|of| format!("`{}`, rent to `{}`", of.by, of.whom)));
    line(out, format_args!("- closed by {}", if died.is_empty() { "nothing: it stays".to_owned() } else { ends }));
    let fields: Vec<_> = of["type"]["fields"].as_array().into_iter().flatten().collect();
    let sizes: Vec<_> = fields.iter().map(|field| types.size(&field["type"])).collect();
    let fixed: usize = sizes.iter().flatten().sum::<usize>() + 8;
    let whole = sizes.iter().all(Option::is_some);
    line(out, format_args!("- bytes: {fixed}{}", if whole { "" } else { " and what its last fields hold" }));
    out.push_str("\n| offset | field | type | bytes | |\n|---:|---|---|---:|---|\n");
    let mut offset = Some(8);
    for (field, size) in fields.iter().zip(sizes) {
        let cell = |number: Option<usize>| number.map_or(String::new(), |number| number.to_string());
        let name = field["name"].as_str().expect("a name");
        let (kind, docs) = (text(&field["type"]), docs(field));
        line(out, format_args!("| {} | {name} | `{kind}` | {} | {docs} |", cell(offset), cell(size)));
        offset = offset.zip(size).map(|(offset, size)| offset + size);
    }
}

/// Token accounts at addresses of the program's.
fn vaults(out: &mut String, lives: &Lives) {
    let vaults: Vec<&Use> = lives.vaults();
    if vaults.is_empty() {
        return;
    }
    out.push_str("\n### Token accounts\n\n| account | address | made by | paid by |\n|---|---|---|---|\n");
    for of in vaults {
        line(out, format_args!("| {} | {} | `{}` | `{}` |", of.field, of.seeds, of.by, of.whom));
    }
}

/// Without repetitions, in order.
fn join(parts: impl Iterator<Item = String>) -> String {
    let mut all: Vec<String> = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        if !all.contains(&part) {
            all.push(part);
        }
    }
    all.join("; ")
}

#[test]
fn layouts_are_as_documented() {
    let mut out = String::from(HEAD);
    for name in idl::names() {
        program(&mut out, name);
    }
    table::compare(PATH, &out);
}

/// The offsets are those that the programs write.
#[test]
fn offsets_are_true() {
    let types = Types::of(&idl::file("staking"));
    let pool = types.find("Pool").expect("a type");
    let mut offset = 8;
    let mut of = std::collections::BTreeMap::new();
    for field in pool["fields"].as_array().expect("fields") {
        of.insert(field["name"].as_str().expect("a name").to_owned(), offset);
        offset += types.size(&field["type"]).expect("a pool has a fixed size");
    }
    let w = assay_tests::World::with_operators(1);
    let operator = w.operators[0];
    let address = assay_tests::assay_sdk::addresses::pool(&operator);
    let data = w.chain.account(&address).expect("a pool").data;
    let at = |field: &str, bytes: usize| data[of[field]..of[field] + bytes].to_vec();
    assert_eq!(at("operator", 32), operator.to_bytes());
    assert_eq!(at("active", 8), w.pool(&operator).active.to_le_bytes());
    assert_eq!(at("active_shares", 16), w.pool(&operator).active_shares.to_le_bytes());
    assert_eq!(data.len(), offset);
}
