//! Wrong input gets a clear error, and nothing is lost.

use std::{fs, path::Path};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Market, root};

#[test]
fn wrong_input_gets_a_clear_error() {
    let market = Market::start(3, 0);
    let science = root().join("examples/orf-kmer/job.json");
    let science = science.to_str().unwrap();
    let priced = ["--price-per-unit", "0.01"];
    let post = |spec: &str, more: &[&str]| -> Vec<String> {
        ["job", "post", spec].iter().chain(&priced).chain(more).map(ToString::to_string).collect()
    };
    let said = |wallet: &Path, arguments: Vec<String>| {
        market.cli_error(wallet, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };

    let poor = market.wallet("poor");
    let error = said(&poor, post(science, &[]));
    assert!(error.contains("airdrop") && error.contains("SOL"), "{error}");

    let requester = market.funded("requester");
    let unknown = "So11111111111111111111111111111111111111112";
    let error = said(&requester, post(science, &["--mint", unknown]));
    assert!(error.contains(unknown) && error.contains(&market.field("payment_mint")), "{error}");

    let dear = ["job", "post", science, "--price-per-unit", "999999"];
    let error = market.cli_error(&requester, &dear);
    assert!(error.contains("95999904"), "how much is needed: {error}");

    let folder = tempfile::tempdir().unwrap();
    let mut spec: Value = serde_json::from_slice(&fs::read(science).unwrap()).unwrap();
    spec["program"]["sha256"] = json!("00".repeat(32));
    let example = Path::new(science).parent().unwrap();
    for file in ["job.wasm", "input.fasta"] {
        fs::copy(example.join(file), folder.path().join(file)).unwrap();
    }
    let wrong = folder.path().join("job.json");
    fs::write(&wrong, spec.to_string()).unwrap();
    let error = said(&requester, post(wrong.to_str().unwrap(), &[]));
    assert!(error.contains(&"00".repeat(32)) && error.contains("job.wasm"), "{error}");

    // A program that no machine can run: the nodes find out, agree, are paid, and the result says why.
    for (name, program, reason) in impossible() {
        let job = post_program(&market, &requester, name, &program);
        let report = market.settled(&requester, &job, None);
        assert_eq!(report["state"], "settled", "{name}");
        assert_eq!(report["slashed"].as_array().unwrap().len(), 0, "{name}: {report}");
        let outputs = folder.path().join("outputs.json");
        market.cli_json(&requester, &["job", "show", &job, "--result", outputs.to_str().unwrap()]);
        let outputs: Vec<String> = serde_json::from_slice(&fs::read(&outputs).unwrap()).unwrap();
        assert_eq!(outputs, vec![format!("assay: this unit cannot be computed: {reason}"); 2], "{name}");
    }
}

/// Programs that cannot be computed, with what the result says of each.
fn impossible() -> [(&'static str, Vec<u8>, &'static str); 3] {
    let endless = r#"(module (memory (export "memory") 1) (func (export "_start") (loop $again (br $again))))"#;
    let greedy = r#"(module (memory (export "memory") 1) (func (export "_start")
        (loop $again (drop (memory.grow (i32.const 64))) (br $again))))"#;
    [
        ("endless", wat::parse_str(endless).unwrap(), "it failed with R04"),
        ("greedy", wat::parse_str(greedy).unwrap(), "it failed with R05"),
        ("not wasm", b"#!/bin/sh\necho hello\n".to_vec(), "the program failed with R01"),
    ]
}

fn post_program(market: &Market, wallet: &Path, name: &str, program: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let hash = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
    fs::write(folder.path().join("job.wasm"), program).unwrap();
    fs::write(folder.path().join("input"), b"nothing").unwrap();
    let spec = json!({
        "version": 1, "name": name, "engine": "wasm", "units": 2,
        "program": { "uri": "job.wasm", "sha256": hash(program) },
        "input": { "uri": "input", "sha256": hash(b"nothing") },
        "limits": { "fuel": 50_000_000, "memory_mib": 64, "output_bytes": 1024 },
    });
    let path = folder.path().join("job.json");
    fs::write(&path, spec.to_string()).unwrap();
    market.post(wallet, &path)
}
