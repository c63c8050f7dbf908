use assay_tests::assay_sdk::{escrow::EscrowError, ix};

use super::{
    super::{Next, View, send},
    pay_bounty,
};
use crate::{
    dice::Dice,
    state::{Refusal, WITHHELD, need, paid_in, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, job) = view.job(dice, |_, job| job.ended() && view.model.money.held(&job.vault) == 0)?;
    let (caller, mint) = (view.anybody(dice), job.mint);
    let call = paid_in(&mint, ix::escrow::close_job(&address, &job.requester, &caller), &[]);
    send(call, move |m| {
        let job = need(m.jobs.get(&address))?.clone();
        require(!job.live(), EscrowError::WrongState)?;
        require(job.ended(), EscrowError::SeatsLeft)?;
        let vault = m.money.tokens[&job.vault];
        require(vault.amount == 0, EscrowError::VaultNotEmpty)?;
        // Another job may stand there by now, paid in the mint of another program.
        if vault.withheld > 0 {
            return Err(Refusal::Code(WITHHELD));
        }
        m.money.close(&job.vault, &job.requester)?;
        pay_bounty(m, &address, &caller)?;
        m.jobs.remove(&address);
        m.money.close(&address, &job.requester)
    })
}
