//! The node's loop: look at the chain, decide, act. Nothing but the journal is remembered across restarts; all else
//! follows from the chain.

mod answers;
mod disputes;
mod doing;
mod ends;
mod room;
mod shown;
mod tidy;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use assay_sdk::{
    addresses,
    escrow::{Capabilities, Device},
    ix,
};
use rand::Rng;
use solana_sdk::pubkey::Pubkey;

use self::room::{at_hand, backoff, has_room};
pub use self::shown::Shows;
use crate::{
    chain::{Chain, DEVICE, Rejected},
    journal::Journal,
    market::{Action, Policy, Snapshot, plan},
    work::Workshop,
};

/// Slots of the device for each job computed at once.
const SLOTS_PER_JOB: u16 = 8;
/// What was looked at once need not be looked at again while it stands.
const ONCE: Duration = Duration::from_secs(365 * 24 * 3_600);

/// How a node behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Time between two looks at the chain.
    pub poll: Duration,
    /// Longest wait before doing what any node may do.
    pub patience: Duration,
    /// Most jobs at once.
    pub jobs: usize,
    /// What this machine can do.
    pub cores: u16,
    pub memory_mib: u32,
    /// The engines it runs, as bits of `Capabilities::engines`.
    pub engines: u8,
    /// What the operator lets it do.
    pub policy: Policy,
    /// How it shows what nobody computes again.
    pub shows: Shows,
    /// While there is a file here no new work is taken; the node ends once it holds no seat and no chair.
    pub drain: PathBuf,
}

/// A running node.
pub struct Agent {
    pub chain: Chain,
    pub workshop: Workshop,
    pub journal: Journal,
    pub options: Options,
    tasks: Mutex<Tasks>,
}

/// Something planned, waiting or under way.
struct Task {
    not_before: Instant,
    running: bool,
    /// It succeeded, though snapshots may not show it yet.
    done: bool,
    failures: u32,
}

/// What is waited for is not there yet.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotYet(&'static str);

type Tasks = HashMap<(Pubkey, Action), Task>;

impl Agent {
    pub fn new(chain: Chain, workshop: Workshop, journal: Journal, options: Options) -> Arc<Self> {
        Arc::new(Self { chain, workshop, journal, options, tasks: Mutex::default() })
    }

    /// Register this machine if need be, then work until the future is dropped, or nothing is left to a draining node.
    ///
    /// # Errors
    /// When the device cannot be registered. Later failures are logged and tried again.
    pub async fn run(self: Arc<Self>) -> Result<()> {
        self.ensure_device().await?;
        tracing::info!(operator = %self.chain.operator(), "watching the market");
        let mut tidying = tokio::spawn(async {});
        loop {
            match self.chain.snapshot().await {
                Ok(snapshot) => {
                    let snapshot = Arc::new(snapshot);
                    // Beside the rest: an API that hangs must not hold up a seal.
                    if tidying.is_finished() {
                        tidying = tokio::spawn(self.clone().tidy(snapshot.clone()));
                    }
                    let draining = self.options.drain.exists();
                    if draining && snapshot.is_idle() {
                        tracing::info!("drained: no seat and no chair is left");
                        return Ok(());
                    }
                    self.clone().act(snapshot, draining);
                }
                Err(error) => tracing::warn!("cannot read the chain: {error:#}"),
            }
            tokio::time::sleep(self.options.poll).await;
        }
    }

