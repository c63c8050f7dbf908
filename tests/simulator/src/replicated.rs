//! Rounds of equal seats: plain quorums, replicated with widening, adaptive, and canaries.

use assay_reputation::{Outcome, math::recheck_bps};
use assay_verification::tally::{Ballot, Verdict, tally};
use rand::Rng;

use crate::{
    jury::{Dispute, Finding},
    ledger::End,
    market::{Job, Market},
    policy::{Act, View},
    rules,
    strategy::Terms,
};

/// The digest that is right.
pub const RIGHT: [u8; 32] = [1; 32];
/// The one that the ring agreed on.
pub const WRONG: [u8; 32] = [2; 32];

struct Seat {
    index: usize,
    act: Act,
    ballot: Ballot,
}

/// One job's round.
struct Round {
    job: Job,
    terms: Terms,
    seats: Vec<Seat>,
    wanted: u8,
    quorum: u8,
    /// Stages behind it: their results are public.
    stages: u8,
}

impl Round {
    fn seated(&self) -> Vec<usize> {
        self.seats.iter().map(|seat| seat.index).collect()
    }

    fn ballots(&self) -> Vec<(u8, Ballot)> {
        self.seats.iter().enumerate().map(|(i, seat)| (i as u8, seat.ballot)).collect()
    }

    /// How many seats the ring has for its result, with `new` ones: none where one of its own has sealed the right one, and
    /// would lose by it.
    fn ring(&self, market: &Market, new: &[usize]) -> usize {
        let members = || self.seats.iter().filter(|seat| market.in_ring(seat.index));
        if members().any(|seat| seat.act == Act::Right) {
            return 0;
        }
        members().count() + new.iter().filter(|&&index| market.in_ring(index)).count()
    }

    fn wrong_is_out(&self) -> bool {
        self.seats.iter().any(|seat| seat.act == Act::Wrong)
    }

    /// The result that was revealed first.
    fn leading(&self) -> Option<Ballot> {
        self.seats.iter().map(|seat| seat.ballot).find(|ballot| matches!(ballot, Ballot::Digest(_)))
    }

    fn has(&self, digest: [u8; 32]) -> bool {
        self.seats.iter().any(|seat| seat.ballot == Ballot::Digest(digest))
    }

    /// What everyone brings: nobody else's guess is like another's.
    fn ballot(&self, act: Act) -> Ballot {
        let guess = Ballot::Digest([u8::try_from(self.seats.len()).unwrap_or(u8::MAX).saturating_add(3); 32]);
        match act {
            Act::Right => Ballot::Digest(RIGHT),
            Act::Wrong => Ballot::Digest(WRONG),
            Act::Guess => guess,
            Act::Copy => self.leading().unwrap_or(guess),
            Act::Withhold => Ballot::Silent,
            Act::Vanish => Ballot::Ghost,
        }
    }

    /// The count. A canary's answer is known, whatever the seats agree on.
    fn count(&self, canary: bool) -> Verdict {
        let ballots = self.ballots();
        if canary { rules::known(&ballots, RIGHT) } else { tally(&ballots, self.quorum, true) }
    }
}

