//! Operators of a test's own, each with settings of its own.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Market, Running, binary, wait};

/// ASY that each of them stakes.
const STAKE: &str = "2000";

/// An operator and its node, which ends with the test at the latest.
pub struct Node {
    pub operator: String,
    pub wallet: PathBuf,
    pub data: PathBuf,
    pub process: Running,
}

impl Node {
    /// A new operator of this name, with its folder in `place`, and its node with these further arguments; returns once its
    /// machine is offered.
    pub fn start(market: &Market, place: &Path, name: &str, arguments: &[&str]) -> Self {
        let wallet = market.funded(name);
        let operator = market.cli_json(&wallet, &["address"])["address"].as_str().unwrap().to_owned();
        market.cli_json(&wallet, &["stake", "open"]);
        market.cli_json(&wallet, &["stake", "add", STAKE]);
        let data = place.join(name);
        let log = data.with_extension("log");
        let mut command = Command::new(binary("assay-node"));
        command
            .args(["--url", &market.field("rpc"), "--api", &market.field("api"), "--poll-ms", "400", "--threads", "1"])
            .args(["--watch", "0", "--listen", "127.0.0.1:0", "--artifact-net", "127.0.0.0/8", "--priority-fee", "0"])
            .arg("--keypair")
            .arg(&wallet)
            .arg("--data")
            .arg(&data)
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(File::create(&log).unwrap());
        let mut node = Self { operator, wallet, data, process: Running(command.spawn().unwrap()) };
        wait("a node to offer its machine", || {
            let ended = node.process.0.try_wait().unwrap();
            assert!(ended.is_none(), "{name} ended: {}", fs::read_to_string(&log).unwrap_or_default());
            let devices = market.get(&format!("/v1/devices?operator={}", node.operator))?;
            (devices["items"].as_array()?.len() == 1).then_some(())
        });
        node
    }

    /// Stake locked and active, in base units of ASY.
    pub fn stake(&self, market: &Market) -> (u64, u64) {
        let pools = market.cli_json(&self.wallet, &["stake", "pools"]);
        let mine = pools["pools"].as_array().unwrap().iter().find(|pool| pool["operator"] == *self.operator).unwrap();
        let number = |field: &str| mine[field].as_str().unwrap().parse().unwrap();
        (number("locked"), number("active"))
    }
}

/// Whether there is an account at an address.
pub fn exists(market: &Market, address: &str) -> bool {
    let params = json!([address, {"encoding": "base64", "commitment": "confirmed"}]);
    let ask = json!({"jsonrpc": "2.0", "id": 1, "method": "getAccountInfo", "params": params}).to_string();
    let args = ["-fsS", "--max-time", "20", "-H", "content-type: application/json", "-d", &ask, &market.field("rpc")];
    let reply = Command::new("curl").args(args).output().unwrap();
    let reply: Value = serde_json::from_slice(&reply.stdout).unwrap();
    assert!(reply["error"].is_null(), "{reply}");
    !reply["result"]["value"].is_null()
}
