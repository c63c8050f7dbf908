//! One operator, and somebody who may look: optimistic and accepted jobs.

use assay_reputation::Outcome;
use assay_staking::Most;
use rand::Rng;

use crate::{
    Policy,
    jury::{Dispute, Finding},
    ledger::End,
    market::{Job, Market},
    policy::{Act, View},
};

impl Market<'_> {
    /// One job that is computed once. `looks_bps`: how often an honest watcher (or the requester) computes it again before
    /// the window is over, and challenges what is wrong.
    pub fn reviewed(&mut self, looks_bps: u16) -> End {
        let job = self.post();
        let Some(&executor) = self.seat(&job, 1, true, &[]).first() else { return End::Unresolved };
        // It is alone and decides alone: for a ring that is a quorum, but one that somebody may look at.
        let run = self.population.operators[executor].record.consecutive_valid;
        let view = View { run, ring: 1, quorum: 1, blind: false, ..View::default() };
        let act = self.policy_of(executor).act(&view, self.rng.random());
        let price = self.params.price;
        self.work(executor, price, act);
        let looked = self.policy != Policy::Preying && self.chance(looks_bps);
        if looked {
            self.ledger.executed += price;
            self.ledger.watching += self.params.cost(price);
        }
        match act {
            // It never delivers: at its time it is expired, as who vanishes.
            Act::Withhold => self.late(executor, &job),
            Act::Right => self.griefed(executor, &job),
            _ if looked => self.challenged(executor, &job),
            _ => self.undisputed(executor, &job, false),
        }
    }

    fn late(&mut self, executor: usize, job: &Job) -> End {
        let bond = self.params.exposure(self.params.price).0;
        self.slash(executor, bond, Most { harmed: bond, caller: bond });
        self.note(executor, job, Outcome::Silent, false);
        End::Unresolved
    }

    fn undisputed(&mut self, executor: usize, job: &Job, right: bool) -> End {
        self.pay(executor, self.params.price, right);
        // Nobody proved it: it builds a score, but no trust.
        self.note(executor, job, Outcome::Valid, false);
        Self::accepted(right)
    }

    /// A wrong result is challenged. A lone cheat does not answer; a ring hopes for the jury.
    fn challenged(&mut self, executor: usize, job: &Job) -> End {
        let bond = self.params.challenge_bond;
        if !self.in_ring(executor) {
            self.convict(executor, job);
            return End::Unresolved;
        }
        let dispute = Dispute { seated: vec![executor], work: self.params.part(1), ring: true };
        let judged = self.jury(job, &dispute);
        match judged.finding {
            Finding::Undecided => End::Unresolved,
            Finding::Right => {
                self.purse(executor).slashed += bond;
                self.pay_jurors(&judged, bond / 2);
                self.ledger.rewards += bond / 2;
                self.convict(executor, job);
                End::Unresolved
            }
            Finding::Wrong => {
                let lost = judged.bonds(bond);
                self.ledger.watching += lost;
                self.pay_jurors(&judged, lost / 2);
                self.purse(executor).won += lost / 2;
                self.undisputed(executor, job, false)
            }
        }
    }

    /// A right result; a griefer among the pools may challenge it nonetheless, each as often as honest watchers look.
    fn griefed(&mut self, executor: usize, job: &Job) -> End {
        let any = self.rng.random_range(0..self.population.operators.len());
        let challenger = &self.population.operators[any];
        if challenger.policy != Policy::Griefing || !self.chance(self.params.watch_bps) {
            return self.undisputed(executor, job, true);
        }
        let bond = self.params.challenge_bond;
        let dispute = Dispute { seated: vec![executor, any], work: self.params.part(1), ring: false };
        let judged = self.jury(job, &dispute);
        match judged.finding {
            Finding::Right => {
                self.purse(any).slashed += bond;
                self.pay_jurors(&judged, bond / 2);
                self.purse(executor).won += bond / 2;
                self.undisputed(executor, job, true)
            }
            // The griefers share no answer, so that no jury says theirs: at most none has more than half.
            Finding::Wrong | Finding::Undecided => {
                self.unpaid(executor, self.params.price, Act::Right);
                End::Unresolved
            }
        }
    }
}
