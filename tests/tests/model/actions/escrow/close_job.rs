use assay_tests::assay_sdk::{escrow::EscrowError, ix};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, job) = view.job(dice, |_, job| job.ended() && view.model.money.held(&job.vault) == 0)?;
    send(ix::escrow::close_job(&address, &job.requester), move |m| {
        let job = need(m.jobs.get(&address))?.clone();
        require(!job.live(), EscrowError::WrongState)?;
        require(job.ended(), EscrowError::SeatsLeft)?;
        require(m.money.held(&job.vault) == 0, EscrowError::VaultNotEmpty)?;
        m.jobs.remove(&address);
        m.money.close(&job.vault, &job.requester)?;
        m.money.close(&address, &job.requester)
    })
}
