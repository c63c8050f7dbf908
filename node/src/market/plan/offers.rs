//! New work: seats that sortition offers, seats that are auctioned, chairs; what the operator's rules take of it, and how
//! much of it may be at risk at once.

use assay_sdk::{
    escrow::{Assignment, Bid},
    verification::Case,
};
use solana_sdk::pubkey::Pubkey;

use super::{Action, Business, Step};
use crate::market::{
    Policy, Snapshot, posting,
    rules::{Offer, Refusal},
};

impl Business<'_> {
    pub(super) fn claim(&self) -> Option<Action> {
        (self.could_claim() && self.refusal(Offer::of(self.job)).is_none()).then_some(Action::Claim)
    }

    fn could_claim(&self) -> bool {
        self.snapshot.my_seat(self.address).is_none()
            && self.policy.takes(&self.job.strategy)
            && self.snapshot.may_claim(self.address, self.job)
    }

    /// Bidding in an auction, and taking a bid back that does not hold any more.
    pub(super) fn bidding(&self) -> Option<Action> {
        match self.snapshot.bids.get(self.address) {
            Some(bid) => (!self.stands_by(bid)).then_some(Action::WithdrawBid),
            None => (self.could_bid() && self.refusal(self.best_offer()).is_none()).then_some(Action::Bid),
        }
    }

    /// Whether this operator would have its bid awarded now.
    fn stands_by(&self, bid: &Bid) -> bool {
        let (now, job) = (self.snapshot.now, self.job);
        let offer = Offer { price: bid.price, units: job.units };
        bid.stands(Some(job), now)
            && self.policy.rules.bidding.on
            && !self.policy.closed
            && self.policy.takes(&job.strategy)
            && self.refusal(offer).is_none()
    }

    fn could_bid(&self) -> bool {
        let bidding = &self.policy.rules.bidding;
        let since = self.snapshot.now.saturating_sub(self.job.posted_at);
        bidding.on
            && !self.policy.closed
            && since > bidding.after_seconds.into()
            && self.snapshot.my_seat(self.address).is_none()
            && self.policy.takes(&self.job.strategy)
            && self.snapshot.may_bid(self.job)
    }

    /// The most that an auction pays.
    fn best_offer(&self) -> Offer {
        Offer { price: self.job.seat_price, units: self.job.units }
    }

    fn refusal(&self, offer: Offer) -> Option<Refusal> {
        let facts = self.snapshot.facts.get(&posting(self.address, self.job));
        self.policy.rules.refuses(self.job, offer, facts, self.snapshot.now)
    }

    /// Why not to take a chair in a case about the job, if not.
    pub(super) fn refuses_chair(&self, case: &Case) -> Option<Refusal> {
        self.policy.rules.refuses_chair(self.job.class, case.juror_bond, self.snapshot.now)
    }

    /// What could be taken and is not, by posting or case.
    pub(super) fn refused(&self) -> Vec<(Pubkey, Refusal)> {
        let live = self.job.is_live();
        let seat = (live && self.could_claim()).then(|| Offer::of(self.job));
        let offer = seat.or_else(|| (live && self.could_bid()).then(|| self.best_offer()));
        let of_seat = offer.and_then(|offer| Some((posting(self.address, self.job), self.refusal(offer)?)));
        let cases = self.snapshot.cases.iter().filter(|(_, case)| live && case.job == *self.address);
        let chairs = cases.filter(|(at, case)| {
            self.snapshot.my_ballot(at).is_none() && self.snapshot.may_join(at, case, self.job) //
        });
        of_seat.into_iter().chain(chairs.filter_map(|(at, case)| Some((*at, self.refuses_chair(case)?)))).collect()
    }
}

/// What is at risk now: what the pool has locked, or what seats and chairs show of it, as one may be read before the other.
pub fn at_risk(snapshot: &Snapshot) -> u64 {
    let seats = snapshot.jobs.iter().filter(|(at, _)| snapshot.my_seat(at).is_some()).map(|(_, job)| job.exposure);
    let chairs = snapshot.cases.iter().filter(|(at, _)| snapshot.my_ballot(at).is_some());
    let held = seats.chain(chairs.map(|(_, case)| case.juror_bond)).fold(0, u64::saturating_add);
    snapshot.me.pool.locked.max(held)
}

/// What this operator's bids would lock if all were awarded.
pub fn bidding(snapshot: &Snapshot) -> u64 {
    let standing = snapshot.bids.iter().filter(|(at, bid)| bid.stands(snapshot.jobs.get(at), snapshot.now));
    standing.fold(0, |sum, (_, bid)| sum.saturating_add(bid.exposure))
}

/// Whether each action may be taken with all before it: together they put no more at risk than the operator lets them.
pub(super) fn within(snapshot: &Snapshot, policy: &Policy) -> impl FnMut(&Pubkey, &Action) -> bool {
    let most = policy.rules.exposure.total.unwrap_or(u64::MAX);
    let mut sum = at_risk(snapshot).saturating_add(bidding(snapshot));
    move |address, action| {
        let Some(more) = locks(snapshot, address, action) else { return true };
        let after = sum.saturating_add(more);
        let fits = after <= most;
        if fits {
            sum = after;
        }
        fits
    }
}

/// What new work would lock.
fn locks(snapshot: &Snapshot, address: &Pubkey, action: &Action) -> Option<u64> {
    match action {
        Action::Claim | Action::Bid => snapshot.jobs.get(address).map(|job| job.exposure),
        Action::Case { case, step: Step::Join } => snapshot.cases.get(case).map(|case| case.juror_bond),
        _ => None,
    }
}

impl Snapshot {
    /// Whether the escrow program would take this operator's bid: the same checks.
    pub fn may_bid(&self, job: &assay_sdk::escrow::Job) -> bool {
        let Some(class) = self.escrow.params.classes.get(usize::from(job.class)) else { return false };
        let in_time = self.now.saturating_add(job.seal_window.into()) <= job.seal_by;
        let auction = job.assignment() == Assignment::Auction && job.state == assay_sdk::escrow::JobState::Open;
        let pool = &self.me.pool;
        let able = pool.active >= class.stake && pool.active.saturating_sub(pool.locked) >= job.exposure;
        let fits = job.requirements.fits(&self.me.device) && self.me.device.takes_work();
        let known = self.me.records.contains_key(&job.class);
        let later = self.now > job.posted_at && job.requester != self.me.operator;
        !self.escrow.paused && auction && in_time && able && fits && known && later
    }
}
