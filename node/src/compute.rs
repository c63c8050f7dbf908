//! From a job's spec and artifacts to its root: every unit run, in parallel, in bounded memory.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use assay_sdk::merkle::{self, MerkleError};
use assay_sdk::result::ResultDocument;
use assay_sdk::spec::JobSpec;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use crate::artifacts::Artifacts;
use crate::runtime::limits::THREAD_STACK_BYTES;
use crate::runtime::{PreparedJob, Runtime, RuntimeError, UnitOutput};

/// Longest result, all outputs together, in bytes: they are held in memory until they are sealed.
pub const MAX_RESULT_BYTES: u64 = 1 << 30;

/// How the outputs of a job begin that no machine can compute.
pub const FAILED: &str = "assay: this job cannot be computed:";

/// Why a job has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComputeError {
    /// The program cannot be run at all.
    #[error("the job cannot be computed: {0}")]
    Program(RuntimeError),
    /// A unit failed. It is the lowest of those that did, so that all nodes name the same one.
    #[error("unit {unit} cannot be computed: {source}")]
    Unit {
        /// The unit, counted from 0.
        unit: u64,
        /// Why.
        source: RuntimeError,
    },
    /// The outputs are too long together.
    #[error("the outputs are longer than {MAX_RESULT_BYTES} bytes together; split the job")]
    ResultTooLarge,
    /// The job has no units.
    #[error(transparent)]
    Merkle(#[from] MerkleError),
    /// Threads cannot be started or died.
    #[error("the units' threads failed: {0}; this machine is short of memory or processes")]
    Threads(String),
}

impl ComputeError {
    /// Whether the job itself is at fault: then every node fails alike and the job is to be abandoned. Otherwise
    /// trying again, here or elsewhere, may help.
    pub fn is_deterministic(&self) -> bool {
        match self {
            Self::Program(source) | Self::Unit { source, .. } => source.is_deterministic(),
            Self::ResultTooLarge | Self::Merkle(_) => true,
            Self::Threads(_) => false,
        }
    }
}

/// Whether a node tells the truth.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Honesty {
    /// It does.
    #[default]
    Honest,
    /// **For tests and demonstrations only:** the node alters every output, so that its root is wrong and it can be
    /// seen slashed. With one salt it always tells the same lie; liars with different salts do not agree.
    Lie {
        /// Anything that is the node's own, such as its operator's public key.
        salt: [u8; 32],
    },
}

/// A computed job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Computed {
    /// The units' digests, in unit order.
    pub digests: Vec<[u8; 32]>,
    /// The Merkle root over them: what is sealed.
    pub root: [u8; 32],
    /// The units' outputs, in unit order.
    pub outputs: Vec<Vec<u8>>,
    /// Fuel of all units together.
    pub fuel_total: u64,
}

impl Computed {
    fn new(units: Vec<UnitOutput>, honesty: &Honesty) -> Result<Self, ComputeError> {
        let fuel_total = units.iter().fold(0u64, |sum, unit| sum.saturating_add(unit.fuel_used));
        let mut outputs: Vec<_> = units.into_iter().map(|unit| unit.output).collect();
        if let Honesty::Lie { salt } = honesty {
            (0u64..).zip(&mut outputs).for_each(|(unit, output)| lie(salt, unit, output));
        }
        let digests: Vec<_> = (0u64..).zip(&outputs).map(|(unit, output)| merkle::unit_digest(unit, output)).collect();
        Ok(Self { root: merkle::root(&digests)?, digests, outputs, fuel_total })
    }

