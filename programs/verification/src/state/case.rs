use anchor_lang::prelude::*;
use assay_escrow::Job;

use super::MAX_JURY;
use crate::{
    VerificationError,
    jury::{self, MAX_APPEALS, UNDECIDED},
};

/// Seed of a Case: `["case", job, subject as u64 LE]`.
pub const CASE_SEED: &[u8] = b"case";
/// Seed of a case's vault: `["vault", case]`; the Case owns it.
pub const VAULT_SEED: &[u8] = b"vault";
/// Seed of a Ballot: `["ballot", case, operator]`: one chair an operator and case.
pub const BALLOT_SEED: &[u8] = b"ballot";
/// Seed of what an executor has at stake in all cases about one job: `["surety", job, operator]`, a token account of this
/// program's authority.
pub const SURETY_SEED: &[u8] = b"surety";
/// Subject of the cases that are about a whole job.
pub const WHOLE: u64 = u64::MAX;
/// Most chairs of all juries of a case: a first one, twice and four times that.
pub const MAX_VOTES: usize = 7 * MAX_JURY as usize;
/// Most that a case owes besides what it owes to jurors.
pub const MAX_DUES: usize = 2 + MAX_APPEALS as usize;

/// What a case is about.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseKind {
    /// That a unit of what was delivered is wrong: the executor opens its leaf, and a jury computes the unit again.
    Challenge { unit: u64 },
    /// Of a sampled job: what the drawn units come to, whatever the committee found; a jury computes them again.
    Sample,
    /// Which of a round's digests is right, where no more replicas may be asked: a jury computes the whole job again.
    Tie,
}

impl CaseKind {
    /// What tells it from others about the same job.
    pub fn subject(&self) -> u64 {
        match self {
            Self::Challenge { unit } => *unit,
            Self::Sample | Self::Tie => WHOLE,
        }
    }
}

/// Where a case is.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CasePhase {
    /// The executor may answer until `until`.
    Answering,
    /// A jury is called: its seed is to be drawn.
    Called,
    /// Jurors come, seal and reveal, until `until` at the latest.
    Judging,
    /// Their votes are counted: an appeal may be made until `until`.
    Resolved,
    /// It is over: what is owed is paid, then it is closed.
    Concluded,
}

/// How a case ended.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It has not.
    Open,
    /// The executor did not answer.
    Unanswered,
    /// A jury decided for `decision`.
    Decided,
    /// No jury could say.
    Undecided,
    /// Its job ended otherwise.
    Moot,
}

/// Votes for one digest.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    pub digest: [u8; 32],
    /// Of the present jury.
    pub now: u8,
    /// Of all juries.
    pub all: u8,
}

/// An appeal.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appeal {
    pub by: Pubkey,
    /// The decision that it is against; zeros for none.
    pub against: [u8; 32],
    /// Base units of ASY.
    pub bond: u64,
    /// Whether its jury came to a decision.
    pub heard: bool,
}

/// What a case owes to somebody; nothing once it is paid.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub to: Pubkey,
    /// Base units of ASY.
    pub amount: u64,
}

/// A dispute about a job, at `["case", job, subject]`. Its vault holds at least the bonds, and then what is owed.
#[account]
#[derive(InitSpace, Debug)]
pub struct Case {
    pub version: u8,
    pub bump: u8,
    pub vault_bump: u8,
    pub phase: CasePhase,
    pub ruling: Ruling,
    /// Appeals that were made: the present jury's number, from 0.
    pub level: u8,
    /// Of the present jury: its chairs, those taken, sealed and revealed.
    pub chairs: u8,
    pub joined: u8,
    pub sealed: u8,
    pub revealed: u8,
    /// Ballots of all juries that are not settled yet.
    pub ballots: u8,
    /// The executor's seat; 0 where the case is about no one operator.
    pub seat: u8,
    /// Levels that the executor's proof has climbed, to `node`.
    pub climbed: u8,
    pub job: Pubkey,
    /// The job's: harmed where a juror is slashed.
    pub requester: Pubkey,
    /// Put the bond in the vault, and paid the rent.
    pub opener: Pubkey,
    /// The operator that the case is about; default() for no one operator.
    pub executor: Pubkey,
    /// What the opener put at stake, in base units of ASY; so has the executor that answers.
    pub bond: u64,
    /// What each juror has at stake, in base units of ASY.
    pub juror_bond: u64,
    /// Seconds for a juror to seal, and for all to reveal: the job's own.
    pub seal_window: u32,
    pub reveal_window: u32,
    /// The last moment of the phase.
    pub until: i64,
    /// While its job lives the case is closed only after this moment, so that no second case asks another jury the same.
    pub review_by: i64,
    /// The seed is the hash of the first slot after this one.
    pub seed_slot: u64,
    /// When it was drawn; 0 before.
    pub seeded_at: i64,
    pub seed: [u8; 32],
    /// What the executor delivered, and where its proof has come to.
    pub root: [u8; 32],
    pub node: [u8; 32],
    /// What is claimed to be right: by the executor where it is challenged; zeros where nobody claims anything.
    pub claim: [u8; 32],
    /// What the last jury that came to a decision decided for; zeros for none.
    pub decision: [u8; 32],
    pub appeals: [Appeal; MAX_APPEALS as usize],
    /// What a juror that voted as it was decided gets besides its bond, in base units of ASY.
    pub each: u64,
    pub kind: CaseKind,
    #[max_len(MAX_DUES)]
    pub dues: Vec<Due>,
    #[max_len(MAX_VOTES)]
    pub votes: Vec<Vote>,
}

