//! Every input of the API, made from the committed document by schemathesis: no answer is a fault, and none is other
//! than the document says.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use solana_sdk::signer::{Signer, keypair::read_keypair_file};

use crate::support::{Market, root, wait};

/// Faults, and what the document does not say: status, type, headers, content.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance";

/// Where `scripts/test.sh` has installed it.
fn schemathesis() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"), PathBuf::from);
    let path = cache.join("assay/venv/bin/schemathesis");
    assert!(path.exists(), "{} is missing: run the tests by scripts/test.sh", path.display());
    path
}

/// POST JSON; the reply's JSON.
fn post(url: &str, body: &Value) -> Value {
    let args = ["-fsS", "--max-time", "20", "-H", "content-type: application/json", "-d", &body.to_string(), url];
    let reply = Command::new("curl").args(args).output().unwrap();
    serde_json::from_slice(&reply.stdout).unwrap_or_else(|why| panic!("{url}: {why}: {reply:?}"))
}

#[test]
fn every_input_fuzzed_from_openapi() {
    let market = Market::start(3, 0);
    let wallet = market.funded("requester");
    let spec = root().join("examples/orf-kmer/job.json");
    let job = market.post(&wallet, &spec);
    wait("the job to be indexed", || market.job(&job));
    let api = market.field("api");
    let key = read_keypair_file(&wallet).unwrap();
    let nonce = post(&format!("{api}/v1/auth/nonce"), &json!({"wallet": key.pubkey().to_string()}));
    let signature = key.sign_message(nonce["message"].as_str().unwrap().as_bytes());
    let login = json!({"wallet": key.pubkey().to_string(), "nonce": nonce["input"]["nonce"], "signature": signature.to_string()});
    let tokens = post(&format!("{api}/v1/auth/login"), &login);

    let seed = std::env::var("SEED").unwrap_or_else(|_| std::process::id().to_string());
    println!("SEED={seed}");
    let mut run = Command::new(schemathesis());
    run.arg("run").arg(root().join("indexer/openapi.json")).args(["--url", &api, "--checks", CHECKS, "--seed", &seed]);
    run.args(["--phases", "coverage,fuzzing", "--max-examples", "10", "--request-timeout", "30", "--no-color"]);
    // What never ends is tested where it is known how it begins: indexer/tests/live.rs.
    run.args(["--exclude-path", "/v1/stream", "--exclude-path", "/v1/ws", "--suppress-health-check", "all"]);
    run.arg("--header").arg(format!("Authorization: Bearer {}", tokens["access_token"].as_str().unwrap()));
    // Its cache of examples is not ours to keep.
    let folder = tempfile::tempdir().unwrap();
    let output = run.current_dir(folder.path()).stdin(Stdio::null()).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    println!("{}", out.lines().rev().take(12).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n"));
}
