//! What a requester does from a terminal: write a job, try it, learn its price, top it up, fetch its results; store what
//! it needs; and award a bid.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Market, expected_root, root, wait};

const OPERATORS: u16 = 3;
/// Of an upload in chunks, as the API chooses it.
const CHUNK: usize = 8 << 20;

/// Operators whose nodes stand still until this is dropped: nothing happens but what the test does.
struct Still<'a>(&'a Market);

impl<'a> Still<'a> {
    fn new(market: &'a Market) -> Self {
        signal(market, "-STOP");
        Self(market)
    }
}

impl Drop for Still<'_> {
    fn drop(&mut self) {
        signal(self.0, "-CONT");
    }
}

fn signal(market: &Market, name: &str) {
    for index in 0..OPERATORS {
        let pid = market.pid(&format!("operator-{index}")).to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success(), "{name} {pid}");
    }
}

/// A market, its requester, and a folder for files.
struct Scene {
    market: Market,
    wallet: PathBuf,
    place: tempfile::TempDir,
}

impl Scene {
    fn json(&self, arguments: &[&str]) -> Value {
        self.market.cli_json(&self.wallet, arguments)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_requester_lives_by_the_command_line() {
    let market = Market::start(OPERATORS, 0);
    let wallet = market.funded("requester");
    let scene = Scene { market, wallet, place: tempfile::tempdir().unwrap() };
    wait("the operators' machines", || {
        let all = scene.market.get("/v1/devices")?;
        (all["items"].as_array()?.len() == usize::from(OPERATORS)).then_some(())
    });
    let machines = scene.json(&["market", "devices", "--state", "available", "--cores", "1"]);
    assert_eq!(machines["items"].as_array().unwrap().len(), usize::from(OPERATORS));
    let spec = a_job_is_written_and_tried(&scene);
    it_is_estimated(&scene, &spec);
    let job = it_is_posted_and_topped_up(&scene, &spec);
    its_results_are_fetched(&scene, &job);
    prices_are_told(&scene);
    a_delivery_is_looked_at(&scene, &spec);
    a_bid_is_awarded(&scene, &spec);
    blobs_come_and_go(&scene);
}

fn outputs() -> Vec<String> {
    let path = root().join("examples/orf-kmer/expected/outputs.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn a_job_is_written_and_tried(scene: &Scene) -> PathBuf {
    let example = root().join("examples/orf-kmer");
    let (program, input) = (example.join("job.wasm"), example.join("input.fasta"));
    let out = scene.path("work/job.json");
    let new = ["job", "new", "wasm", "--name", "orfs", "--program", text(&program), "--input", text(&input)];
    let more = ["--units", "32", "--arg", "--min-orf", "--arg", "90", "--fuel", "160000000", "--out", text(&out)];
    let written = scene.json(&[&new[..], &more].concat());
    assert_eq!(written["units"], "32");
    let spec: Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
    let known: Value = serde_json::from_slice(&fs::read(example.join("job.json")).unwrap()).unwrap();
    for field in ["engine", "units", "args", "limits", "version"] {
        assert_eq!(spec[field], known[field], "{field}");
    }
    for field in ["program", "input"] {
        assert_eq!(spec[field]["sha256"], known[field]["sha256"], "{field}");
    }
    let notes = fs::read_to_string(scene.path("work/job.md")).unwrap();
    assert!(notes.contains("assay job validate"), "{notes}");
    let again = scene.market.cli(&scene.wallet, &[&new[..], &more].concat());
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("--force"), "{again:?}");

    let tried = scene.json(&["job", "validate", text(&out), "--run", "31,0"]);
    assert_eq!((&tried["valid"], &tried["artifacts"][0]["checked"]), (&json!(true), &json!(true)));
    let expected = outputs();
    for (at, unit) in [(0, 31), (1, 0)] {
        let run = &tried["runs"][at];
        assert_eq!((run["unit"].as_str(), run["output"].as_str()), (Some(&*unit.to_string()), Some(&*expected[unit])));
        assert_eq!((&run["encoding"], &run["error"]), (&json!("utf8"), &Value::Null));
    }
    // Too little fuel: seen before anything is paid.
    let poor = scene.path("poor.json");
    let more = ["--units", "2", "--arg", "--min-orf", "--arg", "90", "--fuel", "1000", "--out", text(&poor)];
    scene.json(&[&new[..], &more].concat());
    let error = scene.market.cli_error(&scene.wallet, &["job", "validate", text(&poor), "--run", "1"]);
    assert!(error.contains("unit 1 cannot be computed, on no machine: R04"), "{error}");
    out
}

fn it_is_estimated(scene: &Scene, spec: &Path) {
    let found = scene.json(&["job", "estimate", text(spec), "--price-per-unit", "0.01"]);
    assert_eq!(found["offer"], json!({"price_per_unit": "10000", "deposit": "960000"}));
    assert_eq!(found["quote"]["fit"], OPERATORS);
    assert_eq!(found["quote"]["estimate"]["seats"], json!({"first": 3, "most": 3, "quorum": 2}));
    assert!(found["expected_seconds"].as_str().unwrap().parse::<u64>().unwrap() > 0, "{found}");
    let quote = ["market", "quotes", "--units", "32", "--time-per-unit", "2s", "--strategy", "accepted"];
    let found = scene.json(&quote);
    assert_eq!((&found["offer"], &found["quote"]["units"]), (&Value::Null, &json!("32")));
    assert_eq!(found["quote"]["estimate"]["seats"]["most"], 1);
}

fn it_is_posted_and_topped_up(scene: &Scene, spec: &Path) -> String {
    let still = Still::new(&scene.market);
    let posted = scene.json(&["job", "post", text(spec), "--price-per-unit", "0.01"]);
    let job = posted["job"].as_str().unwrap().to_owned();
    let less = scene.market.cli(&scene.wallet, &["job", "top-up", &job, "--price-per-unit", "0.009"]);
    assert_eq!(less.status.code(), Some(2), "{less:?}");
    let stranger = scene.market.funded("stranger");
    let error = scene.market.cli_error(&stranger, &["job", "top-up", &job, "--extra-time", "10m"]);
    assert!(error.contains("was posted by"), "{error}");
    // 32 units of three seats, at 0.01 more each; and ten minutes, for which the round is opened anew.
    let both = ["job", "top-up", &job, "--price-per-unit", "0.02", "--extra-time", "10m"];
    let shown = scene.json(&[&both[..], &["--dry-run"]].concat());
    assert_eq!(shown["dry_run"], true);
    let topped = scene.json(&both);
    assert_eq!((topped["deposit"].as_str(), &topped["extra_seconds"]), (Some("960000"), &json!(600)));
    drop(still);
    let report = scene.market.settled(&scene.wallet, &job, Some(&expected_root("orf-kmer")));
    let paid = report["paid"].as_array().unwrap();
    assert_eq!(paid.len(), 3);
    // 0.02 tUSD for each of 32 units, less 2.5 %.
    assert!(paid.iter().all(|line| line["amount"] == 640_000 - 16_000), "{report}");
    job
}

fn its_results_are_fetched(scene: &Scene, job: &str) {
    let (expected, root) = (outputs(), expected_root("orf-kmer"));
    let all = scene.json(&["job", "results", job]);
    assert_eq!((&all["root"], &all["units"]), (&json!(root), &json!("32")));
    let items = all["items"].as_array().unwrap();
    let found: Vec<_> = items.iter().map(|item| item["output"].as_str().unwrap()).collect();
    assert_eq!(found, expected);
    let out = scene.path("results");
    let some = scene.json(&["job", "results", job, "--units", "3,30-31", "--out", text(&out)]);
    assert_eq!(some["items"].as_array().unwrap().len(), 3);
    for unit in [3, 30, 31] {
        assert_eq!(fs::read_to_string(out.join(unit.to_string())).unwrap(), expected[unit]);
    }
    assert_eq!(fs::read_dir(&out).unwrap().count(), 3);
    // For people and pipes: the bytes and nothing else.
    let raw = scene.market.cli(&scene.wallet, &["job", "results", job, "--units", "1,0", "--output", "display"]);
    assert_eq!(String::from_utf8(raw.stdout).unwrap(), format!("{}{}", expected[1], expected[0]));
    let beyond = scene.market.cli(&scene.wallet, &["job", "results", job, "--units", "32"]);
    assert_eq!(beyond.status.code(), Some(2), "{beyond:?}");
}

fn prices_are_told(scene: &Scene) {
    let series = scene.json(&["market", "prices", "--step", "hour"]);
    let values: Vec<_> =
        series["items"].as_array().unwrap().iter().map(|item| item["value"].as_str().unwrap()).collect();
    assert_eq!((&series["metric"], values.len()), (&json!("price"), 1), "{series}");
    assert_eq!(values[0].parse::<f64>().unwrap(), 19_500.0, "base units for a unit of a seat, less the fee");
}

fn a_delivery_is_looked_at(scene: &Scene, spec: &Path) {
    let job = scene.json(&["job", "post", text(spec), "--strategy", "accepted"])["job"].as_str().unwrap().to_owned();
    wait("a delivery", || scene.market.job(&job).filter(|page| page["job"]["status"] == "delivered"));
    let error = scene.market.cli_error(&scene.wallet, &["job", "results", &job]);
    assert!(error.contains("has no result yet"), "{error}");
    let delivered = wait("the delivery to be handed over", || {
        let output = scene.market.cli(&scene.wallet, &["job", "results", &job, "--delivered", "--units", "5"]);
        output.status.success().then(|| serde_json::from_slice::<Value>(&output.stdout).unwrap())
    });
    assert_eq!((&delivered["root"], &delivered["units"]), (&json!(expected_root("orf-kmer")), &json!("32")));
    assert_eq!(delivered["items"][0]["output"], outputs()[5]);
    assert_eq!(scene.json(&["job", "accept", &job])["status"], "settled");
}

fn bids<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["market", "bids"], arguments].concat()
}