    /// The result of a job that fails on every machine alike: each unit's output says which unit failed first and how.
    /// Sealed like any other, it pays those who found out, and tells the requester why; without it whoever took a seat
    /// of such a job could only lose the bond. `None` if another machine may do better.
    pub fn failed(units: u64, error: &ComputeError) -> Option<Self> {
        let reason = match error {
            _ if !error.is_deterministic() => return None,
            ComputeError::Program(source) => format!("the program failed with R{:02}", source.number()),
            ComputeError::Unit { unit, source } => format!("unit {unit} failed with R{:02}", source.number()),
            ComputeError::ResultTooLarge => "the outputs are too long together".to_owned(),
            ComputeError::Merkle(_) | ComputeError::Threads(_) => return None,
        };
        let outputs: Vec<_> = (0..units).map(|_| format!("{FAILED} {reason}").into_bytes()).collect();
        let digests: Vec<_> = (0u64..).zip(&outputs).map(|(unit, output)| merkle::unit_digest(unit, output)).collect();
        Some(Self { root: merkle::root(&digests).ok()?, digests, outputs, fuel_total: 0 })
    }

    /// The result as a document for the requester.
    pub fn into_document(self) -> ResultDocument {
        ResultDocument { root: self.root, outputs: self.outputs }
    }
}

/// Appends a mark, so that the pretended output differs from the true one and still adds up to the pretended root.
fn lie(salt: &[u8; 32], unit: u64, output: &mut Vec<u8>) {
    output.extend(
        Sha256::new().chain_update(b"assay:lie").chain_update(salt).chain_update(unit.to_le_bytes()).finalize(),
    );
}

/// Computes a job: compiles the program once and runs all units on `parallelism` threads of its own. Dropping the
/// future stops the work after the units that are running. `done` counts finished units, for progress and heartbeats.
///
/// # Errors
/// Any [`ComputeError`]; see [`ComputeError::is_deterministic`].
pub async fn compute(
    spec: &JobSpec,
    artifacts: &Artifacts,
    runtime: Arc<dyn Runtime>,
    parallelism: NonZeroUsize,
    honesty: &Honesty,
    done: Arc<AtomicU64>,
) -> Result<Computed, ComputeError> {
    let (spec, artifacts, honesty) = (spec.clone(), artifacts.clone(), honesty.clone());
    let stop = Arc::new(AtomicBool::new(false));
    let _stop_on_drop = StopOnDrop(stop.clone());
    let (send, receive) = oneshot::channel();
    // A thread and not `spawn_blocking`, whose tasks tokio waits for when the node shuts down.
    let work = move || {
        let run = || {
            let job =
                runtime.prepare(&spec, &artifacts.program, artifacts.input.clone()).map_err(ComputeError::Program)?;
            let units = Work { job: job.as_ref(), units: spec.units, stop: &stop, done: &done }.run(parallelism)?;
            Computed::new(units, &honesty)
        };
        // Nobody may be waiting any more.
        let _ = send.send(run());
    };
    thread::Builder::new()
        .name("compute".to_owned())
        .stack_size(THREAD_STACK_BYTES)
        .spawn(work)
        .map_err(|error| ComputeError::Threads(error.to_string()))?;
    receive.await.unwrap_or_else(|_| Err(ComputeError::Threads("the computing thread died".to_owned())))
}

struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The units of one job, handed out in order.
struct Work<'a> {
    job: &'a dyn PreparedJob,
    units: u64,
    stop: &'a AtomicBool,
    done: &'a AtomicU64,
}

/// What the threads share.
#[derive(Default)]
struct Shared {
    next: u64,
    finished: Vec<(u64, UnitOutput)>,
    bytes: u64,
    error: Option<(u64, ComputeError)>,
}

