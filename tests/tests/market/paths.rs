//! A new user's paths, as the documents tell them: every command of theirs is run as it stands.

use std::{
    fs::{self, File},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::{Market, binary, root};

/// How long a path may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(300);

/// The commands of a document: its blocks of `sh`, one after the other.
fn commands(document: &str) -> String {
    let text = fs::read_to_string(root().join("docs").join(document)).unwrap();
    let blocks = text.split("\n```sh\n").skip(1);
    blocks.map(|block| block.split_once("\n```").unwrap().0.to_owned() + "\n").collect()
}

/// Runs them in a folder and with a home of their own; returns what they printed.
fn walk(market: &Market, document: &str) -> String {
    let place = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("examples").canonicalize().unwrap(), place.path().join("examples")).unwrap();
    let programs = binary("assay").parent().unwrap().to_owned();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let log = File::create(place.path().join("log")).unwrap();
    let mut bash = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &commands(document)])
        .current_dir(place.path())
        .env("HOME", place.path())
        .env_remove("XDG_CONFIG_HOME")
        .env("PATH", path)
        .env("ASSAY_BIN_DIR", &programs)
        .env("ASSAY_LOCALNET", market.data())
        // Whatever else this machine runs.
        .env("ASSAY_NODE_LISTEN", "127.0.0.1:0")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let start = Instant::now();
    let said = || fs::read_to_string(place.path().join("log")).unwrap_or_default();
    let status = loop {
        if let Some(status) = bash.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            let _ = bash.kill();
            panic!("{document} takes too long: {}", said());
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    assert!(status.success(), "{document}: {status}: {}", said());
    said()
}

#[test]
fn a_new_users_paths_lead_where_they_say() {
    let market = Market::start(3, 0);
    let first = walk(&market, "first-job.md");
    assert!(first.contains("state           settled\n") && first.contains("left in vault   0 tUSD\n"), "{first}");
    assert!(first.contains("outputs  32 files in results\n"), "{first}");
    let operator = walk(&market, "become-an-operator.md");
    assert!(operator.contains("next: assay stake open && assay stake add 1000"), "{operator}");
    assert!(
        operator.contains("stake     1000 ASY\n") && operator.contains("none: waiting for one to take"),
        "{operator}"
    );
    let validator = walk(&market, "become-a-validator.md");
    assert!(validator.contains("ok    it weighs in draws\n"), "{validator}");
}