fn a_bid_is_awarded(scene: &Scene, spec: &Path) {
    let _still = Still::new(&scene.market);
    let auction = ["job", "post", text(spec), "--strategy", "accepted", "--auction"];
    let job = scene.json(&auction)["job"].as_str().unwrap().to_owned();
    let drawn = scene.market.cli(&scene.wallet, &["job", "post", text(spec), "--auction"]);
    assert_eq!(drawn.status.code(), Some(2), "{drawn:?}");
    let key = |index: u16| scene.market.data().join(format!("keys/operator-{index}.json"));
    let place = |index: u16, price: &str| {
        let line = bids(&["place", &job, "--price", price]);
        // Bids count from the second after the posting on.
        wait("a bid to be taken", || {
            let output = scene.market.cli(&key(index), &line);
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() || error.contains("BidTooSoon"), "{error}");
            output.status.success().then(|| serde_json::from_slice::<Value>(&output.stdout).unwrap())
        })
    };
    let dear = scene.market.cli(&key(0), &bids(&["place", &job, "--price", "0.33"]));
    assert_eq!(dear.status.code(), Some(2), "{dear:?}");
    assert_eq!(place(0, "0.3")["price"], "300000");
    place(1, "0.2");
    place(2, "0.1");
    let error = scene.market.cli_error(&key(0), &bids(&["place", &job, "--price", "0.2"]));
    assert!(error.contains("bids withdraw"), "{error}");
    let withdrawn = scene.market.cli_json(&key(2), &bids(&["withdraw", &job]));
    assert_eq!(withdrawn["status"], "withdrawn");
    let listed = wait("the bids to be indexed", || {
        let listed = scene.json(&bids(&["list", &job]));
        (listed["items"].as_array().unwrap().len() == 2).then_some(listed)
    });
    assert_eq!((&listed["items"][0]["price"], &listed["items"][1]["price"]), (&json!("200000"), &json!("300000")));
    let awarded = scene.json(&bids(&["award", &job, "--cheapest"]));
    let winner = scene.market.state()["operators"][1].clone();
    assert_eq!((&awarded["operator"], &awarded["price"]), (&winner, &json!("200000")));
    let error = scene.market.cli_error(&scene.wallet, &bids(&["award", &job, "--cheapest"]));
    assert!(error.contains("its seat is given away"), "{error}");
    let mine = scene.market.cli_json(&key(0), &bids(&["list", "--mine"]));
    assert_eq!(mine["items"].as_array().unwrap().len(), 1);
}

