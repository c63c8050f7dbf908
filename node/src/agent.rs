//! The node's loop: look at the chain, decide, act. Nothing but the journal is remembered across restarts; all else
//! follows from the chain.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use assay_sdk::{
    addresses,
    escrow::{Capabilities, ENGINES, Job, Seat, SeatState},
    ix,
    token::ASY_MINT,
    verification::seal::seal,
};
use rand::Rng;
use solana_sdk::pubkey::Pubkey;

use crate::{
    chain::{Chain, DEVICE, Rejected},
    journal::{Journal, Stage},
    market::{Action, Snapshot, plan, posting},
    work::Workshop,
};

/// Slots of the device for each job computed at once.
const SLOTS_PER_JOB: u16 = 8;

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

type Tasks = HashMap<(Pubkey, Action), Task>;

impl Agent {
    pub fn new(chain: Chain, workshop: Workshop, journal: Journal, options: Options) -> Arc<Self> {
        Arc::new(Self { chain, workshop, journal, options, tasks: Mutex::default() })
    }

    /// Register this machine if need be, then work until the future is dropped.
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
                    self.clone().act(snapshot);
                }
                Err(error) => tracing::warn!("cannot read the chain: {error:#}"),
            }
            tokio::time::sleep(self.options.poll).await;
        }
    }

    async fn ensure_device(&self) -> Result<()> {
        let operator = self.chain.operator();
        if self.chain.exists(&addresses::device(&operator, DEVICE)).await? {
            return Ok(());
        }
        let Options { cores, memory_mib, .. } = self.options;
        let capabilities = Capabilities { engines: ENGINES, cores, memory_mib, ..Capabilities::default() };
        // A seat keeps its slot until it is settled, long after its work is done.
        let slots = u16::try_from(self.options.jobs).unwrap_or(u16::MAX).saturating_mul(SLOTS_PER_JOB);
        let register = ix::escrow::register_device(&operator, DEVICE, capabilities, slots, 0);
        self.chain.send(vec![register]).await.context("registering this machine: has the wallet some SOL?")?;
        tracing::info!(cores, memory_mib, "registered this machine");
        Ok(())
    }

    /// Start what is planned and due; forget what is planned no more.
    fn act(self: Arc<Self>, snapshot: Arc<Snapshot>) {
        let planned = plan(&snapshot);
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
                task.not_before = Instant::now() + self.options.poll * 4;
            }
            Err(error) => {
                // Another node was faster, or sortition has not reached this one: what one expects in a market.
                let expected = error.downcast_ref::<Rejected>().is_some() && !action.is_due();
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

    async fn try_perform(&self, snapshot: &Snapshot, address: &Pubkey, action: &Action) -> Result<()> {
        let me = self.chain.operator();
        if let Action::CloseRound { payer } = action {
            return self.chain.send(vec![ix::verification::close_round(address, payer)]).await.map(drop);
        }
        let job = snapshot.jobs.get(address).context("the job is gone")?;
        let seat = |operator: &Pubkey| {
            let found = snapshot.seats(address).iter().find(|seat| seat.operator == *operator);
            found.context("the seat is gone")
        };
        let instructions = match action {
            Action::Draw => vec![ix::verification::draw(address)],
            Action::Claim => {
                // Nobody can compute what nobody can fetch: look before locking a bond.
                self.workshop.material(address, job).await?;
                self.still_posted(address, job).await?;
                vec![ix::escrow::claim_seat(&me, address, job, DEVICE)]
            }
            Action::Compute => return self.compute_and_seal(address, job).await,
            Action::Reveal => return self.reveal(address, job).await,
            Action::Finalize { operators } => vec![ix::verification::finalize_round(address, job.class, operators)],
            Action::Settle { operator } => return self.settle(address, job, seat(operator)?).await,
            Action::Slash { operator } => {
                let slash = ix::escrow::slash_seat(address, &job.requester, operator, &me);
                self.with_asy_accounts(job, ix::escrow::for_seat(slash, seat(operator)?)).await?
            }
            Action::Expire { operator } => {
                let expire = ix::escrow::expire_seat(address, &job.requester, operator, &me);
                self.with_asy_accounts(job, ix::escrow::for_seat(expire, seat(operator)?)).await?
            }
            Action::ExpireJob => vec![ix::escrow::expire_job(address, &me)],
            Action::Close { round } => {
                let mut all = self.chain.create_ata_if_missing(&job.requester, &job.mint).await?;
                all.push(ix::escrow::refund(address, job));
                all.extend(round.map(|payer| ix::verification::close_round(address, &payer)));
                all.push(ix::escrow::close_job(address, &job.requester, &me));
                all
            }
            // Done above: its job may be gone.
            Action::CloseRound { .. } => return Ok(()),
        };
        self.chain.send(instructions).await.map(drop)
    }

    /// The harmed party's and the caller's ASY accounts, made where missing, before a slash.
    async fn with_asy_accounts(
        &self,
        job: &Job,
        slash: solana_sdk::instruction::Instruction,
    ) -> Result<Vec<solana_sdk::instruction::Instruction>> {
        let mut all = self.chain.create_ata_if_missing(&job.requester, &ASY_MINT).await?;
        all.extend(self.chain.create_ata_if_missing(&self.chain.operator(), &ASY_MINT).await?);
        all.push(slash);
        Ok(all)
    }

    /// Fetching and computing take their time: is it still the same posting that stands there? A claim or a seal names
    /// only the address, and would reach another one too.
    async fn still_posted(&self, address: &Pubkey, job: &Job) -> Result<()> {
        let now = self.chain.job(address).await?;
        let same = now.is_some_and(|now| posting(address, &now) == posting(address, job));
        ensure!(same, "the job was closed, or posted anew, in the meantime");
        Ok(())
    }

    async fn compute_and_seal(&self, address: &Pubkey, job: &Job) -> Result<()> {
        let posting = posting(address, job).to_string();
        // A restarted node seals what it wrote down, and computes only what it had not.
        let entry = match self.journal.get(&posting)? {
            Some(entry) => entry,
            None => {
                let root = self.workshop.compute(address, job).await?;
                self.journal.record_seal(&posting, root)?
            }
        };
        self.still_posted(address, job).await?;
        let (me, round) = (self.chain.operator(), addresses::round(address));
        let sealed = seal(self.chain.genesis(), &round, &me, &entry.digest, entry.salt.expose());
        self.chain.send(vec![ix::verification::seal_result(&me, address, sealed)]).await?;
        self.journal.set_stage(&posting, Stage::Sealed)?;
        Ok(())
    }

    async fn reveal(&self, address: &Pubkey, job: &Job) -> Result<()> {
        let posting = posting(address, job).to_string();
        let entry = self.journal.get(&posting)?;
        let entry = entry.context("the journal has no salt for this job: was the data folder lost?")?;
        let reveal =
            ix::verification::reveal_result(&self.chain.operator(), address, entry.digest, *entry.salt.expose());
        self.chain.send(vec![reveal]).await?;
        self.journal.set_stage(&posting, Stage::Revealed)?;
        Ok(())
    }

    async fn settle(&self, address: &Pubkey, job: &Job, seat: &Seat) -> Result<()> {
        let me = self.chain.operator();
        let mut all = vec![];
        if seat.operator == me {
            all = self.chain.create_ata_if_missing(&me, &job.mint).await?;
        }
        all.push(ix::escrow::settle_seat(address, job, seat, &me));
        self.chain.send(all).await.map(drop)
    }

    /// Hand over what is revealed, and drop what is left of jobs that are gone. What fails is tried again at the next
    /// look.
    async fn tidy(self: Arc<Self>, snapshot: Arc<Snapshot>) {
        if let Err(error) = tidy(&self.journal, &self.workshop, &snapshot).await {
            tracing::warn!("a result was not handed over, or not tidied up after: {error:#}");
        }
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, Tasks> {
        // Each change is a single write; a panic in between leaves nothing half done.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether there is room for one more task like this. A seat that is taken must be computed, or its bond is lost: so
/// seats still to be computed, and those being taken, count against new ones.
fn has_room(tasks: &Tasks, planned: &[(Pubkey, Action)], most: usize, job: &Pubkey, action: &Action) -> bool {
    let running = |wanted: &Action| tasks.iter().filter(|(key, task)| key.1 == *wanted && task.running).count();
    match action {
        Action::Compute => running(&Action::Compute) < most,
        Action::Claim => {
            let started = tasks.iter().filter(|(_, task)| task.running || task.done).map(|(key, _)| key);
            let taken = started.chain(planned.iter().filter(|(_, action)| *action == Action::Compute));
            let others = taken.filter(|(at, what)| at != job && matches!(what, Action::Claim | Action::Compute));
            let taken: HashSet<Pubkey> = others.map(|(at, _)| *at).collect();
            // What is still under way for an earlier posting could be taken for this one's.
            let busy = tasks.iter().any(|((at, what), task)| at == job && task.running && what.is_due());
            taken.len() < most && !busy
        }
        _ => true,
    }
}

/// The postings whose specs and artifacts are, or soon will be, of use.
fn at_hand(snapshot: &Snapshot, planned: &[(Pubkey, Action)], tasks: &Tasks) -> HashSet<Pubkey> {
    let running = tasks.iter().filter(|(_, task)| task.running).map(|(key, _)| key);
    let wanted = planned.iter().chain(running).filter(|key| matches!(key.1, Action::Claim | Action::Compute));
    wanted.filter_map(|(address, _)| Some(posting(address, snapshot.jobs.get(address)?))).collect()
}

/// How long to wait after so many failures. What has a deadline and a bond is tried again soon.
fn backoff(poll: Duration, action: &Action, failures: u32) -> Duration {
    poll * 2u32.pow(failures.min(if action.is_due() { 1 } else { 6 }))
}

/// Hand over the results that are revealed; then drop the entries of jobs that are gone: seats that were settled or
/// slashed. Only once revealed: a server that lags behind may not know a job yet whose salt is still needed.
async fn tidy(journal: &Journal, workshop: &Workshop, snapshot: &Snapshot) -> Result<()> {
    let live: HashMap<_, _> = snapshot.jobs.iter().map(|(at, job)| (posting(at, job).to_string(), at)).collect();
    for entry in journal.all()? {
        let job = live.get(&entry.job);
        let seat = job.and_then(|job| snapshot.my_seat(job));
        // Killed after a reveal was confirmed and before that was written down.
        let revealed = entry.stage == Stage::Revealed || seat.is_some_and(|seat| seat.state == SeatState::Revealed);
        if !revealed {
            continue;
        }
        journal.set_stage(&entry.job, Stage::Revealed)?;
        workshop.hand_over(&entry.job.parse()?, &entry.digest).await?;
        if job.is_none() {
            journal.remove(&entry.job)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
