use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    addresses,
    escrow::{self, Assignment, EscrowError, EscrowParams, JobState, JobTerms, Leg, MAX_LEGS, Royalty, Strategy},
    ix,
};

use super::{
    super::{Next, Step, View, verification::open_round},
    running, terms,
};
use crate::{
    dice::Dice,
    state::{Job, Model, Refusal, Verdict, ata, gross, need, paid_in, require, strategy},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (requester, mint) = (dice.one(&view.cast.requesters), dice.one(&view.cast.payments));
    let (terms, models) = terms::random(view, dice, &requester);
    let job = addresses::job(&requester, terms.nonce);
    if view.model.jobs.contains_key(&job) && !dice.once_in(20) {
        return None;
    }
    let (vault, payment, from) = (addresses::job_vault(&job), addresses::payment(&mint), ata(&requester, &mint));
    let post = ix::escrow::post_job_with(&requester, &mint, terms.clone(), &models);
    let mut calls = vec![paid_in(&mint, post, &[requester])];
    // Mostly with its round, as the documents recommend.
    let with_round = strategy::has_round(terms.strategy) && models.is_empty() && !dice.once_in(4);
    if with_round {
        calls.push(ix::verification::open_round(&requester, &job));
    }
    let then = move |m: &mut Model| {
        let (_, rate) = *need(m.payments.get(&payment))?;
        running(m)?;
        terms::validate(&terms, &m.escrow)?;
        let legs = legs(m, &terms.royalties, &models)?;
        let posted = posted(m, &terms, (requester, mint, vault), legs, rate)?;
        let deposit = u64::try_from(posted.owed()).map_err(|_| OVERFLOW)?;
        let bounties = u64::from(posted.bounty) * u64::from(strategy::cranks(posted.strategy));
        let lamports = m.money.rent(posted.space) + bounties;
        m.money.create_by_hand(&requester, &job, lamports, m.jobs.contains_key(&job))?;
        m.money.create_vault(&requester, &vault, &mint, &job)?;
        m.money.transfer(&from, &vault, gross(&mint, deposit).ok_or(OVERFLOW)?)?;
        m.jobs.insert(job, posted);
        if with_round { open_round::open(m, &job, &requester) } else { Ok(()) }
    };
    Some(Next::Send(Step { calls, then: Box::new(then) }))
}

const OVERFLOW: Refusal = Refusal::Code(6328);

/// The job that these terms make now.
fn posted(
    m: &Model,
    terms: &JobTerms,
    (requester, mint, vault): (Pubkey, Pubkey, Pubkey),
    legs: Vec<Leg>,
    rate: u64,
) -> Verdict<Job> {
    let params = &m.escrow;
    let class = params.classes[usize::from(terms.class)];
    let strategy = terms.strategy;
    let seat_price = price(terms.units, terms.price_per_unit)?;
    let (bond, exposure) = at_risk(params, terms.class, seat_price, rate)?;
    let priced = terms.assignment == Assignment::Auction || matches!(terms.strategy, Strategy::Sampled { .. });
    let prices = if priced { vec![0; strategy::most(terms.strategy).into()] } else { Vec::new() };
    let milestones = terms.milestones.clone();
    let (seats, winners, losers) = Default::default();
    let mut job = Job {
        vault,
        space: escrow::Job::space(&strategy, terms.uri.len(), prices.len(), milestones.len(), legs.len()),
        state: JobState::Open,
        class: terms.class,
        assignment: terms.assignment,
        strategy,
        replicas: strategy::first(strategy),
        cases: 0,
        accuser: None,
        seats,
        winners,
        losers,
        released: 0,
        fee_bps: params.fee_bps,
        cancel_floor_bps: params.cancel_floor_bps,
        requester,
        mint,
        nonce: terms.nonce,
        units: terms.units,
        seat_price,
        bond,
        exposure,
        posted_at: m.now,
        seal_by: m.now + i64::from(terms.deadline_seconds),
        seal_window: class.seconds * u32::from(params.seal_factor),
        reveal_window: class.seconds * u32::from(params.reveal_factor),
        bounty: params.bounty_lamports,
        requirements: terms.requirements,
        seed_slot: m.slot,
        seeded_at: 0,
        seed: [0; 32],
        ended_at: 0,
        root: [0; 32],
        prices,
        milestones,
        legs,
    };
    job.price_seats();
    Ok(job)
}

/// Who gets royalties: a model's go to its payee, at the share that it asks for.
fn legs(m: &Model, royalties: &[Royalty], models: &[Pubkey]) -> Verdict<Vec<Leg>> {
    let mut legs: Vec<_> = royalties.iter().map(|royalty| Leg { to: royalty.to, bps: royalty.bps, due: 0 }).collect();
    for address in models {
        let model = need(m.models.get(address))?;
        let named: Vec<_> = (0..legs.len()).filter(|i| royalties[*i].to == *address).collect();
        require(named.len() == 1, EscrowError::OtherRoyalty)?;
        require(royalties[named[0]].bps == model.royalty_bps, EscrowError::OtherRoyalty)?;
        legs[named[0]].to = model.payee;
    }
    let sound = legs.iter().all(|leg| leg.bps > 0 && leg.to != Pubkey::default());
    require(sound && legs.len() <= MAX_LEGS, EscrowError::BadRoyalties)?;
    let shares: u32 = legs.iter().map(|leg| u32::from(leg.bps)).sum();
    let all = u32::from(m.escrow.fee_bps) + u32::from(m.escrow.worker_floor_bps) + shares;
    require(all <= 10_000, EscrowError::RoyaltiesTooHigh)?;
    Ok(legs)
}

/// Price of a seat.
pub fn price(units: u64, per_unit: u64) -> Verdict<u64> {
    u64::try_from(u128::from(units) * u128::from(per_unit)).map_err(|_| OVERFLOW)
}

/// (bond, exposure) of a seat at this price.
pub fn at_risk(params: &EscrowParams, class: u8, price: u64, rate: u64) -> Verdict<(u64, u64)> {
    let part = (u128::from(price) * u128::from(params.bond_bps)).div_ceil(10_000);
    let bond = (part * u128::from(rate)).div_ceil(1_000_000_000);
    let bond = u64::try_from(bond).map_err(|_| OVERFLOW)?;
    let stake = params.classes[usize::from(class)].stake;
    let more = (u128::from(stake) * u128::from(params.wrong_bps)).div_ceil(10_000) as u64;
    Ok((bond, bond.checked_add(more).ok_or(OVERFLOW)?))
}
