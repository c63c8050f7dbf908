//! Jobs without a round: what is delivered is reviewed, what is proven or attested is judged at once.

use assay_sdk::escrow::{Seat, SeatState, Strategy};

use super::{Action, Business};
use crate::market::posting;

impl Business<'_> {
    pub(super) fn roundless(&self) -> Vec<Action> {
        let mut actions: Vec<_> = self.draw(None).into_iter().collect();
        actions.extend(self.claim());
        actions.extend(self.snapshot.seats(self.address).iter().filter_map(|seat| self.for_seat(seat)));
        actions
    }

    fn for_seat(&self, seat: &Seat) -> Option<Action> {
        let (now, operator) = (self.snapshot.now, seat.operator);
        let mine = operator == self.snapshot.me.operator;
        match seat.state {
            SeatState::Delivered if now > seat.seal_by => (self.job.cases == 0).then_some(Action::Release { operator }),
            SeatState::Delivered if !mine && self.watches() => Some(Action::Watch { operator }),
            SeatState::Delivered => None,
            _ if mine && self.job.is_working(seat) && now <= seat.seal_by => Some(Action::Compute),
            _ => None,
        }
    }

    /// What is accepted, its requester looks at.
    fn watches(&self) -> bool {
        let (me, posting) = (self.snapshot.me.operator, posting(self.address, self.job));
        matches!(self.job.strategy, Strategy::Optimistic { .. }) && self.policy.watches(&posting, &me)
    }
}
