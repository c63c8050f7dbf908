//! The node's loop: look at the chain, decide, act. Nothing but the journal is remembered across restarts; all else
//! follows from the chain.

mod answers;
mod bids;
mod device;
mod disputes;
mod doing;
mod ends;
mod halt;
mod mints;
mod report;
mod room;
pub mod rules;
mod shown;
pub mod status;
mod tidy;
mod twins;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use assay_sdk::escrow::Capabilities;
use rand::Rng;
use solana_sdk::pubkey::Pubkey;
use tokio::task::AbortHandle;

pub use self::shown::Shows;
use self::{
    halt::Halts,
    report::Won,
    room::{at_hand, backoff, has_room},
    rules::{Refusals, RuleBook},
    status::{Board, unix_now},
};
use crate::{
    artifacts::ArtifactError,
    chain::{Chain, Rejected},
    journal::Journal,
    market::{Action, Facts, Policy, Refusal, Snapshot, decide, posting},
    operation::metrics::{self, Outcome},
    work::Workshop,
};

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
    /// What this machine can do, as it was found out.
    pub capabilities: Capabilities,
    /// What the operator lets it do; its rules stand in the file, if there is one.
    pub policy: Policy,
    pub policy_file: Option<PathBuf>,
    /// Most seconds between this machine's clock and the chain's.
    pub most_skew: u64,
    /// Go on although seals are on chain that the journal does not know.
    pub seals_lost: bool,
    /// The data folder.
    pub data: PathBuf,
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
    /// What it tells of itself.
    pub board: Board,
    pub rules: RuleBook,
    tasks: Mutex<Tasks>,
    refusals: Mutex<Refusals>,
    halts: Mutex<Halts>,
    won: Mutex<Won>,
    /// Of specs that were fetched, by posting.
    facts: Mutex<HashMap<Pubkey, Facts>>,
    /// When each mint was asked for.
    mints: Mutex<HashMap<Pubkey, Instant>>,
    /// When the chain's history was asked for postings that are gone.
    asked: Mutex<tidy::Asked>,
    /// Finished units of what is being computed, by posting.
    progress: Mutex<HashMap<Pubkey, Arc<AtomicU64>>>,
}

/// Something planned, waiting or under way.
struct Task {
    not_before: Instant,
    running: bool,
    /// It succeeded, though snapshots may not show it yet.
    done: bool,
    failures: u32,
    /// Of what is computed: which posting it is for, and how to stop it.
    work: Option<(Pubkey, AbortHandle)>,
}

/// What is waited for is not there yet.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotYet(&'static str);

/// The operator's rules take no such work.
#[derive(Debug, thiserror::Error)]
#[error("refused by the policy: {0}")]
struct Refused(Refusal);

type Tasks = HashMap<(Pubkey, Action), Task>;

impl Agent {
    /// A node that does not run yet.
    ///
    /// # Errors
    /// When the policy file cannot be read.
    pub fn new(chain: Chain, workshop: Workshop, journal: Journal, options: Options) -> Result<Arc<Self>> {
        Ok(Arc::new(Self {
            board: Board::new(chain.operator().to_string()),
            rules: RuleBook::open(options.policy.clone(), options.policy_file.clone())?,
            chain,
            workshop,
            journal,
            options,
            tasks: Mutex::default(),
            refusals: Mutex::default(),
            halts: Mutex::default(),
            won: Mutex::default(),
            facts: Mutex::default(),
            mints: Mutex::default(),
            asked: Mutex::default(),
            progress: Mutex::default(),
        }))
    }

