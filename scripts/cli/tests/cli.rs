//! The binary as a shell sees it: exit codes, what goes where, what is said. No chain needed.
#![allow(clippy::unwrap_used)] // clippy allows it in #[test] functions only; these are their helpers

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

/// A home of its own, so that nobody's wallet or config is seen.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        command.args(line.split_whitespace()).current_dir(self.path()).env_clear().env("HOME", self.path());
        command
    }

    fn run(&self, line: &str) -> (i32, String, String) {
        told(self.command(line).output().unwrap())
    }
}

fn told(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn failures_say_what_to_do_and_choose_the_exit_code() {
    let home = Home::new();
    let table = [
        ("", 2, "Usage: assay [OPTIONS] <COMMAND>"),
        ("address", 1, "create one with `assay keygen`"),
        ("-k none.json address", 1, "there is no wallet at none.json"),
        ("-k usb://ledger address", 2, "this build cannot talk to hardware wallets"),
        ("-u mars address", 2, "neither an http(s) URL nor one of l, d, t, m"),
        ("-C none.yml address", 1, "cannot read none.yml"),
        ("--dry-run --sign-only address", 2, "cannot be used with"),
        ("--blockhash 11111111111111111111111111111111 address", 2, "--sign-only"),
        ("stake add 1.0000000001", 2, "more than the 9 decimals"),
        ("stake add -- -1", 2, "write an amount as digits"),
        ("operator init --data node", 1, "create one with `assay keygen`"),
        ("operator profile", 2, "--data <FOLDER>"),
        ("operator profile --data .", 1, "measure it with --measure, or `assay operator init`"),
        ("operator profile --verify none.json", 1, "cannot read none.json"),
        ("operator profile --measure --verify none.json", 2, "cannot be used with"),
        ("operator dashboard --data . --node http://127.0.0.1:1", 2, "cannot be used with"),
        ("airdrop 1e9", 2, "write an amount as digits"),
        ("-u d airdrop", 2, "localnet only"),
        ("job post job.json --price-per-unit a", 2, "write an amount as digits"),
        ("job post job.json --deadline soon", 2, "write a time as 90s, 30m, 2h or 1d"),
        ("job post job.json --replicas 4 --quorum 2", 2, "more than half must agree"),
        ("job post job.json --strategy sampled --quorum 2", 2, "--quorum is a term of --strategy replicated"),
        ("job post job.json --strategy proven", 2, "needs --key"),
        ("job post job.json --strategy voted", 2, "[possible values: replicated, sampled, optimistic"),
        ("job post job.json --strategy accepted --window soon", 2, "write a time as 90s, 30m, 2h or 1d"),
        ("job post job.json --strategy attested --registrar me", 2, "invalid value 'me'"),
        ("job challenge 11111111111111111111111111111111", 2, "required arguments were not provided"),
        ("job reject 11111111111111111111111111111111 --unit 1 --expected a.json", 2, "cannot be used with"),
        ("job challenge 11111111111111111111111111111111 --unit 5", 1, "create one with `assay keygen`"),
        ("job cases nonsense", 2, "invalid value 'nonsense'"),
        ("job accept nonsense", 2, "invalid value 'nonsense'"),
        ("job post job.json --class 5", 2, "5 is not in 0..=4"),
        ("job show nonsense", 2, "invalid value 'nonsense'"),
        ("job list --api http://127.0.0.1:1", 1, "cannot reach the indexer's API at http://127.0.0.1:1"),
        ("-u http://127.0.0.1:1 balance 11111111111111111111111111111111", 1, "start one with `assay localnet`"),
        ("job report 11111111111111111111111111111111 --expected-root ab", 2, "not 64 hex digits"),
        ("operator run", 1, "cargo build -p assay-node"),
    ];
    for (line, code, said) in table {
        // Never the sibling that may have been built beside the tests.
        let output = home.command(line).env("ASSAY_BIN_DIR", home.path()).output().unwrap();
        let (found, out, err) = told(output);
        assert_eq!((found, out.as_str()), (code, ""), "{line}: {err}");
        assert!(err.contains(said), "{line}: {err}");
    }
}

#[test]
fn keygen_makes_a_private_wallet_once() {
    let home = Home::new();
    let (code, out, err) = home.run("keygen --output json");
    assert_eq!((code, err.as_str()), (0, ""));
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    let file = home.path().join(".config/solana/id.json");
    assert_eq!(document["keypair"], file.display().to_string());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(home.run("address"), (0, format!("{}\n", document["address"].as_str().unwrap()), String::new()));

    let secret = fs::read_to_string(&file).unwrap();
    let (code, out, err) = home.run("keygen");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("is not overwritten"), "{err}");
    assert_eq!(fs::read_to_string(&file).unwrap(), secret);
    assert_eq!(home.run("keygen -o other/wallet.json").0, 0);
    assert!(home.path().join("other/wallet.json").is_file());
}

