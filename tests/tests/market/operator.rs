//! An operator's node by hand: init, run, what it shows of itself while it works, drain.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use assay_sdk::profile::Signed;
use serde_json::Value;

use crate::support::{Market, Running, binary, root, wait};

/// A node with these settings.
fn start(settings: &Path, log: &Path) -> Running {
    let mut command = Command::new(binary("assay"));
    command.args(["operator", "run", "--config"]).arg(settings);
    command.args(["--listen", "127.0.0.1:0", "--poll-ms", "300", "--patience-ms", "1000", "--log-json"]);
    command.env("ASSAY_BIN_DIR", binary("assay").parent().unwrap()).stdin(Stdio::null());
    Running(command.stderr(std::fs::File::create(log).unwrap()).spawn().unwrap())
}

/// A page of the node: its status code and what it says.
pub fn page(data: &Path, path: &str) -> Option<(u16, String)> {
    let address = std::fs::read_to_string(data.join("address")).ok()?;
    let url = format!("{}{path}", address.trim());
    let reply = Command::new("curl").args(["-sS", "--max-time", "5", "-w", "\n%{http_code}", &url]).output().unwrap();
    let text = String::from_utf8(reply.stdout).unwrap();
    let (body, code) = text.rsplit_once('\n')?;
    Some((code.parse().ok().filter(|code| *code > 0)?, body.to_owned()))
}

fn json(data: &Path, path: &str) -> Option<Value> {
    serde_json::from_str(&page(data, path)?.1).ok()
}

/// The sum of a metric's series.
pub fn metric(data: &Path, name: &str) -> Option<f64> {
    let (_, text) = page(data, "/metrics")?;
    let of = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{']));
    let values: Vec<f64> = text.lines().filter(of).filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect();
    (!values.is_empty()).then(|| values.iter().sum())
}

struct Operator<'a> {
    market: &'a Market,
    key: PathBuf,
    home: tempfile::TempDir,
}

impl Operator<'_> {
    fn data(&self) -> PathBuf {
        self.home.path().join("node")
    }

    fn cli(&self, line: &str) -> Value {
        let data = self.data();
        let line = line.replace("DATA", data.to_str().unwrap());
        self.market.cli_json(&self.key, &line.split_whitespace().collect::<Vec<_>>())
    }

    /// What `init` says comes next; whether it is ready, and has written the settings just now.
    fn init(&self) -> (String, bool, bool) {
        let said = self.cli("operator init --data DATA");
        let truth = |name: &str| said[name].as_bool().unwrap();
        (said["next"].as_str().unwrap().to_owned(), truth("ready"), truth("created"))
    }
}

#[test]
fn an_operator_runs_a_node_and_sees_what_it_does() {
    let market = Market::start(2, 0);
    let operator = Operator { market: &market, key: market.wallet("operator"), home: tempfile::tempdir().unwrap() };
    let data = operator.data();

    // It says what is missing, one thing after the other, and changes nothing twice.
    assert_eq!(operator.init(), ("assay airdrop".into(), false, true));
    operator.cli("airdrop");
    assert_eq!(operator.init(), ("assay stake open && assay stake add 1000".into(), false, false));
    operator.cli("stake open");
    operator.cli("stake add 1000");
    let settings = data.join("node.toml");
    let profile = std::fs::read(data.join("profile.json")).unwrap();
    assert_eq!(operator.init(), (format!("assay operator run --config {}", settings.display()), true, false));
    assert_eq!(std::fs::read(data.join("profile.json")).unwrap(), profile, "measured once");

    let log = operator.home.path().join("node.log");
    let mut node = start(&settings, &log);
    wait("the node to be ready", || page(&data, "/ready").filter(|(code, _)| *code == 200));
    looks(&operator, &profile);
    works(&market, &data);
    frame(&market, &operator);

    operator.cli("operator drain --data DATA");
    assert!(node.ended().success(), "{}", std::fs::read_to_string(&log).unwrap());
    assert!(!data.join("address").exists(), "nobody is sent to a node that has ended");
    let lines = std::fs::read_to_string(&log).unwrap();
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["level"], "INFO", "every line is JSON");
}

