//! Runs the real `assay-localnet` as a process of its own.
#![allow(dead_code, clippy::unwrap_used)]

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use assay_localnet::{State, ports::free_block};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

/// How long a test waits for what must come; generous, since other builds may run beside it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `found` finds something.
pub fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(thing) = found() {
            return thing;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        sleep(Duration::from_millis(20));
    }
}

/// Whether a process runs; a dead one that nobody has waited for does not.
pub fn runs(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.trim_start().starts_with(['Z', 'X']))
}

/// `pid` and all that descend from it.
pub fn family(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut next = 0;
    while let Some(pid) = all.get(next).copied() {
        next += 1;
        for entry in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            let children = fs::read_to_string(entry.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().map(|pid| pid.parse::<u32>().unwrap()));
        }
    }
    all
}

/// Sends a signal.
pub fn send(pid: u32, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), signal).unwrap();
}

/// A localnet on free ports in a folder that goes with it.
pub struct Net {
    pub folder: TempDir,
    pub base: u16,
    pub process: Child,
}

impl Net {
    pub fn command(folder: &TempDir, base: u16, extra: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay-localnet"));
        command.arg("--bare").arg("--data").arg(folder.path()).args([
            "--slot-ms",
            "50",
            "--ports-from",
            &base.to_string(),
        ]);
        command.args(extra).stdin(Stdio::null());
        command
    }

    /// Starts one and waits until it is ready.
    pub fn start(extra: &[&str], env: &[(&str, &str)]) -> Net {
        Net::start_in(tempfile::tempdir().unwrap(), extra, env)
    }

    pub fn start_in(folder: TempDir, extra: &[&str], env: &[(&str, &str)]) -> Net {
        let base = free_block(8).unwrap();
        let process = Net::command(&folder, base, extra).envs(env.iter().copied()).spawn().unwrap();
        let mut net = Net { folder, base, process };
        wait_for("localnet.json", || {
            assert_eq!(net.process.try_wait().unwrap(), None, "it ended before it was ready");
            net.state().filter(|state| state.pid == net.process.id())
        });
        net
    }

    pub fn state(&self) -> Option<State> {
        let text = fs::read(self.path("localnet.json")).ok()?;
        Some(serde_json::from_slice(&text).expect("a whole file, never half of one"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The pid of a child by its pid file, if it runs.
    pub fn pid(&self, name: &str) -> Option<u32> {
        fs::read_to_string(self.path("pids").join(name)).ok()?.trim().parse().ok().filter(|pid| runs(*pid))
    }

    /// Tries a second one; it must end by itself.
    pub fn try_another(folder: &TempDir, base: u16, extra: &[&str]) -> Output {
        Net::command(folder, base, extra).output().unwrap()
    }

    pub fn end(&mut self, signal: Signal) -> ExitStatus {
        send(self.process.id(), signal);
        wait_for("the end", || self.process.try_wait().unwrap())
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
