//! A localnet of the test's own, and the CLI on it.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// How long anything may take before a test gives up; never what is asserted.
const PATIENCE: Duration = Duration::from_secs(400);

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub fn binary(name: &str) -> PathBuf {
    let built = || {
        let target = std::env::current_exe().unwrap();
        target.ancestors().nth(2).unwrap().to_path_buf()
    };
    let folder = std::env::var_os("ASSAY_BIN_DIR").map_or_else(built, PathBuf::from);
    let path = folder.join(name);
    assert!(path.exists(), "{} is missing: run scripts/build.sh, or the tests by scripts/test.sh", path.display());
    path
}

/// A running market, ended when dropped.
pub struct Market {
    process: Child,
    folder: tempfile::TempDir,
}

impl Market {
    /// Start one with so many operators, of which the last `liars` lie.
    pub fn start(operators: u16, liars: u16) -> Self {
        Self::start_with(operators, liars, &[])
    }

    /// The same, with these variables in the environment of all its processes.
    pub fn start_with(operators: u16, liars: u16, variables: &[(&str, &Path)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports = free_ports(8);
        let log = fs::File::create(folder.path().join("localnet.log")).unwrap();
        let process = Command::new(binary("assay-localnet"))
            .args(["--operators", &operators.to_string(), "--liars", &liars.to_string()])
            .args(["--ports-from", &ports.to_string(), "--data"])
            .arg(folder.path().join("data"))
            .env("ASSAY_BIN_DIR", binary("assay-localnet").parent().unwrap())
            .envs(variables.iter().copied())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut market = Self { process, folder };
        wait("the market to come up", || {
            if let Some(status) = market.process.try_wait().unwrap() {
                panic!("localnet ended with {status}: {}", market.log());
            }
            market.data().join("localnet.json").exists().then_some(())
        });
        wait("the API to be healthy", || market.get("/health").filter(|health| health["status"] == "ok"));
        market
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where the CLI keeps what it remembers.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("localnet.log")).unwrap_or_default()
    }

    /// `localnet.json` as it stands.
    pub fn state(&self) -> Value {
        serde_json::from_slice(&fs::read(self.data().join("localnet.json")).unwrap()).unwrap()
    }

    /// A string of `localnet.json`.
    pub fn field(&self, name: &str) -> String {
        self.state()[name].as_str().unwrap().into()
    }

    /// A path of the API, or nothing if it does not answer with success.
    pub fn get(&self, path: &str) -> Option<Value> {
        let url = format!("{}{path}", self.field("api"));
        let reply = Command::new("curl").args(["-fsS", "--max-time", "5", &url]).output().unwrap();
        serde_json::from_slice(&reply.stdout).ok()
    }

    /// A job as the API shows it.
    pub fn job(&self, job: &str) -> Option<Value> {
        self.get(&format!("/v1/jobs/{job}"))
    }

    /// A wallet of that name, made on first use; not funded.
    pub fn wallet(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(format!("{name}.json"));
        if !path.exists() {
            let made = Command::new(binary("assay")).args(["keygen", "--outfile"]).arg(&path).output().unwrap();
            assert!(made.status.success(), "{made:?}");
        }
        path
    }

    /// A funded wallet.
    pub fn funded(&self, name: &str) -> PathBuf {
        let wallet = self.wallet(name);
        self.cli_json(&wallet, &["airdrop"]);
        wallet
    }

    /// Run the CLI with a wallet.
    pub fn cli(&self, wallet: &Path, arguments: &[&str]) -> Output {
        Command::new(binary("assay"))
            .args(["--url", &self.field("rpc"), "--api", &self.field("api"), "--output", "json", "--keypair"])
            .arg(wallet)
            .args(arguments)
            .env("ASSAY_LOCALNET", self.data())
            .env("XDG_CONFIG_HOME", self.config())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Run the CLI, which must succeed, and read the JSON it prints.
    pub fn cli_json(&self, wallet: &Path, arguments: &[&str]) -> Value {
        let output = self.cli(wallet, arguments);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "assay {arguments:?} failed: {err}\n{}", self.log());
        serde_json::from_str(&out).unwrap_or_else(|why| panic!("assay {arguments:?} printed {out:?}: {why}"))
    }