impl Case {
    /// Bytes of the account.
    pub const SPACE: usize = 8 + Self::INIT_SPACE;

    /// Whether it is about this operator's work.
    pub fn is_party(&self, operator: &Pubkey) -> bool {
        let appellant = self.appeals.iter().any(|appeal| appeal.bond > 0 && appeal.by == *operator);
        appellant || [self.requester, self.opener, self.executor].contains(operator)
    }

    /// Call a jury: the seed will be the hash of a later slot.
    pub fn call(&mut self, clock: &Clock) {
        (self.phase, self.seed_slot, self.seeded_at) = (CasePhase::Called, clock.slot, 0);
        (self.joined, self.sealed, self.revealed) = (0, 0, 0);
        self.votes.iter_mut().for_each(|vote| vote.now = 0);
    }

    /// The seed is known at `now`: jurors may come.
    pub fn draw(&mut self, seed: [u8; 32], now: i64) -> Result<()> {
        require!(self.phase == CasePhase::Called, VerificationError::WrongCasePhase);
        (self.phase, self.seed, self.seeded_at) = (CasePhase::Judging, seed, now);
        self.until = later(self.seals_until()?, self.reveal_window)?;
        Ok(())
    }

    /// The last moment to take a chair: two windows after the draw.
    pub fn joins_until(&self) -> Result<i64> {
        later(later(self.seeded_at, self.seal_window)?, self.seal_window)
    }

    /// The last moment at which any juror may seal.
    pub fn seals_until(&self) -> Result<i64> {
        later(self.joins_until()?, self.seal_window)
    }

    /// Take a chair at `now`; returns the last moment to seal.
    pub fn join(&mut self, now: i64) -> Result<i64> {
        require!(self.phase == CasePhase::Judging, VerificationError::WrongCasePhase);
        require!(now <= self.joins_until()?, VerificationError::JoinTooLate);
        require!(self.joined < self.chairs, VerificationError::JuryFull);
        self.joined = plus(self.joined, 1)?;
        self.ballots = plus(self.ballots, 1)?;
        later(now, self.seal_window)
    }

    /// A juror sealed at `now`; with the last one, reveals begin.
    pub fn seal(&mut self, now: i64) -> Result<()> {
        require!(self.phase == CasePhase::Judging, VerificationError::WrongCasePhase);
        self.sealed = plus(self.sealed, 1)?;
        if self.sealed == self.chairs {
            self.until = later(now, self.reveal_window)?;
        }
        Ok(())
    }

    /// Whether no seal can come any more at `now`.
    pub fn revealing(&self, now: i64) -> Result<bool> {
        Ok(self.sealed == self.chairs || now > self.seals_until()?)
    }

    /// A juror revealed at `now`.
    pub fn reveal(&mut self, digest: [u8; 32], now: i64) -> Result<()> {
        require!(self.phase == CasePhase::Judging, VerificationError::WrongCasePhase);
        require!(self.revealing(now)?, VerificationError::RevealTooEarly);
        require!(now <= self.until, VerificationError::RevealTooLate);
        self.revealed = plus(self.revealed, 1)?;
        match self.votes.iter_mut().find(|vote| vote.digest == digest) {
            Some(vote) => (vote.now, vote.all) = (plus(vote.now, 1)?, plus(vote.all, 1)?),
            None => self.votes.push(Vote { digest, now: 1, all: 1 }),
        }
        self.invariant()
    }

    /// Count the jury's votes at `now`. A jury that cannot say leaves what was decided before it.
    pub fn resolve(&mut self, now: i64) -> Result<()> {
        require!(self.phase == CasePhase::Judging, VerificationError::WrongCasePhase);
        let all_in = self.revealing(now)? && self.revealed == self.sealed;
        require!(all_in || now > self.until, VerificationError::ResolveTooEarly);
        if let Some(digest) = jury::majority(self.votes.iter().map(|vote| (vote.digest, vote.now)), self.chairs) {
            self.decision = digest;
            if let Some(appeal) = usize::from(self.level).checked_sub(1).and_then(|at| self.appeals.get_mut(at)) {
                appeal.heard = true;
            }
        }
        self.phase = CasePhase::Resolved;
        self.until = later(now, self.reveal_window)?;
        Ok(())
    }

