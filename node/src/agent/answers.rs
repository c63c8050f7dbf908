//! What a seat brings: a seal and its reveal, a delivery, a proof.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use assay_sdk::{
    addresses,
    escrow::{Job, Seat, Strategy},
    ix,
    sample::{drawn, pieces},
    verification::{Round, audit::EXECUTOR, sample, seal::seal},
};
use solana_sdk::{instruction::Instruction, pubkey::Pubkey};

use super::Agent;
use crate::{
    chain::COMPUTE_LIMIT,
    crash,
    journal::{Entry, JournalError, Of, Stage},
    market::{Snapshot, posting, question},
};

/// Time between two reports of progress while computing.
const HEARTBEAT: Duration = Duration::from_secs(30);

impl Agent {
    /// Compute what the seat is to bring, and bring it.
    pub(super) async fn answer(&self, address: &Pubkey, job: &Job, seat: &Seat) -> Result<()> {
        match job.strategy {
            Strategy::Replicated { .. } => self.seal(address, job, self.whole(address, job, seat).await?).await,
            Strategy::Sampled { .. } if seat.index == EXECUTOR => {
                self.seal(address, job, self.whole(address, job, seat).await?).await
            }
            Strategy::Sampled { .. } => self.seal(address, job, self.drawn(address, job).await?).await,
            Strategy::Optimistic { .. } | Strategy::Accepted { .. } => self.deliver(address, job, seat).await,
            Strategy::Proven { key } => self.prove(address, job, seat, &key).await,
            Strategy::Attested { registrar, .. } => self.attest(address, job, seat, &registrar).await,
        }
    }

    /// The root of all units, as it is written down. A restarted node stands by what it wrote, and computes only what it
    /// had not.
    pub(super) async fn whole(&self, address: &Pubkey, job: &Job, seat: &Seat) -> Result<Entry> {
        let name = posting(address, job).to_string();
        if let Some(entry) = self.journal.get(&name)? {
            return Ok(entry);
        }
        let done = Arc::new(AtomicU64::new(0));
        self.progress().insert(posting(address, job), done.clone());
        let root = tokio::select! {
            root = self.workshop.whole(address, job, done.clone()) => root?,
            never = self.beat(address, seat, &done) => never,
        };
        crash::point("whole", "computed");
        let entry = self.journal.record(&name, of(address, job), root, vec![])?;
        crash::point("whole", "recorded");
        Ok(entry)
    }

    /// Send what seals or shows a written answer, and note that it is on chain.
    pub(super) async fn bring(
        &self,
        what: &'static str,
        entry: &Entry,
        instruction: Instruction,
        stage: Stage,
    ) -> Result<()> {
        self.bring_all(what, entry, vec![instruction], COMPUTE_LIMIT, stage).await
    }

    /// [`Agent::bring`] in several instructions, with so many compute units.
    pub(super) async fn bring_all(
        &self,
        what: &'static str,
        entry: &Entry,
        instructions: Vec<Instruction>,
        units: u32,
        stage: Stage,
    ) -> Result<()> {
        // Some transactions end their job, which is no reason to stop before that is noted.
        self.bringing(&entry.question);
        crash::point(what, "written");
        self.chain.send_as(what, instructions, units).await?;
        match self.journal.set_stage(&entry.question, stage) {
            // Its job was over at once, and tidied up after in the meantime.
            Err(JournalError::Unknown(_)) => {}
            noted => drop(noted?),
        }
        crash::point(what, "noted");
        Ok(())
    }

