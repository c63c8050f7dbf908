//! What operators put on their machines: units of systemd, the sample of settings, the binary's commands. No chain needed.
#![allow(clippy::unwrap_used)] // clippy allows it in #[test] functions only; these are their helpers

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

fn deploy(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(file)
}

fn node(line: &str, folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay-node"));
    command.args(line.split_whitespace()).current_dir(folder).env_clear().env("HOME", folder).stdin(Stdio::null());
    command.output().unwrap()
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// What both units must say, whatever else they do.
const HARDENED: [&str; 10] = [
    "DynamicUser=yes",
    "ProtectSystem=strict",
    "NoNewPrivileges=yes",
    "ProtectHome=yes",
    "CapabilityBoundingSet=",
    "RestrictSUIDSGID=yes",
    "LimitNOFILE=65536",
    "LimitCORE=0",
    "Restart=on-failure",
    "KillSignal=SIGTERM",
];

#[test]
fn units_are_hardened_and_valid() {
    let folder = tempfile::tempdir().unwrap();
    for unit in ["assay-node", "assay-indexer"] {
        let file = format!("{unit}.service");
        let text = fs::read_to_string(deploy("systemd").join(&file)).unwrap();
        for line in HARDENED.into_iter().chain([&*format!("StateDirectory={unit}")]) {
            assert!(text.lines().any(|has| has == line), "{file} lacks {line}");
        }
        assert!(text.contains("\nMemoryMax="), "{file} lacks MemoryMax");
        // With a program that is there: systemd asks for it.
        let text = text.replace(&format!("/usr/local/bin/{unit}"), env!("CARGO_BIN_EXE_assay-node"));
        let copy = folder.path().join(&file);
        fs::write(&copy, text).unwrap();
        let verify = Command::new("timeout").args(["60", "systemd-analyze", "verify", "--man=no"]).arg(&copy).output();
        match verify {
            Ok(output) if output.status.code() == Some(127) => {
                eprintln!("no systemd-analyze here: {file} is not verified")
            }
            Err(why) => eprintln!("no timeout here ({why}): {file} is not verified"),
            Ok(output) => {
                let (code, out, err) = said(&output);
                // It does not fail for words that it does not know; it says so.
                let about = |line: &&str| line.contains(unit);
                let complaints: Vec<_> = err.lines().filter(about).collect();
                assert_eq!((code, complaints), (Some(0), vec![]), "{out}{err}");
            }
        }
    }
}

#[test]
fn the_unit_starts_the_node_with_flags_that_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let unit = fs::read_to_string(deploy("systemd/assay-node.service")).unwrap();
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/assay-node ")).unwrap();
    assert!(start.starts_with("run "), "{start}");
    let (_, help, _) = said(&node("--help", folder.path()));
    for flag in start.split_whitespace().filter(|word| word.starts_with("--")) {
        assert!(
            help.contains(&format!("{flag} ")) || help.contains(&format!("{flag}\n")),
            "{flag} is in no help:\n{help}"
        );
    }
}

#[test]
fn the_sample_is_committed_and_every_key_of_it_works() {
    let folder = tempfile::tempdir().unwrap();
    let (code, sample, err) = said(&node("sample", folder.path()));
    assert_eq!(code, Some(0), "{err}");
    let committed = fs::read_to_string(deploy("node.toml")).unwrap_or_default();
    assert_eq!(committed, sample, "write it again: assay-node sample > deploy/node.toml");
    // With every key in use it is a file of settings: `sample` reads them all, and prints the same.
    let used = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_lowercase()) => rest.to_owned(),
        _ => line.to_owned(),
    };
    let text: String = sample.lines().map(|line| used(line) + "\n").collect();
    assert!(text.lines().filter(|line| line.contains(" = ")).count() >= 12, "{text}");
    fs::write(folder.path().join("all.toml"), text).unwrap();
    let (code, again, err) = said(&node("sample --config all.toml", folder.path()));
    assert_eq!((code, again), (Some(0), sample), "{err}");
}

#[test]
fn settings_are_refused_by_name_and_flags_beat_them() {
    let folder = tempfile::tempdir().unwrap();
    let run = |text: &str, line: &str| {
        fs::write(folder.path().join("node.toml"), text).unwrap();
        said(&node(&format!("{line} --config node.toml"), folder.path()))
    };
    let (code, _, err) = run("pol-ms = 1\n", "check");
    assert_eq!(code, Some(2));
    assert!(err.contains("there is no setting `pol-ms`; `assay-node sample` prints all"), "{err}");
    let (code, _, err) = run("listen = \"nowhere\"\n", "sample");
    assert_eq!(code, Some(2));
    assert!(err.contains("--listen"), "{err}");
    for flags in ["sample --listen 127.0.0.1:1", "sample --listen=127.0.0.1:1"] {
        assert_eq!(run("listen = \"nowhere\"\n", flags).0, Some(0), "{flags}");
    }
    // By its short name too.
    assert_eq!(run("url = 7.5\n[x]\n", "sample -u http://127.0.0.1:1").0, Some(2), "there is no setting x");
    let (code, _, err) = run("", "run");
    assert_eq!(code, Some(1));
    assert!(err.contains("--keypair or ASSAY_KEYPAIR"), "{err}");
}

#[test]
fn a_dashboard_needs_a_terminal_and_a_node() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, err) = said(&node("dashboard --node http://127.0.0.1:1", folder.path()));
    assert_eq!(code, Some(1));
    assert!(err.contains("this is no terminal: `assay operator dashboard --once`"), "{err}");
    let (code, _, err) = said(&node("dashboard --once --data .", folder.path()));
    assert_eq!(code, Some(1));
    assert!(err.contains("no node runs in .: start it with `assay operator run`"), "{err}");
}
