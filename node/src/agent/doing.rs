//! Doing what was planned: each action's transaction.

use anyhow::{Context, Result};
use assay_sdk::{
    escrow::{Job, Strategy},
    ix,
};
use solana_sdk::{instruction::Instruction, pubkey::Pubkey};

use super::{Agent, Refused};
use crate::{
    chain::{COMPUTE_LIMIT, DEVICE},
    compute::Honesty,
    market::{Action, Snapshot, posting, rules::Offer},
};

impl Agent {
    pub(super) async fn try_perform(&self, snapshot: &Snapshot, address: &Pubkey, action: &Action) -> Result<()> {
        let me = self.chain.operator();
        if let Action::CloseRound { payer } = action {
            return self.chain.send(vec![ix::verification::close_round(address, payer)]).await.map(drop);
        }
        if let (Action::WithdrawBid, None) = (action, snapshot.jobs.get(address)) {
            return self.chain.send(vec![ix::escrow::withdraw_bid(&me, address, &me)]).await.map(drop);
        }
        let job = snapshot.jobs.get(address).context("the job is gone")?;
        let seat = |operator: &Pubkey| {
            let found = snapshot.seats(address).iter().find(|seat| seat.operator == *operator);
            found.context("the seat is gone")
        };
        let instructions = match action {
            Action::Draw { checked } => vec![draw(&me, address, job, checked.as_ref())],
            Action::Claim => {
                self.look_before(address, job, Offer::of(job)).await?;
                vec![ix::escrow::claim_seat(&me, address, job, DEVICE)]
            }
            Action::Bid => return self.bid(address, job).await,
            Action::WithdrawBid => vec![ix::escrow::withdraw_bid(&me, address, &me)],
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
            Action::PayRoyalty { leg } => return self.pay_royalty(snapshot, address, job, *leg).await,
            Action::ExpireJob => vec![ix::escrow::expire_job(address, &me)],
            Action::Close { round } => self.close(address, job, *round).await?,
            // Done above: its job may be gone.
            Action::CloseRound { .. } => return Ok(()),
        };
        let what = match action {
            Action::Claim => "claim",
            Action::Settle { operator } if *operator == me => "settle",
            _ => "",
        };
        self.chain.send_as(what, instructions, COMPUTE_LIMIT).await.map(drop)
    }

    /// Nobody can compute what nobody can fetch, nor attest what nobody asked it to: look before locking a bond.
    pub(super) async fn look_before(&self, address: &Pubkey, job: &Job, offer: Offer) -> Result<()> {
        let material = self.workshop.material(address, job).await?;
        let facts = material.facts()?;
        self.facts().insert(posting(address, job), facts);
        if let Some(why) = self.rules.now().rules.refuses(job, offer, Some(&facts), self.chain.now().await?) {
            // The next look does not plan it, and tells and counts why.
            return Err(Refused(why).into());
        }
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
        (None, Strategy::Proven { key }) => ix::verification::draw_proven_by(Some(me), address, &key),
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
