//! A process to kill: this test binary again, running only the test `child` with a task in the environment.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

const TASK: &str = "ASSAY_TEST_CHILD";

/// The task of this process, if it is a child.
pub fn task() -> Option<Vec<String>> {
    Some(std::env::var(TASK).ok()?.split('\n').map(str::to_owned).collect())
}

/// A child with a task that has said `ready`.
pub fn ready(task: &[&str]) -> Child {
    let mut child = spawn(task);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.ends_with("ready")), "the child ended early");
    child
}

/// A child with a task. Kill it: it is not waited for.
pub fn spawn(task: &[&str]) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--ignored", "--nocapture"]).env(TASK, task.join("\n"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap()
}

/// SIGKILL, at once.
pub fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}