    /// What the next appeal puts at stake.
    pub fn next_bond(&self) -> Result<u64> {
        require!(self.level < MAX_APPEALS, VerificationError::AppealsExhausted);
        jury::appeal_bond(self.bond, plus(self.level, 1)?).ok_or_else(|| VerificationError::Overflow.into())
    }

    /// Appeal: the jury doubles, and is drawn anew.
    pub fn appeal(&mut self, by: Pubkey, clock: &Clock) -> Result<u64> {
        require!(self.phase == CasePhase::Resolved, VerificationError::WrongCasePhase);
        let bond = self.next_bond()?;
        require!(clock.unix_timestamp <= self.until, VerificationError::AppealTooLate);
        let (at, against) = (usize::from(self.level), self.decision);
        *self.appeals.get_mut(at).ok_or(VerificationError::Overflow)? = Appeal { by, against, bond, heard: false };
        self.level = plus(self.level, 1)?;
        self.chairs = jury::chairs(self.chairs, 1).ok_or(VerificationError::Overflow)?;
        self.call(clock);
        self.invariant()?;
        Ok(bond)
    }

    /// Whether its juries have spoken: nobody may appeal any more.
    pub fn is_final(&self, now: i64) -> bool {
        self.phase == CasePhase::Resolved && (now > self.until || self.level == MAX_APPEALS)
    }

    /// End it with what its juries came to. `lost`: the bond that is shared out where they decided, which is in the vault;
    /// `winner`: who gets the half that is not the jurors', and `back` is whose own bond is returned besides.
    pub fn conclude(&mut self, lost: u64, winner: Pubkey, back: Option<Due>) -> Result<()> {
        if self.decision == UNDECIDED {
            return self.give_back(Ruling::Undecided);
        }
        let jurors = self.votes.iter().find(|vote| vote.digest == self.decision).map_or(0, |vote| vote.all);
        let appeals = self.appeals.map(|Appeal { against, bond, heard, .. }| jury::Appeal { bond, against, heard });
        let of = jury::divide(lost, &appeals, &self.decision, jurors).ok_or(VerificationError::Overflow)?;
        self.each = of.each;
        let appellants = self.appeals.iter().zip(of.appellants).map(|(appeal, amount)| Due { to: appeal.by, amount });
        let won = Due { to: winner, amount: of.winner };
        self.dues = [won].into_iter().chain(back).chain(appellants).filter(|due| due.amount > 0).collect();
        self.end(Ruling::Decided)
    }

    /// End it with every bond back where it came from.
    pub fn give_back(&mut self, ruling: Ruling) -> Result<()> {
        let opener = Due { to: self.opener, amount: self.bond };
        let appellants = self.appeals.iter().map(|appeal| Due { to: appeal.by, amount: appeal.bond });
        self.dues = [opener].into_iter().chain(appellants).filter(|due| due.amount > 0).collect();
        self.end(ruling)
    }

    fn end(&mut self, ruling: Ruling) -> Result<()> {
        require!(self.phase != CasePhase::Concluded, VerificationError::WrongCasePhase);
        (self.phase, self.ruling) = (CasePhase::Concluded, ruling);
        self.invariant()
    }

    /// Whether it can be closed at `now`: all is paid, and its question cannot be asked again.
    pub fn closable(&self, job: &Job, now: i64) -> bool {
        let paid =
            self.phase == CasePhase::Concluded && self.ballots == 0 && self.dues.iter().all(|due| due.amount == 0);
        paid && (!job.is_live() || now > self.review_by)
    }

    /// Holds after every change.
    pub fn invariant(&self) -> Result<()> {
        let ordered = self.revealed <= self.sealed && self.sealed <= self.joined && self.joined <= self.chairs;
        require!(ordered && self.level <= MAX_APPEALS, VerificationError::CaseInvariant);
        require!(self.votes.len() <= MAX_VOTES && self.dues.len() <= MAX_DUES, VerificationError::CaseInvariant);
        let over = self.phase == CasePhase::Concluded;
        require!(over == (self.ruling != Ruling::Open), VerificationError::CaseInvariant);
        require!(over || (self.dues.is_empty() && self.each == 0), VerificationError::CaseInvariant);
        Ok(())
    }
}

fn plus(a: u8, b: u8) -> Result<u8> {
    a.checked_add(b).ok_or_else(|| VerificationError::Overflow.into())
}

fn later(moment: i64, seconds: u32) -> Result<i64> {
    moment.checked_add(seconds.into()).ok_or_else(|| VerificationError::Overflow.into())
}