    async fn ensure_device(&self) -> Result<()> {
        let operator = self.chain.operator();
        let Options { cores, memory_mib, engines, .. } = self.options;
        if let Some(device) = self.chain.account::<Device>(&addresses::device(&operator, DEVICE)).await? {
            let Device { capabilities, slots, price_floor, .. } = device;
            if capabilities.engines != engines {
                let capabilities = Capabilities { engines, ..capabilities };
                let update = ix::escrow::update_device(&operator, DEVICE, capabilities, slots, price_floor);
                self.chain.send(vec![update]).await.context("telling the market of this machine's engines")?;
                tracing::info!(engines, "told the market of this machine's engines");
            }
            return Ok(());
        }
        let capabilities = Capabilities { engines, cores, memory_mib, ..Capabilities::default() };
        // A seat keeps its slot until it is settled, long after its work is done.
        let slots = u16::try_from(self.options.jobs).unwrap_or(u16::MAX).saturating_mul(SLOTS_PER_JOB);
        let register = ix::escrow::register_device(&operator, DEVICE, capabilities, slots, 0);
        self.chain.send(vec![register]).await.context("registering this machine: has the wallet some SOL?")?;
        tracing::info!(cores, memory_mib, "registered this machine");
        Ok(())
    }

    /// Start what is planned and due; forget what is planned no more.
    fn act(self: Arc<Self>, snapshot: Arc<Snapshot>, draining: bool) {
        let mut planned = plan(&snapshot, &self.options.policy);
        planned.retain(|(_, action)| !(draining && action.is_new()));
        let mut tasks = self.tasks();
        tasks.retain(|key, task| task.running || planned.contains(key));
        self.workshop.keep_only(&at_hand(&snapshot, &planned, &tasks));
        for (job, action) in &planned {
            if !has_room(&tasks, &planned, self.options.jobs, job, action) {
                continue;
            }
            let wait = if action.is_own(&self.chain.operator()) { Duration::ZERO } else { self.options.patience };
            let task = tasks.entry((*job, action.clone())).or_insert_with(|| Task {
                not_before: Instant::now() + wait.mul_f64(rand::rng().random()),
                running: false,
                done: false,
                failures: 0,
            });
            if task.running || Instant::now() < task.not_before {
                continue;
            }
            task.running = true;
            tokio::spawn(self.clone().perform(snapshot.clone(), *job, action.clone()));
        }
    }

    async fn perform(self: Arc<Self>, snapshot: Arc<Snapshot>, address: Pubkey, action: Action) {
        let (agent, tried) = (self.clone(), action.clone());
        // In a task of its own: a panic must not leave a reveal under way for ever.
        let attempt = tokio::spawn(async move { agent.try_perform(&snapshot, &address, &tried).await });
        let outcome = attempt.await.unwrap_or_else(|error| Err(error.into()));
        let mut tasks = self.tasks();
        let Some(task) = tasks.get_mut(&(address, action.clone())) else { return };
        task.running = false;
        match outcome {
            Ok(()) => {
                tracing::info!(job = %address, ?action, "done");
                // By then a fresh snapshot plans it no more.
                task.done = true;
                let watched = matches!(action, Action::Watch { .. });
                task.not_before = Instant::now() + if watched { ONCE } else { self.options.poll * 4 };
            }
            Err(error) => {
                // Another node was faster, or sortition has not reached this one: what one expects in a market.
                let refused = error.downcast_ref::<Rejected>().is_some();
                let expected = (refused && !action.is_due()) || error.downcast_ref::<NotYet>().is_some();
                if expected {
                    tracing::debug!(job = %address, ?action, "refused: {error:#}");
                } else {
                    tracing::warn!(job = %address, ?action, "failed: {error:#}");
                }
                task.failures = task.failures.saturating_add(1);
                task.not_before = Instant::now() + backoff(self.options.poll, &action, task.failures);
            }
        }
    }

    /// Hand over what is revealed, and drop what is left of jobs that are gone. What fails is tried again at the next
    /// look.
    async fn tidy(self: Arc<Self>, snapshot: Arc<Snapshot>) {
        if let Err(error) = tidy::tidy(&self.journal, &self.workshop, &snapshot).await {
            tracing::warn!("a result was not handed over, or not tidied up after: {error:#}");
        }
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, Tasks> {
        // Each change is a single write; a panic in between leaves nothing half done.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
