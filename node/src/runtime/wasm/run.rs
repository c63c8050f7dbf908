//! One unit, from its first instruction to what its end means.

use std::future::Future;
use std::pin::pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};

use assay_sdk::spec::{JobSpec, Limits};
use bytes::Bytes;
use wasmtime::{InstancePre, PoolConcurrencyLimitError, Store, Trap};
use wasmtime_wasi::I32Exit;

use super::engine::Side;
use super::host::{self, Host};
use super::link;
use super::modules::Compiled;
use crate::runtime::limits::{CALL_COPY_BYTES, SLICE_FUEL};
use crate::runtime::{PreparedJob, RuntimeError, Stop, UnitOutput};

/// A compiled job.
pub(super) struct WasmJob {
    compiled: Compiled,
    side: Side,
    pooled: Option<InstancePre<Host>>,
    /// Made when the pool is full, or cannot hold the program, for the first time.
    plain: OnceLock<Result<InstancePre<Host>, RuntimeError>>,
    input: Bytes,
    args: Vec<String>,
    units: u64,
    seed: u64,
    limits: Limits,
}

/// How a unit ended.
enum End {
    Ran(wasmtime::Result<()>),
    Stopped,
}

impl PreparedJob for WasmJob {
    fn run_unit(&self, unit: u64, stop: &Stop) -> Result<UnitOutput, RuntimeError> {
        if let Some(pooled) = &self.pooled {
            match self.run(pooled, unit, stop) {
                Err(Failure::PoolIsFull) => {}
                Err(Failure::Unit(error)) => return Err(error),
                Ok(output) => return Ok(output),
            }
        }
        self.run(self.plain()?, unit, stop).map_err(|failure| match failure {
            Failure::Unit(error) => error,
            Failure::PoolIsFull => RuntimeError::Host("there is no pool, and it is full".to_owned()),
        })
    }
}

/// Why there is no output.
enum Failure {
    /// Nothing has run yet.
    PoolIsFull,
    Unit(RuntimeError),
}

impl WasmJob {
    pub fn new(
        spec: &JobSpec,
        input: Bytes,
        side: Side,
        pooled: Option<InstancePre<Host>>,
        compiled: Compiled,
    ) -> Self {
        let (args, units, seed, limits) = (spec.args.clone(), spec.units, spec.seed, spec.limits);
        Self { compiled, side, pooled, plain: OnceLock::new(), input, args, units, seed, limits }
    }

    pub fn is_pooled(&self) -> bool {
        self.pooled.is_some()
    }

    /// The program for an engine without a pool.
    pub fn plain(&self) -> Result<&InstancePre<Host>, RuntimeError> {
        let made = self.plain.get_or_init(|| {
            let module = self.compiled.load(&self.side.engine).map_err(broken)?;
            link(&self.side, &module)
        });
        made.as_ref().map_err(Clone::clone)
    }

    fn run(&self, instance: &InstancePre<Host>, unit: u64, stop: &Stop) -> Result<UnitOutput, Failure> {
        let mut store = self.store(instance, unit, stop).map_err(|error| Failure::Unit(broken(error)))?;
        let end = until_stopped(start(instance, &mut store), stop);
        let fuel = store.get_fuel().map_err(|error| Failure::Unit(broken(error)))?;
        let host = store.into_data();
        match end {
            End::Stopped => Err(Failure::Unit(RuntimeError::Stopped)),
            End::Ran(Err(error)) if error.is::<PoolConcurrencyLimitError>() => Err(Failure::PoolIsFull),
            End::Ran(ended) => {
                self.judge(ended, &host).map_err(Failure::Unit)?;
                Ok(UnitOutput { output: host.output(), fuel_used: self.limits.fuel - fuel, stderr: host.stderr() })
            }
        }
    }

    fn store(&self, instance: &InstancePre<Host>, unit: u64, stop: &Stop) -> wasmtime::Result<Store<Host>> {
        let mut argv = vec!["job".to_owned(), unit.to_string(), self.units.to_string()];
        argv.extend_from_slice(&self.args);
        let host = Host::new(&argv, self.input.clone(), &self.limits, self.seed, unit);
        let mut store = Store::new(instance.module().engine(), host);
        store.data_mut().stop = stop.clone();
        store.limiter(|host| &mut host.limiter);
        store.set_hostcall_fuel(CALL_COPY_BYTES);
        store.fuel_async_yield_interval(Some(SLICE_FUEL))?;
        store.set_fuel(self.limits.fuel)?;
        store.call_hook(host::charge);
        Ok(store)
    }

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
            // No instruction has run: this machine had no memory for it.
            None if !host.entered => broken(error),
            None => RuntimeError::Trapped { cause: error.root_cause().to_string(), stderr: host.stderr() },
        })
    }
}

async fn start(instance: &InstancePre<Host>, store: &mut Store<Host>) -> wasmtime::Result<()> {
    let instance = instance.instantiate_async(&mut *store).await?;
    let start = instance.get_typed_func::<(), ()>(&mut *store, "_start")?;
    start.call_async(store, ()).await
}

/// Runs a unit on this thread. Every [`SLICE_FUEL`] it comes up to see whether anybody still wants it; where nobody does
/// it is dropped as it stands.
fn until_stopped(unit: impl Future<Output = wasmtime::Result<()>>, stop: &Stop) -> End {
    let mut unit = pin!(unit);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if stop.is_set() {
            return End::Stopped;
        }
        if let Poll::Ready(ended) = unit.as_mut().poll(&mut context) {
            return End::Ran(ended);
        }
    }
}

fn broken(error: wasmtime::Error) -> RuntimeError {
    RuntimeError::Host(format!("{error:#}"))
}
