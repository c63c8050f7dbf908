//! Terms of a job: random ones, and which of them are refused.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    assay_sdk::escrow::{
        Assignment, ENGINES, EscrowError, EscrowParams, JobTerms, MAX_ATTESTORS, MAX_LEGS, MAX_MILESTONES,
        MAX_REPLICAS, MAX_SAMPLES, MAX_UNITS, MAX_URI, Requirements, Royalty, Strategy,
    },
    market,
};

use super::super::View;
use crate::{
    dice::Dice,
    state::{Verdict, require, strategy::has_round},
};

/// Few nonces, so that addresses are used again and again.
const NONCES: u64 = 3;

/// A number that a requester gives to its jobs.
pub fn nonce(dice: &mut Dice, requester: &Pubkey) -> u64 {
    dice.below(NONCES) + u64::from(requester.to_bytes()[0])
}

/// Mostly good terms, with the models to be given; one time in ten one of them is not.
pub fn random(view: &View, dice: &mut Dice, requester: &Pubkey) -> (JobTerms, Vec<Pubkey>) {
    let size = dice.below(18);
    let (royalties, models) = royalties(view, dice);
    let usual = JobTerms {
        units: 1 + dice.below(64),
        price_per_unit: 1 + dice.below(1 << size),
        class: u8::from(dice.once_in(3)),
        requirements: wishes(dice),
        deadline_seconds: 140 + dice.below(200) as u32,
        uri: "u".repeat(1 + dice.below(40) as usize),
        royalties,
        ..market::terms(nonce(dice, requester))
    };
    let usual = match dice.below(16) {
        0..=5 => JobTerms { strategy: replicated(dice), ..usual },
        6..=7 => JobTerms { strategy: sampled(dice), ..usual },
        8..=9 => one_seat(Strategy::Optimistic { window: 10 + dice.below(60) as u32 }, usual, dice),
        10 => one_seat(Strategy::Proven { key: view.anybody(dice) }, usual, dice),
        11 => {
            let threshold = 1 + dice.below(u64::from(MAX_ATTESTORS)) as u8;
            one_seat(Strategy::Attested { registrar: view.anybody(dice), threshold }, usual, dice)
        }
        _ => accepted(dice, usual),
    };
    (spoiled(dice, usual), models)
}

/// Several compute the same: all at once or one first, and more if they do not agree, or not.
fn replicated(dice: &mut Dice) -> Strategy {
    let replicas = dice.one(&[2, 2, 2, 3, 3, 3, 4, 5]);
    let quorum = (replicas / 2 + 1 + dice.below(2) as u8).min(replicas);
    let most = if dice.once_in(2) { replicas } else { (replicas + 1 + dice.below(3) as u8).min(MAX_REPLICAS) };
    Strategy::Replicated { replicas, quorum, most, adaptive: dice.once_in(2) }
}

fn sampled(dice: &mut Dice) -> Strategy {
    let most = if dice.once_in(4) { MAX_SAMPLES } else { 4 };
    let samples = 1 + dice.below(most.into()) as u8;
    Strategy::Sampled { samples, committee: dice.one(&[1, 2, 3, 3, 5, 6]) }
}

/// One operator, drawn or picked.
fn one_seat(strategy: Strategy, usual: JobTerms, dice: &mut Dice) -> JobTerms {
    let assignment = if dice.once_in(2) { Assignment::Sortition } else { Assignment::Auction };
    JobTerms { strategy, assignment, ..usual }
}

/// One operator whom the requester judges, at times in parts.
fn accepted(dice: &mut Dice, usual: JobTerms) -> JobTerms {
    let strategy = Strategy::Accepted { window: 10 + dice.below(60) as u32 };
    let milestones = match dice.below(4) {
        0 => vec![10_000],
        1 => vec![2_500, 7_499, 1],
        2 => {
            let parts = vec![1 + dice.below(200) as u16; MAX_MILESTONES - 1];
            let rest = 10_000 - parts.iter().sum::<u16>();
            [parts, vec![rest]].concat()
        }
        _ => vec![],
    };
    JobTerms { milestones, ..one_seat(strategy, usual, dice) }
}

