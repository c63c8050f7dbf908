use assay_tests::assay_sdk::{
    addresses,
    escrow::{EscrowError, JobState, SeatState},
    ix,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let judged = |state| matches!(state, JobState::Verified | JobState::Unresolved);
    let (address, seat, job) = view.seat(dice, |job, seat| judged(job.state) && !job.losers.contains(&seat.index))?;
    let posted = view.world.chain.find(&seat.job)?;
    let (at, operator) = (seat.job, seat.operator);
    let (to, fees) = (addresses::ata(&operator, &job.mint), addresses::fee_vault_of_job(&job.mint, &at));
    let (pool, mint) = (addresses::pool(&operator), job.mint);
    send(ix::escrow::settle(&at, &posted, &operator), move |m| {
        let job = need(m.jobs.get(&at))?.clone();
        let seat = need(m.seats.get(&address))?.clone();
        need(m.money.tokens.get(&fees))?;
        require(job.mint == mint, EscrowError::WrongAddress)?;
        require(judged(job.state), EscrowError::WrongState)?;
        require(seat.state != SeatState::Claimed, EscrowError::WrongSeatState)?;
        require(!job.losers.contains(&seat.index), EscrowError::SeatLost)?;
        need(m.jobs.get_mut(&at))?.leave_seat(seat.index)?;
        if job.winners.contains(&seat.index) {
            let fee = (u128::from(job.seat_price) * u128::from(job.fee_bps) / 10_000) as u64;
            m.money.transfer(&job.vault, &to, job.seat_price - fee)?;
            m.money.transfer(&job.vault, &fees, fee)?;
        }
        m.staking.release(&pool, job.exposure)?;
        m.seats.remove(&address);
        m.money.close(&address, &operator)
    })
}
