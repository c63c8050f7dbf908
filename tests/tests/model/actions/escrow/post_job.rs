use anchor_lang::prelude::Pubkey;
use assay_tests::{
    assay_sdk::{
        addresses,
        escrow::{self, ENGINES, EscrowError, EscrowParams, JobState, JobTerms, MAX_REPLICAS, MAX_UNITS, MAX_URI},
        ix,
    },
    market,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Job, Refusal, Verdict, need, require},
};

/// Few nonces, so that addresses are used again and again.
const NONCES: u64 = 3;

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (requester, mint) = (dice.one(&view.cast.requesters), dice.one(&view.cast.mints));
    let terms = terms(dice, &requester);
    let job = addresses::job(&requester, terms.nonce);
    if view.model.jobs.contains_key(&job) && !dice.once_in(20) {
        return None;
    }
    let (vault, payment, from) =
        (addresses::job_vault(&job), addresses::payment(&mint), addresses::ata(&requester, &mint));
    send(ix::escrow::post_job(&requester, &mint, terms.clone()), move |m| {
        let (_, rate) = *need(m.payments.get(&payment))?;
        m.money.create(&requester, &job, escrow::Job::space(terms.uri.len()))?;
        m.money.create_tokens(&requester, &vault, &mint, &job)?;
        let (seat_price, deposit) = validate(&terms, &m.escrow)?;
        let class = m.escrow.classes[usize::from(terms.class)];
        let bond = bond(seat_price, m.escrow.bond_bps, rate)?;
        let at_risk = (u128::from(class.stake) * u128::from(m.escrow.wrong_bps)).div_ceil(10_000) as u64;
        let exposure = bond.checked_add(at_risk).ok_or(Refusal::Code(EscrowError::Overflow.into()))?;
        m.money.transfer(&from, &vault, deposit)?;
        let posted = Job {
            vault,
            state: JobState::Open,
            class: terms.class,
            engine: terms.engine,
            cores: terms.cores,
            memory_mib: terms.memory_mib,
            replicas: terms.replicas,
            quorum: terms.quorum,
            seats: Vec::new(),
            winners: Vec::new(),
            losers: Vec::new(),
            fee_bps: m.escrow.fee_bps,
            requester,
            mint,
            nonce: terms.nonce,
            seat_price,
            bond,
            exposure,
            seal_by: m.now + i64::from(terms.deadline_seconds),
            seal_window: class.seconds * u32::from(m.escrow.seal_factor),
            reveal_window: class.seconds * u32::from(m.escrow.reveal_factor),
            seed_slot: m.slot,
            seeded_at: 0,
            seed: [0; 32],
            root: [0; 32],
        };
        m.jobs.insert(job, posted);
        Ok(())
    })
}

/// Mostly good terms; one time in ten one of them is not.
fn terms(dice: &mut Dice, requester: &Pubkey) -> JobTerms {
    let (replicas, size) = (2 + dice.below(4) as u8, dice.below(18));
    let usual = JobTerms {
        units: 1 + dice.below(64),
        price_per_unit: 1 + dice.below(1 << size),
        replicas,
        quorum: (replicas / 2 + 1 + dice.below(2) as u8).min(replicas),
        class: u8::from(dice.once_in(3)),
        deadline_seconds: 140 + dice.below(200) as u32,
        uri: "u".repeat(1 + dice.below(40) as usize),
        ..market::terms(dice.below(NONCES) + u64::from(requester.to_bytes()[0]))
    };
    match dice.below(100) {
        0 => JobTerms { units: 0, ..usual },
        1 => JobTerms { units: MAX_UNITS + 1, ..usual },
        2 => JobTerms { price_per_unit: 0, ..usual },
        3 => JobTerms { price_per_unit: u64::MAX, ..usual },
        4 => JobTerms { price_per_unit: u64::MAX / 64, units: 13, replicas: 7, quorum: 7, ..usual },
        5 => JobTerms { replicas: 8, quorum: 8, ..usual },
        6 => JobTerms { quorum: replicas / 2, ..usual },
        7 => JobTerms { uri: String::new(), ..usual },
        8 => JobTerms { engine: 1, ..usual },
        9 => JobTerms { class: 5, ..usual },
        10 => JobTerms { deadline_seconds: 10, ..usual },
        11 => JobTerms { deadline_seconds: 2_001, ..usual },
        12 => JobTerms { cores: 5, ..usual },
        _ => usual,
    }
}

/// (price of a seat, deposit), or the first of the terms that is refused.
fn validate(terms: &JobTerms, params: &EscrowParams) -> Verdict<(u64, u64)> {
    require(terms.units > 0 && terms.units <= MAX_UNITS, EscrowError::BadUnits)?;
    require(terms.price_per_unit > 0, EscrowError::ZeroPrice)?;
    require(terms.replicas >= 2 && terms.replicas <= MAX_REPLICAS, EscrowError::BadQuorum)?;
    require(terms.quorum > terms.replicas / 2 && terms.quorum <= terms.replicas, EscrowError::BadQuorum)?;
    require(!terms.uri.is_empty() && terms.uri.len() <= MAX_URI, EscrowError::BadUri)?;
    require(terms.engine < 8 && ENGINES & (1 << terms.engine) != 0, EscrowError::BadDevice)?;
    require(usize::from(terms.class) < params.classes.len(), EscrowError::NoSuchClass)?;
    let least = params.classes[usize::from(terms.class)].seconds * u32::from(params.seal_factor);
    let in_time = terms.deadline_seconds >= least && terms.deadline_seconds <= params.max_job_seconds;
    require(in_time, EscrowError::BadDeadline)?;
    let overflow = Refusal::Code(EscrowError::Overflow.into());
    let seat = u128::from(terms.units) * u128::from(terms.price_per_unit);
    let deposit = seat * u128::from(terms.replicas);
    Ok((u64::try_from(seat).map_err(|_| overflow)?, u64::try_from(deposit).map_err(|_| overflow)?))
}

fn bond(seat_price: u64, bond_bps: u16, rate: u64) -> Verdict<u64> {
    let part = (u128::from(seat_price) * u128::from(bond_bps)).div_ceil(10_000);
    let bond = (part * u128::from(rate)).div_ceil(1_000_000_000);
    u64::try_from(bond).map_err(|_| Refusal::Code(EscrowError::Overflow.into()))
}
