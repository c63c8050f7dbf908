//! The engines: one configuration, two ways of finding memory for a unit.
//!
//! Whatever decides what a program computes is pinned in [`config`]. What a [`Setup`] may vary decides only how fast: the
//! tests run the same units under all of it and compare.

use wasmtime::{Config, Engine, InstanceAllocationStrategy, Linker, OptLevel, PoolingAllocationConfig, WasmFeatures};

use assay_sdk::spec::MAX_MEMORY_MIB;

use super::host::{self, Host};
use crate::runtime::RuntimeError;
use crate::runtime::limits::{FIBER_STACK_BYTES, TABLE_ELEMENTS, TABLES, WASM_STACK_BYTES};

/// The proposals that a program may use: what Rust and clang emit for wasm32-wasip1, and SIMD.
pub(super) const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
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
/// Memory of a slot of the pool that stays with it between units, in bytes: zeroing it is cheaper than asking the kernel
/// for it again.
const KEPT_BYTES: usize = 256 << 10;
/// Most slots of a pool. Each takes some 4 GiB of addresses, of which a process has 128 TiB.
const MOST_SLOTS: u32 = 1024;

/// What may differ between two nodes, or two starts of one, without any unit's output being another one.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// Units for which memory is set aside (addresses only: it is not in use before they run). Those beyond, and all with
    /// 0, find theirs when they start, which takes longer.
    pub slots: u32,
    /// Whether a program's functions are compiled on all cores at once.
    pub parallel_compilation: bool,
    /// Whether compiled code is optimised.
    pub optimise: bool,
}

impl Default for Setup {
    /// No pool: for a few units now and then.
    fn default() -> Self {
        Self { slots: 0, parallel_compilation: true, optimise: true }
    }
}

/// An engine and what its programs may import.
#[derive(Clone)]
pub(super) struct Side {
    pub engine: Engine,
    pub linker: Linker<Host>,
}

impl Side {
    fn new(config: &Config) -> wasmtime::Result<Self> {
        let engine = Engine::new(config)?;
        let linker = host::linker(&engine)?;
        Ok(Self { engine, linker })
    }
}

/// Both ways. Code compiled for one runs on the other.
#[derive(Clone)]
pub(super) struct Engines {
    /// Finds memory for each unit by itself: for whatever does not fit the pool.
    pub plain: Side,
    /// Has it set aside. Not on a machine that has too few addresses to give.
    pub pooled: Option<Side>,
}

impl Engines {
    /// # Errors
    /// [`RuntimeError::Host`] where wasmtime does not run on this machine.
    pub fn new(setup: &Setup) -> Result<Self, RuntimeError> {
        let mut config = config(setup);
        let plain =
            Side::new(&config).map_err(|error| RuntimeError::Host(format!("wasmtime does not start: {error:#}")))?;
        if setup.slots == 0 {
            return Ok(Self { plain, pooled: None });
        }
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(setup.slots.min(MOST_SLOTS))));
        let pooled = Side::new(&config)
            .inspect_err(|error| tracing::warn!("no pool of memories, units start more slowly: {error:#}"));
        Ok(Self { plain, pooled: pooled.ok() })
    }
}

pub(super) fn config(setup: &Setup) -> Config {
    let mut config = Config::new();
    config.wasm_features(WasmFeatures::all().difference(FEATURES), false);
    config.wasm_features(FEATURES, true);
    config.consume_fuel(true);
    // The programs themselves see to it: see `nans`.
    config.cranelift_nan_canonicalization(false);
    config.relaxed_simd_deterministic(true);
    config.max_wasm_stack(WASM_STACK_BYTES);
    config.async_stack_size(FIBER_STACK_BYTES);
    // Nobody reads where in a program it trapped.
    config.generate_address_map(false);
    config.cranelift_opt_level(if setup.optimise { OptLevel::Speed } else { OptLevel::None });
    config.parallel_compilation(setup.parallel_compilation);
    config
}

/// A pool in which every unit finds room that the spec and the limits allow.
fn pool(slots: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(slots).total_memories(slots).total_stacks(slots);
    pool.total_tables(slots * TABLES as u32).max_tables_per_module(TABLES as u32).table_elements(TABLE_ELEMENTS);
    pool.max_memories_per_module(1).max_memory_size((MAX_MEMORY_MIB as usize) << 20);
    pool.linear_memory_keep_resident(KEPT_BYTES);
    pool
}
