//! Ending seats and jobs: paying, slashing, releasing, closing.

use anyhow::{Context, Result};
use assay_sdk::{
    addresses,
    escrow::{Job, Seat},
    ix,
    token::ASY_MINT,
};
use solana_sdk::{instruction::Instruction, pubkey::Pubkey};

use super::{Agent, NotYet};
use crate::{chain::Rejected, market::Snapshot};

impl Agent {
    /// The operator's own token account is made where it is missing; others make their own.
    pub(super) async fn settle(&self, address: &Pubkey, job: &Job, seat: &Seat) -> Result<Vec<Instruction>> {
        let me = self.chain.operator();
        let mut all = self.own_account(job, seat).await?;
        all.push(ix::escrow::settle_seat(address, job, seat, &me));
        all.extend(self.surety(address, job, seat).await?);
        Ok(all)
    }

    /// Accept what nobody challenged; after the last milestone the seat is settled in the same transaction.
    pub(super) async fn release(&self, address: &Pubkey, job: &Job, seat: &Seat) -> Result<Vec<Instruction>> {
        let me = self.chain.operator();
        let mut all = self.own_account(job, seat).await?;
        all.push(ix::escrow::release_milestone(&me, address, job, &seat.operator));
        if job.at_last_milestone() {
            all.push(ix::escrow::settle_seat(address, job, seat, &me));
            all.extend(self.surety(address, job, seat).await?);
        }
        Ok(all)
    }

    /// What it had at stake in cases about the job, which has ended.
    pub(super) async fn surety(&self, address: &Pubkey, job: &Job, seat: &Seat) -> Result<Vec<Instruction>> {
        let stood =
            job.strategy.is_reviewed() && self.chain.exists(&addresses::surety(address, &seat.operator)).await?;
        if !stood {
            return Ok(vec![]);
        }
        let mut all = self.chain.create_ata_if_missing(&seat.operator, &ASY_MINT).await?;
        all.push(ix::verification::return_surety(address, &seat.operator));
        Ok(all)
    }

    async fn own_account(&self, job: &Job, seat: &Seat) -> Result<Vec<Instruction>> {
        let me = self.chain.operator();
        if seat.operator == me { self.chain.create_ata_if_missing(&me, &job.mint).await } else { Ok(vec![]) }
    }

    /// The harmed party's and the caller's ASY accounts, made where missing, before a slash.
    pub(super) async fn slash(&self, job: &Job, caller: &Pubkey, slash: Instruction) -> Result<Vec<Instruction>> {
        let mut all = self.chain.create_ata_if_missing(&job.requester, &ASY_MINT).await?;
        all.extend(self.chain.create_ata_if_missing(caller, &ASY_MINT).await?);
        all.push(slash);
        Ok(all)
    }

    /// Pay a leg's payee; or the protocol, if the payee could not be paid in all the time there was: it has no account, or
    /// a frozen one. Nobody makes an account for a stranger, who could name thousands.
    pub(super) async fn pay_royalty(&self, snapshot: &Snapshot, address: &Pubkey, job: &Job, leg: u8) -> Result<()> {
        let payee = job.legs.get(usize::from(leg)).context("the job has no such leg")?.to;
        let to = addresses::ata(&payee, &job.mint);
        let mut why = NotYet("the payee of a royalty has no account for it").into();
        if self.chain.exists(&to).await? {
            match self.chain.send(vec![ix::escrow::pay_royalty(address, job, leg, &to)]).await {
                Err(error) if error.is::<Rejected>() => why = error,
                ended => return ended.map(drop),
            }
        }
        let grace = i64::from(snapshot.escrow.params.royalty_grace_seconds);
        if snapshot.now <= job.ended_at.saturating_add(grace) {
            return Err(why);
        }
        let to = addresses::fee_vault_of_job(&job.mint, address);
        self.chain.send(vec![ix::escrow::pay_royalty(address, job, leg, &to)]).await.map(drop)
    }

    pub(super) async fn close(&self, address: &Pubkey, job: &Job, round: Option<Pubkey>) -> Result<Vec<Instruction>> {
        let mut all = self.chain.create_ata_if_missing(&job.requester, &job.mint).await?;
        all.push(ix::escrow::refund(address, job));
        all.extend(round.map(|payer| ix::verification::close_round(address, &payer)));
        all.push(ix::escrow::close_job(address, &job.requester, &self.chain.operator()));
        Ok(all)
    }
}
