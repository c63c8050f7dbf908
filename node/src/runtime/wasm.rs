//! WebAssembly units (`wasm32-wasip1` commands) in wasmtime, equal on every machine.
//!
//! What could differ between machines is taken away or pinned: the set of proposals, the bits of NaNs, relaxed SIMD,
//! threads, clocks (always 0), random numbers (a ChaCha20 stream keyed by the job's seed and the unit), the environment
//! (none), files and sockets (none), sleeping (refused), growth of memory (ends the unit instead of failing softly).

mod engine;
mod host;
mod modules;
mod nans;
mod run;
mod screen;
#[cfg(test)]
mod tests;

use assay_sdk::spec::JobSpec;
use bytes::Bytes;
use wasmtime::{ExternType, InstancePre, Module, UnknownImportError};

use self::engine::{Engines, Side};
use self::host::{Host, PREVIEW1};
use self::modules::Compiled;
use self::run::WasmJob;
use super::{PreparedJob, Runtime, RuntimeError};

pub use self::engine::Setup;
pub use self::modules::ModuleCache;

/// The WebAssembly engine. Cheap to clone; one per node is enough.
#[derive(Clone)]
pub struct WasmRuntime {
    engines: Engines,
    cache: Option<ModuleCache>,
}

impl WasmRuntime {
    /// An engine for a few units: no memory set aside, nothing kept on disk.
    ///
    /// # Errors
    /// [`RuntimeError::Host`] where wasmtime does not run on this machine.
    pub fn new() -> Result<Self, RuntimeError> {
        Self::with(&Setup::default(), None)
    }

    /// An engine that keeps compiled programs in `cache`, if one is given.
    ///
    /// # Errors
    /// [`RuntimeError::Host`] where wasmtime does not run on this machine.
    pub fn with(setup: &Setup, cache: Option<ModuleCache>) -> Result<Self, RuntimeError> {
        Ok(Self { engines: Engines::new(setup)?, cache })
    }

    /// The program compiled: from the cache, else now.
    fn compiled(&self, program: &[u8]) -> Result<Compiled, RuntimeError> {
        // Also what is in the cache: an older version, with other limits, may have put it there.
        screen::screen(program)?;
        let engine = &self.engines.plain.engine;
        if let Some(known) = self.cache.as_ref().and_then(|cache| cache.get(engine, program)) {
            return Ok(known);
        }
        let compiled = Compiled::new(engine, program)?;
        if let Some(cache) = &self.cache
            && let Err(error) = cache.put(engine, program, &compiled)
        {
            tracing::warn!("the compiled program is not kept, and compiled again next time: {error}");
        }
        Ok(compiled)
    }
}

impl Runtime for WasmRuntime {
    fn prepare(&self, spec: &JobSpec, program: &[u8], input: Bytes) -> Result<Box<dyn PreparedJob>, RuntimeError> {
        let compiled = self.compiled(program)?;
        // What does not fit the pool runs without it.
        let pooled = self.engines.pooled.as_ref().and_then(|side| Some((side, compiled.load(&side.engine).ok()?)));
        let pooled = pooled.map(|(side, module)| link(side, &module)).transpose()?;
        let plain = self.engines.plain.clone();
        let job = WasmJob::new(spec, input, plain, pooled, compiled);
        if !job.is_pooled() {
            job.plain()?;
        }
        Ok(Box::new(job))
    }
}

/// A module with its imports, ready to be instantiated.
fn link(side: &Side, module: &Module) -> Result<InstancePre<Host>, RuntimeError> {
    check(module)?;
    side.linker.instantiate_pre(module).map_err(|error| refused(&error))
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
