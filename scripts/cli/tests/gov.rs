//! Validators, models, votes and cranks as a shell sees them: help, wrong use, what a file of actions says. No chain needed.
#![allow(clippy::unwrap_used)] // clippy allows it in #[test] functions only; these are their helpers

use std::{fs, process::Command};

use tempfile::TempDir;

fn run(home: &TempDir, line: &str) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(line.split_whitespace())
        .current_dir(home.path())
        .env_clear()
        .env("HOME", home.path())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn every_command_shows_an_example_and_names_its_parts() {
    let home = tempfile::tempdir().unwrap();
    let table = [
        ("validator --help", "  assay validator join", "join status cases jury"),
        ("validator join --help", "assay validator join --stake 1000", "--stake --classes --commission"),
        ("model --help", "  assay model publish", "publish version payee retire list show royalties"),
        ("reputation --help", "assay reputation OPERATOR", "--class --history"),
        ("gov --help", "  assay gov propose", "authority list show propose start vote queue execute veto cancel close"),
        ("crank --help", "  assay crank --dry-run", "--once --watch --every --kinds --paid --make-accounts"),
        ("bench --help", "  assay bench", "--samples --parallel --send"),
    ];
    for (line, example, parts) in table {
        let (code, out, err) = run(&home, line);
        assert_eq!((code, err.as_str()), (0, ""), "{line}");
        assert!(out.contains("Example") && out.contains(example), "{line}: {out}");
        for part in parts.split_whitespace() {
            assert!(
                out.lines().any(|said| said.trim_start().split([' ', ',']).any(|word| word == part)),
                "{line}: {part}"
            );
        }
    }
}

/// Scripts name them: none may be renamed without being seen here.
#[test]
fn the_kinds_of_cranks_are_the_programs_own_names() {
    let home = tempfile::tempdir().unwrap();
    let (code, _, err) = run(&home, "crank --kinds nonsense");
    assert_eq!(code, 2);
    let kinds = "draw, finalize, release-milestone, settle, slash-seat, expire-seat, expire-job, pay-royalty, refund, \
                 close-job, close-round, draw-jury, resolve-case, conclude-case, pay-case, settle-ballot, slash-ballot, \
                 close-case, return-surety, withdraw-bid, close-attestor, close-key, close-canary, advance-epoch, \
                 sync-weight, withdraw, emit-epoch, collect-fees, sweep-distribution, finish-vote, execute, close-action, \
                 close-proposal, close-vote";
    assert!(err.contains(kinds), "{err}");
}

#[test]
fn wrong_use_is_told_before_anything_is_sent() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(run(&home, "keygen").0, 0);
    fs::write(home.path().join("empty.json"), "[]").unwrap();
    fs::write(home.path().join("wrong.json"), r#"{"transaction": "%"}"#).unwrap();
    fs::write(home.path().join("model.bin"), "x").unwrap();
    let hash = "ab".repeat(32);
    let table = [
        ("validator join --stake much".into(), 2, "write an amount as digits"),
        ("validator join --classes 7".into(), 2, "7 is not in 0..=4"),
        ("validator jury nonsense".into(), 2, "invalid value 'nonsense'"),
        ("model publish".into(), 2, "required arguments were not provided"),
        (format!("model publish model.bin --hash {hash}"), 2, "cannot be used with"),
        (format!("model publish --hash {hash}"), 2, "--uri <URI>"),
        ("model publish model.bin --royalty 3001".into(), 2, "3001 is not in 0..=3000"),
        ("model list --mine --author 11111111111111111111111111111111".into(), 2, "cannot be used with"),
        ("reputation --class 5".into(), 2, "5 is not in 0..=4"),
        ("gov vote 0 maybe".into(), 2, "[possible values: yes, no, abstain]"),
        ("gov vote 0 yes --actions-hash ab".into(), 2, "not 64 hex digits"),
        ("gov propose".into(), 2, "required arguments were not provided"),
        ("gov propose none.json".into(), 1, "cannot read none.json"),
        ("gov propose empty.json".into(), 2, "empty.json holds no actions: there is no instruction in it"),
        ("gov propose wrong.json".into(), 2, "its transaction is not one in base64"),
        ("gov list --state lost".into(), 2, "[possible values: draft, voting, queued"),
        ("crank --once --watch".into(), 2, "cannot be used with"),
        ("crank --every 5s".into(), 2, "--watch"),
        ("crank --sign-only".into(), 2, "see them with --dry-run"),
        ("crank --once -u http://127.0.0.1:1".into(), 1, "start one with `assay localnet`"),
        ("bench --samples 0".into(), 2, "0 is not in 1..=10000"),
        ("bench --send --dry-run".into(), 2, "--send sends"),
        ("bench -u http://127.0.0.1:1".into(), 1, "start one with `assay localnet`"),
    ];
    for (line, code, said) in table {
        let line: String = line;
        let (found, out, err) = run(&home, &line);
        assert_eq!((found, out.as_str()), (code, ""), "{line}: {err}");
        assert!(err.contains(said), "{line}: {err}");
    }
}

#[test]
fn whom_proposals_sign_for_is_a_constant() {
    let home = tempfile::tempdir().unwrap();
    let authority = "3FSSrsuk8QS3NhARYstKPzuV6XkaUd5ExWZLyZAYYkcv";
    assert_eq!(run(&home, "gov authority"), (0, format!("{authority}\n"), String::new()));
    let expected = format!("{{\"authority\":\"{authority}\"}}\n");
    assert_eq!(run(&home, "gov authority --output json-compact").1, expected);
}
