//! The node's loop: look at the chain, decide, act. Nothing but the journal is remembered across restarts; all else
//! follows from the chain.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use assay_sdk::{
    addresses,
    escrow::{Capabilities, ENGINES, Job},
    ix,
    token::ASY_MINT,
    verification::seal::seal,
};
use rand::Rng;
use solana_sdk::pubkey::Pubkey;

use crate::{
    chain::{Chain, DEVICE, Rejected},
    journal::{Journal, Stage},
    market::{Action, Snapshot, plan},
    work::Workshop,
};

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
    tasks: Mutex<HashMap<(Pubkey, Action), Task>>,
}

/// Something planned, waiting or under way.
struct Task {
    not_before: Instant,
    running: bool,
    failures: u32,
}

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
        loop {
            match self.chain.snapshot().await {
                Ok(snapshot) => self.clone().act(Arc::new(snapshot)),
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
        let capabilities = Capabilities { engines: ENGINES, cores, memory_mib };
        let register = ix::escrow::register_device(&operator, DEVICE, capabilities);
        self.chain.send(vec![register]).await.context("registering this machine: has the wallet some SOL?")?;
        tracing::info!(cores, memory_mib, "registered this machine");
        Ok(())
    }

    /// Start what is planned and due; forget what is planned no more.
    fn act(self: Arc<Self>, snapshot: Arc<Snapshot>) {
        let planned = plan(&snapshot);
        let mut tasks = self.tasks();
        tasks.retain(|key, task| task.running || planned.contains(key));
        for (job, action) in planned {
            let full = working(&tasks) >= self.options.jobs;
            if full && matches!(action, Action::Claim | Action::Compute) {
                continue;
            }
            let wait = if action.is_own(&self.chain.operator()) { Duration::ZERO } else { self.options.patience };
            let task = tasks.entry((job, action.clone())).or_insert_with(|| Task {
                not_before: Instant::now() + wait.mul_f64(rand::rng().random()),
                running: false,
                failures: 0,
            });
            if task.running || Instant::now() < task.not_before {
                continue;
            }
            task.running = true;
            tokio::spawn(self.clone().perform(snapshot.clone(), job, action));
        }
    }

    async fn perform(self: Arc<Self>, snapshot: Arc<Snapshot>, address: Pubkey, action: Action) {
        let Some(job) = snapshot.jobs.get(&address) else { return };
        let outcome = self.try_perform(&address, job, &action).await;
        let mut tasks = self.tasks();
        let Some(task) = tasks.get_mut(&(address, action.clone())) else { return };
        task.running = false;
        match outcome {
            Ok(()) => {
                tracing::info!(job = %address, ?action, "done");
                // By then a fresh snapshot plans it no more.
                task.not_before = Instant::now() + self.options.poll * 4;
            }
            Err(error) => {
                // Another node was faster, or sortition has not reached this one: what one expects in a market.
                let expected = error.downcast_ref::<Rejected>().is_some();
                if expected {
                    tracing::debug!(job = %address, ?action, "refused: {error:#}");
                } else {
                    tracing::warn!(job = %address, ?action, "failed: {error:#}");
                }
                task.failures = task.failures.saturating_add(1);
                task.not_before = Instant::now() + self.options.poll * 2u32.pow(task.failures.min(6));
            }
        }
    }

    async fn try_perform(&self, address: &Pubkey, job: &Job, action: &Action) -> Result<()> {
        let me = self.chain.operator();
        let instructions = match action {
            Action::Draw => vec![ix::verification::draw(address)],
            Action::Claim => {
                // Nobody can compute what nobody can fetch: look before locking a bond.
                self.workshop.material(address, job).await?;
                vec![ix::escrow::claim_seat(&me, address, job.class, DEVICE)]
            }
            Action::Compute => return self.compute_and_seal(address, job).await,
            Action::Reveal => return self.reveal(address).await,
            Action::Finalize { operators } => vec![ix::verification::finalize_round(address, job.class, operators)],
            Action::Settle { operator } => return self.settle(address, job, operator).await,
            Action::Slash { operator } => {
                let slash = ix::escrow::slash_seat(address, &job.requester, operator, &me);
                self.with_asy_accounts(job, slash).await?
            }
            Action::Expire { operator } => {
                let expire = ix::escrow::expire_seat(address, &job.requester, operator, &me);
                self.with_asy_accounts(job, expire).await?
            }
            Action::ExpireJob => vec![ix::escrow::expire_job(address)],
            Action::Close { round } => {
                let mut all = self.chain.create_ata_if_missing(&job.requester, &job.mint).await?;
                all.push(ix::escrow::refund(address, job));
                all.extend(round.map(|payer| ix::verification::close_round(address, &payer)));
                all.push(ix::escrow::close_job(address, &job.requester));
                all
            }
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

    async fn compute_and_seal(&self, address: &Pubkey, job: &Job) -> Result<()> {
        // A restarted node seals what it wrote down, and computes only what it had not.
        let entry = match self.journal.get(&address.to_string())? {
            Some(entry) => entry,
            None => {
                let root = self.workshop.compute(address, job).await?;
                self.journal.record_seal(&address.to_string(), root)?
            }
        };
        let (me, round) = (self.chain.operator(), addresses::round(address));
        let sealed = seal(self.chain.genesis(), &round, &me, &entry.digest, entry.salt.expose());
        self.chain.send(vec![ix::verification::seal_result(&me, address, sealed)]).await?;
        self.journal.set_stage(&address.to_string(), Stage::Sealed)?;
        Ok(())
    }

    async fn reveal(&self, address: &Pubkey) -> Result<()> {
        let entry = self.journal.get(&address.to_string())?;
        let entry = entry.context("the journal has no salt for this job: was the data folder lost?")?;
        let reveal =
            ix::verification::reveal_result(&self.chain.operator(), address, entry.digest, *entry.salt.expose());
        self.chain.send(vec![reveal]).await?;
        self.journal.set_stage(&address.to_string(), Stage::Revealed)?;
        Ok(())
    }

    async fn settle(&self, address: &Pubkey, job: &Job, operator: &Pubkey) -> Result<()> {
        let own = *operator == self.chain.operator();
        let mut all = vec![];
        if own {
            all = self.chain.create_ata_if_missing(operator, &job.mint).await?;
            if job.winners != 0 {
                // The result is the requester's whether or not the API is up; the money is not held back for it.
                if let Err(error) = self.workshop.hand_over(address, &job.root).await {
                    tracing::warn!(job = %address, "the result was not handed over: {error:#}");
                }
            }
        }
        all.push(ix::escrow::settle(address, job, operator));
        self.chain.send(all).await?;
        if own {
            self.journal.remove(&address.to_string())?;
            self.workshop.forget(address);
        }
        Ok(())
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, HashMap<(Pubkey, Action), Task>> {
        // Each change is a single write; a panic in between leaves nothing half done.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Jobs that are being claimed or computed.
fn working(tasks: &HashMap<(Pubkey, Action), Task>) -> usize {
    let busy =
        |(key, task): &(&(Pubkey, Action), &Task)| task.running && matches!(key.1, Action::Claim | Action::Compute);
    tasks.iter().filter(busy).count()
}