    /// Register this machine if need be, then work until the future is dropped, or nothing is left to a draining node.
    ///
    /// # Errors
    /// When the clocks differ, the device cannot be registered, or another node works with this key. Other failures are
    /// logged and tried again.
    pub async fn run(self: Arc<Self>) -> Result<()> {
        self.check_clock().await?;
        self.ensure_device().await?;
        tracing::info!(operator = %self.chain.operator(), "watching the market");
        let mut tidying = tokio::spawn(async {});
        loop {
            if let Err(error) = self.rules.refresh() {
                tracing::error!("the policy stays as it was: {error:#}");
                self.show_failure(&error);
            }
            match self.chain.snapshot().await {
                Ok(snapshot) => {
                    if self.look(snapshot, &mut tidying)? {
                        return Ok(());
                    }
                }
                Err(error) => {
                    metrics::rpc_failed();
                    tracing::warn!("cannot read the chain: {error:#}");
                    self.board.change(|status| status.chain.failures = status.chain.failures.saturating_add(1));
                }
            }
            tokio::time::sleep(self.options.poll).await;
        }
    }

    /// Act on what the chain shows; whether nothing is left to do for good.
    fn look(self: &Arc<Self>, mut snapshot: Snapshot, tidying: &mut tokio::task::JoinHandle<()>) -> Result<bool> {
        snapshot.facts = self.known_facts(&snapshot);
        if !self.options.seals_lost {
            twins::check(&snapshot, &self.journal, self.chain.genesis())?;
        }
        let snapshot = Arc::new(snapshot);
        // Beside the rest: an API that hangs must not hold up a seal.
        if tidying.is_finished() {
            *tidying = tokio::spawn(self.clone().tidy(snapshot.clone()));
        }
        let draining = self.options.drain.exists();
        let halted = self.halted(unix_now().saturating_sub(snapshot.now));
        self.show(&snapshot, draining, halted.clone());
        if draining && snapshot.is_idle() {
            tracing::info!("drained: no seat and no chair is left");
            return Ok(true);
        }
        self.clone().act(snapshot, draining || halted.is_some());
        Ok(false)
    }

    /// Specs of jobs that are gone are forgotten.
    fn known_facts(&self, snapshot: &Snapshot) -> HashMap<Pubkey, Facts> {
        let postings: std::collections::HashSet<_> = snapshot.jobs.iter().map(|(at, job)| posting(at, job)).collect();
        let mut facts = self.facts();
        facts.retain(|posting, _| postings.contains(posting));
        self.progress().retain(|posting, _| postings.contains(posting));
        facts.clone()
    }

    /// Start what is planned and due; forget what is planned no more.
    fn act(self: Arc<Self>, snapshot: Arc<Snapshot>, closed: bool) {
        let policy = Policy { closed, ..Policy::clone(&self.rules.now()) };
        let decided = decide(&snapshot, &policy);
        self.refusals().note(&decided.refused);
        let planned = decided.actions;
        let mut tasks = self.tasks();
        tasks.retain(|key, task| task.running || planned.contains(key));
        for ((address, action), task) in tasks.iter().filter(|(_, task)| task.running) {
            if let Some((name, stop)) = &task.work
                && report::is_over(&snapshot, address, action, name)
            {
                stop.abort();
            }
        }
        self.workshop.keep_only(&at_hand(&snapshot, &planned, &tasks));
        for (job, action) in &planned {
            if !has_room(&tasks, &planned, self.most_jobs(), job, action) {
                continue;
            }
            let wait = if action.is_own(&self.chain.operator()) { Duration::ZERO } else { self.options.patience };
            let task = tasks.entry((*job, action.clone())).or_insert_with(|| Task {
                not_before: Instant::now() + wait.mul_f64(rand::rng().random()),
                running: false,
                done: false,
                failures: 0,
                work: None,
            });
            if task.running || Instant::now() < task.not_before {
                continue;
            }
            task.running = true;
            let (agent, at, doing, tried) = (self.clone(), *job, snapshot.clone(), action.clone());
            // In a task of its own: a panic must not leave a reveal under way for ever.
            let attempt = tokio::spawn(async move { agent.try_perform(&doing, &at, &tried).await });
            let name = snapshot.jobs.get(job).map(|state| posting(job, state));
            task.work = name.map(|name| (name, attempt.abort_handle()));
            tokio::spawn(self.clone().perform(attempt, *job, action.clone()));
        }
    }

