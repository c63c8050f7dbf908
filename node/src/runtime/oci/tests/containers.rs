//! Real containers, hostile ones too. Where no container engine runs the test says so, and shows nothing.

use std::{process::Command, time::Duration};

use super::{container::Unit, *};

/// The test program, linked statically, so that an image needs nothing else.
fn program() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (source, built) = (folder.path().join("job.c"), folder.path().join("job"));
    write(&source, include_str!("hostile.c"));
    let ran = Command::new("cc").args(["-static", "-O1", "-o"]).arg(&built).arg(&source).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    std::fs::read(built).unwrap()
}

/// The first engine that runs a container here.
fn engine(folder: &Path, archive: &[u8]) -> Option<OciRuntime> {
    let mut why = vec![];
    for command in ["podman", "podman --runtime runc", "docker"] {
        let started = OciRuntime::new(command, folder.to_path_buf());
        let ran = started.and_then(|engine| {
            engine.prepare(&spec(1, &[]), archive, Bytes::new())?.run_unit(0, &Stop::default())?;
            Ok(engine)
        });
        match ran {
            Ok(engine) => {
                println!("containers: run with `{command}`");
                return Some(engine);
            }
            Err(error) => why.push(error.to_string()),
        }
    }
    println!("containers: NOT TESTED, no container engine runs here: {why:?}");
    None
}

#[test]
fn containers_compute_and_hostile_ones_get_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let image = Image::new(tar(&[("job", &program())]));
    let archive = image.saved();
    let Some(engine) = engine(folder.path(), &archive) else { return };
    let run = |what: &'static str| {
        engine.prepare(&spec(9, &[what]), &archive, Bytes::from_static(b"hello")).unwrap().run_unit(7, &Stop::default())
    };

    let expected = b"7 of 9: 5 bytes of input, hello";
    for _ in 0..2 {
        assert_eq!(run("sums").unwrap().output, expected);
    }
    let walls = String::from_utf8(run("walls").unwrap().output).unwrap();
    assert_eq!(
        walls,
        "connect Network is unreachable, root Read-only file system, etc Read-only file system, tmp fine, \
         setuid refused, user 65534, host unit"
    );
    let exit = RuntimeError::ExitCode { code: 7, stderr: "giving up".to_owned() };
    assert_eq!(run("exit").unwrap_err(), exit);
    assert_eq!(run("flood").unwrap_err(), RuntimeError::OutputTooLarge { limit: 4096 });
    // Engines on the older cgroups do not tell who killed it.
    match run("memory").unwrap_err() {
        RuntimeError::Host(why) => assert!(why.starts_with("the container was killed"), "{why}"),
        error => assert_eq!(error, RuntimeError::OutOfMemory { asked_mib: 33, limit_mib: 32 }),
    }
    let children: u32 = String::from_utf8(run("fork").unwrap().output).unwrap().parse().unwrap();
    assert!((1..64).contains(&children), "{children} processes");

    late(&engine, &archive);
    sweep(&engine, &archive, folder.path());
    drop(engine);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// A container that does not end is ended.
fn late(engine: &OciRuntime, archive: &[u8]) {
    let image = engine.0.load(archive::check(archive).unwrap(), archive).unwrap();
    let spec = spec(1, &[]);
    let args = ["0", "1", "spin"].map(str::to_owned);
    let time = Duration::from_secs(3);
    let unit =
        Unit { tool: &engine.0, image: &image.id, args: &args, limits: &spec.limits, time, stop: &Stop::default() };
    assert_eq!(unit.run(b"").unwrap_err(), RuntimeError::TooSlow { seconds: 3 });
    assert_eq!(containers(engine), "");
}

/// What a killed node left is ended when it starts again; another node's is not.
fn sweep(engine: &OciRuntime, archive: &[u8], folder: &Path) {
    let image = engine.0.load(archive::check(archive).unwrap(), archive).unwrap();
    let start = |label: &str| {
        let label = format!("{LABEL}={label}");
        let limits = ["--network", "none", "--memory", "32m", "--memory-swap", "32m", "--ulimit", "nofile=64:64"];
        let limits = limits.into_iter().chain(["--ulimit", "nproc=4096:4096"]);
        let mut args = vec!["run", "--detach", "--log-driver", "none", "--label", &label];
        args.extend(limits);
        args.extend([image.id.as_str(), "0", "1", "spin"]);
        engine.0.run(&args).unwrap()
    };
    let (own, other) = (start(&engine.0.node), start("another"));
    assert_eq!(containers(engine).len(), 12, "one, by its short id");
    OciRuntime::new(&engine.0.words.join(" "), folder.to_path_buf()).unwrap();
    let state = |id: &str| engine.0.run(&["inspect", "--format", "{{.State.Running}}", id]);
    let (gone, stays) = (state(&own), state(&other));
    engine.0.remove(&other);
    assert!(gone.is_err(), "{gone:?}");
    assert_eq!(stays.unwrap(), "true");
}

/// This node's containers.
fn containers(engine: &OciRuntime) -> String {
    engine.0.run(&["ps", "--all", "--quiet", "--filter", &format!("label={LABEL}={}", engine.0.node)]).unwrap()
}
