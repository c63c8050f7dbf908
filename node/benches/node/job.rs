//! The kernels' job, on the engine as nodes have it.

use assay_node::runtime::wasm::{ModuleCache, Setup, WasmRuntime};
use assay_node::runtime::{PreparedJob, Runtime, Stop};
use assay_sdk::spec::{JobSpec, MAX_FUEL};
use bytes::Bytes;
use serde_json::json;

/// Built by `scripts/build-examples.sh`.
pub const KERNELS: &[u8] = include_bytes!("../kernels/job.wasm");
/// Units that find memory set aside.
pub const SLOTS: u32 = 32;

pub fn spec(units: u64, kernel: &str, rounds: u64) -> JobSpec {
    let file = json!({"uri": "https://example.org/x", "sha256": "00".repeat(32)});
    let spec = json!({"version": 1, "name": "bench", "engine": "wasm", "program": file, "input": file, "units": units,
        "args": [kernel, rounds.to_string()],
        "limits": {"fuel": MAX_FUEL, "memory_mib": 64, "output_bytes": 4096}});
    JobSpec::parse(spec.to_string().as_bytes()).unwrap()
}

pub fn runtime(cache: Option<ModuleCache>) -> WasmRuntime {
    WasmRuntime::with(&Setup { slots: SLOTS, ..Setup::default() }, cache).unwrap()
}

pub fn prepared(runtime: &WasmRuntime, kernel: &str, rounds: u64) -> Box<dyn PreparedJob> {
    runtime.prepare(&spec(u64::from(SLOTS), kernel, rounds), KERNELS, Bytes::new()).unwrap()
}

/// The number that the unit writes.
pub fn run(job: &dyn PreparedJob) -> u64 {
    let output = job.run_unit(0, &Stop::default()).unwrap().output;
    u64::from_le_bytes(output.try_into().unwrap())
}
