//! Disputes: watching what others deliver, challenging and answering, sitting on juries.

use anyhow::{Context, Result, bail};
use assay_sdk::{
    escrow::{Job, Seat},
    ix,
    merkle::Proof,
    sample::drawn,
    token::ASY_MINT,
    verification::{Case, CaseKind, Phase, Round, merkle, sample, seal::seal},
};
use rand::Rng;
use solana_sdk::{instruction::Instruction, pubkey::Pubkey};

use super::{Agent, NotYet, answers::of};
use crate::{
    chain::COMPUTE_LIMIT,
    crash,
    journal::{Entry, Stage},
    market::{Snapshot, plan::Step, posting, question},
};

/// Neighbours of a leaf that one transaction takes, with the compute budget beside them.
const PIECE: usize = 16;

impl Agent {
    /// Compute a unit of what somebody delivered, and challenge it if it is wrong. Without the result itself nobody can say
    /// which leaf is wrong: if it is not handed over in half of the time to challenge, all is computed, and any unit of
    /// another root is challenged.
    pub(super) async fn watch(&self, address: &Pubkey, job: &Job, seat: &Seat) -> Result<()> {
        let unit = rand::rng().random_range(0..job.units);
        let wrong = match self.workshop.published(&seat.commitment).await? {
            Some(document) => {
                let leaf = document.digests().get(usize::try_from(unit)?).copied();
                leaf != self.workshop.units(address, job, vec![unit]).await?.first().copied()
            }
            None => {
                let window = i64::from(job.strategy.review_window().unwrap_or_default());
                if self.chain.now().await? < seat.seal_by.saturating_sub(window / 2) {
                    return Err(NotYet("the result is not handed over yet").into());
                }
                self.workshop.root(address, job).await? != seat.commitment
            }
        };
        if !wrong {
            return Ok(());
        }
        if self.is_challenged(address, job, seat).await? {
            return Ok(());
        }
        tracing::warn!(job = %address, operator = %seat.operator, unit, "wrong: challenging it");
        let kind = CaseKind::Challenge { unit };
        self.open(address, kind, Some(&seat.operator)).await
    }

