//! A validator's whole life by the scripts in `scripts/validator/`, each run twice: what is done stays done.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use crate::support::{Market, Running, binary, root, wait};

struct Validator<'a> {
    market: &'a Market,
    home: tempfile::TempDir,
}

impl Validator<'_> {
    fn script(&self, line: &str) -> Command {
        let mut words = line.split_whitespace();
        let mut command = Command::new(root().join("scripts/validator").join(words.next().unwrap()));
        command
            .args(words)
            .env("ASSAY_VALIDATOR", self.home.path())
            .env("ASSAY_URL", self.market.field("rpc"))
            .env("ASSAY_API", self.market.field("api"))
            .env("ASSAY_LOCALNET", self.market.data())
            .env("ASSAY_BIN_DIR", binary("assay").parent().unwrap())
            .env("DESTDIR", self.system())
            .env("ASSAY_EVERY", "2")
            .env("ASSAY_NODE_LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, line: &str) -> Output {
        self.script(line).output().unwrap()
    }

    /// What it says, all in one; it must succeed.
    fn done(&self, line: &str) -> String {
        let output = self.run(line);
        assert!(output.status.success(), "{line}: {}", said(&output));
        said(&output)
    }

    /// In the place of the system's root.
    fn system(&self) -> PathBuf {
        self.home.path().join("system")
    }

    fn key(&self) -> PathBuf {
        self.home.path().join("operator.json")
    }
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

#[test]
fn a_validator_lives_by_its_scripts() {
    let market = Market::start(2, 0);
    let validator = Validator { market: &market, home: tempfile::tempdir().unwrap() };

    assert!(said(&validator.run("stake.sh 1000")).contains("create-keys.sh"), "it says what comes first");
    let address = validator.done("create-keys.sh").lines().next().unwrap().to_owned();
    assert!(validator.done("create-keys.sh").contains(&address), "the wallet stays");
    market.cli_json(&validator.key(), &["airdrop"]);
    assert!(said(&validator.run("check.sh")).contains("WRONG there is no pool"));

    validator.done("stake.sh 1000 500");
    assert!(validator.done("stake.sh 1000").contains("there is nothing to do: pool, records and stake are there"));
    let pool = market.cli_json(&validator.key(), &["stake", "show"]);
    assert_eq!((pool["active"].as_str(), pool["commission_bps"].as_u64()), (Some("1000000000000"), Some(500)));

    let output = validator.run("check.sh");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("WRONG the node does not run"), "{}", said(&output));
    let node = Running(validator.script("run.sh --poll-ms 300").stderr(Stdio::null()).spawn().unwrap());
    wait("the validator's node to run", || validator.run("check.sh").status.success().then_some(()));
    let running = validator.run("run.sh --install");
    assert!(said(&running).contains("the node runs: stop it first"), "{}", said(&running));
    drop(node);
    let node = installed(&validator);
    wait("the service's node to run", || validator.run("check.sh").status.success().then_some(()));
    works(&market, &validator.key());

    validator.done("claim.sh");
    leaves(&market, &validator, node, &address);
}

/// As a service, of the unit that all nodes have: started here as systemd would.
fn installed(validator: &Validator<'_>) -> Running {
    let at = |path: &str| validator.system().join(path);
    let journal = || fs::read(validator.home.path().join("node/journal/journal.redb")).unwrap();
    let before = journal();
    let says = validator.done("run.sh --install");
    assert!(says.contains("moved the node's data") && says.contains("systemctl enable --now assay-node"), "{says}");
    assert_eq!(journal(), before, "the journal came along");
    assert_eq!(fs::read_link(validator.home.path().join("node")).unwrap(), at("var/lib/assay-node"));
    let unit = fs::read_to_string(at("etc/systemd/system/assay-node.service")).unwrap();
    assert_eq!(
        unit,
        fs::read_to_string(root().join("deploy/systemd/assay-node.service")).unwrap(),
        "there is one unit"
    );
    assert_eq!(fs::read_link(at("etc/assay/operator.json")).unwrap(), validator.key(), "and one wallet");

    // What its operator has changed stays.
    let settings = at("etc/assay/node.toml");
    let mut text = fs::read_to_string(&settings).unwrap();
    text.push_str("poll-ms = 300\n");
    fs::write(&settings, &text).unwrap();
    assert_eq!(validator.done("run.sh --install"), "systemctl daemon-reload && systemctl enable --now assay-node\n");
    assert_eq!(fs::read_to_string(&settings).unwrap(), text);

    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let path = |word: &str| match word.strip_prefix("%d/") {
        Some(credential) => at("etc/assay").join(credential),
        None => word.strip_prefix('/').map_or_else(|| word.into(), at),
    };
    let mut words = start.split_whitespace().map(path);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).env("ASSAY_NODE_LISTEN", "127.0.0.1:0").stdin(Stdio::null()).stderr(Stdio::null());
    Running(command.spawn().unwrap())
}

/// Jobs go by until the newcomer has been paid for one.
fn works(market: &Market, key: &Path) {
    let requester = market.funded("requester");
    let science = root().join("examples/orf-kmer/job.json");
    wait("the newcomer to be paid for a job", || {
        let job = market.post_with(&requester, &science, &["--replicas", "3"]);
        market.settled(&requester, &job, None);
        let record = market.cli_json(key, &["stake", "show"])["records"][0]["valid"].as_u64();
        record.filter(|valid| *valid > 0)
    });
}

/// To a new wallet: the old one leaves, with all it has.
fn leaves(market: &Market, validator: &Validator<'_>, mut node: Running, address: &str) {
    let said = validator.done("rotate.sh --wait");
    assert!(said.contains("the node drains") && said.contains("unbonding until"), "{said}");
    assert!(node.ended().success(), "a drained node ends by itself");
    let next = market.cli_json(&validator.key(), &["address"])["address"].as_str().unwrap().to_owned();
    assert_ne!(next, address);
    let retired = validator.home.path().join("retired").join(address);
    assert!(retired.join("operator.json").exists() && retired.join("node/journal/journal.redb").exists());
    let held = market.holds(&validator.key(), "ASY");
    assert_eq!(held, 10_000_000_000_000, "every ASY that was staked came along");

    // The new wallet stakes, and leaves at once.
    market.cli_json(&validator.key(), &["airdrop", "--asy", "0", "--usd", "0"]);
    validator.done("stake.sh 500");
    validator.done("exit.sh --wait");
    assert!(validator.done("exit.sh").contains("it is over"), "and stays left");
}
