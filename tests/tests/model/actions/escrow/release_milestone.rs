use assay_tests::assay_sdk::{
    addresses,
    escrow::{EscrowError, JobState, SeatState},
    ix,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{ata, holding, need, paid_in, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let delivered = !dice.once_in(5);
    let due = |state| (state == SeatState::Delivered) == delivered;
    let (address, seat, job) = view.seat(dice, |job, seat| job.live() && job.reviewed() && due(seat.state))?;
    // The silent are paid for by anybody.
    let silent = view.model.now > seat.seal_by || dice.once_in(4);
    let by = if silent { view.anybody(dice) } else { job.requester };
    let posted = view.world.chain.find(&seat.job)?;
    let (at, mint, operator) = (seat.job, job.mint, seat.operator);
    let (to, fees) = (ata(&operator, &mint), addresses::fee_vault_of_job(&mint, &at));
    let call = paid_in(&mint, ix::escrow::release_milestone(&by, &at, &posted, &operator), &[operator]);
    send(call, move |m| {
        let now = m.now;
        let job = need(m.jobs.get_mut(&at))?;
        let seat = need(m.seats.get_mut(&address))?;
        require(job.mint == mint, EscrowError::WrongAddress)?;
        holding(m.money.tokens.get(&fees))?;
        require(job.reviewed(), EscrowError::WrongStrategy)?;
        require(job.live(), EscrowError::WrongState)?;
        require(job.cases == 0, EscrowError::CasesOpen)?;
        if by != job.requester {
            require(seat.state == SeatState::Delivered, EscrowError::NotRequester)?;
            require(now > seat.seal_by, EscrowError::TooEarly)?;
        }
        if job.at_last_milestone() {
            (job.winners, job.root) = (vec![seat.index], seat.commitment);
            job.end(JobState::Verified, now);
            return Ok(());
        }
        let (paid, fee) = job.share_out(job.milestone_of(seat.index));
        job.released += 1;
        (seat.state, seat.commitment) = (SeatState::Claimed, [0; 32]);
        seat.seal_by = now + i64::from(job.seal_window);
        let vault = job.vault;
        m.money.transfer(&vault, &to, paid)?;
        m.money.transfer(&vault, &fees, fee)
    })
}
