//! Every deployed program says whom to tell of a weakness.

use std::fs;

use assay_tests::{chain::deploy, idl};

use super::names::root;

const BEGIN: &[u8] = b"=======BEGIN SECURITY.TXT V1=======\0";
const END: &[u8] = b"=======END SECURITY.TXT V1=======\0";

fn find(within: &[u8], what: &[u8]) -> Option<usize> {
    within.windows(what.len()).position(|window| window == what)
}

/// The fields of a program's security.txt.
fn fields(binary: &[u8]) -> Option<Vec<String>> {
    let rest = &binary[find(binary, BEGIN)? + BEGIN.len()..];
    let text = &rest[..find(rest, END)?];
    Some(text.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned()).collect())
}

#[test]
fn programs_say_whom_to_tell() {
    for name in idl::names() {
        let path = deploy().join(format!("assay_{name}.so"));
        let binary = fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        let fields = fields(&binary).unwrap_or_else(|| panic!("assay_{name}.so has no security.txt"));
        let value = |key: &str| {
            let pair = fields.chunks(2).find(|pair| pair[0] == key);
            pair.map(|pair| pair[1].clone()).unwrap_or_else(|| panic!("assay_{name}.so: no {key} in {fields:?}"))
        };
        assert_eq!(value("name"), format!("assay-{name}"));
        assert!(value("contacts").starts_with("link:https://"), "{}", value("contacts"));
        assert!(value("policy").ends_with("/SECURITY.md"), "{}", value("policy"));
    }
    assert!(root().join("SECURITY.md").exists(), "the policy that the programs name");
}