    /// Run the CLI, which must fail, and return what it says.
    pub fn cli_error(&self, wallet: &Path, arguments: &[&str]) -> String {
        let output = self.cli(wallet, arguments);
        assert_eq!(output.status.code(), Some(1), "assay {arguments:?}: {output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Post a job for 0.01 a unit, 3 replicas, quorum 2; returns its address.
    pub fn post(&self, wallet: &Path, spec: &Path) -> String {
        self.post_with(wallet, spec, &[])
    }

    /// Post a job for 0.01 a unit with these terms of its strategy; returns its address.
    pub fn post_with(&self, wallet: &Path, spec: &Path, terms: &[&str]) -> String {
        let post = ["job", "post", spec.to_str().unwrap(), "--price-per-unit", "0.01"];
        let posted = self.cli_json(wallet, &[&post, terms].concat());
        posted["job"].as_str().unwrap().into()
    }

    /// The report of a job once all its rent is back and the index has caught up.
    /// With an expected root the CLI itself fails on another one.
    pub fn settled(&self, wallet: &Path, job: &str, expected_root: Option<&str>) -> Value {
        let mut arguments = vec!["job", "report", job];
        arguments.extend(expected_root.iter().flat_map(|root| ["--expected-root", root]));
        wait("the job to be settled and closed", || {
            let closed = self.job(job)?["job"]["closed_slot"].is_string();
            if !closed {
                return None;
            }
            let report = self.cli_json(wallet, &arguments);
            (report["rent_left_lamports"] == 0 && report["indexed_equals_chain"] == true).then_some(report)
        })
    }

    /// What a wallet holds, in base units of the mint whose symbol is given; of SOL, lamports.
    pub fn holds(&self, wallet: &Path, symbol: &str) -> u64 {
        let held = self.cli_json(wallet, &["balance"]);
        let line = held["balances"].as_array().unwrap().iter().find(|line| line["symbol"] == symbol);
        line.unwrap_or_else(|| panic!("no {symbol} in {held}"))["amount"].as_str().unwrap().parse().unwrap()
    }

    /// Process id of a child by its name.
    pub fn pid(&self, name: &str) -> u64 {
        self.state()["pids"][name].as_u64().unwrap()
    }

    /// kill -9 a child; returns when the supervisor has started another in its place.
    pub fn kill(&self, name: &str) {
        let pid = self.pid(name);
        assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
        wait("a killed child to be started again", || {
            let now = self.state()["pids"][name].as_u64();
            now.filter(|now| *now != pid)
        });
    }

    /// Run the indexer's binary with arguments, against this market; it must succeed.
    pub fn indexer(&self, database: &str, command: &str) {
        let output = Command::new(binary("assay-indexer"))
            .args(["--rpc-url", &self.field("rpc"), "--ws-url", &self.field("ws"), "--database-url", database])
            .arg(command)
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "assay-indexer {command}: {out}\n{err}");
    }
}

impl Drop for Market {
    fn drop(&mut self) {
        // SIGINT, so that it ends its children; by force if it does not.
        let _ = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        for _ in 0..150 {
            if self.process.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A process that ends with the test at the latest.
pub struct Running(pub Child);

impl Running {
    /// How it ended, once it has by itself.
    pub fn ended(&mut self) -> ExitStatus {
        wait("a process to end", || self.0.try_wait().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Ask until there is an answer.
pub fn wait<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "gave up waiting for {what}");
        thread::sleep(Duration::from_millis(150));
    }
}

/// The first of `count` consecutive free ports, which no other market of this process was given.
fn free_ports(count: u16) -> u16 {
    static GIVEN: Mutex<u16> = Mutex::new(0);
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    // Another start for each process, so that parallel runs seldom meet.
    let start = 20_000 + (std::process::id() % 500) as u16 * 40;
    let mut bases = (start.max(*given)..60_000).step_by(usize::from(count));
    let found = bases.find(|base| (*base..base + count).all(free)).expect("no free ports");
    *given = found + count;
    found
}

/// An amount of a report.
pub fn amount(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no amount"))
}

/// The expected root of an example.
pub fn expected_root(example: &str) -> String {
    let path = root().join("examples").join(example).join("expected/root.txt");
    fs::read_to_string(path).unwrap().trim().into()
}

/// Every file below a folder.
pub fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&entry.path(), found),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
}
