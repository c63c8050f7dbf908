//! The threads that run a job's units.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use super::{Capacity, ComputeError, MAX_RESULT_BYTES, Units, failed};
use crate::runtime::{PreparedJob, Stop, UnitOutput, limits::THREAD_STACK_BYTES};

/// Units of one job, handed out in order.
pub(super) struct Work<'a> {
    pub job: &'a dyn PreparedJob,
    pub units: &'a Units,
    pub capacity: &'a Capacity,
    /// What one unit may use, in MiB.
    pub unit_mib: u64,
    pub stop: &'a Stop,
    pub done: &'a AtomicU64,
}

/// What the threads share.
#[derive(Default)]
struct Shared {
    next: u64,
    /// The place of each among the units, and what it wrote.
    finished: Vec<(u64, UnitOutput)>,
    bytes: u64,
    error: Option<(u64, ComputeError)>,
}

impl Work<'_> {
    /// What each unit wrote, in their order.
    pub fn run(&self) -> Result<Vec<UnitOutput>, ComputeError> {
        let shared = Mutex::new(Shared::default());
        let count = self.units.count();
        let threads = usize::try_from(count).unwrap_or(usize::MAX).min(self.capacity.threads().get());
        thread::scope(|scope| {
            for _ in 0..threads {
                let builder = thread::Builder::new().name("unit".to_owned()).stack_size(THREAD_STACK_BYTES);
                if let Err(error) = builder.spawn_scoped(scope, || self.units_until_done(&shared)) {
                    self.stop.set();
                    return Err(ComputeError::Threads(error.to_string()));
                }
            }
            Ok(())
        })?;
        let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, error)) = shared.error {
            return Err(error);
        }
        let mut finished = shared.finished;
        if finished.len() as u64 != count {
            return Err(ComputeError::Threads("stopped before the last unit".to_owned()));
        }
        finished.sort_unstable_by_key(|(place, _)| *place);
        Ok(finished.into_iter().map(|(_, output)| output).collect())
    }

    fn units_until_done(&self, shared: &Mutex<Shared>) {
        let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let place = {
                let mut shared = lock();
                let over = shared.next == self.units.count() || shared.error.is_some();
                if over || self.stop.is_set() {
                    return;
                }
                shared.next += 1;
                shared.next - 1
            };
            let Some(_memory) = self.capacity.reserve(self.unit_mib, self.stop) else { return };
            let unit = self.units.at(place);
            let result = match self.job.run_unit(unit, self.stop) {
                // Every machine fails alike: that is what the unit comes to.
                Err(source) if source.is_deterministic() => {
                    Ok(failed(&format!("it failed with R{:02}", source.number())))
                }
                result => result,
            };
            let mut shared = lock();
            match result {
                Ok(output) => {
                    self.done.fetch_add(1, Ordering::Relaxed);
                    shared.finish(place, output);
                }
                Err(source) => shared.fail(place, ComputeError::Unit { unit, source }),
            }
        }
    }
}

impl Shared {
    fn finish(&mut self, place: u64, mut output: UnitOutput) {
        // Only its program's author can use it, and only when something failed.
        output.stderr = String::new();
        self.bytes += output.output.len() as u64;
        self.finished.push((place, output));
        if self.bytes > MAX_RESULT_BYTES {
            self.fail(u64::MAX, ComputeError::ResultTooLarge);
        }
    }

    /// Notes a failure, unless one of an earlier unit is known.
    fn fail(&mut self, place: u64, error: ComputeError) {
        if self.error.as_ref().is_none_or(|(lowest, _)| place < *lowest) {
            self.error = Some((place, error));
        }
    }
}
