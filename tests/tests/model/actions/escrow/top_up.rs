use assay_tests::assay_sdk::{
    addresses,
    escrow::{EscrowError, JobState},
    ix,
};

use super::{
    super::{Next, View, send},
    post_job::{at_risk, price},
    running,
};
use crate::{
    dice::Dice,
    state::{Refusal, ata, gross, need, paid_in, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, job) = view.job(dice, |_, job| job.state == JobState::Open && job.seats.is_empty())?;
    let who = if dice.once_in(10) { view.anybody(dice) } else { job.requester };
    let now = job.seat_price / job.units;
    let per_unit = match dice.below(10) {
        0 => now.saturating_sub(1),
        1 => u64::MAX,
        2 => u64::MAX / job.units,
        3..=5 => now,
        _ => now + 1 + dice.below(now),
    };
    let seconds = match dice.below(6) {
        0 => 2_000,
        1..=3 => 0,
        _ => 1 + dice.below(60) as u32,
    };
    let (mint, from, payment) = (job.mint, ata(&who, &job.mint), addresses::payment(&job.mint));
    let call = paid_in(&mint, ix::escrow::top_up(&who, &mint, &address, per_unit, seconds), &[who]);
    send(call, move |m| {
        let (_, rate) = *need(m.payments.get(&payment))?;
        let (params, before) = (m.escrow.clone(), need(m.jobs.get(&address))?.clone());
        require(who == before.requester, EscrowError::NotRequester)?;
        require(before.mint == mint, EscrowError::WrongAddress)?;
        running(m)?;
        require(before.state == JobState::Open, EscrowError::WrongState)?;
        require(before.seats.is_empty(), EscrowError::SeatsLeft)?;
        require(m.now <= before.seal_by, EscrowError::TooLate)?;
        let mut job = before.clone();
        let raised = price(before.units, per_unit)?;
        let (more, longer) = (raised > before.seat_price, seconds > 0);
        require(raised >= before.seat_price && (more || longer), EscrowError::BadTopUp)?;
        if more {
            (job.bond, job.exposure) = at_risk(&params, job.class, raised, rate)?;
            job.seat_price = raised;
            job.price_seats();
        }
        if longer {
            require(!job.has_round() || job.seeded_at == 0, EscrowError::AlreadyDrawn)?;
            job.seal_by += i64::from(seconds);
            require(job.seal_by - job.posted_at <= i64::from(params.max_job_seconds), EscrowError::BadDeadline)?;
        }
        let overflow = Refusal::Code(EscrowError::Overflow.into());
        let owed = u64::try_from(job.owed()).map_err(|_| overflow)?;
        let sent = gross(&mint, owed - before.owed() as u64).ok_or(overflow)?;
        m.money.transfer(&from, &before.vault, sent)?;
        m.jobs.insert(address, job);
        Ok(())
    })
}