impl Market<'_> {
    /// One job that is judged by a round.
    pub fn replicated(&mut self, terms: Terms) -> End {
        let job = self.post();
        let canary = terms.canaries && self.chance(self.params.canary_bps);
        let (wanted, quorum) = if terms.adaptive { (1, 1) } else { (terms.replicas, terms.quorum) };
        let mut round = Round { job, terms, seats: Vec::with_capacity(7), wanted, quorum, stages: 0 };
        self.fill(&mut round, terms.adaptive);
        let mut trust = true;
        if terms.adaptive {
            trust = self.rechecked(&round);
            if trust {
                (round.wanted, round.quorum) = (terms.replicas, terms.quorum);
                self.fill(&mut round, false);
            }
        }
        let verdict = self.stages(&mut round, canary);
        self.settle(&round, &verdict, trust)
    }

    /// Count, and widen while there is neither a quorum nor an end; then a jury, where there is something to judge.
    fn stages(&mut self, round: &mut Round, canary: bool) -> Verdict {
        loop {
            let verdict = round.count(canary);
            if verdict.root != [0; 32] || !round.terms.secured {
                return verdict;
            }
            let Some(wider) = rules::widened(round.wanted, round.quorum, round.terms.most) else {
                return self.tie(round, verdict);
            };
            (round.wanted, round.quorum) = wider;
            round.stages += 1;
            self.fill(round, false);
        }
    }

    /// Seat those who are missing, and let them seal.
    fn fill(&mut self, round: &mut Round, blind: bool) {
        let missing = usize::from(round.wanted) - round.seats.len();
        let new = self.seat(&round.job, missing, round.terms.secured, &round.seated());
        let ring = round.ring(self, &new);
        let recheck = round.terms.adaptive && !round.seats.is_empty();
        for index in new {
            let view = View {
                run: self.population.operators[index].record.consecutive_valid,
                ring,
                quorum: round.quorum.into(),
                wrong_is_out: round.wrong_is_out(),
                blind,
                recheck,
                revealed: round.stages > 0,
            };
            let act = self.policy_of(index).act(&view, self.rng.random());
            self.work(index, self.params.price, act);
            let ballot = round.ballot(act);
            round.seats.push(Seat { index, act, ballot });
        }
    }

    /// Whether the one seat of an adaptive job is re-checked: by a draw of its own.
    fn rechecked(&mut self, round: &Round) -> bool {
        let Some(seat) = round.seats.first() else { return false };
        let operator = &self.population.operators[seat.index];
        let value = self.params.exposure(self.params.price).0;
        let bps = recheck_bps(operator.record.consecutive_valid, value, self.params.class_value);
        let key = operator.key;
        rules::recheck(&self.rng.random(), &round.job.key, &key, bps)
    }

    /// No quorum with all seats: a jury computes it anew, if two results are there to choose from and the requester,
    /// who will be compensated, asks for it because one of them is right.
    fn tie(&mut self, round: &Round, verdict: Verdict) -> Verdict {
        if !round.has(RIGHT) || round.seats.iter().all(|seat| seat.ballot == Ballot::Digest(RIGHT)) {
            return verdict;
        }
        let dispute = Dispute { seated: round.seated(), work: self.params.price, ring: round.wrong_is_out() };
        let bond = self.params.challenge_bond;
        let found = self.jury(&round.job, &dispute);
        let root = match found.finding {
            Finding::Undecided => return verdict,
            // Half of its bond is the jurors', right or wrong.
            Finding::Right => RIGHT,
            Finding::Wrong => WRONG,
        };
        let lost = if root == RIGHT { bond / 2 } else { found.bonds(bond) };
        self.ledger.watching += lost;
        self.pay_jurors(&found, bond / 2);
        rules::known(&round.ballots(), root)
    }

    fn settle(&mut self, round: &Round, verdict: &Verdict, trust: bool) -> End {
        let price = self.params.price;
        for (i, seat) in round.seats.iter().enumerate() {
            let bit = 1 << i;
            if verdict.winners & bit != 0 {
                self.pay(seat.index, price, verdict.root == RIGHT);
            } else {
                self.unpaid(seat.index, price, seat.act);
            }
            if !round.terms.secured {
                continue;
            }
            if verdict.winners & bit != 0 {
                self.note(seat.index, &round.job, Outcome::Valid, trust);
            } else if verdict.losers & bit != 0 {
                let silent = seat.ballot == Ballot::Silent;
                self.lose(seat.index, &round.job, if silent { Outcome::Silent } else { Outcome::Wrong });
            }
        }
        match verdict.root {
            [0, ..] => End::Unresolved,
            root => Self::accepted(root == RIGHT),
        }
    }
}
