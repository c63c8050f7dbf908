//! Doing what was planned: each action's transaction.

use anyhow::{Context, Result};
use assay_sdk::{
    escrow::{Job, Strategy},
    ix,
};
use solana_sdk::{instruction::Instruction, pubkey::Pubkey};

use super::Agent;
use crate::{
    chain::DEVICE,
    compute::Honesty,
    market::{Action, Snapshot},
};

impl Agent {
    pub(super) async fn try_perform(&self, snapshot: &Snapshot, address: &Pubkey, action: &Action) -> Result<()> {
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
            Action::Draw { checked } => vec![draw(&me, address, job, checked.as_ref())],
            Action::Claim => {
                self.look_before(address, job).await?;
                vec![ix::escrow::claim_seat(&me, address, job, DEVICE)]
            }
            Action::Compute => return self.answer(address, job, seat(&me)?).await,
            Action::Reveal => return self.reveal(snapshot, address, job, seat(&me)?).await,
            Action::Watch { operator } => return self.watch(address, job, seat(operator)?).await,
            Action::CallJury => return self.call_jury(snapshot, address).await,
            Action::Case { case, step } => return self.take_step(snapshot, job, case, step).await,
            Action::Finalize { operators } => vec![finalize(&me, address, job, operators)],
            Action::Release { operator } => self.release(address, job, seat(operator)?).await?,
            Action::Settle { operator } => self.settle(address, job, seat(operator)?).await?,
            Action::Slash { operator } => {
                // Who found it out is paid, whoever sends this.
                let caller = job.accuser().unwrap_or(me);
                let slash = ix::escrow::slash_seat(address, &job.requester, operator, &caller);
                let mut all = self.slash(job, &caller, ix::escrow::for_seat(slash, seat(operator)?)).await?;
                all.extend(self.surety(address, job, seat(operator)?).await?);
                all
            }
            Action::Expire { operator } => {
                let expire = ix::escrow::expire_seat(address, &job.requester, operator, &me);
                self.slash(job, &me, ix::escrow::for_seat(expire, seat(operator)?)).await?
            }
            Action::ExpireJob => vec![ix::escrow::expire_job(address, &me)],
            Action::Close { round } => self.close(address, job, *round).await?,
            // Done above: its job may be gone.
            Action::CloseRound { .. } => return Ok(()),
        };
        self.chain.send(instructions).await.map(drop)
    }

    /// Nobody can compute what nobody can fetch, nor attest what nobody asked it to: look before locking a bond.
    async fn look_before(&self, address: &Pubkey, job: &Job) -> Result<()> {
        self.workshop.material(address, job).await?;
        if let Strategy::Attested { registrar, .. } = job.strategy
            && self.workshop.honesty == Honesty::Honest
        {
            self.is_attestor(&registrar).await?;
        }
        self.still_posted(address, job).await
    }
}

/// Capturing a seed. Of a trusted operator's seal it also decides whether others check it.
fn draw(me: &Pubkey, address: &Pubkey, job: &Job, checked: Option<&Pubkey>) -> Instruction {
    match (checked, job.strategy) {
        (Some(operator), _) => ix::verification::draw_recheck(Some(me), address, operator, job.class),
        (None, Strategy::Proven { key }) => ix::verification::draw_proven(address, &key),
        (None, strategy) if strategy.has_round() => ix::verification::draw_by(me, address),
        _ => ix::verification::draw_roundless_by(Some(me), address),
    }
}

fn finalize(me: &Pubkey, address: &Pubkey, job: &Job, operators: &[Pubkey]) -> Instruction {
    match job.strategy {
        Strategy::Sampled { .. } => ix::verification::finalize_sample(Some(me), address, job.class, operators),
        _ => ix::verification::finalize_round_by(me, address, job.class, operators),
    }
}