impl Work<'_> {
    fn run(&self, parallelism: NonZeroUsize) -> Result<Vec<UnitOutput>, ComputeError> {
        let shared = Mutex::new(Shared::default());
        let threads = usize::try_from(self.units).unwrap_or(usize::MAX).min(parallelism.get());
        thread::scope(|scope| {
            for _ in 0..threads {
                let builder = thread::Builder::new().name("unit".to_owned()).stack_size(THREAD_STACK_BYTES);
                if let Err(error) = builder.spawn_scoped(scope, || self.units_until_done(&shared)) {
                    self.stop.store(true, Ordering::Relaxed);
                    return Err(ComputeError::Threads(error.to_string()));
                }
            }
            Ok(())
        })?;
        let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, error)) = shared.error {
            return Err(error);
        }
        let mut finished = shared.finished;
        if finished.len() as u64 != self.units {
            return Err(ComputeError::Threads("stopped before the last unit".to_owned()));
        }
        finished.sort_unstable_by_key(|(unit, _)| *unit);
        Ok(finished.into_iter().map(|(_, output)| output).collect())
    }

    fn units_until_done(&self, shared: &Mutex<Shared>) {
        let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let unit = {
                let mut shared = lock();
                // Units below a failed one were all handed out before it, so the lowest failure is always found.
                if shared.next == self.units || shared.error.is_some() || self.stop.load(Ordering::Relaxed) {
                    return;
                }
                shared.next += 1;
                shared.next - 1
            };
            let result = self.job.run_unit(unit);
            let mut shared = lock();
            match result {
                Ok(mut output) => {
                    // Only its program's author can use it, and only when something failed.
                    output.stderr = String::new();
                    shared.bytes += output.output.len() as u64;
                    shared.finished.push((unit, output));
                    self.done.fetch_add(1, Ordering::Relaxed);
                    if shared.bytes > MAX_RESULT_BYTES {
                        shared.fail(u64::MAX, ComputeError::ResultTooLarge);
                    }
                }
                Err(source) => shared.fail(unit, ComputeError::Unit { unit, source }),
            }
        }
    }
}

