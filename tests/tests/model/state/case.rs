//! Cases: who is at stake in them with what, how juries come and vote, and who is owed what in the end.

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::verification::{BallotState, CaseKind, CasePhase, Ruling, VerificationError};

use super::{Job, Refusal, Verdict, require};

/// Appeals of a case.
pub const APPEALS: usize = 2;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appeal {
    pub by: Pubkey,
    pub against: [u8; 32],
    pub bond: u64,
    /// Its jury came to a decision.
    pub heard: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Votes {
    pub digest: [u8; 32],
    /// Of the present jury, and of all.
    pub now: u8,
    pub all: u8,
}

#[derive(Clone, Debug)]
pub struct Case {
    pub kind: CaseKind,
    pub phase: CasePhase,
    pub ruling: Ruling,
    pub chairs: u8,
    pub joined: u8,
    pub sealed: u8,
    pub revealed: u8,
    /// Ballots that are not settled.
    pub ballots: u8,
    pub job: Pubkey,
    pub requester: Pubkey,
    pub opener: Pubkey,
    /// Whom it is about, and its seat.
    pub executor: Option<(Pubkey, u8)>,
    pub bond: u64,
    pub juror_bond: u64,
    pub seal_window: i64,
    pub reveal_window: i64,
    pub until: i64,
    pub review_by: i64,
    pub seed_slot: u64,
    pub seeded_at: i64,
    pub seed: [u8; 32],
    pub root: [u8; 32],
    /// Where the executor's proof has come to.
    pub climbed: ([u8; 32], u8),
    pub claim: [u8; 32],
    pub decision: [u8; 32],
    pub appeals: Vec<Appeal>,
    pub each: u64,
    pub dues: Vec<(Pubkey, u64)>,
    pub votes: Vec<Votes>,
}

#[derive(Clone, Debug)]
pub struct Ballot {
    pub state: BallotState,
    pub level: u8,
    pub case: Pubkey,
    pub operator: Pubkey,
    pub bond: u64,
    pub seal_by: i64,
    pub commitment: [u8; 32],
    /// What was sealed: not on the chain.
    pub digest: [u8; 32],
}

impl Ballot {
    /// What the juror gets beside its bond; `None` if it lost that.
    pub fn earned(&self, case: &Case) -> Verdict<Option<u64>> {
        let revealed = self.state == BallotState::Revealed;
        match case.ruling {
            Ruling::Open => Err(Refusal::Code(VerificationError::WrongCasePhase.into())),
            Ruling::Moot | Ruling::Unanswered => Ok(Some(0)),
            Ruling::Undecided => Ok(revealed.then_some(0)),
            Ruling::Decided => Ok((revealed && self.commitment == case.decision).then_some(case.each)),
        }
    }
}

impl Case {
    /// Juries before the present one.
    pub fn level(&self) -> u8 {
        self.appeals.len() as u8
    }

    /// Whether somebody has a part in it.
    pub fn party(&self, who: &Pubkey) -> bool {
        let appealed = self.appeals.iter().any(|appeal| appeal.by == *who);
        appealed || [self.requester, self.opener].contains(who) || self.executor.is_some_and(|(it, _)| it == *who)
    }

    pub fn require(&self, phase: CasePhase) -> Verdict {
        require(self.phase == phase, VerificationError::WrongCasePhase)
    }

    /// Call a jury.
    pub fn call(&mut self, slot: u64) {
        (self.phase, self.seed_slot, self.seeded_at) = (CasePhase::Called, slot, 0);
        (self.joined, self.sealed, self.revealed) = (0, 0, 0);
        self.votes.iter_mut().for_each(|votes| votes.now = 0);
    }

    /// Chairs are free for two windows; the last juror then has one more.
    pub fn joins_until(&self) -> i64 {
        self.seeded_at + 2 * self.seal_window
    }

    pub fn seals_until(&self) -> i64 {
        self.joins_until() + self.seal_window
    }

    pub fn revealing(&self, now: i64) -> bool {
        self.sealed == self.chairs || now > self.seals_until()
    }

    pub fn vote(&mut self, digest: [u8; 32]) {
        self.revealed += 1;
        match self.votes.iter_mut().find(|votes| votes.digest == digest) {
            Some(votes) => (votes.now, votes.all) = (votes.now + 1, votes.all + 1),
            None => self.votes.push(Votes { digest, now: 1, all: 1 }),
        }
    }

    /// All votes are in, or no more come.
    pub fn countable(&self, now: i64) -> bool {
        now > self.until || (self.revealing(now) && self.revealed == self.sealed)
    }

    /// More than half of all chairs, or nothing changes.
    pub fn count(&mut self, now: i64) {
        if let Some(votes) = self.votes.iter().find(|votes| 2 * votes.now > self.chairs) {
            self.decision = votes.digest;
            if let Some(appeal) = self.appeals.last_mut() {
                appeal.heard = true;
            }
        }
        (self.phase, self.until) = (CasePhase::Resolved, now + self.reveal_window);
    }

    /// Nobody can appeal.
    pub fn over(&self, now: i64) -> bool {
        self.phase == CasePhase::Resolved && (now > self.until || self.appeals.len() == APPEALS)
    }

    pub fn undecided(&self) -> bool {
        self.decision == [0; 32]
    }

    /// End it as its juries decided: of what was lost half to who voted so, the rest to who was right. `back`: who gets its
    /// own bond again.
    pub fn divide(&mut self, winner: Pubkey, back: Option<Pubkey>) -> Verdict {
        if self.undecided() {
            return self.give_back(Ruling::Undecided);
        }
        let lost = |appeal: &Appeal| appeal.heard && appeal.against == self.decision;
        let pot = self.bond + self.appeals.iter().filter(|appeal| lost(appeal)).map(|appeal| appeal.bond).sum::<u64>();
        let jurors = self.votes.iter().find(|votes| votes.digest == self.decision).map_or(0, |votes| votes.all);
        self.each = (pot / 2).checked_div(jurors.into()).unwrap_or(0);
        let rest = pot - self.each * u64::from(jurors);
        let appellants = self.appeals.iter().filter(|appeal| !lost(appeal)).map(|appeal| (appeal.by, appeal.bond));
        let back = back.map(|to| (to, self.bond));
        self.dues = [(winner, rest)].into_iter().chain(back).chain(appellants).filter(|due| due.1 > 0).collect();
        self.end(Ruling::Decided)
    }

    /// End it with everybody's bond back.
    pub fn give_back(&mut self, ruling: Ruling) -> Verdict {
        let appellants = self.appeals.iter().map(|appeal| (appeal.by, appeal.bond));
        self.dues = [(self.opener, self.bond)].into_iter().chain(appellants).collect();
        self.end(ruling)
    }

    fn end(&mut self, ruling: Ruling) -> Verdict {
        require(self.phase != CasePhase::Concluded, VerificationError::WrongCasePhase)?;
        (self.phase, self.ruling) = (CasePhase::Concluded, ruling);
        Ok(())
    }

    /// Nothing is owed, and nobody can ask the same again.
    pub fn closable(&self, job: &Job, now: i64) -> bool {
        let paid = self.ballots == 0 && self.dues.iter().all(|(_, amount)| *amount == 0);
        self.phase == CasePhase::Concluded && paid && (!job.live() || now > self.review_by)
    }

    /// What its vault must hold: bonds, and then what is owed to parties and to these jurors.
    pub fn owes<'a>(&self, ballots: impl Iterator<Item = &'a Ballot>) -> u64 {
        if self.phase != CasePhase::Concluded {
            return self.bond + self.appeals.iter().map(|appeal| appeal.bond).sum::<u64>();
        }
        let jurors = ballots.map(|ballot| ballot.earned(self).ok().flatten().unwrap_or(0)).sum::<u64>();
        jurors + self.dues.iter().map(|(_, amount)| amount).sum::<u64>()
    }
}