fn blobs_come_and_go(scene: &Scene) {
    // Three chunks, none like another.
    let content: Vec<u8> = (0..20u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (name, file) = (hash(&content), scene.path("large"));
    fs::write(&file, &content).unwrap();
    begun_elsewhere(scene, &name, &content);
    let under_way = scene.json(&["blob", "status"]);
    assert_eq!(under_way["items"][0]["sha256"], name);
    assert_eq!((&under_way["items"][0]["sent_chunks"], &under_way["items"][0]["chunks"]), (&json!(1), &json!(3)));
    let put = scene.json(&["blob", "put", text(&file)]);
    let rest = (content.len() - CHUNK).to_string();
    assert_eq!(
        (&put["items"][0]["sha256"], &put["items"][0]["sent"]),
        (&json!(name), &json!(rest)),
        "only what was missing"
    );
    assert_eq!(scene.json(&["blob", "put", text(&file)])["items"][0]["sent"], "0");
    assert_eq!(scene.json(&["blob", "status"])["items"], json!([]));
    let there = scene.json(&["blob", "status", &name, &"0".repeat(64)]);
    assert_eq!(there["items"][0]["bytes"], content.len().to_string());
    assert_eq!(there["items"][1]["stored"], false);

    // Broken off in the middle, and gone on with.
    let (out, part) = (scene.path("copy"), scene.path("copy.part"));
    fs::write(&part, &content[..5 << 20]).unwrap();
    scene.json(&["blob", "get", &name, "--out", text(&out)]);
    assert!(fs::read(&out).unwrap() == content && !part.exists());
    fs::write(&part, b"something else").unwrap();
    let error = scene.market.cli_error(&scene.wallet, &["blob", "get", &name, "--out", text(&out)]);
    assert!(error.contains("nothing of it was kept") && !part.exists(), "{error}");

    assert_eq!(scene.json(&["blob", "sign-in"])["status"], "signed in");
    let sessions = scene.market.config().join("assay/sessions.json");
    assert_eq!(fs::metadata(&sessions).unwrap().permissions().mode() & 0o777, 0o600);
    let small = scene.path("small");
    fs::write(&small, b"mine").unwrap();
    assert_eq!(scene.json(&["blob", "put", text(&small)])["items"][0]["sha256"], hash(b"mine"));
    let shown = scene.market.cli(&scene.wallet, &["blob", "get", &hash(b"mine")]);
    assert_eq!(shown.stdout, b"mine");
    assert_eq!(scene.json(&["blob", "sign-out"])["status"], "signed out");
    assert_eq!(fs::read_to_string(&sessions).unwrap(), "{}");

    begun_elsewhere(scene, &hash(b"never"), &content[1..]);
    assert_eq!(scene.json(&["blob", "delete", &hash(b"never")])["given_up"], json!([hash(b"never")]));
    assert_eq!(scene.json(&["blob", "status"])["items"], json!([]));
}

/// An upload that another run began, of which it sent the second chunk before it was killed.
fn begun_elsewhere(scene: &Scene, name: &str, content: &[u8]) {
    let api = scene.market.field("api");
    let curl = |arguments: &[&str], body: &[u8]| {
        let file = scene.path("body");
        fs::write(&file, body).unwrap();
        let mut curl = Command::new("curl");
        curl.args(["-fsS", "--max-time", "60", "--data-binary", &format!("@{}", text(&file))]).args(arguments);
        let output = curl.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        output.stdout
    };
    let asked = json!({"sha256": name, "size": content.len()}).to_string();
    let reply = curl(&["-H", "content-type: application/json", &format!("{api}/v1/blobs/uploads")], asked.as_bytes());
    let id = serde_json::from_slice::<Value>(&reply).unwrap()["id"].as_str().unwrap().to_owned();
    let chunk = &content[CHUNK..2 * CHUNK];
    let header = format!("x-content-sha256: {}", hash(chunk));
    curl(&["-X", "PUT", "-H", &header, &format!("{api}/v1/blobs/uploads/{id}/1")], chunk);
    let folder = scene.market.config().join("assay");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("uploads.json"), json!({format!("{api} {name}"): id}).to_string()).unwrap();
}
