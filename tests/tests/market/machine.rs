//! What may be wrong with a node's machine, and that it is told.
//!
//! Two nodes on one key, each with a data folder of its own: on one machine the second does not start; where the first
//! cannot be seen, the chain tells, and one of them stops before it does harm. A clock that is not the chain's: no node starts with it, and one that runs takes no new work.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::support::{Market, Running, binary, expected_root, root, wait};

/// A node of this test's, ended with it at the latest.
struct Node {
    process: Running,
    log: PathBuf,
}

impl Node {
    /// Of a localnet's operator, with these folders of its own.
    fn start(market: &Market, data: &Path, runtime: Option<&Path>) -> Self {
        let log = data.with_extension("log");
        let mut command = Command::new(binary("assay-node"));
        command
            .args(["--url", &market.field("rpc"), "--api", &market.field("api"), "--poll-ms", "300", "--threads", "1"])
            .arg("--keypair")
            .arg(market.data().join("keys/operator-0.json"))
            .arg("--data")
            .arg(data)
            .stdin(Stdio::null())
            .stderr(File::create(&log).unwrap());
        if let Some(folder) = runtime {
            command.env("XDG_RUNTIME_DIR", folder);
        }
        Self { process: Running(command.spawn().unwrap()), log }
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

#[test]
fn two_nodes_on_one_key() {
    let market = Market::start(3, 0);
    let wallet = market.funded("requester");
    let folder = tempfile::tempdir().unwrap();

    let mut second = Node::start(&market, &folder.path().join("second"), None);
    let ended = wait("the second node to end", || second.process.0.try_wait().unwrap());
    assert!(!ended.success());
    assert!(second.said().contains("error: two nodes on one key: "), "{}", second.said());

    // As if on another machine.
    let elsewhere = Node::start(&market, &folder.path().join("elsewhere"), Some(folder.path()));
    wait("the other node to run", || elsewhere.said().contains("watching the market").then_some(()));
    let first = || fs::read_to_string(market.data().join("logs/operator-0.log")).unwrap_or_default();
    let told = "is not of this node's journal. Stop the other node";
    wait("one of them to stop", || {
        // Of a class with time to spare: a slow machine must not make it late.
        let job = market.post_with(&wallet, &root().join("examples/orf-kmer/job.json"), &["--class", "1"]);
        let report = market.settled(&wallet, &job, Some(&expected_root("orf-kmer")));
        assert_eq!(report["state"], "settled", "{report}");
        assert_eq!(report["slashed"].as_array().unwrap().len(), 0, "{report}");
        assert_eq!(report["paid"].as_array().unwrap().len(), 3, "{report}");
        (first().contains(told) || elsewhere.said().contains(told)).then_some(())
    });
}

#[test]
fn clock_skew() {
    let market = Market::start(1, 0);
    let folder = tempfile::tempdir().unwrap();
    let log = || fs::read_to_string(market.data().join("logs/operator-0.log")).unwrap_or_default();
    wait("the node to run", || log().contains("watching the market").then_some(()));
    assert!(!log().contains("this machine's clock"), "{}", log());

    // The chain's clock goes an hour ahead, of which this machine's is then behind.
    let ahead = std::time::SystemTime::now() + std::time::Duration::from_secs(3_600);
    let millis = ahead.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let travel = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"surfnet_timeTravel","params":[{{"absoluteTimestamp":{millis}}}]}}"#
    );
    let send =
        ["-fsS", "--max-time", "20", "-H", "content-type: application/json", "-d", &travel, &market.field("rpc")];
    let reply = Command::new("curl").args(send).output().unwrap();
    assert!(String::from_utf8_lossy(&reply.stdout).contains("\"result\""), "{reply:?}");

    wait("the running node to notice", || log().contains("s behind the chain's: set it").then_some(()));
    let mut late = Node::start(&market, &folder.path().join("late"), Some(folder.path()));
    let ended = wait("the late node to end", || late.process.0.try_wait().unwrap());
    assert!(!ended.success());
    assert!(late.said().contains("error: this machine's clock is 3"), "{}", late.said());
    // With a wider limit it would be taken as it is.
    assert!(late.said().contains("see --most-skew"), "{}", late.said());
}
