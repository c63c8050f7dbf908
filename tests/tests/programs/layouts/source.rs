//! What the programs' sources say of the life of accounts: `init` with its payer, `close` with its recipient, and the
//! instructions that use these accounts structs.

use std::fs;

use serde_json::Value;
use syn::{Attribute, Field, FnArg, GenericArgument, Item, PathArguments, Type};

use super::super::names::{root, sources};

/// An account made or closed by an instruction.
#[derive(Clone, Debug)]
pub struct Use {
    /// The account's name in the instruction.
    pub field: String,
    /// The type, for instance `Pool`.
    kind: String,
    /// The instruction.
    pub by: String,
    /// Who pays for it, or gets its rent.
    pub whom: String,
    /// `"pool"`, operator.
    pub seeds: String,
    made: bool,
}

/// All of a program's.
pub struct Lives(Vec<Use>);

impl Lives {
    pub fn created(&self, kind: &str) -> Vec<&Use> {
        self.0.iter().filter(|of| of.made && of.kind == kind).collect()
    }

    pub fn closed(&self, kind: &str) -> Vec<&Use> {
        self.0.iter().filter(|of| !of.made && of.kind == kind).collect()
    }

    pub fn vaults(&self) -> Vec<&Use> {
        self.created("TokenAccount")
    }

    pub fn read(program: &str, idl: &Value) -> Self {
        let mut files = Vec::new();
        sources(&root().join("programs").join(program).join("src"), &mut files);
        files.sort();
        let items: Vec<Item> = files
            .iter()
            .flat_map(|path| {
                let text = fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
                syn::parse_file(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display())).items
            })
            .collect();
        let mut found = Vec::new();
        for (instruction, structure) in items.iter().flat_map(instructions) {
            let structs = items.iter().filter_map(|item| match item {
                Item::Struct(of) if of.ident == structure.as_str() => Some(of),
                _ => None,
            });
            for field in structs.flat_map(|of| &of.fields) {
                found.extend(uses(field, &instruction, idl));
            }
        }
        Self(found)
    }
}

/// (instruction, its accounts struct) of a `#[program]` module.
fn instructions(item: &Item) -> Vec<(String, String)> {
    let Item::Mod(module) = item else { return Vec::new() };
    if !module.attrs.iter().any(|attr| attr.path().is_ident("program")) {
        return Vec::new();
    }
    let functions = module.content.iter().flat_map(|(_, items)| items).filter_map(|item| match item {
        Item::Fn(function) => Some(function),
        _ => None,
    });
    functions
        .filter_map(|function| {
            let Some(FnArg::Typed(first)) = function.sig.inputs.first() else { return None };
            Some((function.sig.ident.to_string(), inner(&first.ty)?))
        })
        .collect()
}

/// `Pool` of `Box<Account<'info, Pool>>`, and `Settle` of `Context<'info, Settle<'info>>`: the innermost type that has no
/// type of its own within.
fn inner(of: &Type) -> Option<String> {
    let Type::Path(path) = of else { return None };
    let last = path.path.segments.last()?;
    let within = match &last.arguments {
        PathArguments::AngleBracketed(list) => list.args.iter().rev().find_map(|argument| match argument {
            GenericArgument::Type(of) => inner(of),
            _ => None,
        }),
        _ => None,
    };
    Some(within.unwrap_or_else(|| last.ident.to_string()))
}

/// What an instruction does to one of its accounts.
fn uses(field: &Field, instruction: &str, idl: &Value) -> Vec<Use> {
    let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    let words: Vec<String> =
        field.attrs.iter().filter(|attr| attr.path().is_ident("account")).flat_map(words).collect();
    let value = |key: &str| {
        let found = words.iter().find_map(|word| word.strip_prefix(key)?.trim_start().strip_prefix('='));
        found.map(|value| value.trim().to_owned())
    };
    let make = |whom: String, made: bool| Use {
        field: name.clone(),
        kind: inner(&field.ty).unwrap_or_default(),
        by: instruction.to_owned(),
        whom,
        // Seeds that the IDL cannot say are told as the source has them.
        seeds: Some(seeds(idl, instruction, &name))
            .filter(|seeds| !seeds.is_empty())
            .or_else(|| value("seeds").map(|seeds| format!("`{seeds}`")))
            .unwrap_or_default(),
        made,
    };
    let init = words.iter().any(|word| word == "init" || word == "init_if_needed");
    let created = init.then(|| value("payer")).flatten().map(|payer| make(payer, true));
    created.into_iter().chain(value("close").map(|to| make(to, false))).collect()
}

/// The parts of an attribute between commas.
fn words(attribute: &Attribute) -> Vec<String> {
    let Ok(list) = attribute.meta.require_list() else { return Vec::new() };
    let mut words = vec![String::new()];
    for token in list.tokens.clone() {
        match token.to_string().as_str() {
            "," => words.push(String::new()),
            text => words.last_mut().expect("one at least").push_str(text),
        }
    }
    words
}

/// An account's seeds, as the IDL has them.
fn seeds(idl: &Value, instruction: &str, account: &str) -> String {
    let list = |of: &Value| of.as_array().cloned().unwrap_or_default();
    let call = list(&idl["instructions"]).into_iter().find(|ix| ix["name"] == instruction).unwrap_or_default();
    let meta = list(&call["accounts"]).into_iter().find(|of| of["name"] == account).unwrap_or_default();
    let seed = |of: Value| match of["kind"].as_str() {
        Some("const") => {
            let bytes: Vec<u8> = list(&of["value"]).iter().filter_map(Value::as_u64).map(|byte| byte as u8).collect();
            let plain = bytes.iter().all(u8::is_ascii_graphic);
            if plain { format!("`\"{}\"`", String::from_utf8_lossy(&bytes)) } else { format!("{bytes:?}") }
        }
        _ => of["path"].as_str().map_or("?".to_owned(), |path| format!("`{path}`")),
    };
    list(&meta["pda"]["seeds"]).into_iter().map(seed).collect::<Vec<_>>().join(", ")
}
