//! What could be done now, as the chain stands: one file for each kind of business.

mod cases;
mod ends;
mod offers;
mod reviews;
mod rounds;

use assay_sdk::escrow::{Job, JobState};
use solana_sdk::pubkey::Pubkey;

pub use self::{
    cases::Step,
    offers::{at_risk, bidding},
};
use super::{Policy, Snapshot, posting, rules::Refusal};

/// Something a node can do for a job.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Capture the seed of its sortition. `checked`: whose seal waits for it, where the draw decides on a re-check.
    Draw { checked: Option<Pubkey> },
    /// Take a seat.
    Claim,
    /// Offer to take a seat that is auctioned.
    Bid,
    /// Take such an offer back, which holds no more.
    WithdrawBid,
    /// Compute what this operator's seat is to bring, and bring it: a seal, a delivery, a proof, an attestation.
    Compute,
    /// Reveal what was sealed.
    Reveal,
    /// Count the round.
    Finalize { operators: Vec<Pubkey> },
    /// Compute a unit of what somebody delivered, and challenge it if it is wrong.
    Watch { operator: Pubkey },
    /// Accept what nobody challenged in time.
    Release { operator: Pubkey },
    /// Settle a seat that won or is released.
    Settle { operator: Pubkey },
    /// Slash a seat that lost, for the bounty.
    Slash { operator: Pubkey },
    /// Slash a ghost, for the bounty.
    Expire { operator: Pubkey },
    /// End a job that nobody sat down for.
    ExpireJob,
    /// Pay what is due to one of a job's legs: it cannot be closed before.
    PayRoyalty { leg: u8 },
    /// Refund the requester and give everyone's rent back.
    Close { round: Option<Pubkey> },
    /// Clear away a round that is left of an earlier job: whoever paid for it gets the rent back, and the job that
    /// stands at its address now, if one does, can be given a round of its own.
    CloseRound { payer: Pubkey },
    /// Have a jury decide between the digests of a round, or between the executor and its committee.
    CallJury,
    /// Take a case a step further.
    Case { case: Pubkey, step: Step },
}

impl Action {
    /// Whether it is this operator's own business: then it is done at once. What anyone may do waits a random while,
    /// so that not every node pays for the same transaction.
    pub fn is_own(&self, me: &Pubkey) -> bool {
        match self {
            Self::Claim | Self::Bid | Self::WithdrawBid | Self::Compute | Self::Reveal => true,
            Self::Settle { operator } | Self::Release { operator } => operator == me,
            Self::Case { step, .. } => step.is_own(me),
            _ => false,
        }
    }

    /// Whether a bond is lost if it is not done in time.
    pub fn is_due(&self) -> bool {
        match self {
            Self::Compute | Self::Reveal | Self::CallJury => true,
            Self::Case { step, .. } => step.is_due(),
            _ => false,
        }
    }

    /// Whether it computes, for a bond that is locked.
    pub fn is_work(&self) -> bool {
        matches!(self, Self::Compute | Self::Case { step: Step::Judge, .. })
    }

    /// Whether it takes on such work.
    pub fn takes_work(&self) -> bool {
        matches!(self, Self::Claim | Self::Case { step: Step::Join, .. })
    }

    /// Whether it begins something that a bond of this operator's will stand for.
    pub fn is_new(&self) -> bool {
        self.takes_work() || matches!(self, Self::Watch { .. } | Self::Bid)
    }
}

/// What to do now, and what is left alone.
#[derive(Debug, Default)]
pub struct Decided {
    /// By job.
    pub actions: Vec<(Pubkey, Action)>,
    /// Work that could be had and that the operator's rules refuse, by posting or case.
    pub refused: Vec<(Pubkey, Refusal)>,
}

/// Everything that could be done now.
pub fn decide(snapshot: &Snapshot, policy: &Policy) -> Decided {
    let mut decided = Decided::default();
    let mut within = offers::within(snapshot, policy);
    for (address, job) in &snapshot.jobs {
        let business = Business { snapshot, policy, address, job };
        decided.refused.extend(business.refused());
        for action in business.actions() {
            if action.is_new() && policy.closed {
                continue;
            }
            if within(address, &action) {
                decided.actions.push((*address, action));
            } else {
                decided.refused.push((posting(address, job), Refusal::TotalExposure));
            }
        }
    }
    let gone = |address: &&Pubkey| !snapshot.jobs.contains_key(address);
    let orphans = snapshot.rounds.iter().filter(|(address, _)| gone(address));
    decided.actions.extend(orphans.map(|(address, round)| (*address, Action::CloseRound { payer: round.payer })));
    decided.actions.extend(snapshot.bids.keys().filter(gone).map(|address| (*address, Action::WithdrawBid)));
    decided
}

/// The actions alone.
pub fn plan(snapshot: &Snapshot, policy: &Policy) -> Vec<(Pubkey, Action)> {
    decide(snapshot, policy).actions
}

/// One job, and all that concerns it.
struct Business<'a> {
    snapshot: &'a Snapshot,
    policy: &'a Policy,
    address: &'a Pubkey,
    job: &'a Job,
}

impl Business<'_> {
    fn actions(&self) -> Vec<Action> {
        let mut actions = if self.job.is_live() { self.running() } else { self.verdict() };
        actions.extend(self.bidding());
        actions.extend(self.ghosts());
        actions.extend(self.cases());
        actions.extend(self.royalties());
        actions.extend(self.closing());
        actions
    }

    /// A live job.
    fn running(&self) -> Vec<Action> {
        let mut actions = vec![];
        if self.job.state == JobState::Open && self.job.seats == 0 && self.snapshot.now > self.job.seal_by {
            actions.push(Action::ExpireJob);
        }
        actions.extend(if self.job.strategy.has_round() { self.round() } else { self.roundless() });
        actions
    }

    /// Capturing a seed, which is drawn again whenever more seats are asked for.
    fn draw(&self, checked: Option<Pubkey>) -> Option<Action> {
        let (job, snapshot) = (self.job, self.snapshot);
        let wanted = job.seeded_at == 0 && snapshot.slot > job.seed_slot && snapshot.now <= job.seal_by;
        wanted.then_some(Action::Draw { checked })
    }
}
