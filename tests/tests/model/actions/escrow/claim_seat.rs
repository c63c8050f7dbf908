use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    addresses,
    escrow::{Assignment, EscrowError, JobState, Strategy},
    ix,
    staking::sortition,
};

use super::{
    super::{Next, View, send},
    fresh, running, seat_down,
};
use crate::{
    dice::Dice,
    state::{Job, Model, Verdict, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let in_time = |job: &Job| view.model.now + i64::from(job.seal_window) <= job.seal_by;
    let open = |job: &Job| job.state == JobState::Open && job.seeded_at != 0 && in_time(job);
    let (address, job) = view.job(dice, |_, job| open(job) && job.assignment == Assignment::Sortition)?;
    let device = u16::from(dice.once_in(2));
    let class = job.class;
    let able = |operator: &&Pubkey| {
        let m = view.model;
        let at = accounts(operator, device, class);
        let there =
            m.devices.contains_key(&at.0) && m.records.contains_key(&at.1) && m.staking.pools.contains_key(&at.2);
        let seated = m.seats.contains_key(&addresses::seat(&address, operator));
        there && !seated && may_claim(m, &address, &job, operator, at, &job.seed).is_ok()
    };
    let able: Vec<_> = view.cast.operators.iter().filter(able).copied().collect();
    // Who is trusted (see reputation::record_outcome) is in a hurry: else too few results would stand unchecked.
    let star = able.iter().find(|operator| **operator == view.cast.operators[0] && !dice.once_in(3));
    let operator = match star.or(dice.pick(&able)) {
        Some(operator) if !dice.once_in(10) => *operator,
        _ if dice.once_in(12) => view.operator(dice),
        _ => return None,
    };
    let seat = addresses::seat(&address, &operator);
    let mut posted: assay_tests::assay_sdk::escrow::Job = view.world.chain.find(&address)?;
    if dice.once_in(40) {
        posted.seed[0] ^= 1;
    }
    if dice.once_in(40) {
        posted.exposure = posted.exposure.saturating_sub(1);
    }
    let (machine, record, pool) = accounts(&operator, device, class);
    send(ix::escrow::claim_seat(&operator, &address, &posted, device), move |m| {
        need(m.jobs.get(&address))?;
        need(m.devices.get(&machine))?;
        need(m.records.get(&record))?;
        need(m.staking.pools.get(&pool))?;
        let job = m.jobs[&address].clone();
        // Another job may stand there by now.
        require(job.class == class, EscrowError::WrongAddress)?;
        may_claim(m, &address, &job, &operator, (machine, record, pool), &posted.seed)?;
        require(job.exposure <= posted.exposure, EscrowError::ExposureRose)?;
        let seal_by = m.now + i64::from(job.seal_window);
        require(seal_by <= job.seal_by, EscrowError::TooLate)?;
        let index = need(m.jobs.get_mut(&address))?.take_seat()?;
        need(m.devices.get_mut(&machine))?.take_slot()?;
        seat_down(m, seat, fresh(index, (address, operator, operator, machine), m.now, seal_by))?;
        m.lock_bond(&pool, job.exposure)
    })
}

/// An operator's machine, record and pool.
fn accounts(operator: &Pubkey, device: u16, class: u8) -> (Pubkey, Pubkey, Pubkey) {
    (addresses::device(operator, device), addresses::record(operator, class), addresses::pool(operator))
}

/// Whether the operator may have a seat, whichever.
fn may_claim(
    m: &Model,
    at: &Pubkey,
    job: &Job,
    operator: &Pubkey,
    (device, record, pool): (Pubkey, Pubkey, Pubkey),
    seed: &[u8; 32],
) -> Verdict {
    running(m)?;
    require(job.state == JobState::Open, EscrowError::WrongState)?;
    require(job.assignment == Assignment::Sortition, EscrowError::WrongAssignment)?;
    require(job.seeded_at != 0, EscrowError::NotDrawn)?;
    require(job.seed == *seed, EscrowError::OtherPosting)?;
    require(*operator != job.requester, EscrowError::SelfDealing)?;
    require(m.devices[&device].meets(&job.requirements), EscrowError::DeviceUnfit)?;
    let held = &m.staking.pools[&pool];
    require(held.active.amount >= m.escrow.classes[usize::from(job.class)].stake, EscrowError::StakeTooLow)?;

    // Of a committee no more than there are seats, or whoever is fastest would have them all.
    let committee = matches!(job.strategy, Strategy::Sampled { .. }) && job.replicas > 1;
    let all = u64::from(m.escrow.spread) * u64::from(job.replicas);
    let first = if committee { u64::from(job.replicas) - 1 } else { all };
    let draw = (&job.seed, sortition::ROLE_SEAT, at);
    require(m.chosen(draw, (&pool, &record), (first, job.seeded_at)), EscrowError::NotEligible)
}
