//! The host's side of a unit: WASI without a world around it, and the price of calling it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use assay_sdk::spec::Limits;
use bytes::Bytes;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWrite;
use wasmtime::{AsContextMut, CallHook, Caller, Engine, Extern, Linker, StoreContextMut, bail};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder, async_trait};

use crate::runtime::limits::{CALL_FUEL, Limiter, STDERR_BYTES, deadline};
use crate::runtime::{RuntimeError, Stop};

/// The one import module units get.
pub const PREVIEW1: &str = "wasi_snapshot_preview1";
/// Domain of the key of a unit's random numbers.
const RANDOM_DOMAIN: &[u8] = b"assay:rng";
/// WASI's EFAULT: a pointer outside the memory.
const ERRNO_FAULT: i32 = 21;
/// WASI's ENOTSUP: there is no such thing here.
const ERRNO_NOTSUP: i32 = 58;

/// All that belongs to one run of one unit.
pub struct Host {
    wasi: WasiP1Ctx,
    pub limiter: Limiter,
    /// Whether any instruction of the unit's has run.
    pub entered: bool,
    /// Whether anybody still wants the unit.
    pub stop: Stop,
    random: ChaCha20Rng,
    stdout: Sink,
    stderr: Sink,
    output_limit: u64,
    started: Instant,
    deadline: Duration,
}

impl Host {
    pub fn new(argv: &[String], input: Bytes, limits: &Limits, seed: u64, unit: u64) -> Self {
        let stdout = Sink::new(limits.output_bytes, true);
        let stderr = Sink::new(STDERR_BYTES as u64, false);
        let wasi = WasiCtxBuilder::new()
            .args(argv)
            .stdin(MemoryInputPipe::new(input))
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .wall_clock(NoClock)
            .monotonic_clock(NoClock)
            .build_p1();
        Self {
            wasi,
            limiter: Limiter::new(limits),
            entered: false,
            stop: Stop::default(),
            random: random(seed, unit),
            stdout,
            stderr,
            output_limit: limits.output_bytes,
            started: Instant::now(),
            deadline: deadline(limits.fuel),
        }
    }

    /// The limit that the unit met, if any.
    pub fn failure(&self) -> Option<RuntimeError> {
        let overflowed = self.stdout.0.overflowed.load(Ordering::Relaxed) > 0;
        let output = overflowed.then_some(RuntimeError::OutputTooLarge { limit: self.output_limit });
        self.limiter.failure.clone().or(output)
    }

    pub fn output(&self) -> Vec<u8> {
        std::mem::take(&mut *self.stdout.kept())
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr.kept()).into_owned()
    }
}

/// The unit's random numbers: `ChaCha20(key = sha256("assay:rng" || seed as u64 LE || unit as u64 LE), nonce 0)`.
fn random(seed: u64, unit: u64) -> ChaCha20Rng {
    let key =
        Sha256::new().chain_update(RANDOM_DOMAIN).chain_update(seed.to_le_bytes()).chain_update(unit.to_le_bytes());
    ChaCha20Rng::from_seed(key.finalize().into())
}

/// All imports there are: wasmtime's preview 1, with random numbers and sleeping replaced.
pub fn linker(engine: &Engine) -> wasmtime::Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    p1::add_to_linker_sync(&mut linker, |host: &mut Host| &mut host.wasi)?;
    linker.allow_shadowing(true);
    linker.func_wrap(PREVIEW1, "random_get", random_get)?;
    // Waiting costs no fuel, so it would let a program idle on the host for ever; and what it would wait for, time or
    // input, never comes.
    linker.func_wrap(PREVIEW1, "poll_oneoff", |_: i32, _: i32, _: i32, _: i32| ERRNO_NOTSUP)?;
    linker.allow_shadowing(false);
    Ok(linker)
}