    /// Whether somebody else challenges a unit of it that is wrong indeed: one such case is enough. A friend of the operator's
    /// would challenge one that is right.
    async fn is_challenged(&self, address: &Pubkey, job: &Job, seat: &Seat) -> Result<bool> {
        let Some(document) = self.workshop.published(&seat.commitment).await? else { return Ok(false) };
        let leaves = document.digests();
        for case in self.chain.cases(address).await? {
            let CaseKind::Challenge { unit } = case.kind else { continue };
            let leaf = leaves.get(usize::try_from(unit)?).copied();
            if leaf != self.workshop.units(address, job, vec![unit]).await?.first().copied() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Have a jury decide: between the digests of a tied round, or on the drawn units of a sampled job.
    pub(super) async fn call_jury(&self, snapshot: &Snapshot, address: &Pubkey) -> Result<()> {
        let round: &Round = snapshot.rounds.get(address).context("the round is gone")?;
        match round.phase {
            Phase::Tied => self.open(address, CaseKind::Tie, None).await,
            Phase::Auditing => self.open(address, CaseKind::Sample, None).await,
            _ => bail!("the round asks for no jury"),
        }
    }

    async fn open(&self, address: &Pubkey, kind: CaseKind, executor: Option<&Pubkey>) -> Result<()> {
        let me = self.chain.operator();
        let mut all = self.chain.create_ata_if_missing(&me, &ASY_MINT).await?;
        all.push(ix::verification::open_case(&me, address, kind, executor));
        self.chain.send(all).await.map(drop)
    }

    /// A step of a case.
    pub(super) async fn take_step(&self, snapshot: &Snapshot, job: &Job, at: &Pubkey, step: &Step) -> Result<()> {
        let me = self.chain.operator();
        let case = snapshot.cases.get(at).context("the case is gone")?;
        let instructions = match step {
            Step::Answer => return self.answer_case(job, at, case).await,
            Step::Judge => return self.judge(job, at, case).await,
            Step::Vote => return self.vote(job, at, case).await,
            Step::Join => {
                self.workshop.material(&case.job, job).await?;
                self.still_posted(&case.job, job).await?;
                vec![ix::verification::join_jury(&me, &case.job, job.class, at)]
            }
            Step::Draw => vec![ix::verification::draw_jury(at)],
            Step::Resolve => vec![ix::verification::resolve_case(at)],
            Step::Conclude => vec![conclude(&me, snapshot, job, at, case)],
            Step::Settle { juror } => {
                let mut all = self.chain.create_ata_if_missing(juror, &ASY_MINT).await?;
                all.push(ix::verification::settle_ballot(at, juror));
                all
            }
            Step::Slash { juror } => {
                self.slash(job, &me, ix::verification::slash_ballot(at, &case.requester, juror, &me)).await?
            }
            Step::Pay { index, to } => {
                let mut all = self.chain.create_ata_if_missing(to, &ASY_MINT).await?;
                all.push(ix::verification::pay_case(at, *index, to));
                all
            }
            Step::Close => {
                let mut all = self.chain.create_ata_if_missing(&case.opener, &ASY_MINT).await?;
                all.push(ix::verification::close_case(at, case));
                all
            }
        };
        let what = if matches!(step, Step::Join) { "join" } else { "" };
        self.chain.send_as(what, instructions, COMPUTE_LIMIT).await.map(drop)
    }

    /// Prove that the challenged unit's digest is a leaf of what was delivered.
    async fn answer_case(&self, job: &Job, at: &Pubkey, case: &Case) -> Result<()> {
        let CaseKind::Challenge { unit } = case.kind else { bail!("the case asks for no leaf") };
        let leaves = self.workshop.leaves(&posting(&case.job, job))?;
        let digest = *leaves.get(usize::try_from(unit)?).context("no such unit")?;
        let siblings = Proof::create(&leaves, unit)?.siblings;
        let (me, mut at_step) = (self.chain.operator(), merkle::Step::leaf(&digest));
        // A job of one unit has no neighbours to show, but its leaf.
        let pieces: Vec<_> = if siblings.is_empty() { vec![&[][..]] } else { siblings.chunks(PIECE).collect() };
        for piece in pieces {
            // Begun anew, whatever an earlier attempt left.
            let answer = ix::verification::answer_case(&me, &case.job, at, at_step.level, digest, piece);
            self.chain.send(vec![answer]).await?;
            at_step = at_step.climb(unit, job.units, piece).context("a proof longer than its tree is high")?;
        }
        Ok(())
    }

    /// Compute what the case asks, write it down, and seal it.
    async fn judge(&self, job: &Job, at: &Pubkey, case: &Case) -> Result<()> {
        let name = question::vote(&case.job, job, at, case).to_string();
        let entry = match self.journal.get(&name)? {
            Some(entry) => entry,
            None => {
                let digest = self.judgement(&case.job, job, case).await?;
                crash::point("judge", "computed");
                self.journal.record(&name, of(&case.job, job), digest, vec![])?
            }
        };
        self.still_posted(&case.job, job).await?;
        let me = self.chain.operator();
        let sealed = seal(self.chain.genesis(), at, &me, &entry.digest, entry.salt.expose());
        self.bring("judge", &entry, ix::verification::ballot_seal(&me, at, sealed), Stage::Sealed).await
    }

    /// The digest that a jury is asked for.
    async fn judgement(&self, address: &Pubkey, job: &Job, case: &Case) -> Result<[u8; 32]> {
        match case.kind {
            CaseKind::Challenge { unit } => {
                let digests = self.workshop.units(address, job, vec![unit]).await?;
                digests.first().copied().context("no such unit")
            }
            CaseKind::Sample => Ok(sample::root(&self.workshop.units(address, job, drawn(address, job)).await?)),
            CaseKind::Tie => self.workshop.root(address, job).await,
        }
    }

    async fn vote(&self, job: &Job, at: &Pubkey, case: &Case) -> Result<()> {
        let name = question::vote(&case.job, job, at, case).to_string();
        let entry: Entry = self.journal.get(&name)?.context("the journal has no salt for this vote")?;
        let me = self.chain.operator();
        let reveal = ix::verification::ballot_reveal(&me, at, entry.digest, *entry.salt.expose());
        self.bring("vote", &entry, reveal, Stage::Revealed).await
    }
}

/// How a case ends: each kind has consequences of its own for the job.
fn conclude(me: &Pubkey, snapshot: &Snapshot, job: &Job, at: &Pubkey, case: &Case) -> Instruction {
    let operators = || snapshot.seats(&case.job).iter().map(|seat| seat.operator).collect::<Vec<_>>();
    match case.kind {
        _ if !job.is_live() => ix::verification::moot_case(&case.job, at),
        CaseKind::Challenge { .. } => ix::verification::conclude_challenge(&case.job, job.class, at, &case.executor),
        CaseKind::Sample => ix::verification::conclude_sample(Some(me), &case.job, job.class, &operators()),
        CaseKind::Tie => ix::verification::conclude_tie(&case.job, job.class, &operators()),
    }
}
