//! Cases: who answers, who sits on the jury, and what anybody may do once it is time.

use assay_sdk::{
    escrow::{Seat, SeatState},
    verification::{Ballot, BallotState, Case, CasePhase, Phase, Round, audit::EXECUTOR},
};
use solana_sdk::pubkey::Pubkey;

use super::{Action, Business};

/// A step of a case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Prove the leaf that is challenged.
    Answer,
    /// Capture the seed of its jury.
    Draw,
    /// Take a chair.
    Join,
    /// Compute what is asked, and seal it.
    Judge,
    /// Reveal what was sealed.
    Vote,
    /// Count the votes.
    Resolve,
    /// End it.
    Conclude,
    /// Release a juror's bond, and pay what it earned.
    Settle { juror: Pubkey },
    /// Slash a juror, for the bounty.
    Slash { juror: Pubkey },
    /// Pay somebody what the case owes, under a number.
    Pay { index: u8, to: Pubkey },
    /// Give the rent back.
    Close,
}

impl Step {
    /// As [`Action::is_own`].
    pub fn is_own(&self, me: &Pubkey) -> bool {
        match self {
            Self::Answer | Self::Join | Self::Judge | Self::Vote => true,
            Self::Settle { juror: whose } | Self::Pay { to: whose, .. } => whose == me,
            _ => false,
        }
    }

    /// As [`Action::is_due`].
    pub fn is_due(&self) -> bool {
        matches!(self, Self::Answer | Self::Judge | Self::Vote)
    }
}

impl Business<'_> {
    /// The steps of all cases about the job.
    pub(super) fn cases(&self) -> Vec<Action> {
        let of_job = self.snapshot.cases.iter().filter(|(_, case)| case.job == *self.address);
        let steps = of_job.flat_map(|(at, case)| self.steps(at, case).into_iter().map(|step| (*at, step)));
        steps.map(|(case, step)| Action::Case { case, step }).collect()
    }

    fn steps(&self, at: &Pubkey, case: &Case) -> Vec<Step> {
        let now = self.snapshot.now;
        // Its job ended otherwise: there is nothing to decide.
        if !self.job.is_live() && case.phase != CasePhase::Concluded {
            return vec![Step::Conclude];
        }
        match case.phase {
            CasePhase::Answering if now > case.until => vec![Step::Conclude],
            CasePhase::Answering if case.executor == self.snapshot.me.operator => vec![Step::Answer],
            CasePhase::Answering => vec![],
            CasePhase::Called if self.snapshot.slot > case.seed_slot => vec![Step::Draw],
            CasePhase::Called => vec![],
            CasePhase::Judging => self.judging(at, case),
            CasePhase::Resolved if case.is_final(now) => vec![Step::Conclude],
            CasePhase::Resolved => vec![],
            CasePhase::Concluded => self.concluded(at, case),
        }
    }

    fn judging(&self, at: &Pubkey, case: &Case) -> Vec<Step> {
        let now = self.snapshot.now;
        let over = case.revealing(now).unwrap_or(false);
        let mut steps = vec![];
        match self.snapshot.my_ballot(at) {
            None if self.snapshot.may_join(at, case, self.job) && self.refuses_chair(case).is_none() => {
                steps.push(Step::Join);
            }
            Some(Ballot { state: BallotState::Joined, level, seal_by, .. }) if *level == case.level => {
                steps.extend((now <= *seal_by).then_some(Step::Judge));
            }
            Some(Ballot { state: BallotState::Sealed, level, .. }) if *level == case.level => {
                steps.extend((over && now <= case.until).then_some(Step::Vote));
            }
            _ => {}
        }
        if now > case.until || (over && case.revealed == case.sealed) {
            steps.push(Step::Resolve);
        }
        steps
    }

    fn concluded(&self, at: &Pubkey, case: &Case) -> Vec<Step> {
        let ballots = self.snapshot.ballots.get(at).map_or(&[][..], Vec::as_slice);
        let jurors = ballots.iter().filter_map(|ballot| {
            let juror = ballot.operator;
            Some(if ballot.earned(case).ok()?.is_some() { Step::Settle { juror } } else { Step::Slash { juror } })
        });
        let dues = (0..).zip(&case.dues).filter(|(_, due)| due.amount > 0);
        let dues = dues.map(|(index, due)| Step::Pay { index, to: due.to });
        let close = case.closable(self.job, self.snapshot.now).then_some(Step::Close);
        jurors.chain(dues).chain(close).collect()
    }

    /// Whether to have a jury decide what a round could not: whoever is right is paid by who is not. Whoever lies does not
    /// want one.
    pub(super) fn calls_jury(&self, seat: &Seat, round: &Round) -> bool {
        let in_time = self.snapshot.now <= round.reveal_by && self.job.cases == 0;
        let doubts = match round.phase {
            Phase::Tied => true,
            Phase::Auditing => self.committee() != Some(seat.commitment),
            _ => false,
        };
        in_time && doubts && !self.policy.lies
    }

    /// What most of the committee of a sampled job found.
    fn committee(&self) -> Option<[u8; 32]> {
        let all = self.job.strategy.most().saturating_sub(1);
        let seats = self.snapshot.seats(self.address).iter();
        let found =
            |seat: &Seat| (seat.index != EXECUTOR && seat.state == SeatState::Revealed).then_some(seat.commitment);
        let digests: Vec<_> = seats.filter_map(found).collect();
        let votes = |digest: &[u8; 32]| digests.iter().filter(|other| *other == digest).count();
        digests.iter().find(|digest| 2 * votes(digest) > usize::from(all)).copied()
    }
}
