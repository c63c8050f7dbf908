//! Doing what was planned: each action's transaction.

use anyhow::{Context, Result};
use assay_sdk::{
    escrow::{Job, Seat, Strategy},
    ix,
};
use solana_sdk::pubkey::Pubkey;

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
            Action::Draw { checked } => vec![draw(address, job, checked.as_ref())],
            Action::Claim => {
                self.look_before(address, job).await?;
                vec![ix::escrow::claim_seat(&me, address, job, DEVICE)]
            }
            Action::Compute => return self.answer(address, job, seat(&me)?).await,
            Action::Reveal => return self.reveal(snapshot, address, job, seat(&me)?).await,
            Action::Watch { operator } => return self.watch(address, job, seat(operator)?).await,
            Action::CallJury => return self.call_jury(snapshot, address).await,
            Action::Case { case, step } => return self.take_step(snapshot, job, case, step).await,
            Action::Finalize { operators } => vec![finalize(address, job, operators)],
            Action::Release { operator } => self.release(address, job, seat(operator)?).await?,
            Action::Settle { operator } => self.settle(address, job, seat(operator)?).await?,
            Action::Slash { operator } => {
                let slash = ix::escrow::slash_seat(address, &job.requester, operator, &me);
                self.slash(job, ix::escrow::for_seat(slash, seat(operator)?)).await?
            }
            Action::Expire { operator } => {
                let expire = ix::escrow::expire_seat(address, &job.requester, operator, &me);
                self.slash(job, ix::escrow::for_seat(expire, seat(operator)?)).await?
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

fn draw(address: &Pubkey, job: &Job, checked: Option<&Pubkey>) -> solana_sdk::instruction::Instruction {
    let _ = checked;
    ix::verification::draw_of(address, job)
}
