//! What a node leaves when it is killed after the transaction that ends its job, and what is due before a job is closed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    operator::metric,
    support::{Market, Running, amount, binary, expected_root, root, wait},
};

/// The only operator there is, whose node proves jobs.
struct Operator<'a> {
    market: &'a Market,
    wallet: PathBuf,
    /// Steps to die at.
    steps: PathBuf,
}

impl Operator<'_> {
    fn data(&self) -> PathBuf {
        self.market.data().join("node")
    }

    fn start(&self) -> Running {
        let log = fs::File::options().create(true).append(true).open(self.market.data().join("node.log")).unwrap();
        let mut command = Command::new(binary("assay-node"));
        command.args(["--url", &self.market.field("rpc"), "--api", &self.market.field("api"), "--poll-ms", "300"]);
        command.args(["--patience-ms", "500", "--listen", "127.0.0.1:0", "--prover"]);
        command.arg(binary("assay-localnet-prover")).arg("--data").arg(self.data()).arg("--keypair").arg(&self.wallet);
        command.env("ASSAY_NODE_DIE_AT", &self.steps).stdin(Stdio::null());
        Running(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap())
    }

    /// Whether its node holds nothing of any job.
    fn forgot(&self) -> Option<()> {
        let results = fs::read_dir(self.data().join("results")).map_or(0, Iterator::count);
        (metric(&self.data(), "assay_node_journal_entries") == Some(0.0) && results == 0).then_some(())
    }
}

fn post(market: &Market, wallet: &Path, terms: &[&str]) -> String {
    let spec = root().join("examples/orf-kmer/job.json");
    market.post_with(wallet, &spec, &[&["--strategy", "proven"], terms].concat())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

#[test]
fn what_a_job_leaves_is_handed_over_paid_and_forgotten() {
    let market = Market::start(0, 0);
    let [wallet, requester, author] = ["operator", "requester", "author"].map(|name| market.funded(name));
    market.cli_json(&wallet, &["validator", "join", "--stake", "5000"]);
    let steps = market.data().join("steps");
    fs::create_dir(&steps).unwrap();
    let operator = Operator { market: &market, wallet, steps };

    gone_before_it_was_noted(&operator, &requester);
    let _node = operator.start();
    wait("the node to be back", || metric(&operator.data(), "assay_node_uptime_seconds"));
    handed_over(&operator);
    royalties(&operator, &requester, &author);
}

/// The proof is sent, the node is gone; others settle and close the job.
fn gone_before_it_was_noted(operator: &Operator<'_>, requester: &Path) {
    let market = operator.market;
    fs::write(operator.steps.join("prove.sent"), "").unwrap();
    let mut node = operator.start();
    let job = post(market, requester, &[]);
    assert!(!node.ended().success());
    let entries = fs::read_dir(operator.data().join("results")).unwrap().count();
    assert_eq!(entries, 1, "the result is kept");
    wait("the job to be closed without the node", || {
        market.cli_json(requester, &["crank", "--once"]);
        market.job(&job)?["job"]["closed_slot"].as_str().map(drop)
    });
    let report = market.settled(requester, &job, None);
    assert_eq!((text(&report["root"]), &report["state"]), (&*expected_root("orf-kmer"), &json!("settled")));
    assert_eq!(market.get(&format!("/v1/results/{}", expected_root("orf-kmer"))), None, "nobody handed it over");
}

/// Back again, the node finds out from the chain's history that its result won.
fn handed_over(operator: &Operator<'_>) {
    let at = format!("/v1/results/{}", expected_root("orf-kmer"));
    let result = wait("the result to be handed over", || operator.market.get(&at));
    assert_eq!(result["outputs"].as_array().map(Vec::len), Some(32));
    wait("the node to forget the job", || operator.forgot());
}

/// A job that owes royalties is closed by the node, which pays them first.
fn royalties(operator: &Operator<'_>, requester: &Path, author: &Path) {
    let market = operator.market;
    let hash = "ab".repeat(32);
    let publish = ["model", "publish", "--hash", &hash, "--uri", "ipfs://x", "--royalty", "1000"];
    let model = market.cli_json(author, &publish);
    let no_model = text(&market.cli_json(author, &["address"])["address"]).to_owned();
    let spec = root().join("examples/orf-kmer/job.json");
    let refused = market.cli_error(requester, &["job", "post", spec.to_str().unwrap(), "--model", &no_model]);
    assert!(refused.contains(&format!("there is no model at {no_model}; see `assay model list`")), "{refused}");
    let before = market.holds(author, "tUSD");
    let job = post(market, requester, &["--model", text(&model["model"])]);
    let report = market.settled(requester, &job, None);
    // 32 units at 0.01 tUSD: 2.5 % for the protocol, 10 % for the author.
    assert_eq!(report["paid"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(amount(&report["paid"][0]["amount"]), 320_000 - 8_000 - 32_000, "{report}");
    assert_eq!(amount(&report["vault_balance_after"]), 0, "{report}");
    assert_eq!(market.holds(author, "tUSD"), before + 32_000);
    wait("the node to forget the job", || operator.forgot());
}
