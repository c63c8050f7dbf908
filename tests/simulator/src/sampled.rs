//! One executor, and a drawn committee that computes some drawn units again.

use assay_reputation::Outcome;
use rand::Rng;

use crate::{
    jury::{Dispute, Finding},
    ledger::End,
    market::{Job, Market},
    policy::{Act, View},
    replicated::{RIGHT, WRONG},
    rules,
};

/// Seats that a sampled job's deposit covers, the executor's among them.
const MOST: usize = 7;

/// The executor's part.
struct Executed {
    index: usize,
    act: Act,
    /// Whether a drawn unit is one that it did not compute.
    hit: bool,
}

impl Market<'_> {
    /// One job of which only a sample is computed again.
    pub fn sampled(&mut self) -> End {
        let job = self.post();
        let Some(&index) = self.seat(&job, 1, true, &[]).first() else { return End::Unresolved };
        let executed = self.execute(&job, index);
        let mut votes: Vec<(usize, Act)> = Vec::new();
        let mut committee = usize::from(self.params.committee).min(MOST - 1);
        loop {
            self.verify(&job, &executed, &mut votes, committee);
            let cast = |act: Act| votes.iter().filter(|(_, vote)| *vote == act).count();
            let (right, wrong) = (cast(Act::Right), cast(Act::Wrong));
            if let Some(found) = majority(right, wrong, committee) {
                return self.judge_sample(&job, &executed, &votes, found);
            }
            if committee + 2 > MOST - 1 {
                return self.unresolved(&job, &executed, &votes);
            }
            committee += 2;
        }
    }

    /// The executor computes, or does not compute a part of its units: which, it chooses before the draw.
    fn execute(&mut self, job: &Job, index: usize) -> Executed {
        let run = self.population.operators[index].record.consecutive_valid;
        // It seals before it knows who verifies: a cartel cannot see that it wins.
        let view = View { run, ring: 1, quorum: 1, blind: true, ..View::default() };
        let act = self.policy_of(index).act(&view, self.rng.random());
        let (price, units) = (self.params.price, self.params.units);
        let skipped = u64::from(self.params.skip_bps) * units / 10_000;
        self.work(index, price, act);
        if !act.computed() {
            // Only the skipped units cost nothing.
            let cost = self.params.cost(self.params.part(units - skipped));
            self.purse(index).cost += cost;
        }
        let start = self.rng.random_range(0..units);
        let drawn = rules::units(&self.rng.random(), &job.key, units, self.params.samples);
        let hit = !act.computed() && drawn.iter().any(|unit| (unit + units - start) % units < skipped);
        Executed { index, act, hit }
    }

    /// Seat verifiers up to `committee`; each computes the drawn units, or not. `Right` is what they are, `Wrong` what the
    /// ring says they are.
    fn verify(&mut self, job: &Job, executed: &Executed, votes: &mut Vec<(usize, Act)>, committee: usize) {
        let mut seated: Vec<usize> = votes.iter().map(|(index, _)| *index).collect();
        seated.push(executed.index);
        let stage = !votes.is_empty();
        let new = self.seat(job, committee - votes.len(), true, &seated);
        let price = self.params.part(self.params.samples.into());
        // Where no wrong unit is drawn, an accomplice has nothing to lie about.
        let lies = executed.act == Act::Wrong && executed.hit;
        for index in new {
            // An honest executor would call a jury: a cartel only vouches for its own.
            let (ring, quorum) = (0, committee);
            let run = self.population.operators[index].record.consecutive_valid;
            let view = View { run, ring, quorum, wrong_is_out: lies, revealed: stage, recheck: true, blind: false };
            let mut act = self.policy_of(index).act(&view, self.rng.random());
            if act == Act::Wrong && executed.act == Act::Wrong && !executed.hit {
                act = Act::Right;
            }
            if act == Act::Copy {
                act = votes.first().map_or(Act::Guess, |(_, vote)| *vote);
            }
            self.work(index, price, act);
            votes.push((index, act));
        }
    }

    /// The committee found something. The executor is measured by it; it may call a jury when it was right.
    fn judge_sample(&mut self, job: &Job, executed: &Executed, votes: &[(usize, Act)], found: Act) -> End {
        let silent = executed.act == Act::Withhold;
        let claim = match executed.act {
            Act::Right => Act::Right,
            Act::Wrong if executed.hit => Act::Wrong,
            _ if executed.hit || silent => Act::Guess,
            // What it skipped was not drawn.
            _ => Act::Right,
        };
        if silent || (found != claim && claim != Act::Right) {
            self.settle_sample(job, votes, found);
            let outcome = if silent { Outcome::Silent } else { Outcome::Wrong };
            self.lose(executed.index, job, outcome);
            return End::Unresolved;
        }
        if found == claim {
            self.settle_sample(job, votes, found);
            return self.deliver(job, executed);
        }
        let mut seated: Vec<usize> = votes.iter().map(|(index, _)| *index).collect();
        seated.push(executed.index);
        let work = self.params.part(self.params.samples.into());
        let judged = self.jury(job, &Dispute { seated, work, ring: true });
        let bond = self.params.challenge_bond;
        match judged.finding {
            Finding::Right => {
                self.pay_jurors(&judged, bond / 2);
                self.purse(executed.index).slashed += bond / 2;
                self.settle_sample(job, votes, Act::Right);
                self.deliver(job, executed)
            }
            Finding::Wrong => {
                let lost = judged.bonds(bond);
                self.purse(executed.index).slashed += lost;
                self.pay_jurors(&judged, lost / 2);
                self.settle_sample(job, votes, Act::Wrong);
                self.lose(executed.index, job, Outcome::Wrong);
                self.unpaid(executed.index, self.params.price, executed.act);
                End::Unresolved
            }
            Finding::Undecided => self.unresolved(job, executed, votes),
        }
    }

    fn deliver(&mut self, job: &Job, executed: &Executed) -> End {
        let right = executed.act == Act::Right;
        self.pay(executed.index, self.params.price, right);
        self.note(executed.index, job, Outcome::Valid, false);
        Self::accepted(right)
    }

    /// Verifiers who found what stands are paid; the others lose.
    fn settle_sample(&mut self, job: &Job, votes: &[(usize, Act)], stands: Act) {
        let price = self.params.part(self.params.samples.into());
        for (index, act) in votes {
            if *act == stands {
                self.pay(*index, price, true);
                self.note(*index, job, Outcome::Valid, false);
            } else {
                self.unpaid(*index, price, *act);
                let outcome = if *act == Act::Withhold { Outcome::Silent } else { Outcome::Wrong };
                self.lose(*index, job, outcome);
            }
        }
    }

    /// Nobody can say: only who withheld loses.
    fn unresolved(&mut self, job: &Job, executed: &Executed, votes: &[(usize, Act)]) -> End {
        let part = self.params.part(self.params.samples.into());
        let all = votes.iter().map(|(index, act)| (*index, *act, part));
        for (index, act, price) in all.chain([(executed.index, executed.act, self.params.price)]) {
            self.unpaid(index, price, act);
            if act == Act::Withhold {
                self.lose(index, job, Outcome::Silent);
            }
        }
        End::Unresolved
    }
}

fn majority(right: usize, wrong: usize, committee: usize) -> Option<Act> {
    let votes = [(RIGHT, right as u8), (WRONG, wrong as u8)].into_iter();
    rules::majority(votes, committee as u8).map(|digest| if digest == RIGHT { Act::Right } else { Act::Wrong })
}
