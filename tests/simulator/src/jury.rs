//! Juries: drawn by sortition, decided by more than half of the chairs, appealed twice at most.

use assay_staking::{Most, sortition};
use rand::Rng;

use crate::{
    Policy,
    market::{Job, Market},
    policy::Act,
    replicated::{RIGHT, WRONG},
    rules,
};

/// How often a decision may be appealed.
const APPEALS: u8 = 2;

/// What a jury is asked.
#[derive(Clone, Debug)]
pub struct Dispute {
    /// Who may not judge: seats of the job.
    pub seated: Vec<usize>,
    /// What each juror computes again is worth.
    pub work: u64,
    /// Whether the ring wants the wrong answer.
    pub ring: bool,
}

/// What the last jury said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    Right,
    Wrong,
    Undecided,
}

/// A decision that stands.
#[derive(Clone, Debug)]
pub struct Judged {
    pub finding: Finding,
    /// Appeals that it took.
    pub appeals: u8,
    /// Jurors, of all levels, who said what stands.
    pub winners: Vec<usize>,
}

impl Judged {
    /// What the side that appealed has put in: the bond, doubled with each appeal.
    pub fn bonds(&self, bond: u64) -> u64 {
        (0..=self.appeals).map(|level| bond << level).sum()
    }
}

impl Market<'_> {
    /// Judge, and appeal while the right side is not found right: who is right believes that more jurors will see it.
    /// Jurors who say otherwise than what stands, or nothing, lose their bonds.
    pub fn jury(&mut self, job: &Job, dispute: &Dispute) -> Judged {
        let mut seated = dispute.seated.clone();
        let mut votes: Vec<(usize, Act)> = Vec::new();
        let mut judged = Judged { finding: Finding::Undecided, appeals: 0, winners: Vec::new() };
        for level in 0..=APPEALS {
            judged.appeals = level;
            let chairs = rules::chairs(self.params.jury, level).unwrap_or(u8::MAX);
            let jurors = self.draw(sortition::ROLE_JURY, &job.key, chairs.into(), true, &seated);
            seated.extend(&jurors);
            let cast = self.cast(&jurors, chairs, dispute);
            judged.finding = decide(&cast, chairs);
            self.ledger.juries += 1;
            votes.extend(cast);
            if judged.finding == Finding::Right {
                break;
            }
        }
        self.settle_ballots(&votes, &mut judged);
        judged
    }

    fn cast(&mut self, jurors: &[usize], chairs: u8, dispute: &Dispute) -> Vec<(usize, Act)> {
        let ring = jurors.iter().filter(|&&juror| self.in_ring(juror)).count() as u8;
        let wins = rules::majority([(WRONG, ring)].into_iter(), chairs).is_some();
        let vote = |market: &mut Self, juror: usize| match market.policy_of(juror) {
            Policy::Colluding | Policy::Farming if dispute.ring => Act::Wrong,
            Policy::Cartel | Policy::Preying if dispute.ring && wins => Act::Wrong,
            Policy::Lazy | Policy::Copying => Act::Guess,
            Policy::Griefing => [Act::Guess, Act::Withhold][usize::from(market.rng.random::<bool>())],
            Policy::Ghosting => Act::Vanish,
            _ => Act::Right,
        };
        let cast: Vec<_> = jurors.iter().map(|&juror| (juror, vote(self, juror))).collect();
        for (juror, act) in &cast {
            self.ledger.executed += if *act == Act::Vanish { 0 } else { dispute.work };
            let cost = if act.computed() { self.params.cost(dispute.work) } else { 0 };
            let purse = self.purse(*juror);
            (purse.cost, purse.unpaid) = (purse.cost + cost, purse.unpaid + cost);
        }
        cast
    }

    fn settle_ballots(&mut self, votes: &[(usize, Act)], judged: &mut Judged) {
        let stands = match judged.finding {
            Finding::Right => Some(Act::Right),
            Finding::Wrong => Some(Act::Wrong),
            Finding::Undecided => None,
        };
        for (juror, act) in votes {
            let absent = matches!(act, Act::Withhold | Act::Vanish);
            match stands {
                Some(stands) if stands == *act => judged.winners.push(*juror),
                None if !absent => {}
                _ => self.slash(*juror, self.params.juror_bond, Most::NOTHING),
            }
        }
    }

    /// Share a part of the losers' bonds among the jurors who said what stands.
    pub fn pay_jurors(&mut self, judged: &Judged, amount: u64) {
        let each = amount / judged.winners.len().max(1) as u64;
        for juror in &judged.winners {
            self.purse(*juror).won += each;
        }
    }
}

/// Wrong answers that nobody shares never have more than half.
fn decide(cast: &[(usize, Act)], chairs: u8) -> Finding {
    let votes = |act: Act| cast.iter().filter(|(_, vote)| *vote == act).count() as u8;
    match rules::majority([(RIGHT, votes(Act::Right)), (WRONG, votes(Act::Wrong))].into_iter(), chairs) {
        Some(RIGHT) => Finding::Right,
        Some(_) => Finding::Wrong,
        None => Finding::Undecided,
    }
}