fn random_get(mut caller: Caller<'_, Host>, pointer: i32, length: i32) -> wasmtime::Result<i32> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        bail!("the program does not export its memory");
    };
    let (start, length) = (pointer as u32 as usize, length as u32 as usize);
    pay(&mut caller.as_context_mut(), length as u64)?;
    let (bytes, host) = memory.data_and_store_mut(&mut caller);
    let Some(target) = bytes.get_mut(start..start.saturating_add(length)) else { return Ok(ERRNO_FAULT) };
    host.random.fill_bytes(target);
    Ok(0)
}

/// The store's call hook. Fuel counts WebAssembly instructions only; without this a program could keep the host busy
/// for next to nothing.
pub fn charge(mut store: StoreContextMut<'_, Host>, hook: CallHook) -> wasmtime::Result<()> {
    match hook {
        CallHook::CallingHost => pay(&mut store, CALL_FUEL),
        CallHook::ReturningFromHost => {
            let host = store.data_mut();
            // Charging for calls puts off the looks that a unit takes by itself.
            if host.stop.is_set() {
                host.limiter.failure = Some(RuntimeError::Stopped);
                bail!("stopped");
            }
            let seconds = host.deadline.as_secs();
            if host.started.elapsed().as_secs() > seconds {
                host.limiter.failure = Some(RuntimeError::TooSlow { seconds });
                bail!("too slow");
            }
            // Standard output is bounded; standard error is not.
            let written = host.stderr.0.unpaid.swap(0, Ordering::Relaxed);
            pay(&mut store, written)
        }
        CallHook::CallingWasm => {
            store.data_mut().entered = true;
            Ok(())
        }
        CallHook::ReturningFromWasm => Ok(()),
    }
}

fn pay(store: &mut StoreContextMut<'_, Host>, fuel: u64) -> wasmtime::Result<()> {
    match store.get_fuel()?.checked_sub(fuel) {
        Some(left) => store.set_fuel(left),
        None => {
            store.set_fuel(0)?;
            Err(wasmtime::Trap::OutOfFuel.into())
        }
    }
}

/// A clock that stands at 0.
struct NoClock;

impl HostWallClock for NoClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }
    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

impl HostMonotonicClock for NoClock {
    fn resolution(&self) -> u64 {
        1
    }
    fn now(&self) -> u64 {
        0
    }
}

/// A stream that keeps its first bytes. What comes after them ends the unit (standard output) or is dropped (standard
/// error). wasmtime-wasi's own pipe closes instead, which programs see as an error of theirs.
#[derive(Clone)]
struct Sink(Arc<SinkState>);

struct SinkState {
    kept: Mutex<Vec<u8>>,
    limit: u64,
    strict: bool,
    overflowed: AtomicU64,
    unpaid: AtomicU64,
}

impl Sink {
    fn new(limit: u64, strict: bool) -> Self {
        Self(Arc::new(SinkState {
            kept: Mutex::new(Vec::new()),
            limit,
            strict,
            overflowed: AtomicU64::new(0),
            unpaid: AtomicU64::new(0),
        }))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the bytes; false when the unit must end.
    fn put(&self, bytes: &[u8]) -> bool {
        let mut kept = self.kept();
        let room = usize::try_from(self.0.limit).unwrap_or(usize::MAX).saturating_sub(kept.len()).min(bytes.len());
        kept.extend_from_slice(&bytes[..room]);
        self.0.unpaid.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.0.overflowed.fetch_add((bytes.len() - room) as u64, Ordering::Relaxed);
        !self.0.strict || room == bytes.len()
    }
}

#[async_trait]
impl Pollable for Sink {
    async fn ready(&mut self) {}
}

#[async_trait]
impl OutputStream for Sink {
    fn write(&mut self, bytes: Bytes) -> Result<(), StreamError> {
        if self.put(&bytes) { Ok(()) } else { Err(StreamError::trap("output too large")) }
    }
    fn flush(&mut self) -> Result<(), StreamError> {
        Ok(())
    }
    fn check_write(&mut self) -> Result<usize, StreamError> {
        Ok(64 * 1024)
    }
}

impl IsTerminal for Sink {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Sink {
    /// Preview 1 only uses `p2_stream`.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}