impl Shared {
    /// Notes a failure, unless one of a lower unit is known.
    fn fail(&mut self, unit: u64, error: ComputeError) {
        if self.error.as_ref().is_none_or(|(lowest, _)| unit < *lowest) {
            self.error = Some((unit, error));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::limits::STDERR_BYTES;
    use crate::runtime::wasm::WasmRuntime;
    use serde_json::json;

    /// Writes the unit's number and what it read; unit 5 and those after 8 fail if told to.
    struct Echo {
        failing: bool,
    }

    struct EchoJob {
        failing: bool,
        input: bytes::Bytes,
    }

    impl Runtime for Echo {
        fn prepare(&self, _: &JobSpec, _: &[u8], input: bytes::Bytes) -> Result<Box<dyn PreparedJob>, RuntimeError> {
            Ok(Box::new(EchoJob { failing: self.failing, input }))
        }
    }

    impl PreparedJob for EchoJob {
        fn run_unit(&self, unit: u64) -> Result<UnitOutput, RuntimeError> {
            if self.failing && (unit == 5 || unit > 8) {
                return Err(RuntimeError::OutOfFuel { fuel: unit });
            }
            let output = format!("{unit}:{}", String::from_utf8_lossy(&self.input)).into_bytes();
            Ok(UnitOutput { output, fuel_used: 10, stderr: "x".repeat(STDERR_BYTES) })
        }
    }

    fn spec(units: u64) -> JobSpec {
        let file = json!({"uri": "https://example.org/x", "sha256": "00".repeat(32)});
        let limits = json!({"fuel": 1000, "memory_mib": 1, "output_bytes": 100});
        let spec = json!({"version": 1, "name": "t", "engine": "wasm", "program": file, "input": file, "units": units, "limits": limits});
        JobSpec::parse(spec.to_string().as_bytes()).unwrap()
    }

    fn artifacts(program: &[u8]) -> Artifacts {
        Artifacts { program: program.to_vec().into(), input: "in".into() }
    }

    async fn run(units: u64, threads: usize, failing: bool, honesty: &Honesty) -> Result<Computed, ComputeError> {
        let (runtime, done) = (Arc::new(Echo { failing }), Arc::new(AtomicU64::new(0)));
        let threads = NonZeroUsize::new(threads).unwrap();
        let result = compute(&spec(units), &artifacts(b""), runtime, threads, honesty, done.clone()).await;
        if result.is_ok() {
            assert_eq!(done.load(Ordering::Relaxed), units);
        }
        result
    }

    #[tokio::test]
    async fn units_come_in_order_whatever_the_threads() {
        let one = run(33, 1, false, &Honesty::Honest).await.unwrap();
        assert_eq!(one.outputs.len(), 33);
        assert_eq!(one.outputs[32], b"32:in");
        assert_eq!(one.fuel_total, 330);
        assert_eq!(one.digests[7], merkle::unit_digest(7, b"7:in"));
        assert_eq!(one.root, merkle::root(&one.digests).unwrap());
        assert_eq!(run(33, 8, false, &Honesty::Honest).await.unwrap(), one);
        one.clone().into_document().verify(&one.root).unwrap();
    }

    #[tokio::test]
    async fn the_lowest_failing_unit_is_named() {
        for threads in [1, 2, 16] {
            let error = run(40, threads, true, &Honesty::Honest).await.unwrap_err();
            assert_eq!(error, ComputeError::Unit { unit: 5, source: RuntimeError::OutOfFuel { fuel: 5 } });
            assert!(error.is_deterministic());
        }
    }

    #[tokio::test]
    async fn lies_are_steady_consistent_and_each_liars_own() {
        let truth = run(4, 2, false, &Honesty::Honest).await.unwrap();
        let lie = run(4, 2, false, &Honesty::Lie { salt: [1; 32] }).await.unwrap();
        let other = run(4, 2, false, &Honesty::Lie { salt: [2; 32] }).await.unwrap();
        assert_eq!(run(4, 1, false, &Honesty::Lie { salt: [1; 32] }).await.unwrap(), lie);
        assert!(truth.root != lie.root && truth.root != other.root && lie.root != other.root);
        assert_eq!(truth.fuel_total, lie.fuel_total);
        let root = lie.root;
        lie.into_document().verify(&root).unwrap();
    }

    #[tokio::test]
    async fn a_program_that_cannot_run_is_told_apart() {
        let runtime = Arc::new(WasmRuntime::new().unwrap());
        let done = Arc::default();
        let (spec, artifacts) = (spec(1), artifacts(b"#!/bin/sh"));
        let result = compute(&spec, &artifacts, runtime, NonZeroUsize::MIN, &Honesty::Honest, done).await;
        assert!(matches!(result, Err(ComputeError::Program(RuntimeError::NotWasm(_)))));
    }

    /// Counts and never comes to an end by itself.
    struct Slow(Arc<AtomicU64>);

    impl Runtime for Slow {
        fn prepare(&self, _: &JobSpec, _: &[u8], _: bytes::Bytes) -> Result<Box<dyn PreparedJob>, RuntimeError> {
            Ok(Box::new(Slow(self.0.clone())))
        }
    }

    impl PreparedJob for Slow {
        fn run_unit(&self, _: u64) -> Result<UnitOutput, RuntimeError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            thread::yield_now();
            Ok(UnitOutput { output: vec![], fuel_used: 0, stderr: String::new() })
        }
    }

    #[tokio::test]
    async fn dropping_the_future_stops_the_work() {
        let started = Arc::new(AtomicU64::new(0));
        let runtime = Arc::new(Slow(started.clone()));
        let weak = Arc::downgrade(&runtime);
        let (spec, artifacts) = (spec(1 << 32), artifacts(b""));
        let work = compute(&spec, &artifacts, runtime, NonZeroUsize::MIN, &Honesty::Honest, Arc::default());
        tokio::select! {
            _ = work => panic!("2^32 units cannot be done yet"),
            () = async { while started.load(Ordering::SeqCst) == 0 { tokio::task::yield_now().await } } => {}
        }
        // The thread lets go of the runtime when it ends; without the stop this would take hours.
        while weak.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(started.load(Ordering::SeqCst) < 1 << 32);
    }
}
