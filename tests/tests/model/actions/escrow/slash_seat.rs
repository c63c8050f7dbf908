use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    addresses,
    escrow::{EscrowError, JobState},
    ix,
    token::ASY_MINT,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Job, Model, Seat, Verdict, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let judged = |state| matches!(state, JobState::Verified | JobState::Unresolved);
    let (address, seat, job) = view.seat(dice, |job, seat| judged(job.state) && job.losers.contains(&seat.index))?;
    let caller = view.anybody(dice);
    let call = ix::escrow::slash_seat(&seat.job, &job.requester, &seat.operator, &caller);
    send(call, move |m| {
        let (job, seat) = both(m, &address, &seat.job)?;
        require(judged(job.state), EscrowError::WrongState)?;
        require(job.losers.contains(&seat.index), EscrowError::SeatNotLost)?;
        end(m, &address, &caller, job.exposure)
    })
}

/// A seat and its job.
pub fn both(m: &Model, seat: &Pubkey, job: &Pubkey) -> Verdict<(Job, Seat)> {
    Ok((need(m.jobs.get(job))?.clone(), need(m.seats.get(seat))?.clone()))
}

/// Take `amount` of what a seat has at risk, release the rest, and give the seat up.
pub fn end(m: &mut Model, address: &Pubkey, caller: &Pubkey, amount: u64) -> Verdict {
    let seat = need(m.seats.remove(address))?;
    let job = need(m.jobs.get_mut(&seat.job))?;
    job.leave_seat(seat.index)?;
    let (exposure, requester) = (job.exposure, job.requester);
    let pool = addresses::pool(&seat.operator);
    let proceeds = m.staking.slash(m.epoch(), &pool, amount, exposure)?;
    let vault = m.staking.pools[&pool].vault;
    m.money.transfer(&vault, &addresses::ata(&requester, &ASY_MINT), proceeds.harmed)?;
    m.money.transfer(&vault, &addresses::ata(caller, &ASY_MINT), proceeds.caller)?;
    m.money.burn(&vault, proceeds.burned)?;
    m.money.close(address, &seat.operator)
}
