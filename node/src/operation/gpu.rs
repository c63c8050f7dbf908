//! GPUs, as NVIDIA's own tool tells them.

use std::{
    io::Read,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use assay_sdk::profile::Gpu;

/// What the tool is asked for, in this order.
const QUERY: [&str; 2] = ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"];
/// How long it may take: a driver that hangs must not keep a node from starting.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most that is read of its answer, in bytes.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// Why there is no word of GPUs.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum GpuError {
    /// The tool is there and does not do its work.
    #[error("{tool} {why}; no GPU is offered: mend the driver, or remove the tool if there is no GPU")]
    Tool {
        /// Its name.
        tool: String,
        /// What is wrong.
        why: String,
    },
}

/// The GPUs of this machine; none where the tool is not there.
///
/// # Errors
/// [`GpuError`] when the tool is there, and fails, hangs or says what cannot be read.
pub fn detect(tool: &Path) -> Result<Vec<Gpu>, GpuError> {
    let broken = |why: String| GpuError::Tool { tool: tool.display().to_string(), why };
    let child =
        Command::new(tool).args(QUERY).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        Err(why) => return Err(broken(format!("cannot be run: {why}"))),
    };
    // A thread of its own: a tool that says much waits until somebody reads.
    let (send, answer) = std::sync::mpsc::channel();
    if let Some(out) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut text = String::new();
            let read = out.take(MAX_ANSWER_BYTES).read_to_string(&mut text);
            // Nobody may be waiting any more.
            let _ = send.send(read.map(|_| text));
        });
    }
    let start = Instant::now();
    let answer = answer.recv_timeout(PATIENCE);
    let left = PATIENCE.saturating_sub(start.elapsed());
    let Some(status) = ended(&mut child, left) else { return Err(broken("does not answer".into())) };
    if !status.success() {
        return Err(broken(format!("failed with {status}")));
    }
    let text = answer.map_err(|_| broken("does not answer".into()))?;
    parse(&text.map_err(|why| broken(format!("cannot be read: {why}")))?).map_err(|why| broken(why.to_owned()))
}

/// How it ended; it is killed if it does not within `patience`.
fn ended(child: &mut std::process::Child, patience: Duration) -> Option<std::process::ExitStatus> {
    let until = Instant::now() + patience;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(5)),
            _ => {
                // It may have ended by itself just now.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
}

/// Lines of a name, MiB and a version. No name has a comma.
fn parse(text: &str) -> Result<Vec<Gpu>, &'static str> {
    let line = |line: &str| {
        let mut fields = line.split(',').map(str::trim);
        let (model, memory, driver) = (fields.next()?, fields.next()?, fields.next()?);
        let memory_mib = memory.parse().ok()?;
        let complete = !model.is_empty() && fields.next().is_none();
        complete.then(|| Gpu { model: model.into(), memory_mib, driver: driver.into() })
    };
    text.lines().filter(|text| !text.trim().is_empty()).map(line).collect::<Option<_>>().ok_or(
        "answered with something else than names, MiB and versions", //
    )
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

    use super::*;

    /// A script in the tool's place: no GPU is run here.
    fn tool(folder: &Path, script: &str) -> PathBuf {
        let path = folder.join("nvidia-smi");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn said(script: &str) -> Result<Vec<Gpu>, GpuError> {
        let folder = tempfile::tempdir().unwrap();
        let tool = tool(folder.path(), script);
        // Another test may start a process while the script is being written, which then holds it open for a moment.
        let busy =
            |said: &Result<_, GpuError>| said.as_ref().is_err_and(|why| why.to_string().contains("Text file busy"));
        let tries = (0..100).map(|_| {
            std::thread::sleep(Duration::from_millis(10));
            detect(&tool)
        });
        tries.into_iter().find(|said| !busy(said)).unwrap()
    }

    #[test]
    fn gpus_are_what_the_tool_says_when_asked_right() {
        let script = r#"
            [ "$1 $2" = "--query-gpu=name,memory.total,driver_version --format=csv,noheader,nounits" ] || exit 2
            echo "NVIDIA H100 80GB HBM3, 81559, 550.54.15"
            echo "Tesla T4, 15360, 550.54.15""#;
        let driver = || "550.54.15".to_owned();
        let expected = [
            Gpu { model: "NVIDIA H100 80GB HBM3".into(), memory_mib: 81_559, driver: driver() },
            Gpu { model: "Tesla T4".into(), memory_mib: 15_360, driver: driver() },
        ];
        assert_eq!(said(script).unwrap(), expected);
    }

    #[test]
    fn without_the_tool_there_are_no_gpus() {
        assert_eq!(detect(Path::new("/no/such/nvidia-smi")).unwrap(), []);
        assert_eq!(said("true").unwrap(), []);
    }

    #[test]
    fn a_broken_tool_is_told() {
        let why = |script: &str| said(script).unwrap_err().to_string();
        let failed = why("echo 'NVIDIA-SMI has failed because it could not communicate with the driver' >&2; exit 9");
        assert!(failed.contains("failed with exit status: 9; no GPU is offered"), "{failed}");
        for answer in ["No devices were found", "T4, [N/A], 1", "T4, 1", "T4, 1, 2, 3", ", 1, 2"] {
            let why = why(&format!("echo '{answer}'"));
            assert!(why.contains("answered with something else"), "{answer}: {why}");
        }
    }

    #[test]
    fn a_tool_that_hangs_is_ended() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        assert_eq!(ended(&mut child, Duration::from_millis(20)), None);
        assert!(child.try_wait().unwrap().is_some());
    }
}