fn wishes(dice: &mut Dice) -> Requirements {
    let usual = market::terms(0).requirements;
    match dice.below(30) {
        0 => Requirements { gpus: 1, gpu_model: *b"H100", ..usual },
        1 => Requirements { verified: true, ..usual },
        2 => Requirements { region: *b"FR", ..usual },
        _ => usual,
    }
}

/// Royalties of people and of models, of which most are given.
fn royalties(view: &View, dice: &mut Dice) -> (Vec<Royalty>, Vec<Pubkey>) {
    let (mut royalties, mut given) = (Vec::new(), Vec::new());
    let models: Vec<_> = view.model.models.iter().collect();
    let count = if dice.once_in(2) { 0 } else { dice.below(4) };
    for _ in 0..count {
        match dice.pick(&models) {
            Some((address, model)) if dice.once_in(2) => {
                // At times it asks for more than the requester thinks.
                let bps = model.royalty_bps - u16::from(dice.once_in(20));
                royalties.push(Royalty { to: **address, bps });
                // At times it is not given: its own address is to be paid, which has no token account.
                if !dice.once_in(8) {
                    given.push(**address);
                }
            }
            _ => royalties.push(Royalty { to: view.anybody(dice), bps: 1 + dice.below(900) as u16 }),
        }
    }
    if dice.once_in(60) {
        given.extend(dice.pick(&models).map(|(address, _)| **address));
    }
    (royalties, given)
}

fn spoiled(dice: &mut Dice, usual: JobTerms) -> JobTerms {
    let one = Royalty { to: Pubkey::new_from_array([9; 32]), bps: 1 };
    match dice.below(170) {
        0 => JobTerms { units: 0, ..usual },
        1 => JobTerms { units: MAX_UNITS + 1, ..usual },
        2 => JobTerms { price_per_unit: 0, ..usual },
        3 => JobTerms { price_per_unit: u64::MAX, ..usual },
        4 => JobTerms { price_per_unit: u64::MAX / 64, units: 13, strategy: market::of(7, 7), ..usual },
        5 => JobTerms { strategy: market::of(8, 8), ..usual },
        6 => JobTerms { strategy: market::of(4, 2), ..usual },
        7 => JobTerms { uri: String::new(), ..usual },
        8 => JobTerms { requirements: Requirements { engine: 3, ..usual.requirements }, ..usual },
        9 => JobTerms { class: 5, ..usual },
        10 => JobTerms { deadline_seconds: 10, ..usual },
        11 => JobTerms { deadline_seconds: 2_001, ..usual },
        12 => JobTerms { requirements: Requirements { cores: 5, ..usual.requirements }, ..usual },
        13 => JobTerms { strategy: Strategy::Accepted { window: 9 }, ..usual },
        14 => JobTerms { milestones: vec![5_000, 4_999], ..usual },
        15 => JobTerms { milestones: vec![10_000, 0], ..usual },
        16 => JobTerms { milestones: vec![1_000; 10], ..usual },
        17 => JobTerms { assignment: Assignment::Auction, strategy: market::of(2, 2), ..usual },
        18 => JobTerms { royalties: vec![one; MAX_LEGS + 1], ..usual },
        19 => JobTerms { royalties: vec![Royalty { bps: 0, ..one }], ..usual },
        20 => JobTerms { royalties: vec![Royalty { bps: 4_000, ..one }], ..usual },
        21 => JobTerms { royalties: vec![Royalty { to: Pubkey::default(), ..one }], ..usual },
        22 => JobTerms { requirements: Requirements { region: *b"fr", ..usual.requirements }, ..usual },
        23 => JobTerms { strategy: Strategy::Sampled { samples: 17 * dice.below(2) as u8, committee: 3 }, ..usual },
        24 => JobTerms { strategy: Strategy::Sampled { samples: 3, committee: 7 * dice.below(2) as u8 }, ..usual },
        25 => {
            let (registrar, threshold) = (Pubkey::default(), 9 * dice.below(2) as u8);
            JobTerms { strategy: Strategy::Attested { registrar, threshold }, ..usual }
        }
        26 => {
            let (replicas, most) = dice.one(&[(3, 2), (7, 8)]);
            JobTerms { strategy: Strategy::Replicated { replicas, quorum: replicas, most, adaptive: true }, ..usual }
        }
        27 => JobTerms { strategy: Strategy::Optimistic { window: 20 }, milestones: vec![10_000], ..usual },
        28 => JobTerms { strategy: Strategy::Optimistic { window: 1_000_000 }, ..usual },
        29 => JobTerms { strategy: Strategy::Proven { key: one.to }, milestones: vec![10_000], ..usual },
        30 => JobTerms { strategy: sampled(dice), assignment: Assignment::Auction, milestones: vec![], ..usual },
        _ => usual,
    }
}

