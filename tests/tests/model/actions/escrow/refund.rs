use assay_tests::assay_sdk::{escrow::EscrowError, ix};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{ata, need, paid_in, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, job) = view.job(dice, |_, job| !job.live())?;
    let posted = view.world.chain.find(&address)?;
    let (mint, to) = (job.mint, ata(&job.requester, &job.mint));
    let call = paid_in(&mint, ix::escrow::refund(&address, &posted), &[job.requester]);
    send(call, move |m| {
        let job = need(m.jobs.get(&address))?.clone();
        require(job.mint == mint, EscrowError::WrongAddress)?;
        require(!job.live(), EscrowError::WrongState)?;
        let rest = m.money.held(&job.vault) - job.owed() as u64;
        m.money.transfer(&job.vault, &to, rest)
    })
}
