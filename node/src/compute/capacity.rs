//! What of a machine the units of all jobs share.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::runtime::Stop;

/// How often a unit that waits for memory looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(50);

/// Cores and memory. Units run on as many threads a job as there are cores, but none starts before the memory that it may
/// use is free: a machine that runs out of it would lose the bonds of all its jobs at once.
#[derive(Debug)]
pub struct Capacity {
    threads: NonZeroUsize,
    memory_mib: u64,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    used_mib: u64,
    tickets: u64,
    /// The tickets of those that wait, oldest first: a large unit is not overtaken by small ones for ever.
    waiting: VecDeque<u64>,
}

impl Capacity {
    /// A machine on which each job gets so many threads, and all units together so many MiB.
    pub fn new(threads: NonZeroUsize, memory_mib: u64) -> Self {
        Self { threads, memory_mib, state: Mutex::default(), freed: Condvar::new() }
    }

    /// Threads of one job.
    pub fn threads(&self) -> NonZeroUsize {
        self.threads
    }

    /// What running units may use at this moment, in MiB.
    pub fn used_mib(&self) -> u64 {
        self.lock().used_mib
    }

    /// How many units wait for memory.
    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Waits for memory, in the order of asking. A unit that wants more than all there is runs alone. Nothing once `stop`
    /// is set.
    pub(super) fn reserve(&self, mib: u64, stop: &Stop) -> Option<Reserved<'_>> {
        let mut state = self.lock();
        let ticket = state.tickets;
        state.tickets += 1;
        state.waiting.push_back(ticket);
        loop {
            if stop.is_set() {
                state.waiting.retain(|waiting| *waiting != ticket);
                self.freed.notify_all();
                return None;
            }
            let fits = state.used_mib == 0 || state.used_mib.saturating_add(mib) <= self.memory_mib;
            if fits && state.waiting.front() == Some(&ticket) {
                state.waiting.pop_front();
                state.used_mib += mib;
                // The next one may fit beside it.
                self.freed.notify_all();
                return Some(Reserved { capacity: self, mib });
            }
            state = self.freed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is one assignment: a panic leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Memory of one unit; free again when this is dropped.
pub(super) struct Reserved<'a> {
    capacity: &'a Capacity,
    mib: u64,
}

#[cfg(test)]
impl Reserved<'_> {
    pub fn mib(&self) -> u64 {
        self.mib
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.capacity.lock().used_mib -= self.mib;
        self.capacity.freed.notify_all();
    }
}
