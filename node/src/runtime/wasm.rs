//! WebAssembly units (`wasm32-wasip1` commands) in wasmtime, equal on every machine.
//!
//! What could differ between machines is taken away or pinned: the set of proposals, the bits of NaNs, relaxed SIMD,
//! threads, clocks (always 0), random numbers (a ChaCha20 stream keyed by the job's seed and the unit), the environment
//! (none), files and sockets (none), sleeping (refused), growth of memory (ends the unit instead of failing softly).

mod host;
#[cfg(test)]
mod tests;

use assay_sdk::spec::{JobSpec, Limits};
use bytes::Bytes;
use wasmtime::{
    Config, Engine, ExternType, InstancePre, Linker, Module, OptLevel, Trap, UnknownImportError, WasmFeatures,
};
use wasmtime_wasi::I32Exit;

use super::limits::{CALL_COPY_BYTES, WASM_STACK_BYTES};
use super::{PreparedJob, Runtime, RuntimeError, UnitOutput};
use host::{Host, PREVIEW1};

/// The proposals that a program may use: what Rust and clang emit for wasm32-wasip1, and SIMD.
const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::CALL_INDIRECT_OVERLONG)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::BULK_MEMORY_OPT)
    .union(WasmFeatures::SIMD)
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::FLOATS);

/// The WebAssembly engine. Cheap to clone; one per node is enough.
#[derive(Clone)]
pub struct WasmRuntime {
    engine: Engine,
    linker: Linker<Host>,
}

impl WasmRuntime {
    /// An engine with the pinned configuration.
    ///
    /// # Errors
    /// [`RuntimeError::Host`] where wasmtime does not run on this machine.
    pub fn new() -> Result<Self, RuntimeError> {
        let build = || -> wasmtime::Result<Self> {
            let engine = Engine::new(&config())?;
            let linker = host::linker(&engine)?;
            Ok(Self { engine, linker })
        };
        build().map_err(|error| RuntimeError::Host(format!("wasmtime does not start: {error:#}")))
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config.wasm_features(WasmFeatures::all().difference(FEATURES), false);
    config.wasm_features(FEATURES, true);
    config.consume_fuel(true);
    config.cranelift_nan_canonicalization(true);
    config.relaxed_simd_deterministic(true);
    config.cranelift_opt_level(OptLevel::Speed);
    config.max_wasm_stack(WASM_STACK_BYTES);
    config
}

impl Runtime for WasmRuntime {
    fn prepare(&self, spec: &JobSpec, program: &[u8], input: Bytes) -> Result<Box<dyn PreparedJob>, RuntimeError> {
        let module = Module::from_binary(&self.engine, program)
            .map_err(|error| RuntimeError::NotWasm(error.root_cause().to_string()))?;
        check(&module)?;
        let instance = self.linker.instantiate_pre(&module).map_err(|error| refused(&error))?;
        Ok(Box::new(WasmJob {
            engine: self.engine.clone(),
            instance,
            input,
            args: spec.args.clone(),
            units: spec.units,
            seed: spec.seed,
            limits: spec.limits,
        }))
    }
}

/// Refuses modules that are no WASI commands.
fn check(module: &Module) -> Result<(), RuntimeError> {
    if let Some(import) = module.imports().find(|import| import.module() != PREVIEW1) {
        return Err(import_refused(import.module(), import.name()));
    }
    match module.get_export("_start") {
        Some(ExternType::Func(start)) if start.params().len() == 0 && start.results().len() == 0 => Ok(()),
        _ => Err(RuntimeError::NoStart),
    }
}

/// Why the linker refused the module: it names the import that it does not have.
fn refused(error: &wasmtime::Error) -> RuntimeError {
    match error.downcast_ref::<UnknownImportError>() {
        Some(import) => import_refused(import.module(), import.name()),
        None => RuntimeError::NotWasm(format!("{error:#}")),
    }
}

fn import_refused(module: &str, name: &str) -> RuntimeError {
    RuntimeError::ImportRefused { module: module.to_owned(), name: name.to_owned() }
}

/// A compiled job.
struct WasmJob {
    engine: Engine,
    instance: InstancePre<Host>,
    input: Bytes,
    args: Vec<String>,
    units: u64,
    seed: u64,
    limits: Limits,
}

impl PreparedJob for WasmJob {
    fn run_unit(&self, unit: u64) -> Result<UnitOutput, RuntimeError> {
        let mut argv = vec!["job".to_owned(), unit.to_string(), self.units.to_string()];
        argv.extend_from_slice(&self.args);
        let host = Host::new(&argv, self.input.clone(), &self.limits, self.seed, unit);
        let mut store = wasmtime::Store::new(&self.engine, host);
        store.limiter(|host| &mut host.limiter);
        store.set_hostcall_fuel(CALL_COPY_BYTES);
        store.set_fuel(self.limits.fuel).map_err(broken)?;
        store.call_hook(host::charge);

        let run = self.instance.instantiate(&mut store).and_then(|instance| {
            let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
            start.call(&mut store, ())
        });
        let fuel_used = self.limits.fuel - store.get_fuel().map_err(broken)?;
        let host = store.into_data();
        self.judge(run, &host)?;
        Ok(UnitOutput { output: host.output(), fuel_used, stderr: host.stderr() })
    }
}

impl WasmJob {
    /// What the end of a run means. A limit that was met counts even where the program went on afterwards.
    fn judge(&self, run: wasmtime::Result<()>, host: &Host) -> Result<(), RuntimeError> {
        if let Some(failure) = host.failure() {
            return Err(failure);
        }
        let Err(error) = run else { return Ok(()) };
        if let Some(I32Exit(code)) = error.downcast_ref() {
            return if *code == 0 {
                Ok(())
            } else {
                Err(RuntimeError::ExitCode { code: *code, stderr: host.stderr() })
            };
        }
        Err(match error.downcast_ref() {
            Some(Trap::OutOfFuel) => RuntimeError::OutOfFuel { fuel: self.limits.fuel },
            Some(trap) => RuntimeError::Trapped { cause: trap.to_string(), stderr: host.stderr() },
            None => RuntimeError::Trapped { cause: error.root_cause().to_string(), stderr: host.stderr() },
        })
    }
}

fn broken(error: wasmtime::Error) -> RuntimeError {
    RuntimeError::Host(format!("{error:#}"))
}
