//! What runs units. Every engine stands behind [`Runtime`]: [`wasm`], [`oci`] and `tfhe`, of which [`engines`] picks the
//! job's.

pub mod engines;
pub mod error;
pub mod limits;
pub mod oci;
#[cfg(feature = "fhe")]
pub mod tfhe;
pub mod wasm;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use assay_sdk::spec::JobSpec;
use bytes::Bytes;

pub use error::RuntimeError;

/// What one unit wrote and used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitOutput {
    /// Standard output.
    pub output: Vec<u8>,
    /// Fuel used: the unit of work, equal on every machine that runs the same engine version.
    pub fuel_used: u64,
    /// The first [`limits::STDERR_BYTES`] of standard error, for logs only.
    pub stderr: String,
}

/// Tells running units that nobody wants them any more. All clones are one.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Stops them, for good.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether they are to stop.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// An engine.
pub trait Runtime: Send + Sync {
    /// Checks and compiles a job's program, once for all its units.
    ///
    /// # Errors
    /// [`RuntimeError::NotWasm`], [`RuntimeError::ImportRefused`] and the like: the program cannot be run here.
    fn prepare(&self, spec: &JobSpec, program: &[u8], input: Bytes) -> Result<Box<dyn PreparedJob>, RuntimeError>;
}

/// A job ready to run. Its units are independent: run them on as many threads as there are cores.
pub trait PreparedJob: Send + Sync {
    /// Runs unit `unit` (counted from 0) on the calling thread, which it blocks. The thread must have
    /// [`limits::THREAD_STACK_BYTES`] of stack. Once `stop` is set the unit ends soon, whatever it is at.
    ///
    /// # Errors
    /// Any [`RuntimeError`]; [`RuntimeError::is_deterministic`] tells whether every machine gets the same one.
    fn run_unit(&self, unit: u64, stop: &Stop) -> Result<UnitOutput, RuntimeError>;
}