/// The first of the terms that is refused, but for royalties and what overflows.
pub fn validate(terms: &JobTerms, params: &EscrowParams) -> Verdict {
    require(terms.units > 0 && terms.units <= MAX_UNITS, EscrowError::BadUnits)?;
    require(terms.price_per_unit > 0, EscrowError::ZeroPrice)?;
    strategy(terms, params)?;
    require(!terms.uri.is_empty() && terms.uri.len() <= MAX_URI, EscrowError::BadUri)?;
    let wish = &terms.requirements;
    let named = wish.region.iter().all(u8::is_ascii_uppercase) || wish.region == [0; 2];
    require(wish.engine < 8 && ENGINES & (1 << wish.engine) != 0 && named, EscrowError::BadDevice)?;
    require(usize::from(terms.class) < params.classes.len(), EscrowError::NoSuchClass)?;
    let least = params.classes[usize::from(terms.class)].seconds * u32::from(params.seal_factor);
    let in_time = terms.deadline_seconds >= least && terms.deadline_seconds <= params.max_job_seconds;
    require(in_time, EscrowError::BadDeadline)
}

/// What each strategy asks of its own terms; who is not reviewed has no milestones, and whom seals and reveals judge is drawn.
fn strategy(terms: &JobTerms, params: &EscrowParams) -> Verdict {
    let milestones = &terms.milestones;
    let review = |window: u32| window >= params.review_min_seconds && window <= params.review_max_seconds;
    match terms.strategy {
        Strategy::Replicated { replicas, quorum, most, .. } => {
            require((2..=MAX_REPLICAS).contains(&replicas), EscrowError::BadQuorum)?;
            require(replicas <= most && most <= MAX_REPLICAS, EscrowError::BadQuorum)?;
            require(quorum > replicas / 2 && quorum <= replicas, EscrowError::BadQuorum)?;
        }
        Strategy::Sampled { samples, committee } => {
            let within = samples > 0 && samples <= 16 && committee > 0 && committee <= 6;
            require(within, EscrowError::BadSamples)?;
        }
        Strategy::Attested { threshold, .. } => require(threshold > 0 && threshold <= 4, EscrowError::BadThreshold)?,
        Strategy::Proven { .. } => {}
        Strategy::Optimistic { window } => require(review(window), EscrowError::BadReview)?,
        Strategy::Accepted { window } => {
            require(review(window), EscrowError::BadReview)?;
            let sum: u32 = milestones.iter().map(|bps| u32::from(*bps)).sum();
            let whole = sum == 10_000 && milestones.iter().all(|bps| *bps > 0) && milestones.len() <= MAX_MILESTONES;
            require(milestones.is_empty() || whole, EscrowError::BadMilestones)?;
        }
    }
    let in_parts = matches!(terms.strategy, Strategy::Accepted { .. });
    require(milestones.is_empty() || in_parts, EscrowError::BadMilestones)?;
    let drawn = terms.assignment == Assignment::Sortition || !has_round(terms.strategy);
    require(drawn, EscrowError::WrongAssignment)
}