#[test]
fn a_broken_wallet_is_never_quoted() {
    let home = Home::new();
    fs::write(home.path().join("bad.json"), "[1,2,secret]").unwrap();
    let (code, out, err) = home.run("-k bad.json address");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("bad.json is not a keypair file") && !err.contains("secret"), "{err}");
}

#[test]
fn the_solana_tools_config_is_read() {
    let home = Home::new();
    assert_eq!(home.run("keygen -o mine.json").0, 0);
    let wallet = home.path().join("mine.json");
    let config = format!("json_rpc_url: http://127.0.0.1:1\nkeypair_path: {}\n", wallet.display());
    fs::create_dir_all(home.path().join(".config/solana/cli")).unwrap();
    fs::write(home.path().join(".config/solana/cli/config.yml"), config).unwrap();
    assert_eq!(home.run("address").1, home.run("-k mine.json address").1);
    let (code, _, err) = home.run("balance");
    assert!(code == 1 && err.contains("http://127.0.0.1:1 "), "{err}");
}

#[test]
fn a_spec_whose_hash_does_not_match_is_refused_before_anything_is_sent() {
    let home = Home::new();
    assert_eq!(home.run("keygen").0, 0);
    fs::write(home.path().join("job.wasm"), "x").unwrap();
    let zeros = "0".repeat(64);
    let spec = format!(
        r#"{{"version": 1, "name": "t", "engine": "wasm", "units": 1, "program": {{"uri": "job.wasm", "sha256": "{zeros}"}},
            "input": {{"uri": "job.wasm", "sha256": "{zeros}"}}, "limits": {{"fuel": 1, "memory_mib": 1, "output_bytes": 1}}}}"#
    );
    fs::write(home.path().join("job.json"), spec).unwrap();
    let (code, out, err) = home.run("job post job.json -u http://127.0.0.1:1");
    assert_eq!((code, out.as_str()), (1, ""));
    let file = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"; // printf x | sha256sum
    assert!(err.contains(&format!("spec says {zeros}, file is {file}")), "{err}");
}

#[test]
fn other_programs_get_all_their_arguments() {
    let home = Home::new();
    for name in ["assay-localnet", "assay-node"] {
        let script = home.path().join(name);
        fs::write(&script, "#!/bin/sh\necho \"$(basename \"$0\") $*\"\nexit 7\n").unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let run = |line: &str| told(home.command(line).env("ASSAY_BIN_DIR", home.path()).output().unwrap());
    assert_eq!(run("localnet --help -u x").1, "assay-localnet --help -u x\n");
    assert_eq!(
        run("operator run --keypair k --url u -- y"),
        (7, "assay-node --keypair k --url u -- y\n".into(), String::new())
    );
    assert_eq!(run("--output json localnet --reset").1, "assay-localnet --reset\n");
}

#[test]
fn help_has_examples() {
    let home = Home::new();
    for line in ["--help", "job post --help", "job challenge --help", "job reject --help"] {
        let (code, out, err) = home.run(line);
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(out.contains("Examples:\n  assay "), "{out}");
    }
}

#[test]
fn the_config_file_is_the_solana_tools_own() {
    let home = Home::new();
    let file = home.path().join(".config/solana/cli/config.yml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "json_rpc_url: http://127.0.0.1:1\naddress_labels:\n  a: b\ncommitment: finalized\n").unwrap();
    let (code, _, err) = home.run("config set");
    assert_eq!(code, 2, "{err}");
    let (code, _, err) = home.run("-u d -k key.json config set");
    assert_eq!(code, 0, "{err}");
    let text = fs::read_to_string(&file).unwrap();
    let expected = "json_rpc_url: https://api.devnet.solana.com\naddress_labels:\n  a: b\ncommitment: finalized\n\
                    websocket_url: ''\nkeypair_path: key.json\n";
    assert_eq!(text, expected);
    let (code, out, err) = home.run("config get --output json-compact");
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains(r#""commitment":"finalized""#) && out.contains(r#""url":"https://api.devnet.solana.com""#),
        "{out}"
    );
}

#[test]
fn shells_and_man_know_the_commands() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let (code, out, err) = home.run(&format!("completions {shell}"));
        assert!(code == 0 && out.contains("redelegate"), "{shell}: {err}");
    }
    let (code, _, err) = home.run("man pages");
    assert_eq!(code, 0, "{err}");
    let page = fs::read_to_string(home.path().join("pages/assay-stake-add.1")).unwrap();
    assert!(page.contains("max\\-commission"), "{page}");
}