/// What a node shows that has done nothing yet.
fn looks(operator: &Operator<'_>, profile: &[u8]) {
    let data = operator.data();
    let me = operator.cli("address")["address"].as_str().unwrap().to_owned();
    assert_eq!(page(&data, "/health").unwrap().0, 200);
    let status = json(&data, "/status").unwrap();
    assert_eq!((status["operator"].as_str().unwrap(), &status["draining"]), (&*me, &Value::Bool(false)));
    assert_eq!(status["bonds"]["staked"], "1000000000000");
    // The profile is this operator's, and what the chain has of the machine.
    let served = Signed::parse(page(&data, "/profile").unwrap().1.as_bytes()).unwrap();
    assert_eq!(served, Signed::parse(profile).unwrap());
    assert_eq!(operator.cli(&format!("operator profile --data DATA --of {me}"))["verified"], true);
    let devices = operator.market.get(&format!("/v1/devices?operator={me}"));
    let devices = devices.unwrap_or_else(|| panic!("no devices of {me}"));
    let can = &devices["items"][0]["capabilities"];
    assert_eq!(can["cores"].as_u64(), Some(u64::from(served.profile.hardware.cpu.cores)), "{devices}");
    assert_eq!(can["memory_mib"].as_u64(), Some(served.profile.hardware.memory_mib), "{devices}");
    // Changed, it is nobody's.
    let file = data.join("better.json");
    let text = String::from_utf8(profile.to_vec()).unwrap();
    let cores = served.profile.hardware.cpu.cores_built_in;
    let better = format!("\"cores_built_in\": {}", cores + 1);
    std::fs::write(&file, text.replace(&format!("\"cores_built_in\": {cores}"), &better)).unwrap();
    let why = operator.market.cli_error(&operator.key, &["operator", "profile", "--verify", file.to_str().unwrap()]);
    assert!(why.contains("the signature is not"), "{why}");
}

/// Jobs go by until the node has computed, sealed, revealed and earned.
fn works(market: &Market, data: &Path) {
    let requester = market.funded("requester");
    let science = root().join("examples/orf-kmer/job.json");
    wait("the node to be paid for a job", || {
        let job = market.post_with(&requester, &science, &["--replicas", "3"]);
        market.settled(&requester, &job, None);
        metric(data, "assay_node_earned_base_units_total").filter(|earned| *earned > 0.0)
    });
    for name in ["units_computed", "fuel", "seals", "reveals", "actions"] {
        let name = format!("assay_node_{name}_total");
        assert!(metric(data, &name).unwrap() > 0.0, "{name}");
    }
    assert_eq!(metric(data, "assay_node_ready"), Some(1.0));
    assert_eq!(metric(data, "assay_node_journal_entries").map(|entries| entries >= 0.0), Some(true));
    assert!(metric(data, "assay_node_artifact_bytes").unwrap() > 0.0);
}

/// One frame of the dashboard, which says what the status does.
fn frame(market: &Market, operator: &Operator<'_>) {
    let data = operator.data();
    let mint = market.field("payment_mint");
    let named = wait("the node to know what it is paid in", || {
        json(&data, "/status").map(|status| status["mints"][&mint].clone()).filter(Value::is_object)
    });
    assert_eq!(named, serde_json::json!({"decimals": 6, "symbol": "tUSD"}));
    let output = Command::new(binary("assay"))
        .args(["operator", "dashboard", "--once", "--data"])
        .arg(&data)
        .env("ASSAY_BIN_DIR", binary("assay").parent().unwrap())
        .env("ASSAY_LOCALNET", market.data())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text.lines().count(), 24, "{text}");
    for words in ["Bonds at risk", "of 1000 ASY", "Earned since the start", "Next deadlines", "q quit"] {
        assert!(text.contains(words), "{words} in\n{text}");
    }
    // Of each job 32 units at 0.01, less 2.5 % fee.
    assert!(text.contains(" tUSD") && !text.contains("nothing yet"), "it has earned\n{text}");
    let status = operator.cli("operator dashboard --data DATA");
    assert_eq!(status["operator"], operator.cli("address")["address"]);
}
