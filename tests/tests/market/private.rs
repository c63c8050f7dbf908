//! Private jobs: computed by the operators that are named, read by their requester, and by nobody else.

use std::{
    fs,
    path::{Path, PathBuf},
};

use assay_sdk::{
    private::{MAGIC, PrivateError, decrypt},
    spec::{Encryption, JobSpec},
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use solana_sdk::signature::{Keypair, read_keypair_file};

use crate::support::{Market, expected_root, files, root, wait};

/// A market of three, of whom the first two are named, and its requester.
struct Scene {
    market: Market,
    requester: PathBuf,
    named: Vec<String>,
}

impl Scene {
    fn new() -> Self {
        let market = Market::start(3, 0);
        let requester = market.funded("requester");
        let operators = market.state()["operators"].as_array().unwrap().clone();
        let named = operators[..2].iter().map(|one| one.as_str().unwrap().to_owned()).collect();
        Self { market, requester, named }
    }

    /// Post the example for the eyes of the first `count` of those named.
    fn post(&self, count: usize, terms: &[&str]) -> String {
        let mut arguments = [terms, &["--private"]].concat();
        arguments.extend(self.named[..count].iter().flat_map(|operator| ["--to", operator]));
        self.market.post_with(&self.requester, &science(), &arguments)
    }

    fn wallet_of(&self, operator: u16) -> PathBuf {
        self.market.data().join(format!("keys/operator-{operator}.json"))
    }

    /// A blob of the API.
    fn blob(&self, uri: &str) -> Vec<u8> {
        let reply = std::process::Command::new("curl").args(["-fsS", "--max-time", "20", uri]).output().unwrap();
        assert!(reply.status.success(), "{uri}: {reply:?}");
        reply.stdout
    }

    /// The outputs as the CLI writes them for a wallet, or what it says.
    fn outputs(&self, wallet: &Path, job: &str) -> Result<Vec<String>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let shown = self.market.cli(wallet, &["job", "show", job, "--result", path]);
        if !shown.status.success() {
            return Err(String::from_utf8_lossy(&shown.stderr).into_owned());
        }
        Ok(serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
    }
}

fn science() -> PathBuf {
    root().join("examples/orf-kmer/job.json")
}

fn expected() -> Vec<String> {
    serde_json::from_slice(&fs::read(root().join("examples/orf-kmer/expected/outputs.json")).unwrap()).unwrap()
}

fn key(path: &Path) -> Keypair {
    read_keypair_file(path).unwrap()
}

#[test]
fn a_private_job_is_computed_by_those_named_and_read_by_its_requester() {
    let scene = Scene::new();
    let market = &scene.market;
    let two = ["--replicas", "2", "--quorum", "2"];

    // One operator is too few for two seats, and who has no pool can take none.
    let post = ["job", "post", science().to_str().unwrap(), "--private", "--to", &scene.named[0]].map(str::to_owned);
    let post: Vec<&str> = post.iter().map(String::as_str).collect();
    let few = market.cli(&scene.requester, &[&post[..], &two].concat());
    assert_eq!(few.status.code(), Some(2), "{few:?}");
    assert!(String::from_utf8_lossy(&few.stderr).contains("2 seats"), "{few:?}");
    let poolless = market.cli_json(&scene.requester, &["address"])["address"].as_str().unwrap().to_owned();
    let error = market.cli_error(&scene.requester, &[&post[..], &two, &["--to", &poolless]].concat());
    assert!(error.contains("has no pool"), "{error}");

    let job = scene.post(2, &two);
    let report = market.settled(&scene.requester, &job, Some(&expected_root("orf-kmer")));
    let mut paid: Vec<&str> =
        report["paid"].as_array().unwrap().iter().map(|line| line["operator"].as_str().unwrap()).collect();
    paid.sort_unstable();
    let mut named: Vec<&str> = scene.named.iter().map(String::as_str).collect();
    named.sort_unstable();
    assert_eq!(paid, named, "{report}");

    reads_nobody_else(&scene, &job);
    holds_no_plaintext(&scene);
}

/// The requester's wallet reads the result; the third operator's, and the API without any key, do not; nor do they read the
/// input.
fn reads_nobody_else(scene: &Scene, job: &str) {
    let market = &scene.market;
    assert_eq!(scene.outputs(&scene.requester, job).unwrap(), expected());
    let third = scene.wallet_of(2);
    let error = scene.outputs(&third, job).unwrap_err();
    assert!(error.contains("private") && error.contains("not encrypted to this wallet"), "{error}");
    let result = format!("/v1/results/{}", expected_root("orf-kmer"));
    assert_eq!(market.get(&result), None, "the result is not there for all to read");

    let posted = market.job(job).unwrap();
    let hash = hex::decode(posted["job"]["spec_hash"].as_str().unwrap()).unwrap();
    let spec = scene.blob(&format!("{}/v1/blobs/{}", market.field("api"), hex::encode(&hash)));
    let spec = JobSpec::parse_expecting(&spec, &hash.try_into().unwrap()).unwrap();
    assert_eq!(spec.input.encryption, Some(Encryption::Age));
    let file = scene.blob(&spec.input.uri);
    assert!(file.starts_with(MAGIC), "{:?}", &file[..MAGIC.len()]);
    assert_ne!(hex::encode(Sha256::digest(&file)), spec.input.sha256, "the spec's hash is of the plaintext");
    let input = fs::read(root().join("examples/orf-kmer/input.fasta")).unwrap();
    for reader in [scene.requester.clone(), scene.wallet_of(0), scene.wallet_of(1)] {
        assert_eq!(decrypt(&file, &key(&reader), 1 << 20).unwrap(), input);
    }
    let error = decrypt(&file, &key(&third), 1 << 20).unwrap_err();
    assert!(matches!(error, PrivateError::NotForYou(_)), "{error}");
}

/// Of input and outputs there is nothing on any disk of the market's: of the API, of the nodes that computed, of the one that
/// did not.
fn holds_no_plaintext(scene: &Scene) {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let outputs = expected();
    let secrets = [
        b"TGTAACGAACGGTGCAATAGTGATCCACACCCAACGCC".to_vec(),
        outputs[0].as_bytes()[..60].to_vec(),
        // Whole groups of three bytes, as a result document has them.
        STANDARD.encode(&outputs[0].as_bytes()[..60]).into_bytes(),
    ];
    let mut all = vec![];
    files(&scene.market.data().join("run"), &mut all);
    files(&scene.market.data().join("logs"), &mut all);
    let mut encrypted = 0;
    for path in all {
        let bytes = fs::read(&path).unwrap_or_default();
        encrypted += usize::from(bytes.starts_with(MAGIC));
        for secret in &secrets {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret), "{} tells it", path.display());
        }
    }
    // The input and the result of either operator at the API, and the input in both caches.
    assert!(encrypted >= 5, "{encrypted}");
}

/// Named alone, looked at by its requester before it is paid: the strategy that suits a secret best.
#[test]
fn a_private_delivery_is_reviewed_by_its_requester() {
    let scene = Scene::new();
    let job = scene.post(1, &["--strategy", "accepted", "--window", "1h"]);
    wait("a delivery", || {
        let status = scene.market.job(&job)?["job"]["status"].as_str()?.to_owned();
        (status == "delivered").then_some(())
    });
    let file = root().join("examples/orf-kmer/expected/outputs.json");
    let rejected = scene.market.cli(&scene.requester, &["job", "reject", &job, "--expected", file.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&rejected.stderr).into_owned();
    assert!(!rejected.status.success() && said.contains("nothing to object to"), "{said}");
    scene.market.cli_json(&scene.requester, &["job", "accept", &job]);
    let report = scene.market.settled(&scene.requester, &job, Some(&expected_root("orf-kmer")));
    let paid: Vec<&Value> = report["paid"].as_array().unwrap().iter().map(|line| &line["operator"]).collect();
    assert_eq!(paid, [&Value::from(scene.named[0].as_str())], "{report}");
    assert_eq!(scene.outputs(&scene.requester, &job).unwrap(), expected());
}
