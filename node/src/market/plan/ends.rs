//! Jobs that have ended: who is settled, slashed, expired, and what is closed.

use assay_sdk::escrow::{Job, JobState, Seat, SeatState};

use super::{Action, Business};

impl Business<'_> {
    /// Carrying a verdict out, or a cancellation.
    pub(super) fn verdict(&self) -> Vec<Action> {
        let (job, seats) = (self.job, self.snapshot.seats(self.address).iter());
        match job.state {
            JobState::Verified | JobState::Unresolved => seats.filter_map(|seat| after_verdict(job, seat)).collect(),
            JobState::Cancelled => {
                let paid = seats.filter(|seat| seat.seal_by >= job.ended_at);
                paid.map(|seat| Action::Settle { operator: seat.operator }).collect()
            }
            _ => vec![],
        }
    }

    /// Seats that brought nothing in time. After a cancellation they need not any more.
    pub(super) fn ghosts(&self) -> impl Iterator<Item = Action> {
        let job = self.job;
        let now = if job.state == JobState::Cancelled { job.ended_at } else { self.snapshot.now };
        let ghosts =
            self.snapshot.seats(self.address).iter().filter(move |seat| {
                job.is_working(seat) && !Job::in_set(job.winners, seat.index) && now > seat.seal_by
            });
        ghosts.map(|seat| Action::Expire { operator: seat.operator })
    }

    /// What is due to the payees of a job that ends: they are paid before it is closed. What falls due earlier they may
    /// fetch themselves.
    pub(super) fn royalties(&self) -> impl Iterator<Item = Action> {
        let due = (0..).zip(&self.job.legs).filter(|(_, leg)| !self.job.is_live() && leg.due > 0);
        due.map(|(leg, _)| Action::PayRoyalty { leg })
    }

    /// Refunding and closing, once nothing else is left.
    pub(super) fn closing(&self) -> Option<Action> {
        let round = self.snapshot.rounds.get(self.address).map(|round| round.payer);
        let paid = self.job.legs.iter().all(|leg| leg.due == 0);
        (self.job.ended() && paid).then_some(Action::Close { round })
    }
}

fn after_verdict(job: &Job, seat: &Seat) -> Option<Action> {
    let operator = seat.operator;
    match seat.state {
        _ if Job::in_set(job.winners, seat.index) => Some(Action::Settle { operator }),
        // A ghost: expired like any other.
        SeatState::Claimed => None,
        _ if Job::in_set(job.losers, seat.index) => Some(Action::Slash { operator }),
        _ => Some(Action::Settle { operator }),
    }
}
