//! How fast this machine is: short measurements, about two seconds together.

use std::{
    hint::black_box,
    io::Write,
    num::NonZeroUsize,
    path::Path,
    time::{Duration, Instant},
};

use assay_sdk::{
    profile::Speed,
    spec::{Artifact, Engine, JobSpec, Limits, VERSION},
};
use bytes::Bytes;

use crate::runtime::{PreparedJob, Runtime, RuntimeError, Stop, limits::THREAD_STACK_BYTES};

/// How long each is measured.
const TIME: Duration = Duration::from_millis(400);
/// Fuel that a measured unit may burn at most; it burns about half.
const FUEL: u64 = 40_000_000;
const MIB: usize = 1 << 20;
/// What is copied in memory at once: more than caches hold.
const COPIED_MIB: usize = 64;
/// Most that is written to disk.
const WRITTEN_MIB: u64 = 64;

/// What a unit does: a generator of numbers whose state goes through memory, as computing programs do.
const PROGRAM: &str = r#"(module
  (memory (export "memory") 16)
  (func (export "_start") (local $i i32) (local $x i64) (local $at i32)
    (local.set $x (i64.const 88172645463325252))
    (loop $next
      (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 13))))
      (local.set $x (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 7))))
      (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 17))))
      (local.set $at (i32.and (i32.wrap_i64 (local.get $x)) (i32.const 0xffff8)))
      (i64.store (local.get $at) (i64.add (i64.load (local.get $at)) (local.get $x)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 500000))))))"#;

