//! Containers, through the command of Docker or Podman: for programs that cannot be WebAssembly.
//!
//! The program is an image in an archive, checked by [`archive`] and run by its content hash: no registry is asked. A unit
//! is one container, without network, capabilities, a writable disk or a user of this machine, and with a limit on memory,
//! processors, processes and time. Its kernel is this machine's: a container is a thinner wall than WebAssembly's, which
//! is why an operator must ask for this engine.
//!
//! A container sees clocks, random numbers and this processor. Nobody makes it deterministic but its author; see
//! docs/engines.md for what that means to strategies that compare digests.

pub mod archive;
mod container;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use assay_sdk::spec::{JobSpec, Limits};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{PreparedJob, Runtime, RuntimeError, Stop, UnitOutput, limits::deadline};
use container::Unit;

/// The label of this engine's containers; its value is the node's, so that nodes beside each other leave theirs alone.
const LABEL: &str = "assay.node";
/// The longest that a command other than `run` may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// What Podman leaves of a container that was short of memory, in the folder where it was called.
const NOTE: &str = "oom";

/// Docker or Podman, and what this node has of it.
pub struct OciRuntime(Arc<Tool>);

/// The container command.
struct Tool {
    words: Vec<String>,
    podman: bool,
    /// Where archives pass through, and one file for each image that must be removed again is kept.
    folder: PathBuf,
    /// The label's value.
    node: String,
    /// How many jobs use an image.
    images: Mutex<HashMap<String, usize>>,
}

impl OciRuntime {
    /// The engine. `command` is `podman` or `docker` with options of its own, split at spaces; `folder` is this node's
    /// alone. Containers and images that an earlier run of this node left are removed.
    ///
    /// # Errors
    /// [`RuntimeError::Host`] where the command does not run.
    pub fn new(command: &str, folder: PathBuf) -> Result<Self, RuntimeError> {
        fs::create_dir_all(&folder).map_err(|error| host(format!("{}: {error}", folder.display())))?;
        let folder = folder.canonicalize().map_err(|error| host(format!("{}: {error}", folder.display())))?;
        let node = hex::encode(&Sha256::digest(folder.as_os_str().as_encoded_bytes())[..8]);
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        let mut tool = Tool { words, podman: false, folder, node, images: Mutex::default() };
        tool.podman = tool.run(&["--version"])?.to_lowercase().contains("podman");
        tool.sweep()?;
        Ok(Self(Arc::new(tool)))
    }
}

fn host(why: String) -> RuntimeError {
    RuntimeError::Host(why)
}

impl Tool {
    /// The command with its own options, as far as the operator gave them.
    fn command(&self) -> Command {
        let mut words = self.words.iter();
        let mut command = Command::new(words.next().map_or("podman", String::as_str));
        // Where they are called, some container tools leave a note of what was short of memory: see `NOTE`.
        command.args(words).current_dir(&self.folder);
        command
    }

    /// Runs a short command and returns what it writes.
    fn run(&self, args: &[&str]) -> Result<String, RuntimeError> {
        let name = format!("`{} {}`", self.words.join(" "), args.join(" "));
        let broken = |error: std::io::Error| host(format!("{name}: {error}"));
        let mut command = self.command();
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(broken)?;
        let end = Instant::now() + PATIENCE;
        while child.try_wait().map_err(broken)?.is_none() {
            if Instant::now() > end {
                let _ = child.kill();
                let _ = child.wait();
                return Err(host(format!("{name} hangs: is the container engine up?")));
            }
            thread::sleep(container::LOOK);
        }
        let ran = child.wait_with_output().map_err(broken)?;
        if ran.status.success() {
            return Ok(String::from_utf8_lossy(&ran.stdout).trim().to_owned());
        }
        Err(host(format!("{name} failed: {}", String::from_utf8_lossy(&ran.stderr).trim())))
    }

