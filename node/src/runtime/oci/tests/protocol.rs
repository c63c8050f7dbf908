//! The exact commands, as a scripted container command hears them.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// A command that notes its arguments, one line a call, and answers like `docker` or Podman.
fn script(folder: &Path, version: &str, run: &str) -> String {
    let (file, log) = (folder.join("engine"), folder.join("log"));
    let text = format!(
        "#!/bin/sh\nfor word in \"$@\"; do printf '%s|' \"$word\"; done >> {log}\necho >> {log}\n\
         [ \"$1\" != --runtime ] || shift 2\ncase \"$1\" in\n--version) echo '{version}';;\nps) echo left;;\ntag) grep -q 'load|' {log};;\n\
         inspect) echo 'false 3';;\nrun) {run};;\nesac\n",
        log = log.display()
    );
    write(&file, &text);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    file.display().to_string()
}

fn calls(folder: &Path) -> Vec<String> {
    std::fs::read_to_string(folder.join("log")).unwrap().lines().map(str::to_owned).collect()
}

fn names_out(line: &str, name: &str) -> String {
    line.replace(name, "NAME")
}

#[test]
fn containers_get_nothing_but_standard_input_and_output() {
    let folder = tempfile::tempdir().unwrap();
    let command = script(folder.path(), "podman version 5.0.0", "cat");
    let engine = OciRuntime::new(&format!("{command} --runtime crun"), folder.path().join("own")).unwrap();
    let node = engine.0.node.clone();
    let image = Image::new(tar(&[("job", b"#!")]));
    let job = engine.prepare(&spec(9, &["--fast"]), &image.saved(), Bytes::from_static(b"input")).unwrap();
    let unit = job.run_unit(7, &Stop::default()).unwrap();
    assert_eq!((unit.output.as_slice(), unit.fuel_used), (b"input".as_slice(), 0));
    drop(job);

    // The options of one's own come first, always.
    let heard: Vec<_> = calls(folder.path());
    assert!(heard.iter().all(|line| line.starts_with("--runtime|crun|")), "{heard:?}");
    let run = heard.iter().find(|line| line.contains("|run|")).unwrap();
    let name = run.split("--name|").nth(1).unwrap().split('|').next().unwrap();
    assert_eq!(
        names_out(run, name),
        format!(
            "--runtime|crun|run|--interactive|--pull|never|--network|none|--read-only|--cap-drop|all|--security-opt|\
             no-new-privileges|--user|65534:65534|--ipc|private|--hostname|unit|--workdir|/|--log-driver|none|\
             --no-healthcheck|--cpus|1|--ulimit|nofile=1024:1024|--ulimit|core=0:0|--ulimit|nproc=4096:4096|--tmpfs|\
             /tmp:rw,nosuid,nodev,noexec,mode=1777|--name|NAME|--label|assay.node={node}|--pids-limit|64|--memory|32m|\
             --memory-swap|32m|--http-proxy=false|--read-only-tmpfs=false|--timeout|120|{}|7|9|--fast|",
            image.id()
        )
    );
}

#[test]
fn what_a_killed_node_left_is_removed_and_nothing_stays_of_a_job() {
    let folder = tempfile::tempdir().unwrap();
    let command = script(folder.path(), "Docker version 28.0.0", "exit 3");
    let own = folder.path().join("own");
    std::fs::create_dir(&own).unwrap();
    write(&own.join("ab".repeat(32)), "");
    let engine = OciRuntime::new(&command, own.clone()).unwrap();
    let node = engine.0.node.clone();
    let swept = [
        "--version|".to_owned(),
        format!("ps|--all|--quiet|--filter|label=assay.node={node}|"),
        "kill|left|".to_owned(),
        "rm|--force|left|".to_owned(),
        format!("rmi|localhost/assay-{node}:{}|", "ab".repeat(32)),
    ];
    assert_eq!(calls(folder.path()), swept);

    write(&folder.path().join("log"), "");
    let image = Image::new(tar(&[("job", b"#!")]));
    let prepare = || engine.prepare(&spec(1, &[]), &image.saved(), Bytes::new()).unwrap();
    let (job, other) = (prepare(), prepare());
    let error = job.run_unit(0, &Stop::default()).unwrap_err();
    assert!(matches!(error, RuntimeError::ExitCode { code: 3, .. }), "{error}");
    drop(job);
    drop(other);
    let heard = calls(folder.path());
    let firsts: Vec<_> = heard.iter().map(|line| line.split('|').next().unwrap()).collect();
    // Two jobs of one image load it once and remove it once.
    assert_eq!(firsts, ["tag", "load", "tag", "run", "inspect", "kill", "rm", "rmi"]);
    assert!(!heard[3].contains("--timeout") && !heard[3].contains("--read-only-tmpfs"), "Docker has neither");
    assert_eq!(std::fs::read_dir(&own).unwrap().count(), 0);
}

#[test]
fn a_machine_without_the_command_does_not_start_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let error = OciRuntime::new("/nowhere/podman", folder.path().join("own")).err().unwrap();
    assert!(error.to_string().contains("/nowhere/podman"), "{error}");
}
