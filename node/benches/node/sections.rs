//! What is measured.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use assay_node::artifacts::Artifacts;
use assay_node::compute::{Capacity, Honesty, Units, compute};
use assay_node::runtime::wasm::{ModuleCache, Setup, WasmRuntime};
use assay_node::runtime::{Runtime, Stop};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::job::{self, KERNELS};
use crate::kernels as native;
use crate::measure::{best, ms, number, resident_kib, rounded, timed};

/// Enough for the best of them to be undisturbed.
const TRIES: u32 = 5;

fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

pub fn machine() -> Value {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    json!({ "cores": cores(), "processor": model.trim_matches([' ', '\t', ':']), "optimised": !cfg!(debug_assertions) })
}

/// Units that do next to nothing: a command that starts, reads its arguments, and writes eight bytes.
pub fn dispatch(units: u64) -> Value {
    let rate = |runtime: &WasmRuntime| {
        let job = job::prepared(runtime, "none", 1);
        job::run(job.as_ref());
        let all = || (0..units).for_each(|_| assert_eq!(job::run(job.as_ref()), 1));
        (units as f64 / best(TRIES, all).as_secs_f64()).round()
    };
    let plain = WasmRuntime::with(&Setup::default(), None).unwrap();
    json!({ "units_per_s_per_core": rate(&job::runtime(None)), "without_a_pool": rate(&plain), "target": 5000 })
}

/// From the program's bytes to the first unit's output, on one core, by the clock: it is over before the kernel counts the
/// processor's time.
pub fn module() -> Value {
    let dir = tempfile::tempdir().unwrap();
    let one_core = Setup { slots: 1, parallel_compilation: false, ..Setup::default() };
    let start = |cache: u32| {
        let cache = ModuleCache::open(dir.path().join(cache.to_string()), [0; 32], 1 << 30).unwrap();
        let runtime = WasmRuntime::with(&one_core, Some(cache)).unwrap();
        let first = || assert_eq!(job::run(job::prepared(&runtime, "none", 7).as_ref()), 7);
        timed(first).1
    };
    let cold = (0..TRIES).map(start).min().unwrap();
    let warm = (0..TRIES).map(start).min().unwrap();
    json!({ "bytes": KERNELS.len(), "cold_wall_ms": ms(cold), "warm_wall_ms": ms(warm) })
}

/// Each kernel as a job and natively, by turns.
pub fn kernels() -> Value {
    let runtime = job::runtime(None);
    let work = number("WORK", 10);
    let one = |kernel: &str, rounds: u64| {
        let job = job::prepared(&runtime, kernel, rounds * work);
        let expected = native::run(kernel, rounds * work).unwrap();
        assert_eq!(job::run(job.as_ref()), expected, "{kernel}: both sides compute the same");
        let (mut wasm, mut here) = (Duration::MAX, Duration::MAX);
        for _ in 0..TRIES {
            wasm = wasm.min(timed(|| job::run(job.as_ref())).0);
            here = here.min(timed(|| native::run(black_box(kernel), black_box(rounds * work))).0);
        }
        let ratio = rounded(wasm.as_secs_f64() / here.as_secs_f64());
        json!({ "wasm_ms": ms(wasm), "native_ms": ms(here), "ratio": ratio, "target": 1.6 })
    };
    json!({
        "n-body": one("n-body", 300),
        "matrix": one("matrix", 30),
        "matrix by rows": one("matrix by rows", 30),
        "sha-256": one("sha-256", 200),
    })
}

/// What this process grows by while units run at once, divided by them; beside the memory that their program uses.
pub fn memory() -> Value {
    let runtime = job::runtime(None);
    let at_once = u64::from(job::SLOTS);
    let job = job::prepared(&runtime, "n-body", 1 << 40);
    job::run(job::prepared(&runtime, "none", 1).as_ref());
    let (before, stop) = (resident_kib(), Stop::default());
    let grown = std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| job.run_unit(0, &stop));
        }
        // All of them have started when it grows no more.
        let (mut most, mut steady) = (0, 0);
        while steady < 50 {
            std::thread::sleep(Duration::from_millis(20));
            let now = resident_kib();
            steady = if now > most { 0 } else { steady + 1 };
            most = most.max(now);
        }
        stop.set();
        most.saturating_sub(before)
    });
    json!({ "units_at_once": at_once, "kib_per_unit": grown / at_once })
}

/// A job of trivial units: from its artifacts in memory to the root of its outputs, on all cores.
pub fn whole_job(units: u64) -> Value {
    let runtime = Arc::new(job::runtime(None));
    let spec = job::spec(units, "none", 1);
    let artifacts = Artifacts { program: Bytes::from_static(KERNELS), input: Bytes::new() };
    let capacity = Arc::new(Capacity::new(cores(), 1 << 20));
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let whole = || {
        let runtime: Arc<dyn Runtime> = runtime.clone();
        let (all, done) = (Units::All(units), Arc::default());
        let work = compute(&spec, &artifacts, runtime, capacity.clone(), &Honesty::Honest, all, done);
        tokio.block_on(work).unwrap().into_document().unwrap().root
    };
    let least = (0..TRIES).map(|_| timed(whole).1).min().unwrap();
    json!({ "units": units, "artifacts_to_root_wall_ms": ms(least) })
}
