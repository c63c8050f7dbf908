//! One unit, one container.

use std::{
    io::{Read, Write},
    process::{Child, Stdio},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use assay_sdk::spec::Limits;

use super::{LABEL, Tool};
use crate::runtime::{RuntimeError, Stop, UnitOutput, limits::STDERR_BYTES};

/// Most processes and threads of a unit.
const PIDS: u32 = 64;
/// Least memory that container tools take as a limit, in MiB.
const LEAST_MEMORY_MIB: u32 = 16;
/// Exit code of what the kernel killed.
const KILLED: i32 = 128 + 9;
/// Nobody, on every Linux.
const USER: &str = "65534:65534";
/// How often a running container is looked at.
pub const LOOK: Duration = Duration::from_millis(10);

/// Containers of one process have different names.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A unit to run.
pub struct Unit<'a> {
    pub tool: &'a Tool,
    pub image: &'a str,
    /// `UNIT UNITS ARGS…`, after the image's entry point.
    pub args: &'a [String],
    pub limits: &'a Limits,
    /// How long it may take.
    pub time: Duration,
    /// Whether anybody still wants it.
    pub stop: &'a Stop,
}

/// Removes its container however the unit ends.
struct Guard<'a>(&'a Tool, String);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.remove(&self.1);
    }
}

impl Unit<'_> {
    /// Runs the container: `input` on its standard input; its standard output is the unit's.
    ///
    /// # Errors
    /// [`RuntimeError::OutputTooLarge`], [`RuntimeError::OutOfMemory`], [`RuntimeError::ExitCode`],
    /// [`RuntimeError::TooSlow`], [`RuntimeError::Stopped`], [`RuntimeError::Host`].
    pub fn run(&self, input: &[u8]) -> Result<UnitOutput, RuntimeError> {
        let name = format!("assay-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mut command = self.tool.command();
        command.args(self.options(&name)).arg(self.image).args(self.args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let failed = |error: std::io::Error| RuntimeError::Host(format!("{}: {error}", self.tool.words.join(" ")));
        let guard = Guard(self.tool, name);
        let mut child = command.spawn().map_err(failed)?;
        let talked = self.talk(&mut child, input, &guard.1);
        let Talked { output, stderr, over, late } = talked;
        let status = child.wait().map_err(failed)?;
        if self.stop.is_set() {
            return Err(RuntimeError::Stopped);
        }
        if over {
            return Err(RuntimeError::OutputTooLarge { limit: self.limits.output_bytes });
        }
        if late {
            return Err(RuntimeError::TooSlow { seconds: self.time.as_secs() });
        }
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        match status.code() {
            Some(0) => Ok(UnitOutput { output, fuel_used: 0, stderr }),
            code => Err(self.why(&guard.1, code.unwrap_or(-1), stderr)),
        }
    }

    /// The options of `run`: everything off but what a unit needs.
    fn options(&self, name: &str) -> Vec<String> {
        let memory = format!("{}m", self.limits.memory_mib.max(LEAST_MEMORY_MIB));
        let mut options: Vec<String> = ["run", "--interactive", "--pull", "never", "--network", "none", "--read-only"]
            .into_iter()
            .chain(["--cap-drop", "all", "--security-opt", "no-new-privileges", "--user", USER])
            // One name for all: the default is the container's own, which no two machines share.
            .chain(["--ipc", "private", "--hostname", "unit", "--workdir", "/", "--log-driver", "none"])
            .chain(["--no-healthcheck", "--cpus", "1", "--ulimit", "nofile=1024:1024", "--ulimit", "core=0:0"])
            // Low enough for hosts that may not raise their own; processes are bounded by their own limit.
            .chain(["--ulimit", "nproc=4096:4096"])
            // In memory, and counted as such.
            .chain(["--tmpfs", "/tmp:rw,nosuid,nodev,noexec,mode=1777"])
            .map(str::to_owned)
            .collect();
        let label = format!("{LABEL}={}", self.tool.node);
        let pids = PIDS.to_string();
        for (option, value) in [("--name", name), ("--label", &label), ("--pids-limit", &pids)] {
            options.extend([option.to_owned(), value.to_owned()]);
        }
        // As much swap as memory is none.
        for option in ["--memory", "--memory-swap"] {
            options.extend([option.to_owned(), memory.clone()]);
        }
        if self.tool.podman {
            // Podman alone passes this machine's proxies on, and makes folders of a read-only container writable. The
            // time limit holds even if the node is killed meanwhile.
            let timeout = (self.time.as_secs() + 60).to_string();
            options.extend(["--http-proxy=false", "--read-only-tmpfs=false", "--timeout"].map(str::to_owned));
            options.push(timeout);
        }
        options
    }

    /// Writes the input and reads the output until the container ends, or must.
    fn talk(&self, child: &mut Child, input: &[u8], name: &str) -> Talked {
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let over = AtomicBool::new(false);
        let limit = usize::try_from(self.limits.output_bytes).unwrap_or(usize::MAX);
        let end = Instant::now() + self.time;
        let mut late = false;
        thread::scope(|scope| {
            // A program need not read its input.
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
            let output = scope.spawn(|| read(stdout, limit, Some(&over)));
            let stderr = scope.spawn(|| read(stderr, STDERR_BYTES, None));
            while matches!(child.try_wait(), Ok(None)) {
                late = Instant::now() > end;
                if late || over.load(Ordering::Relaxed) || self.stop.is_set() {
                    self.tool.remove(name);
                    // The command ends with its container; if not, it is ended.
                    let _ = child.kill();
                    break;
                }
                thread::sleep(LOOK);
            }
            Talked {
                output: output.join().unwrap_or_default(),
                stderr: stderr.join().unwrap_or_default(),
                over: over.load(Ordering::Relaxed),
                late,
            }
        })
    }

    /// Why a container ended with another code than 0. 125 to 127 are the command's own, but any program may end so.
    fn why(&self, name: &str, code: i32, stderr: String) -> RuntimeError {
        match self.tool.run(&["inspect", "--format", "{{.State.OOMKilled}} {{.State.ExitCode}}", name]) {
            Ok(state) if state.starts_with("true") => {
                let limit_mib = self.limits.memory_mib.max(LEAST_MEMORY_MIB);
                RuntimeError::OutOfMemory { asked_mib: u64::from(limit_mib) + 1, limit_mib }
            }
            // Not every engine notes why; this machine itself may be short, which is not the unit's fault.
            Ok(_) if code == KILLED => {
                RuntimeError::Host("the container was killed: it, or this machine, is short of memory".to_owned())
            }
            Ok(state) if state == format!("false {code}") && code != 125 => RuntimeError::ExitCode { code, stderr },
            _ => RuntimeError::Host(format!("the container did not run: {}", stderr.trim())),
        }
    }
}

struct Talked {
    output: Vec<u8>,
    stderr: Vec<u8>,
    over: bool,
    late: bool,
}

/// Reads to the end and keeps so many bytes. `over` is set when more come; without it the rest is dropped.
fn read(from: Option<impl Read>, limit: usize, over: Option<&AtomicBool>) -> Vec<u8> {
    let (mut kept, mut chunk) = (vec![], vec![0; 64 * 1024]);
    let Some(mut from) = from else { return kept };
    while let Ok(length @ 1..) = from.read(&mut chunk) {
        let room = (limit - kept.len()).min(length);
        kept.extend_from_slice(&chunk[..room]);
        if let (true, Some(over)) = (room < length, over) {
            over.store(true, Ordering::Relaxed);
            break;
        }
    }
    kept
}
