//! What can be done about jobs without a chain: writing and checking them; and the help of what needs one.
#![allow(clippy::unwrap_used)] // clippy allows it in #[test] functions only; these are their helpers

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};
use tempfile::TempDir;

const PROGRAM: &[u8] = b"\0asm";
const INPUT: &[u8] = b"ACGT";
/// sha256 of them, by sha256sum.
const PROGRAM_HASH: &str = "cd5d4935a48c0672cb06407bb443bc0087aff947c6b864bac886982c73b3027f";
const INPUT_HASH: &str = "1dff3e84fe7877e0673b69bbddcf40124e396e3f9943dd890c91b6a09adb9af0";

/// A home of its own, with a program and an input in it.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("p.wasm"), PROGRAM).unwrap();
        fs::write(place.path().join("input"), INPUT).unwrap();
        Self(place)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Exit code, standard output and standard error.
    fn run(&self, line: &str) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        command.args(line.split_whitespace()).current_dir(self.path()).env_clear().env("HOME", self.path());
        let Output { status, stdout, stderr } = command.env("ASSAY_BIN_DIR", self.path()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    fn json(&self, line: &str) -> Value {
        let (code, out, err) = self.run(&format!("{line} --output json"));
        assert_eq!(code, 0, "{line}: {err}");
        serde_json::from_str(&out).unwrap()
    }

    /// An `assay-node` that is this script.
    fn node(&self, script: &str) {
        let node = self.path().join("assay-node");
        fs::write(&node, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&node, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

const NEW: &str = "job new wasm --name n --program p.wasm --input input --units 2";

#[test]
fn a_new_job_is_a_spec_and_notes() {
    let home = Home::new();
    let expected = json!({
        "template": "wasm", "spec": "job.json", "notes": "job.md", "units": "2",
        "program": {"uri": "p.wasm", "sha256": PROGRAM_HASH, "bytes": "4"},
        "input": {"uri": "input", "sha256": INPUT_HASH, "bytes": "4"},
    });
    assert_eq!(home.json(NEW), expected);
    let spec: Value = serde_json::from_slice(&fs::read(home.path().join("job.json")).unwrap()).unwrap();
    let expected = json!({
        "version": 1, "name": "n", "engine": "wasm", "units": 2, "args": [], "seed": 0,
        "program": {"uri": "p.wasm", "sha256": PROGRAM_HASH}, "input": {"uri": "input", "sha256": INPUT_HASH},
        "limits": {"fuel": 1_000_000_000, "memory_mib": 64, "output_bytes": 1_048_576},
    });
    assert_eq!(spec, expected);
    let (code, out, err) = home.run(NEW);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("job.json exists already") && err.contains("--force"), "{err}");
    assert_eq!(home.json(&format!("{NEW} --force"))["spec"], "job.json");
    // Below another folder, a path is whole; a uri always is.
    let whole = fs::canonicalize(home.path()).unwrap().join("input").display().to_string();
    assert_eq!(home.json(&format!("{NEW} --out a/b.json"))["input"]["uri"], whole);
    let uri = home.json(&format!("{NEW} --out c.json --file-uris"))["input"]["uri"].clone();
    assert_eq!(uri, format!("file://{whole}"));
}

#[test]
fn a_spec_is_checked_with_its_files() {
    let home = Home::new();
    home.json(NEW);
    let checked = home.json("job validate job.json --api http://127.0.0.1:1");
    let uri = |hash: &str| format!("http://127.0.0.1:1/v1/blobs/{hash}");
    let artifacts = json!([
        {"field": "program", "uri": uri(PROGRAM_HASH), "sha256": PROGRAM_HASH, "checked": true, "bytes": "4"},
        {"field": "input", "uri": uri(INPUT_HASH), "sha256": INPUT_HASH, "checked": true, "bytes": "4"},
    ]);
    assert_eq!((&checked["valid"], &checked["units"], &checked["runs"]), (&json!(true), &json!("2"), &json!([])));
    assert_eq!(checked["artifacts"], artifacts);
    assert_eq!(checked["spec_hash"].as_str().unwrap().len(), 64);

    fs::write(home.path().join("input"), b"TGCA").unwrap();
    let (code, out, err) = home.run("job validate job.json");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains(&format!("spec says {INPUT_HASH}")) && err.contains("input.sha256"), "{err}");
    home.json(&format!("{NEW} --out far.json --file-uris"));
    fs::remove_file(home.path().join("input")).unwrap();
    let far = home.json("job validate far.json --offline");
    assert_eq!((&far["artifacts"][1]["checked"], &far["artifacts"][1]["bytes"]), (&json!(false), &Value::Null));
    let (code, _, err) = home.run("job validate far.json");
    assert!(code == 1 && err.contains("cannot read"), "{err}");
}

#[test]
fn units_are_tried_by_the_node() {
    let home = Home::new();
    home.json(NEW);
    home.node(
        r#"[ "$1 $8 $9" = "try --units 1,0" ] || exit 9
cmp -s "$5" p.wasm && cmp -s "$7" input || exit 8
printf '%s\n' '{"unit":1,"fuel_used":"7","output":"/w==","stderr":"","error":null}'
printf '%s\n' '{"unit":0,"fuel_used":"5","output":"b2s=","stderr":"hm\n","error":null}'"#,
    );
    let tried = home.json("job validate job.json --run 1,0");
    let expected = json!([
        {"unit": "1", "fuel_used": "7", "stderr": "", "error": null, "bytes": "1", "encoding": "base64", "output": "/w=="},
        {"unit": "0", "fuel_used": "5", "stderr": "hm\n", "error": null, "bytes": "2", "encoding": "utf8", "output": "ok"},
    ]);
    assert_eq!(tried["runs"], expected);
    let (code, out, _) = home.run("job validate job.json --run 1,0");
    assert_eq!(code, 0);
    let end = "\nunit 1: 7 fuel, 1 bytes of base64\n/w==\n\nunit 0: 5 fuel, 2 bytes of utf8\nok\nstderr: hm\n";
    assert!(out.starts_with("spec            valid\n") && out.ends_with(end), "{out}");

    home.node(r#"echo '{"unit":0,"fuel_used":null,"output":null,"stderr":"","error":"R04 out of fuel"}'"#);
    let (code, out, err) = home.run("job validate job.json --run 0 --output json");
    assert_eq!(
        (code, &serde_json::from_str::<Value>(&out).unwrap()["runs"][0]["error"]),
        (1, &json!("R04 out of fuel"))
    );
    assert_eq!(err, "error: unit 0 cannot be computed, on no machine: R04 out of fuel\n");
    home.node("exit 1");
    let (code, _, err) = home.run("job validate job.json --run 0");
    assert!(code == 1 && err.contains("assay-node cannot run units here"), "{err}");
}

#[test]
fn wrong_use_is_said() {
    let home = Home::new();
    home.json(NEW);
    let job = "11111111111111111111111111111111";
    let hash = "0".repeat(64);
    let table = [
        (
            "job new fortran --name n --program p --input i --units 1".to_owned(),
            2,
            "[possible values: container, encrypted, quantum, wasm]",
        ),
        (format!("{NEW} --out d.json --memory-mib 5000"), 1, "`limits.memory_mib` is 5000"),
        (format!("{NEW} --out d.json --upload --file-uris"), 2, "cannot be used with"),
        ("job new wasm --name n --program none --input input --units 1 --out d.json".into(), 1, "cannot read none"),
        ("job new wasm --name n --program p.wasm --input input --units 0".into(), 2, "0 is not in 1..="),
        ("job validate none.json".into(), 1, "cannot read none.json"),
        ("job validate job.json --run 2".into(), 2, "there is no unit 2: the job has 2, counted from 0"),
        ("job validate job.json --run x".into(), 2, "write units as numbers and ranges"),
        ("job validate job.json --run 0 --offline".into(), 2, "cannot be used with"),
        ("job estimate job.json --limit 0".into(), 2, "0 is not in 1..=100"),
        (format!("job top-up {job}"), 2, "--price-per-unit"),
        (format!("job top-up {job} --extra-time 1h -k none"), 1, "create one with `assay keygen`"),
        (format!("job results {job} --units 3-1"), 2, "write units as numbers and ranges"),
        ("job post job.json --auction".into(), 2, "--auction needs a strategy in which one operator computes"),
        ("blob put none --api http://127.0.0.1:1".into(), 1, "cannot read none"),
        ("blob get ab".into(), 2, "not 64 hex digits"),
        (format!("blob get {hash} --api http://127.0.0.1:1"), 1, "cannot reach the indexer's API"),
        (format!("blob delete {hash}"), 1, "was begun here"),
        ("blob sign-in -k 11111111111111111111111111111111".into(), 2, "is an address, not a wallet"),
        (format!("market bids award {job}"), 2, "--operator"),
        (format!("market bids place {job}"), 2, "--price"),
        (
            "market devices --state asleep".into(),
            2,
            "[possible values: registered, verified, available, busy, retired]",
        ),
        ("market prices --api http://127.0.0.1:1".into(), 1, "cannot reach the indexer's API"),
    ];
    for (line, code, said) in table {
        let (found, out, err) = home.run(&line);
        assert_eq!((found, out.as_str()), (code, ""), "{line}: {err}");
        assert!(err.contains(said), "{line}: {err}");
    }
}

#[test]
fn nothing_begun_is_told() {
    let home = Home::new();
    assert_eq!(home.json("blob status"), json!({"items": []}));
    assert_eq!(home.run("blob list").1, "no upload was begun here and not completed\n");
}

#[test]
fn help_has_examples() {
    let home = Home::new();
    let commands = [
        "job new",
        "job validate",
        "job estimate",
        "job top-up",
        "job results",
        "blob",
        "market",
        "market devices",
        "market quotes",
        "market prices",
        "market bids",
        "market bids place",
        "market bids award",
    ];
    for line in commands {
        let (code, out, err) = home.run(&format!("{line} --help"));
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(out.contains("Examples:\n  assay "), "{out}");
    }
    let (_, out, _) = home.run("job new --help");
    assert!(out.contains("- wasm:      a WebAssembly program, run once for each unit"), "{out}");
}
