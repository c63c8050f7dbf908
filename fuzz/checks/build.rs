//! Lists every instruction, account and event of the committed IDLs with its Rust type, so that a new one is fuzzed
//! without a line of ours.

use std::{fmt::Write, path::Path};

use serde_json::Value;

fn main() {
    // At run time: two checkouts that share a target directory share this script.
    let crate_root = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let root = Path::new(&crate_root).join("../../idl");
    println!("cargo::rerun-if-changed={}", root.display());
    let files = std::fs::read_dir(&root).unwrap_or_else(|why| panic!("{}: {why}", root.display()));
    let mut names: Vec<_> = files.map(|file| file.expect("a file of idl/").path()).collect();
    names.sort();
    let (mut code, mut entries) = (String::from("pub const DECODERS: &[Decoder] = &[\n"), String::new());
    for path in names.iter().filter(|path| path.extension().is_some_and(|kind| kind == "json")) {
        let text = std::fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        let idl: Value = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        let program = path.file_stem().and_then(|stem| stem.to_str()).expect("a name in ASCII");
        for (list, module, check) in
            [("instructions", "::instruction", "plain"), ("accounts", "", "tagged"), ("events", "::events", "plain")]
        {
            for item in idl[list].as_array().into_iter().flatten() {
                let name = item["name"].as_str().expect("a name");
                // A name that two programs have is a whole path in the IDL.
                let path =
                    if name.contains("::") { name.to_owned() } else { format!("{program}{module}::{}", camel(name)) };
                writeln!(code, "    Decoder {{ name: \"{path}\", check: {check}::<{path}> }},")
                    .expect("a string takes all");
            }
        }
        writeln!(entries, "    |data| {program}::entry(&{program}::ID, &[], data).is_err(),")
            .expect("a string takes all");
    }
    write!(code, "];\npub const ENTRIES: &[fn(&[u8]) -> bool] = &[\n{entries}];\n").expect("a string takes all");
    let out = std::env::var("OUT_DIR").expect("cargo sets it");
    std::fs::write(Path::new(&out).join("decoders.rs"), code).expect("OUT_DIR is writable");
}

/// `request_unstake` to `RequestUnstake`; a name in camel case stays.
fn camel(name: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').filter(|part| !part.is_empty()).map(word).collect()
}