    /// Tell the chain how far the work is, until it is done.
    async fn beat(&self, address: &Pubkey, seat: &Seat, done: &AtomicU64) -> ! {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            let progress = done.load(Ordering::Relaxed).max(seat.progress);
            let beat = ix::escrow::heartbeat(&self.chain.operator(), address, progress);
            if let Err(error) = self.chain.send(vec![beat]).await {
                tracing::debug!(job = %address, "no heartbeat: {error:#}");
            }
        }
    }

    /// The digests of the drawn units, and what they add up to, as they are written down.
    pub(super) async fn drawn(&self, address: &Pubkey, job: &Job) -> Result<Entry> {
        let name = question::sample(address, job).to_string();
        if let Some(entry) = self.journal.get(&name)? {
            return Ok(entry);
        }
        let leaves = self.workshop.units(address, job, drawn(address, job)).await?;
        crash::point("drawn", "computed");
        let entry = self.journal.record(&name, of(address, job), sample::root(&leaves), leaves)?;
        crash::point("drawn", "recorded");
        Ok(entry)
    }

    async fn seal(&self, address: &Pubkey, job: &Job, entry: Entry) -> Result<()> {
        self.still_posted(address, job).await?;
        let (me, round) = (self.chain.operator(), addresses::round(address));
        let sealed = seal(self.chain.genesis(), &round, &me, &entry.digest, entry.salt.expose());
        let first = job.strategy.first() == 1 && job.replicas == 1;
        let build = if first { ix::verification::seal_result_first } else { ix::verification::seal_result };
        self.bring("seal", &entry, build(&me, address, sealed), Stage::Sealed).await
    }

    async fn deliver(&self, address: &Pubkey, job: &Job, seat: &Seat) -> Result<()> {
        let entry = self.whole(address, job, seat).await?;
        self.still_posted(address, job).await?;
        let deliver = ix::escrow::deliver(&self.chain.operator(), address, entry.digest);
        let shows = self.noted(address, job, vec![deliver])?;
        self.bring_all("deliver", &entry, shows, COMPUTE_LIMIT, Stage::Revealed).await
    }

    /// Open the seal.
    pub(super) async fn reveal(&self, snapshot: &Snapshot, address: &Pubkey, job: &Job, seat: &Seat) -> Result<()> {
        let me = self.chain.operator();
        match job.strategy {
            Strategy::Sampled { .. } if seat.index == EXECUTOR => {
                self.show_leaves(address, job, snapshot.rounds.get(address)).await
            }
            Strategy::Sampled { .. } => {
                let entry = self.sealed(question::sample(address, job))?;
                let (leaves, salt) = (entry.leaves.clone(), *entry.salt.expose());
                let reveal = ix::verification::reveal_sample(&me, address, leaves, salt);
                self.bring("reveal", &entry, reveal, Stage::Revealed).await
            }
            _ => {
                let entry = self.sealed(posting(address, job))?;
                let reveal = ix::verification::reveal_result(&me, address, entry.digest, *entry.salt.expose());
                let shows = self.noted(address, job, vec![reveal])?;
                self.bring_all("reveal", &entry, shows, COMPUTE_LIMIT, Stage::Revealed).await
            }
        }
    }

    fn sealed(&self, name: Pubkey) -> Result<Entry> {
        let entry = self.journal.get(&name.to_string())?;
        entry.context("the journal has no salt for this job: was the data folder lost?")
    }

    /// The executor of a sampled job reveals its root, and then shows piece by piece that the drawn leaves are under it.
    async fn show_leaves(&self, address: &Pubkey, job: &Job, round: Option<&Round>) -> Result<()> {
        let me = self.chain.operator();
        let entry = self.sealed(posting(address, job))?;
        if job.root == [0; 32] {
            let reveal = ix::verification::reveal_root(&me, address, entry.digest, *entry.salt.expose());
            self.chain.send(self.noted(address, job, vec![reveal])?).await?;
        }
        let shown = round.and_then(|round| round.shown).unwrap_or_default();
        let leaves = self.workshop.leaves(&posting(address, job))?;
        for piece in pieces(&leaves, &drawn(address, job), &shown)? {
            let prove = ix::verification::prove_sample(&me, address, piece);
            self.chain.send_as("leaves", vec![prove], COMPUTE_LIMIT).await?;
        }
        self.journal.set_stage(&entry.question, Stage::Revealed)?;
        crash::point("leaves", "noted");
        Ok(())
    }

    /// What shows a root, with the note that tells a private job's requester where its result is.
    pub(super) fn noted(&self, address: &Pubkey, job: &Job, mut shows: Vec<Instruction>) -> Result<Vec<Instruction>> {
        shows.extend(self.workshop.note(&posting(address, job))?);
        Ok(shows)
    }

    /// Fetching and computing take their time: is it still the same posting that stands there? A claim or a seal names
    /// only the address, and would reach another one too.
    pub(super) async fn still_posted(&self, address: &Pubkey, job: &Job) -> Result<()> {
        let now = self.chain.account::<Job>(address).await?;
        let same = now.is_some_and(|now| posting(address, &now) == posting(address, job));
        ensure!(same, "the job was closed, or posted anew, in the meantime");
        Ok(())
    }
}

/// What an answer about a posting is written down with.
pub(super) fn of(address: &Pubkey, job: &Job) -> Of {
    Of::new(address, &posting(address, job))
}
