//! What a unit may use besides what its spec says, and the store's limiter.

use std::time::Duration;

use assay_sdk::spec::Limits;
use wasmtime::{ResourceLimiter, bail};

use super::RuntimeError;

/// Stack of WebAssembly code, in bytes. How deep a program may recurse also depends on the compiler and the
/// processor: near this limit one machine may trap where another does not. Neither gives a wrong digest.
pub const WASM_STACK_BYTES: usize = 1 << 20;
/// Stack that a unit runs on: WebAssembly's and what the host's functions need on top.
pub const FIBER_STACK_BYTES: usize = 2 << 20;
/// Stack of a thread that runs units, and of engines that run them on it.
pub const THREAD_STACK_BYTES: usize = 4 << 20;
/// Fuel after which a unit looks whether it is still wanted: some hundredths of a second.
pub const SLICE_FUEL: u64 = 20_000_000;
/// Longest body of one function that is compiled, in bytes. The compiler's time and memory grow faster than it.
pub const FUNCTION_BYTES: u64 = 1 << 20;
/// Most locals of one function.
pub const FUNCTION_LOCALS: u64 = 10_000;
/// Most blocks in each other. Each costs the compiler as much time as there are around it.
pub const NESTED_BLOCKS: u64 = 5_000;
// What the compiler's time grows with, faster than with the bytes. A program of 14 MB that the Go compiler made (esbuild) has
// a third or less of each.
/// Most targets of all `br_table`s together.
pub const TABLE_TARGETS: u64 = 1 << 20;
/// Most blocks that those lead out of: of each target, as many as lie around the table up to it.
pub const TABLE_EXITS: u64 = 1 << 28;
/// Most values that all branches carry together: what a block gives, and each local that is changed in it, by every branch
/// to it. The compiler has a place for each.
pub const CARRIED_VALUES: u64 = 1 << 24;
/// Most pairs of branches and blocks, of each function by itself, together.
pub const BRANCH_PAIRS: u64 = 1 << 30;
/// Most values that calls and blocks take and give together: an operator of three bytes can bring a thousand.
pub const GIVEN_VALUES: u64 = 1 << 23;
/// Most results of floating point of one function that are made canonical, each by up to 35 bytes more of code: a function
/// stays shorter than the 7,654,321 bytes that the compiler takes.
pub const FUNCTION_FLOAT_RESULTS: u64 = 100_000;
/// Most results of floating point of a program that are made canonical.
pub const FLOAT_RESULTS: u64 = 2_000_000;
/// Most functions.
pub const FUNCTIONS: u64 = 100_000;
/// Most code of all functions together, in bytes.
pub const PROGRAM_CODE_BYTES: u64 = 32 << 20;
/// What is kept of standard error, in bytes.
pub const STDERR_BYTES: usize = 4096;
/// Fuel of one call to the host, whatever it does.
pub const CALL_FUEL: u64 = 500;
/// Most elements of one table.
pub const TABLE_ELEMENTS: usize = 1 << 20;
/// Most tables.
pub const TABLES: usize = 8;
/// What one call to the host may copy out of the guest's memory, in bytes.
pub const CALL_COPY_BYTES: usize = 256 << 20;
/// Fuel that the slowest machine worth having burns in a second.
const SLOWEST_FUEL_PER_SECOND: u64 = 20_000_000;

/// How long a unit with this much fuel may take. Fuel bounds WebAssembly itself; this bounds programs that make the
/// host work for little fuel, and is checked at each return from the host.
pub fn deadline(fuel: u64) -> Duration {
    Duration::from_secs(60 + fuel / SLOWEST_FUEL_PER_SECOND)
}

/// Limits memory and tables and remembers which limit was met: a failed growth ends the unit instead of returning -1,
/// so that no program computes something else where memory is short.
pub struct Limiter {
    memory_mib: u32,
    /// Why the unit must end.
    pub failure: Option<RuntimeError>,
}

impl Limiter {
    /// A limiter for one unit.
    pub fn new(limits: &Limits) -> Self {
        Self { memory_mib: limits.memory_mib, failure: None }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, _now: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        const MIB: u64 = 1 << 20;
        let asked_mib = (desired as u64).div_ceil(MIB);
        if asked_mib > self.memory_mib.into() {
            self.failure = Some(RuntimeError::OutOfMemory { asked_mib, limit_mib: self.memory_mib });
            bail!("out of memory");
        }
        // Beyond the module's own maximum `memory.grow` returns -1, everywhere alike.
        Ok(maximum.is_none_or(|maximum| desired <= maximum))
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        // Beyond what 32 bits can address; the other failures are the host's.
        if error.to_string().contains("memory type's limits") {
            self.failure = Some(RuntimeError::OutOfMemory { asked_mib: 4097, limit_mib: self.memory_mib });
            return Err(error);
        }
        self.failure = Some(RuntimeError::Host(format!("no memory for the unit: {error}")));
        Err(error)
    }

    fn table_growing(&mut self, _now: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS {
            let limit = TABLE_ELEMENTS as u64;
            self.failure = Some(RuntimeError::TableTooLarge { asked: desired as u64, limit });
            bail!("table too large");
        }
        Ok(maximum.is_none_or(|maximum| desired <= maximum))
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        // Beyond the table's own maximum, or what 32 bits can count, `table.grow` returns -1, everywhere alike; the
        // other failures are the host's.
        if ["maximum size", "overflow"].iter().any(|why| error.to_string().contains(why)) {
            return Ok(());
        }
        self.failure = Some(RuntimeError::Host(format!("no memory for the unit's tables: {error}")));
        Err(error)
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        TABLES
    }

    fn memories(&self) -> usize {
        1
    }
}