    /// What answers this question is not stopped any more, whatever becomes of its job.
    fn bringing(&self, question: &str) {
        for task in self.tasks().values_mut() {
            task.work.take_if(|(name, _)| name.to_string() == question);
        }
    }

    async fn perform(self: Arc<Self>, attempt: tokio::task::JoinHandle<Result<()>>, address: Pubkey, action: Action) {
        let outcome = match attempt.await {
            Err(stopped) if stopped.is_cancelled() => Err(NotYet("its job is over: stopped computing").into()),
            ended => ended.unwrap_or_else(|error| Err(error.into())),
        };
        let mut tasks = self.tasks();
        let Some(task) = tasks.get_mut(&(address, action.clone())) else { return };
        task.running = false;
        task.work = None;
        match outcome {
            Ok(()) => {
                tracing::info!(job = %address, ?action, "done");
                metrics::acted(&action, Outcome::Done);
                // By then a fresh snapshot plans it no more.
                task.done = true;
                let watched = matches!(action, Action::Watch { .. });
                task.not_before = Instant::now() + if watched { ONCE } else { self.options.poll * 4 };
            }
            Err(error) => {
                // Another node was faster, or sortition has not reached this one: what one expects in a market.
                let refused = error.downcast_ref::<Rejected>().is_some();
                // A private job's input, which is for other operators, or what was not handed over yet.
                let others = error.downcast_ref::<ArtifactError>().is_some_and(ArtifactError::is_for_others);
                let expected = (refused && !action.is_due()) || others || error.is::<NotYet>() || error.is::<Refused>();
                metrics::acted(&action, if expected { Outcome::Refused } else { Outcome::Failed });
                if expected {
                    tracing::debug!(job = %address, ?action, "refused: {error:#}");
                } else {
                    tracing::warn!(job = %address, ?action, "failed: {error:#}");
                    self.note_failure(&error);
                    self.show_failure(&error);
                }
                task.failures = task.failures.saturating_add(1);
                task.not_before = Instant::now() + backoff(self.options.poll, &action, task.failures);
            }
        }
    }

    /// Hand over what is revealed, and drop what is left of jobs that are gone; then what nobody waits for. What fails is
    /// tried again at the next look.
    async fn tidy(self: Arc<Self>, snapshot: Arc<Snapshot>) {
        let history = tidy::OfChain { chain: &self.chain, asked: &self.asked };
        if let Err(error) = tidy::tidy(&self.journal, &self.workshop, &snapshot, &history).await {
            tracing::warn!("a result was not handed over, or not tidied up after: {error:#}");
            self.note_failure(&error);
            self.show_failure(&error);
        }
        self.name_mints().await;
    }

    /// Most jobs at once, as the command line and the rules have it.
    fn most_jobs(&self) -> usize {
        self.rules.now().rules.jobs.map_or(self.options.jobs, |jobs| jobs.min(self.options.jobs))
    }

    /// Finished units of a posting that is being computed.
    fn done(&self, posting: &Pubkey) -> u64 {
        self.progress().get(posting).map_or(0, |done| done.load(Ordering::Relaxed))
    }

    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        held(&self.tasks)
    }

    fn refusals(&self) -> MutexGuard<'_, Refusals> {
        held(&self.refusals)
    }

    fn halts(&self) -> MutexGuard<'_, Halts> {
        held(&self.halts)
    }

    fn won(&self) -> MutexGuard<'_, Won> {
        held(&self.won)
    }

    fn facts(&self) -> MutexGuard<'_, HashMap<Pubkey, Facts>> {
        held(&self.facts)
    }

    fn progress(&self) -> MutexGuard<'_, HashMap<Pubkey, Arc<AtomicU64>>> {
        held(&self.progress)
    }
}

/// Each change under these locks is a single write; a panic in between leaves nothing half done.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
