//! Computing with runtimes made up here.

use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::runtime::{PreparedJob, limits::STDERR_BYTES, wasm::WasmRuntime};

/// How units 5 and those after 8 fail.
#[derive(Clone, Copy, PartialEq)]
enum Failing {
    Never,
    Everywhere,
    Here,
}

/// Writes the unit's number and what it read; some units fail if told to.
struct Echo {
    failing: Failing,
}

struct EchoJob {
    failing: Failing,
    input: bytes::Bytes,
}

impl Runtime for Echo {
    fn prepare(&self, _: &JobSpec, _: &[u8], input: bytes::Bytes) -> Result<Box<dyn PreparedJob>, RuntimeError> {
        Ok(Box::new(EchoJob { failing: self.failing, input }))
    }
}

impl PreparedJob for EchoJob {
    fn run_unit(&self, unit: u64, _: &Stop) -> Result<UnitOutput, RuntimeError> {
        if unit == 5 || unit > 8 {
            match self.failing {
                Failing::Everywhere => return Err(RuntimeError::OutOfFuel { fuel: unit }),
                Failing::Here => return Err(RuntimeError::Host(format!("unit {unit}"))),
                Failing::Never => {}
            }
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

/// Memory for any number of the units of [`spec`].
fn machine(threads: usize) -> Arc<Capacity> {
    Arc::new(Capacity::new(NonZeroUsize::new(threads).unwrap(), 1 << 20))
}

fn artifacts(program: &[u8]) -> Artifacts {
    Artifacts { program: program.to_vec().into(), input: "in".into() }
}

async fn some(units: Units, threads: usize, failing: Failing, honesty: &Honesty) -> Result<Computed, ComputeError> {
    let (runtime, done) = (Arc::new(Echo { failing }), Arc::new(AtomicU64::new(0)));
    let count = units.count();
    let result = compute(&spec(40), &artifacts(b""), runtime, machine(threads), honesty, units, done.clone()).await;
    if result.is_ok() {
        assert_eq!(done.load(Ordering::Relaxed), count);
    }
    result
}

async fn all(threads: usize, failing: Failing, honesty: &Honesty) -> Result<Computed, ComputeError> {
    some(Units::All(40), threads, failing, honesty).await
}

#[tokio::test]
async fn units_come_in_order_whatever_the_threads() {
    let one = all(1, Failing::Never, &Honesty::Honest).await.unwrap();
    assert_eq!(one.outputs.len(), 40);
    assert_eq!(one.outputs[32], b"32:in");
    assert_eq!(one.fuel_total, 400);
    assert_eq!(one.digests[7], merkle::unit_digest(7, b"7:in"));
    assert_eq!(all(8, Failing::Never, &Honesty::Honest).await.unwrap(), one);
    let root = merkle::root(&one.digests).unwrap();
    one.into_document().unwrap().verify(&root).unwrap();
}

#[tokio::test]
async fn a_unit_alone_comes_to_what_it_comes_to_among_all() {
    for failing in [Failing::Never, Failing::Everywhere] {
        for honesty in [Honesty::Honest, Honesty::Lie { salt: [1; 32] }] {
            let whole = all(4, failing, &honesty).await.unwrap();
            let drawn = some(Units::Only(vec![39, 0, 5, 8]), 2, failing, &honesty).await.unwrap();
            assert_eq!(drawn.digests, [39, 0, 5, 8].map(|unit| whole.digests[unit]));
        }
    }
    let error = some(Units::Only(vec![3, 40]), 1, Failing::Never, &Honesty::Honest).await.unwrap_err();
    assert_eq!(error, ComputeError::Merkle(MerkleError::OutOfRange { index: 40, units: 40 }));
}

#[tokio::test]
async fn a_unit_that_fails_everywhere_says_so_in_its_output_and_spoils_no_other() {
    for threads in [1, 2, 16] {
        let whole = all(threads, Failing::Everywhere, &Honesty::Honest).await.unwrap();
        assert_eq!(whole.outputs[4], b"4:in");
        assert_eq!(whole.outputs[5], b"assay: this unit cannot be computed: it failed with R04");
        assert_eq!(whole.outputs[6], b"6:in");
        assert_eq!(whole.outputs[39], whole.outputs[5]);
    }
}

#[tokio::test]
async fn of_those_that_fail_on_this_machine_alone_the_first_is_named() {
    for threads in [1, 2, 16] {
        let error = all(threads, Failing::Here, &Honesty::Honest).await.unwrap_err();
        let source = RuntimeError::Host("unit 5".into());
        assert_eq!(error, ComputeError::Unit { unit: 5, source });
    }
}

#[tokio::test]
async fn lies_are_steady_consistent_and_each_liars_own() {
    let truth = all(2, Failing::Never, &Honesty::Honest).await.unwrap();
    let lie = all(2, Failing::Never, &Honesty::Lie { salt: [1; 32] }).await.unwrap();
    let other = all(2, Failing::Never, &Honesty::Lie { salt: [2; 32] }).await.unwrap();
    assert_eq!(all(1, Failing::Never, &Honesty::Lie { salt: [1; 32] }).await.unwrap(), lie);
    for unit in 0..40 {
        assert!(truth.digests[unit] != lie.digests[unit] && truth.digests[unit] != other.digests[unit]);
        assert_ne!(lie.digests[unit], other.digests[unit]);
    }
    assert_eq!(truth.fuel_total, lie.fuel_total);
    let root = merkle::root(&lie.digests).unwrap();
    lie.into_document().unwrap().verify(&root).unwrap();
}

#[tokio::test]
async fn a_program_that_cannot_run_comes_to_that_in_every_unit() {
    let (runtime, done) = (Arc::new(WasmRuntime::new().unwrap()), Arc::default());
    let (spec, artifacts, units) = (spec(3), artifacts(b"#!/bin/sh"), Units::Only(vec![2, 0]));
    let result = compute(&spec, &artifacts, runtime, machine(1), &Honesty::Honest, units, done).await.unwrap();
    let why = b"assay: this unit cannot be computed: the program failed with R01";
    assert_eq!(result.outputs, [why.to_vec(), why.to_vec()]);
    assert_eq!(result.digests[0], merkle::unit_digest(2, why));
}

/// Counts and never comes to an end by itself.
struct Slow(Arc<AtomicU64>);

impl Runtime for Slow {
    fn prepare(&self, _: &JobSpec, _: &[u8], _: bytes::Bytes) -> Result<Box<dyn PreparedJob>, RuntimeError> {
        Ok(Box::new(Slow(self.0.clone())))
    }
}

impl PreparedJob for Slow {
    fn run_unit(&self, _: u64, _: &Stop) -> Result<UnitOutput, RuntimeError> {
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
    let units = Units::All(1 << 32);
    let work = compute(&spec, &artifacts, runtime, machine(1), &Honesty::Honest, units, Arc::default());
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

/// Notes how many of its units run at once; each waits, but not for ever, until as many do as are expected.
struct Crowd {
    expected: u64,
    now: AtomicU64,
    most: Arc<AtomicU64>,
}

impl Runtime for Crowd {
    fn prepare(&self, _: &JobSpec, _: &[u8], _: bytes::Bytes) -> Result<Box<dyn PreparedJob>, RuntimeError> {
        let (now, most) = (AtomicU64::new(0), self.most.clone());
        Ok(Box::new(Crowd { expected: self.expected, now, most }))
    }
}

impl PreparedJob for Crowd {
    fn run_unit(&self, _: u64, _: &Stop) -> Result<UnitOutput, RuntimeError> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        for _ in 0..5000 {
            if self.most.load(Ordering::SeqCst) >= self.expected {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
        // Time for one too many to come.
        thread::sleep(Duration::from_millis(20));
        self.now.fetch_sub(1, Ordering::SeqCst);
        Ok(UnitOutput { output: vec![], fuel_used: 0, stderr: String::new() })
    }
}

/// The most units that run at once on eight threads, each wanting so much of 100 MiB.
async fn at_once(memory_mib: u32, expected: u64) -> u64 {
    let (most, mut spec) = (Arc::new(AtomicU64::new(0)), spec(24));
    spec.limits.memory_mib = memory_mib;
    let runtime = Arc::new(Crowd { expected, now: AtomicU64::new(0), most: most.clone() });
    let capacity = Arc::new(Capacity::new(NonZeroUsize::new(8).unwrap(), 100));
    let (artifacts, units) = (artifacts(b""), Units::All(24));
    compute(&spec, &artifacts, runtime, capacity.clone(), &Honesty::Honest, units, Arc::default()).await.unwrap();
    assert_eq!(capacity.used_mib(), 0, "all is given back");
    most.load(Ordering::SeqCst)
}

#[tokio::test]
async fn no_more_units_run_at_once_than_there_is_memory_for() {
    assert_eq!(at_once(40, 2).await, 2);
    assert_eq!(at_once(25, 4).await, 4);
    assert_eq!(at_once(1, 8).await, 8, "there are eight threads");
    assert_eq!(at_once(500, 1).await, 1, "what is larger than the machine runs alone");
}

/// Waits, but not for ever.
fn until(done: impl Fn() -> bool) {
    for _ in 0..60_000 {
        if done() {
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
    panic!("it does not come to that");
}

#[test]
fn who_waits_for_memory_is_served_in_order_and_can_leave() {
    let (capacity, go_on, leave) = (Capacity::new(NonZeroUsize::MIN, 100), Stop::default(), Stop::default());
    let first = capacity.reserve(60, &go_on).unwrap();
    thread::scope(|scope| {
        let large = scope.spawn(|| capacity.reserve(100, &leave).map(|reserved| reserved.mib()));
        until(|| capacity.waiting() == 1);
        // There is room for a small one, but a large one was here before.
        let small = scope.spawn(|| capacity.reserve(40, &go_on).map(|reserved| reserved.mib()));
        until(|| capacity.waiting() == 2);
        assert_eq!(capacity.used_mib(), 60);
        leave.set();
        assert_eq!(large.join().unwrap(), None);
        assert_eq!(small.join().unwrap(), Some(40));
    });
    drop(first);
    assert_eq!((capacity.used_mib(), capacity.waiting()), (0, 0));
}

#[tokio::test]
async fn dropping_the_future_stops_the_unit_that_is_running() {
    // An endless loop, with an hour's worth of fuel.
    let program = wat::parse_str("(module (func (export \"_start\") (loop $l (br $l))))").unwrap();
    let mut spec = spec(1);
    spec.limits.fuel = assay_sdk::spec::MAX_FUEL;
    let (runtime, capacity) = (Arc::new(WasmRuntime::new().unwrap()), machine(1));
    let (artifacts, units) = (artifacts(&program), Units::All(1));
    let work = compute(&spec, &artifacts, runtime, capacity.clone(), &Honesty::Honest, units, Arc::default());
    tokio::select! {
        _ = work => panic!("it has no end"),
        () = async { while capacity.used_mib() == 0 { tokio::time::sleep(Duration::from_millis(1)).await } } => {}
        () = tokio::time::sleep(Duration::from_secs(60)) => panic!("it does not start"),
    }
    for _ in 0..6000 {
        if capacity.used_mib() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the unit goes on though nobody wants it");
}
