//! The operators: their pools, records and ways, and who of them is drawn.

use anchor_lang::prelude::Pubkey;
use assay_reputation::{Outcome, PARTNERS, Record, VERSION, Verified};
use assay_staking::sortition;
use rand::{Rng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::{Params, Policy};

/// An operator with its pool.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Address of the operator; of its pool as well.
    pub key: Pubkey,
    pub policy: Policy,
    pub record: Record,
    /// Base units of ASY.
    pub stake: u64,
}

/// Everybody with stake.
#[derive(Clone, Debug)]
pub struct Population {
    pub operators: Vec<Operator>,
    /// Stake that a seat of the class needs.
    least: u64,
    spread: u16,
    rush: bool,
    keep_names: bool,
}

/// A lot among all: who may take so many seats.
#[derive(Clone, Copy, Debug)]
pub struct Lot<'a> {
    pub role: &'a [u8],
    pub subject: &'a Pubkey,
    pub seed: [u8; 32],
    pub seats: usize,
    /// Whether reputation weighs.
    pub scored: bool,
    pub now: i64,
}

/// A random address.
pub fn address(rng: &mut ChaCha8Rng) -> Pubkey {
    Pubkey::new_from_array(rng.random())
}

fn record(operator: Pubkey, now: i64) -> Record {
    Record {
        version: VERSION,
        bump: 0,
        operator,
        class: 0,
        good: 0,
        bad: 0,
        updated_at: now,
        consecutive_valid: 0,
        valid: 0,
        wrong: 0,
        silent: 0,
        avg_value: 0,
        partners: [0; PARTNERS],
    }
}

impl Population {
    /// `share` (0 to 1) of the operators, all of equal stake, follow `policy`; the others are honest.
    pub fn new(params: &Params, policy: Policy, share: f64, rng: &mut ChaCha8Rng) -> Self {
        let adversaries = Self::adversaries(params, share);
        let operator = |index: usize| {
            let key = address(rng);
            let policy = if index < adversaries { policy.of_member(index) } else { Policy::Honest };
            Operator { key, policy, record: record(key, 0), stake: params.stake }
        };
        let operators = (0..params.operators).map(operator).collect();
        let Params { class_stake: least, spread, rush, keep_names, .. } = *params;
        Self { operators, least, spread, rush, keep_names }
    }

    /// How many of the operators are the adversary's.
    pub fn adversaries(params: &Params, share: f64) -> usize {
        (share * params.operators as f64).round() as usize
    }

    /// Draw the lot among all but `seated`: those whose draw is below the threshold claim in random order (the adversary
    /// first, if it rushes); while seats are free the threshold doubles. Fewer than asked for when nobody is left.
    pub fn draw(&self, lot: &Lot, seated: &[usize], rng: &mut ChaCha8Rng) -> Vec<usize> {
        let total = self.operators.iter().map(|operator| operator.stake).sum();
        let candidate = |(index, operator): (usize, &Operator)| {
            if seated.contains(&index) || operator.stake < self.least {
                return None;
            }
            let score = if lot.scored { operator.record.score_bps(lot.now)? } else { 10_000 };
            let weight = sortition::with_reputation(operator.stake, score);
            Some((index, sortition::draw(&lot.seed, lot.role, lot.subject, &operator.key), weight))
        };
        let mut waiting: Vec<_> = self.operators.iter().enumerate().filter_map(candidate).collect();
        let first = u64::from(self.spread).saturating_mul(lot.seats as u64);
        let mut drawn = Vec::with_capacity(lot.seats);
        // `k` doubles sixteen times at most.
        for step in 0..=16 {
            let k = sortition::widened(first, step, 1);
            let mut claims: Vec<usize> = Vec::new();
            waiting.retain(|&(index, draw, weight)| {
                let may = sortition::eligible(draw, k, weight, total);
                if may {
                    claims.push(index);
                }
                !may
            });
            claims.shuffle(rng);
            if self.rush {
                claims.sort_by_key(|&index| self.operators[index].policy == Policy::Honest);
            }
            drawn.extend(claims.into_iter().take(lot.seats - drawn.len()));
            if drawn.len() == lot.seats {
                break;
            }
        }
        drawn
    }

    /// Record how a seat of the operator's ended. An adversary with less reputation than a newcomer becomes one.
    pub fn record(&mut self, index: usize, verified: &Verified, now: i64, rng: &mut ChaCha8Rng) {
        let fresh = !self.keep_names;
        let operator = &mut self.operators[index];
        if operator.record.apply(verified, now).is_none() {
            return;
        }
        let bad = verified.outcome != Outcome::Valid;
        let newcomer = 5_000;
        if fresh && bad && operator.policy != Policy::Honest && operator.record.score_bps(now) < Some(newcomer) {
            operator.key = address(rng);
            operator.record = record(operator.key, now);
        }
    }
}
