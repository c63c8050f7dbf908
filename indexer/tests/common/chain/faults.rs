//! How the node fails.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

/// How one call fails.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This HTTP status.
    Status(u16),
    /// HTTP 429 with `Retry-After` in seconds.
    TooMany(u64),
    /// An answer that comes late.
    Late(Duration),
    /// A JSON-RPC error: code and message.
    Rpc(i64, &'static str),
    /// An answer as of so many slots before the tip.
    Behind(u64),
    /// Every second account of a scan is left out.
    Partial,
    /// A connection that ends in the middle of the answer.
    Cut,
}

/// What is still to fail.
pub struct Faults {
    planned: Mutex<HashMap<String, VecDeque<Fault>>>,
    called: Mutex<HashMap<String, usize>>,
    silent: AtomicBool,
    cut: watch::Sender<u64>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { planned: Mutex::default(), called: Mutex::default(), silent: false.into(), cut: watch::channel(0).0 }
    }
}

impl Faults {
    pub fn add(&self, method: &str, fault: Fault, calls: usize) {
        let mut planned = self.planned.lock().unwrap();
        planned.entry(method.into()).or_default().extend(std::iter::repeat_n(fault, calls));
    }

    pub fn heal(&self) {
        self.planned.lock().unwrap().clear();
        self.silent(false);
    }

    /// Counts a call; how it shall fail, if it shall.
    pub fn call(&self, method: &str) -> Option<Fault> {
        *self.called.lock().unwrap().entry(method.into()).or_default() += 1;
        let mut planned = self.planned.lock().unwrap();
        let fault = planned.get_mut(method).and_then(VecDeque::pop_front);
        fault.or_else(|| planned.get_mut("*")?.pop_front())
    }

    pub fn calls(&self, method: &str) -> usize {
        self.called.lock().unwrap().get(method).copied().unwrap_or(0)
    }

    pub fn silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
    }

    pub fn is_silent(&self) -> bool {
        self.silent.load(Ordering::SeqCst)
    }

    pub fn cut(&self) {
        self.cut.send_modify(|count| *count += 1);
    }

    /// Changes when sockets shall be cut.
    pub fn cuts(&self) -> watch::Receiver<u64> {
        self.cut.subscribe()
    }
}