    /// Removes what a killed node left.
    fn sweep(&self) -> Result<(), RuntimeError> {
        let filter = format!("label={LABEL}={}", self.node);
        for container in self.run(&["ps", "--all", "--quiet", "--filter", &filter])?.split_whitespace() {
            self.remove(container);
        }
        let files = fs::read_dir(&self.folder).map_err(|error| host(format!("{}: {error}", self.folder.display())))?;
        for name in files.flatten().filter_map(|file| file.file_name().into_string().ok()) {
            if name.len() == 64 {
                self.remove_image(&name);
            }
        }
        Ok(())
    }

    /// Ends and removes a container. Fine if it is not there.
    fn remove(&self, container: &str) {
        // First the kill: some versions of Podman wait ten seconds for what they are to remove.
        let _ = self.run(&["kill", container]);
        if let Err(error) = self.run(&["rm", "--force", container]) {
            tracing::warn!("a container is left: {error}");
        }
        let _ = fs::remove_file(self.folder.join(NOTE));
    }

    /// This node's own name for an image. An image stays for as long as it has a name, so nodes beside each other do not
    /// take it from one another.
    fn name(&self, id: &str) -> String {
        format!("localhost/assay-{}:{id}", self.node)
    }

    /// Gives up this node's name for an image, which ends an image without another.
    fn remove_image(&self, id: &str) {
        let name = self.name(id);
        // Somebody else's container may use it; then its file stays too, and the next start tries again.
        if let Err(error) = self.run(&["rmi", &name])
            && self.run(&["image", "inspect", "--format", "{{.Id}}", &name]).is_ok()
        {
            tracing::warn!("an image is left: {error}");
            return;
        }
        let _ = fs::remove_file(self.folder.join(id));
    }

    fn images(&self) -> std::sync::MutexGuard<'_, HashMap<String, usize>> {
        self.images.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads the image, unless it is there for another job.
    fn load(self: &Arc<Self>, id: String, archive: &[u8]) -> Result<Loaded, RuntimeError> {
        let mut images = self.images();
        if let Some(users) = images.get_mut(&id) {
            *users += 1;
            return Ok(Loaded { tool: self.clone(), id });
        }
        let io = |error: std::io::Error| host(format!("{}: {error}", self.folder.display()));
        let name = self.name(&id);
        fs::write(self.folder.join(&id), []).map_err(io)?;
        // What the machine has already needs a name only.
        if self.run(&["tag", &id, &name]).is_err() {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder).map_err(io)?;
            std::io::Write::write_all(&mut file, archive).map_err(io)?;
            self.run(&["load", "--quiet", "--input", &file.path().to_string_lossy()])?;
            self.run(&["tag", &id, &name])?;
        }
        images.insert(id.clone(), 1);
        Ok(Loaded { tool: self.clone(), id })
    }
}

/// An image in the tool's storage, for as long as a job needs it.
struct Loaded {
    tool: Arc<Tool>,
    id: String,
}

impl Drop for Loaded {
    fn drop(&mut self) {
        let mut images = self.tool.images();
        let users = images.get_mut(&self.id).map_or(0, |users| {
            *users -= 1;
            *users
        });
        if users == 0 {
            images.remove(&self.id);
            self.tool.remove_image(&self.id);
        }
    }
}

impl Runtime for OciRuntime {
    fn prepare(&self, spec: &JobSpec, program: &[u8], input: Bytes) -> Result<Box<dyn PreparedJob>, RuntimeError> {
        let image = self.0.load(archive::check(program)?, program)?;
        Ok(Box::new(OciJob { image, input, args: spec.args.clone(), units: spec.units, limits: spec.limits }))
    }
}

/// A loaded image and what its units get.
struct OciJob {
    image: Loaded,
    input: Bytes,
    args: Vec<String>,
    units: u64,
    limits: Limits,
}

impl PreparedJob for OciJob {
    fn run_unit(&self, unit: u64, stop: &Stop) -> Result<UnitOutput, RuntimeError> {
        let mut args = vec![unit.to_string(), self.units.to_string()];
        args.extend_from_slice(&self.args);
        let (tool, image, time) = (&self.image.tool, &self.image.id, deadline(self.limits.fuel));
        Unit { tool, image, args: &args, limits: &self.limits, time, stop }.run(&self.input)
    }
}