/// Why the speed is not known.
#[derive(Debug, thiserror::Error)]
pub enum SpeedError {
    /// The engine does not run here.
    #[error("the engine does not run on this machine: {0}")]
    Engine(#[from] RuntimeError),
    /// The measured program is not one, or cannot be run: a fault of this build.
    #[error("the measured program does not run: {0}; install another build of assay-node")]
    Program(String),
    /// The disk fails.
    #[error("cannot write to {path}: {source}; free some space, or name another folder with --data")]
    Disk {
        /// The folder.
        path: std::path::PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Threads cannot be started.
    #[error("threads cannot be started: {0}; this machine is short of memory or processes")]
    Threads(String),
}

/// Measure this machine: its engine on one core and on `cores`, its memory, and the disk that `folder` is on.
///
/// # Errors
/// [`SpeedError`] when something does not work at all.
pub fn measure(runtime: &dyn Runtime, engine: &str, cores: NonZeroUsize, folder: &Path) -> Result<Speed, SpeedError> {
    let job = prepare(runtime)?;
    let one = fuel_per_second(job.as_ref(), NonZeroUsize::MIN)?;
    let all = if cores.get() == 1 { one } else { fuel_per_second(job.as_ref(), cores)? };
    Ok(Speed {
        engine: engine.into(),
        fuel_per_second_one_core: one,
        fuel_per_second_all_cores: all,
        memory_mib_per_second: copied(),
        disk_mib_per_second: written(folder).map_err(|source| SpeedError::Disk { path: folder.into(), source })?,
    })
}

fn prepare(runtime: &dyn Runtime) -> Result<Box<dyn PreparedJob>, SpeedError> {
    let program = wat::parse_str(PROGRAM).map_err(|why| SpeedError::Program(why.to_string()))?;
    let nothing = Artifact { uri: "https://localhost/".into(), sha256: "0".repeat(64), encryption: None };
    let spec = JobSpec {
        version: VERSION,
        name: "speed".into(),
        engine: Engine::Wasm,
        program: nothing.clone(),
        input: nothing,
        units: 1,
        args: vec![],
        limits: Limits { fuel: FUEL, memory_mib: 1, output_bytes: 1 },
        seed: 0,
    };
    Ok(runtime.prepare(&spec, &program, Bytes::new())?)
}

/// Fuel that so many threads burn together in a second.
fn fuel_per_second(job: &dyn PreparedJob, threads: NonZeroUsize) -> Result<u64, SpeedError> {
    let start = Instant::now();
    let burn = || {
        let mut fuel = 0u64;
        while start.elapsed() < TIME || fuel == 0 {
            fuel = fuel.saturating_add(job.run_unit(0, &Stop::default())?.fuel_used);
        }
        // Until the last unit's end, as threads do not end together.
        Ok::<_, RuntimeError>(rate(fuel, start.elapsed()))
    };
    std::thread::scope(|scope| {
        let spawn = |_| {
            let builder = std::thread::Builder::new().stack_size(THREAD_STACK_BYTES);
            builder.spawn_scoped(scope, burn).map_err(|why| SpeedError::Threads(why.to_string()))
        };
        let threads = (0..threads.get()).map(spawn).collect::<Result<Vec<_>, _>>()?;
        threads.into_iter().try_fold(0u64, |sum, thread| {
            let rate = thread.join().map_err(|_| SpeedError::Threads("one died".into()))?;
            Ok(sum.saturating_add(rate?))
        })
    })
}

/// MiB that one core copies in a second.
fn copied() -> u64 {
    let (from, mut to) = (vec![1u8; COPIED_MIB * MIB], vec![0u8; COPIED_MIB * MIB]);
    let (start, mut rounds) = (Instant::now(), 0u64);
    while start.elapsed() < TIME {
        to.copy_from_slice(black_box(&from));
        black_box(&mut to);
        rounds = rounds.saturating_add(1);
    }
    rate(rounds.saturating_mul(COPIED_MIB as u64), start.elapsed())
}

/// MiB that the disk takes in a second, with the time until they are really there. The file has no name: a killed node
/// leaves nothing behind.
fn written(folder: &Path) -> std::io::Result<u64> {
    let mut file = tempfile::tempfile_in(folder)?;
    // Not zeros, which some file systems do not write.
    let block: Vec<u8> = (0..MIB).map(|at| (at.wrapping_mul(2_654_435_761) >> 8) as u8).collect();
    let (start, mut blocks) = (Instant::now(), 0u64);
    while blocks < WRITTEN_MIB && start.elapsed() < TIME {
        file.write_all(&block)?;
        blocks = blocks.saturating_add(1);
    }
    file.sync_all()?;
    Ok(rate(blocks, start.elapsed()))
}

/// So many in a second; at least one, as something was done.
fn rate(count: u64, time: Duration) -> u64 {
    let rate = count as f64 / time.as_secs_f64().max(1e-9);
    // Far below 2^53.
    (rate as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::wasm::WasmRuntime;

    #[test]
    fn the_measured_program_burns_what_it_should() {
        let runtime = WasmRuntime::new().unwrap();
        let job = prepare(&runtime).unwrap();
        let once = job.run_unit(0, &Stop::default()).unwrap();
        assert!((500_000 * 20..FUEL).contains(&once.fuel_used), "{}", once.fuel_used);
        assert_eq!(job.run_unit(0, &Stop::default()).unwrap().fuel_used, once.fuel_used);
    }

    #[test]
    fn everything_is_measured_and_nothing_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = WasmRuntime::new().unwrap();
        let two = NonZeroUsize::new(2).unwrap();
        let speed = measure(&runtime, "an engine", two, folder.path()).unwrap();
        let Speed { fuel_per_second_one_core: one, fuel_per_second_all_cores: all, .. } = speed;
        assert!([one, all, speed.memory_mib_per_second, speed.disk_mib_per_second].iter().all(|rate| *rate > 0));
        assert_eq!(speed.engine, "an engine");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn rates_are_per_second() {
        assert_eq!(rate(100, Duration::from_millis(500)), 200);
        assert_eq!(rate(0, Duration::from_secs(1)), 1);
    }

    #[test]
    fn a_disk_that_fails_is_named() {
        let runtime = WasmRuntime::new().unwrap();
        let why = measure(&runtime, "", NonZeroUsize::MIN, Path::new("/no/such")).unwrap_err().to_string();
        assert!(why.starts_with("cannot write to /no/such"), "{why}");
    }
}
