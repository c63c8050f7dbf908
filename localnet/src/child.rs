//! How a child process is described and started, so that it never outlives this process.

use std::{
    ffi::{CStr, OsString},
    fs::OpenOptions,
    io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use nix::{
    fcntl::{OFlag, open},
    sched::{CloneFlags, unshare},
    sys::{prctl::set_pdeathsig, signal::Signal, stat::Mode},
    unistd::{Gid, Uid, getegid, geteuid, getpid, getppid, setgid, setgroups, setuid, write},
};

use crate::{Error, Result};

/// What to run, and how to end it.
#[derive(Clone)]
pub struct ChildSpec {
    /// Names its log and its pid file; unique.
    pub name: String,
    /// The binary.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Added to this process's own environment.
    pub env: Vec<(OsString, OsString)>,
    /// What asks it to end: SIGTERM unless it wants another.
    pub stop_signal: Signal,
    /// Children of a lower order are stopped, and waited for, before those of a higher one.
    pub stop_order: u8,
    /// What the kernel sends it when this process is gone without a word.
    pub(crate) death_signal: Signal,
    pub(crate) run_as: RunAs,
}

impl ChildSpec {
    /// A child that runs `program` without arguments.
    pub fn new(name: impl Into<String>, program: impl Into<PathBuf>) -> ChildSpec {
        ChildSpec {
            name: name.into(),
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            stop_signal: Signal::SIGTERM,
            stop_order: 0,
            death_signal: Signal::SIGKILL,
            run_as: RunAs::Caller,
        }
    }

    /// Adds arguments.
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> ChildSpec {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> ChildSpec {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Starts it once, its output appended to `log`. Must run on a thread that outlives the child: the kernel's
    /// death signal comes when the *thread* that started a child ends.
    pub(crate) fn start(&self, log: &Path) -> io::Result<Child> {
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        let mut command = Command::new(&self.program);
        command.args(&self.args).envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // Its own group, so that a terminal's Ctrl-C reaches this process alone, which then stops all in order.
        command.process_group(0);
        prepare(&mut command, &self.run_as, self.death_signal);
        command.spawn()
    }
}

/// Whom a child runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RunAs {
    /// As this process.
    Caller,
    /// As uid 1000 of a user namespace of its own; outside of it, it is still the caller, and so are its files.
    Namespace,
    /// As this user, which only root may ask for.
    User { uid: u32, gid: u32 },
}

/// Makes `command` run as `run_as` and die by `death_signal` with the thread that starts it.
#[allow(unsafe_code)]
pub(crate) fn prepare(command: &mut Command, run_as: &RunAs, death_signal: Signal) {
    let run_as = run_as.clone();
    let parent = getpid();
    let uid_map = format!("1000 {} 1", geteuid());
    let gid_map = format!("1000 {} 1", getegid());
    let before_exec = move || {
        match &run_as {
            RunAs::Caller => {}
            RunAs::Namespace => {
                unshare(CloneFlags::CLONE_NEWUSER)?;
                put(c"/proc/self/setgroups", b"deny")?;
                put(c"/proc/self/uid_map", uid_map.as_bytes())?;
                put(c"/proc/self/gid_map", gid_map.as_bytes())?;
            }
            RunAs::User { uid, gid } => {
                setgroups(&[])?;
                setgid(Gid::from_raw(*gid))?;
                setuid(Uid::from_raw(*uid))?;
            }
        }
        // Last, because a change of credentials clears it.
        set_pdeathsig(death_signal)?;
        // The parent may have died before that line.
        if getppid() != parent {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(())
    };
    // SAFETY: between fork and exec the closure makes system calls only (all strings were made before the fork;
    // nix neither allocates nor locks for these), so it is sound in the child of a process with many threads.
    unsafe { command.pre_exec(before_exec) };
}

/// Writes a short file in one call, without allocating.
fn put(path: &CStr, bytes: &[u8]) -> io::Result<()> {
    let file = open(path, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    write(&file, bytes)?;
    Ok(())
}

/// The binary `name` of this workspace: in `ASSAY_BIN_DIR` if set, else beside the running executable.
///
/// # Errors
/// [`Error::NoBinary`] says how to build it.
pub fn sibling(name: &str) -> Result<PathBuf> {
    let folder = match std::env::var_os("ASSAY_BIN_DIR").filter(|v| !v.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => {
            let me = std::env::current_exe().map_err(Error::file("find", "the running executable"))?;
            let beside = me.parent().unwrap_or(Path::new(".")).to_owned();
            // Test executables are one folder below the binaries.
            if beside.ends_with("deps") { beside.parent().unwrap_or(&beside).to_owned() } else { beside }
        }
    };
    let path = folder.join(name);
    if path.is_file() { Ok(path) } else { Err(Error::NoBinary { name: name.to_owned(), folder }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_binary_says_how_to_build_it() {
        let said = sibling("assay-no-such-thing").unwrap_err().to_string();
        assert!(said.contains("cargo build -p assay-no-such-thing") && said.contains("ASSAY_BIN_DIR"), "{said}");
    }
}
