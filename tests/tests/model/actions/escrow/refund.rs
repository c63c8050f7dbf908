use assay_tests::assay_sdk::{addresses, escrow::EscrowError, ix};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, job) = view.job(dice, |_, job| !job.live())?;
    let posted = view.world.chain.find(&address)?;
    let (mint, to) = (job.mint, addresses::ata(&job.requester, &job.mint));
    send(ix::escrow::refund(&address, &posted), move |m| {
        let job = need(m.jobs.get(&address))?.clone();
        require(job.mint == mint, EscrowError::WrongAddress)?;
        require(!job.live(), EscrowError::WrongState)?;
        m.money.transfer(&job.vault, &to, m.money.held(&job.vault) - job.owed())
    })
}
