use assay_tests::assay_sdk::{
    addresses,
    escrow::{EscrowError, JobState, SeatState},
    ix,
};

use super::{
    super::{Next, View, send},
    pay_bounty,
};
use crate::{
    dice::Dice,
    state::{Job, Seat, Verdict, ata, holding, need, paid_in, part, refuse, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, named, job) = view.seat(dice, |job, seat| earned(job, seat).is_ok())?;
    let (posted, held) = (view.world.chain.find(&named.job)?, view.world.chain.find(&address)?);
    let (at, operator, mint) = (named.job, named.operator, job.mint);
    let (to, fees) = (ata(&operator, &mint), addresses::fee_vault_of_job(&mint, &at));
    let (pool, caller) = (addresses::pool(&operator), view.anybody(dice));
    let call = paid_in(&mint, ix::escrow::settle_seat(&at, &posted, &held, &caller), &[operator]);
    send(call, move |m| {
        let job = need(m.jobs.get(&at))?.clone();
        let seat = need(m.seats.get(&address))?.clone();
        need(m.devices.get(&named.device))?;
        require(job.mint == mint, EscrowError::WrongAddress)?;
        require((seat.payer, seat.device) == (named.payer, named.device), EscrowError::WrongAddress)?;
        holding(m.money.tokens.get(&fees))?;
        let price = earned(&job, &seat)?;
        let job = need(m.jobs.get_mut(&at))?;
        let (paid, fee) = job.share_out(price);
        job.leave_seat(seat.index)?;
        let (vault, exposure) = (job.vault, job.exposure);
        need(m.devices.get_mut(&seat.device))?.busy -= 1;
        m.money.transfer(&vault, &to, paid)?;
        m.money.transfer(&vault, &fees, fee)?;
        m.staking.release(&pool, exposure)?;
        pay_bounty(m, &at, &caller)?;
        m.seats.remove(&address);
        m.money.close(&address, &seat.payer)
    })
}

/// What a seat is paid for in the end.
fn earned(job: &Job, seat: &Seat) -> Verdict<u64> {
    match job.state {
        JobState::Verified if job.winners.contains(&seat.index) => Ok(job.left_of(seat.index)),
        JobState::Verified | JobState::Unresolved => {
            require(seat.state != SeatState::Claimed, EscrowError::WrongSeatState)?;
            require(!job.losers.contains(&seat.index), EscrowError::SeatLost)?;
            Ok(0)
        }
        JobState::Cancelled => {
            // A ghost by then is expired instead.
            require(seat.seal_by >= job.ended_at, EscrowError::WrongSeatState)?;
            let (window, left) = (i64::from(job.seal_window), seat.seal_by - job.ended_at);
            let worked = (window - left).clamp(0, window);
            let worth = job.milestone_of(seat.index);
            let in_proportion = (u128::from(worth) * worked as u128 / window as u128) as u64;
            Ok(in_proportion.max(part(worth, job.cancel_floor_bps)))
        }
        _ => refuse(EscrowError::WrongState),
    }
}
