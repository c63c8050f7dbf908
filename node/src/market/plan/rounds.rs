//! Jobs that a round of seals and reveals judges: replicated and sampled ones.

use assay_sdk::{
    escrow::{Job, Seat, SeatState},
    verification::{Phase, Round},
};

use super::{Action, Business};

impl Business<'_> {
    pub(super) fn round(&self) -> Vec<Action> {
        let Some(round) = self.snapshot.rounds.get(self.address) else { return vec![] };
        if !self.judges(round) {
            // Every draw would fail, so nobody will have a seat until it is gone.
            return vec![Action::CloseRound { payer: round.payer }];
        }
        let seats = self.snapshot.seats(self.address);
        let first = seats.iter().find(|_| round.phase == Phase::Checking).map(|seat| seat.operator);
        let mut actions: Vec<_> = self.draw(first).into_iter().collect();
        actions.extend(self.claim());
        actions.extend(self.snapshot.my_seat(self.address).and_then(|seat| self.for_my_seat(seat, round)));
        if self.countable(round) && self.job.seats != 0 {
            actions.push(Action::Finalize { operators: seats.iter().map(|seat| seat.operator).collect() });
        }
        actions
    }

    /// Whether counting it would bring it further: it waits for a canary's answer, and for a jury as long as one may be
    /// called or sits.
    fn countable(&self, round: &Round) -> bool {
        let now = self.snapshot.now;
        let audited = round.phase == Phase::Auditing && now > round.reveal_by;
        let waits = round.awaits_canary(now, self.snapshot.verification.params.canary_seconds);
        (round.countable(now) || audited) && !waits && self.job.cases == 0
    }

    /// Whether a round is this job's own: a requester may post again at an address where an old round still stands. The
    /// verification program asks the same before it draws.
    fn judges(&self, round: &Round) -> bool {
        round.is_of(self.job) && (self.job.seeded_at != 0 || self.job.seats != 0 || round.is_fresh())
    }

    fn for_my_seat(&self, seat: &Seat, round: &Round) -> Option<Action> {
        let now = self.snapshot.now;
        match seat.state {
            SeatState::Claimed if now <= seat.seal_by && round.phase == Phase::Sealing => Some(Action::Compute),
            // Whoever withheld before more were asked has lost.
            SeatState::Sealed if Job::in_set(round.silent, seat.index) => None,
            SeatState::Sealed if round.revealing(now) && now <= round.reveal_by => Some(Action::Reveal),
            SeatState::Revealed if self.calls_jury(seat, round) => Some(Action::CallJury),
            _ => None,
        }
    }
}
