//! Every attack that the threat model names is a test of that name, or a column of the attack matrix.
//! `docs/attacks.md`, which says what stops each and where it is shown, is rendered here.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use assay_tests::table;

/// The names, and what stops each.
const NAMES: &str = "tests/attacks.txt";
const DOC: &str = "docs/attacks.md";
const MATRIX: &str = "tests/tables/attacks.txt";

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn lines(path: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|why| panic!("{path}: {why}"));
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

/// Every Rust file below a folder.
pub fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display())) {
        let path = entry.expect("an entry of a folder").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

/// The functions that are tests: `#[test]` or `#[tokio::test…]`, then other attributes and comments, then `fn name`.
fn tests(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut marked = false;
    for line in text.lines().map(str::trim) {
        let line = line.strip_prefix("async ").unwrap_or(line);
        if line == "#[test]" || line.starts_with("#[tokio::test") {
            marked = true;
        } else if let Some(rest) = line.strip_prefix("fn ").filter(|_| marked) {
            names.extend(rest.split('(').next().map(str::to_owned));
            marked = false;
        }
    }
    names
}

/// Every test by its name, with the files that have one of that name.
fn all_tests() -> BTreeMap<String, BTreeSet<String>> {
    let mut files = Vec::new();
    for folder in ["tests/tests", "tests/src", "programs", "indexer", "node"] {
        sources(&root().join(folder), &mut files);
    }
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in files {
        let shown = path.strip_prefix(root()).expect("below the root").display().to_string();
        for name in tests(&fs::read_to_string(&path).expect("UTF-8")) {
            all.entry(name).or_default().insert(shown.clone());
        }
    }
    all
}

/// The attacks' names, and what stops each, in the order of the file; a section's title has no defence.
fn attacks() -> Vec<(String, Option<String>)> {
    let text = fs::read_to_string(root().join(NAMES)).unwrap_or_else(|why| panic!("{NAMES}: {why}"));
    let parse = |line: &str| match line.strip_prefix("# ") {
        Some(title) => Some((title.to_owned(), None)),
        None => line.split_once(": ").map(|(name, stops)| (name.to_owned(), Some(stops.to_owned()))),
    };
    // The file's own description ends with the first empty line.
    text.lines().skip_while(|line| !line.is_empty()).filter_map(parse).collect()
}

/// `docs/attacks.md`: attack, defence, test.
fn render(shown: &BTreeMap<String, BTreeSet<String>>) -> String {
    let mut text = String::from(
        "# Attacks\n\nEach attack, what stops it, and the test of that name. *Matrix* is a column of `tests/tables/attacks.txt`: every instruction of\n\
         every program, account by account. Rendered from `tests/attacks.txt`; a name without its test fails the suite.\n",
    );
    for (name, stops) in attacks() {
        let Some(stops) = stops else {
            write!(text, "\n## {name}\n\n| attack | what stops it | shown in |\n|---|---|---|\n").expect("a string");
            continue;
        };
        let short = |path: &String| format!("`{}`", path.trim_start_matches("tests/tests/programs/"));
        let files = shown.get(&name).map(|files| files.iter().map(short).collect::<Vec<_>>().join(", "));
        writeln!(text, "| {name} | {stops} | {} |", files.unwrap_or_else(|| "matrix".into())).expect("a string");
    }
    text
}

#[test]
fn every_attack_has_its_test() {
    let shown = all_tests();
    let columns: BTreeSet<_> =
        lines(MATRIX).iter().filter_map(|line| line.split_whitespace().nth(1).map(str::to_owned)).collect();
    let here = |name: &&String| shown.contains_key(*name) || columns.contains(*name);
    let names: BTreeSet<_> = attacks().into_iter().filter_map(|(name, stops)| stops.map(|_| name)).collect();
    let missing: Vec<_> = names.iter().filter(|name| !here(name)).collect();
    assert!(missing.is_empty(), "attacks without a test of their name: {missing:#?}");
    table::compare(DOC, &render(&shown));
}

#[test]
fn tests_are_told_from_helpers() {
    let text = "fn helper() {}\n#[test]\n#[should_panic]\n// why\nfn real() {}\nfn other() {}";
    assert_eq!(tests(text), BTreeSet::from(["real".to_owned()]));
}
