//! Committed tables of expected results: a test compares, `UPDATE=1` rewrites them for review.

use std::path::PathBuf;

/// Compare `text` with a committed file (path from the repository's root).
///
/// # Panics
/// With the first lines that differ, and how to accept them.
pub fn compare(path: &str, text: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if update() {
        std::fs::write(&file, text).unwrap_or_else(|why| panic!("{path}: {why}"));
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    if committed == text {
        return;
    }
    let (old, new): (Vec<_>, Vec<_>) = (committed.lines().collect(), text.lines().collect());
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("- {line}"));
    let come = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+ {line}"));
    let diff: Vec<_> = gone.chain(come).take(40).collect();
    panic!("{path} is not what the programs do. Accept with UPDATE=1 after a review.\n{}", diff.join("\n"));
}

/// Whether committed tables are to be rewritten.
pub fn update() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}
