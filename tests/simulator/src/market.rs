//! A market in motion: time, lots, payments and slashes. The strategies are told in the modules beside.

use anchor_lang::prelude::Pubkey;
use assay_reputation::{Outcome, Verified};
use assay_staking::{Most, math::split_proceeds};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    Params, Policy, Strategy,
    ledger::{End, Ledger, Purse},
    policy::Act,
    population::{Lot, Population, address},
};

/// A market with its operators and accounts.
pub struct Market<'a> {
    pub params: &'a Params,
    pub policy: Policy,
    pub population: Population,
    pub ledger: Ledger,
    pub rng: ChaCha8Rng,
    pub now: i64,
    /// Whether the jobs count yet.
    counts: bool,
    requesters: Vec<Pubkey>,
}

/// A posted job.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    pub key: Pubkey,
    pub requester: Pubkey,
}

impl<'a> Market<'a> {
    /// A market in which `share` (0 to 1) of the stake follows `policy`.
    pub fn new(params: &'a Params, policy: Policy, share: f64, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let population = Population::new(params, policy, share, &mut rng);
        let requesters = (0..params.requesters.max(1)).map(|_| address(&mut rng)).collect();
        Self { params, policy, population, ledger: Ledger::default(), rng, now: 0, counts: false, requesters }
    }

    /// Play so many jobs that count, after those that only make reputations.
    pub fn run(&mut self, strategy: Strategy, jobs: u32) -> Ledger {
        (0..self.params.warmup).for_each(|_| self.play(strategy));
        (self.ledger, self.counts) = (Ledger::default(), true);
        (0..jobs).for_each(|_| self.play(strategy));
        self.ledger
    }

    fn play(&mut self, strategy: Strategy) {
        self.now += self.params.seconds;
        let end = match strategy {
            Strategy::Sampled => self.sampled(),
            Strategy::Optimistic => self.reviewed(self.params.watch_bps),
            Strategy::Accepted => self.reviewed(self.params.check_bps),
            replicated => match replicated.terms() {
                Some(terms) => self.replicated(terms),
                None => return,
            },
        };
        self.ledger.end(end);
    }

    /// A new job of some requester's.
    pub fn post(&mut self) -> Job {
        let requester = self.requesters[self.rng.random_range(0..self.requesters.len())];
        Job { key: address(&mut self.rng), requester }
    }

    /// True so often.
    pub fn chance(&mut self, bps: u16) -> bool {
        self.rng.random_range(0..10_000) < bps
    }

    /// Draw so many among all but `seated`, by a seed that nobody chose.
    pub fn draw(&mut self, role: &[u8], subject: &Pubkey, seats: usize, scored: bool, seated: &[usize]) -> Vec<usize> {
        let lot = Lot { role, subject, seed: self.rng.random(), seats, scored, now: self.now };
        self.population.draw(&lot, seated, &mut self.rng)
    }

    /// Draw so many operators who seal: who vanishes loses its bond, and another takes the seat.
    pub fn seat(&mut self, job: &Job, seats: usize, secured: bool, seated: &[usize]) -> Vec<usize> {
        let role = assay_staking::sortition::ROLE_SEAT;
        let (mut out, mut present) = (seated.to_vec(), Vec::new());
        while present.len() < seats {
            let drawn = self.draw(role, &job.key, seats - present.len(), secured, &out);
            if drawn.is_empty() {
                break;
            }
            out.extend(&drawn);
            for index in drawn {
                if self.policy_of(index) == Policy::Ghosting {
                    self.vanish(index, secured);
                } else {
                    present.push(index);
                }
            }
        }
        present
    }

    fn vanish(&mut self, index: usize, secured: bool) {
        let price = self.params.price;
        self.work(index, price, Act::Vanish);
        if secured {
            let bond = self.params.exposure(price).0;
            self.slash(index, bond, Most { harmed: bond, caller: bond });
        }
    }

    /// How this operator acts.
    pub fn policy_of(&self, index: usize) -> Policy {
        self.population.operators[index].policy
    }

    /// Whether this operator is of the ring.
    pub fn in_ring(&self, index: usize) -> bool {
        self.policy_of(index).in_ring()
    }

    /// The purse that this operator pays into.
    pub fn purse(&mut self, index: usize) -> &mut Purse {
        match self.policy_of(index) {
            Policy::Honest => &mut self.ledger.honest,
            _ => &mut self.ledger.adversary,
        }
    }

    /// A seat of work worth `price` that ends as `act` says: what it costs, and what honesty would have brought.
    pub fn work(&mut self, index: usize, price: u64, act: Act) {
        let (cost, pay, preying) =
            (self.params.cost(price), self.params.pay(price), self.policy_of(index) == Policy::Preying);
        let purse = self.purse(index);
        purse.seats += 1;
        purse.cost += if act.computed() { cost } else { 0 };
        // Who posts the jobs itself would have had none.
        purse.opportunity += if preying { 0 } else { pay.saturating_sub(cost) };
        self.ledger.executed += if act == Act::Vanish { 0 } else { price };
    }

    /// Pay a seat: all of its price but the fee. `right`: whether the result was.
    pub fn pay(&mut self, index: usize, price: u64, right: bool) {
        self.purse(index).paid += self.params.pay(price);
        if self.policy == Policy::Preying {
            self.ledger.adversary.spent += price;
        } else if !right {
            self.ledger.paid_for_wrong += price;
        }
    }

    /// What computed work of `price` cost whom nobody pays.
    pub fn unpaid(&mut self, index: usize, price: u64, act: Act) {
        if act.computed() {
            self.purse(index).unpaid += self.params.cost(price);
        }
    }

    /// Take stake. The requester gets its part, at most that; the rest is burned or a stranger's. A requester that preys is its
    /// own caller.
    pub fn slash(&mut self, index: usize, amount: u64, most: Most) {
        let Params { harmed_bps, caller_bps, .. } = *self.params;
        self.purse(index).slashed += amount;
        if self.params.drain && self.counts {
            let stake = &mut self.population.operators[index].stake;
            *stake = stake.saturating_sub(amount);
        }
        let (_, harmed, caller) = split_proceeds(amount, harmed_bps, caller_bps, most).unwrap_or_default();
        if self.policy == Policy::Preying {
            self.ledger.adversary.won += harmed + caller;
        } else {
            self.ledger.compensated += harmed;
        }
    }

    /// Tell the operator's record.
    pub fn note(&mut self, index: usize, job: &Job, outcome: Outcome, trust: bool) {
        let value = self.params.exposure(self.params.price).0;
        let verified = Verified { outcome, value, partner: job.requester, trust };
        self.population.record(index, &verified, self.now, &mut self.rng);
    }

    /// A seat that a round found wrong or withheld: slashed and noted.
    pub fn lose(&mut self, index: usize, job: &Job, outcome: Outcome) {
        let (bond, exposure) = self.params.exposure(self.params.price);
        let half = assay_escrow::math::half_fee(bond, self.params.price, self.params.fee_bps).unwrap_or(0);
        self.slash(index, exposure, Most { harmed: half, caller: half });
        self.note(index, job, outcome, true);
    }

    /// An executor that a jury found wrong, or that did not answer: slashed and noted.
    pub fn convict(&mut self, index: usize, job: &Job) {
        let (bond, exposure) = self.params.exposure(self.params.price);
        self.slash(index, exposure, Most { harmed: bond, caller: u64::MAX });
        self.note(index, job, Outcome::Wrong, true);
    }

    /// The end of a job whose accepted result is right or not.
    pub fn accepted(right: bool) -> End {
        if right { End::Right } else { End::Fraud }
    }
}
