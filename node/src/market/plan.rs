use assay_sdk::{
    escrow::{Job, JobState, Seat, SeatState},
    verification::{Phase, Round},
};
use solana_sdk::pubkey::Pubkey;

use super::Snapshot;

/// Something a node can do for a job.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Capture the seed of its sortition.
    Draw,
    /// Take a seat.
    Claim,
    /// Compute it, and seal the result.
    Compute,
    /// Reveal what was sealed.
    Reveal,
    /// Count the round.
    Finalize { operators: Vec<Pubkey> },
    /// Settle a seat that won or is released.
    Settle { operator: Pubkey },
    /// Slash a seat that lost, for the bounty.
    Slash { operator: Pubkey },
    /// Slash a ghost, for the bounty.
    Expire { operator: Pubkey },
    /// End a job that nobody sat down for.
    ExpireJob,
    /// Refund the requester and give everyone's rent back.
    Close { round: Option<Pubkey> },
    /// Clear away a round that is left of an earlier job: whoever paid for it gets the rent back, and the job that
    /// stands at its address now, if one does, can be given a round of its own.
    CloseRound { payer: Pubkey },
}

impl Action {
    /// Whether it is this operator's own business: then it is done at once. What anyone may do waits a random while,
    /// so that not every node pays for the same transaction.
    pub fn is_own(&self, me: &Pubkey) -> bool {
        match self {
            Self::Claim | Self::Compute | Self::Reveal => true,
            Self::Settle { operator } => operator == me,
            _ => false,
        }
    }

    /// Whether the bond is lost if it is not done in time.
    pub fn is_due(&self) -> bool {
        matches!(self, Self::Compute | Self::Reveal)
    }
}

/// Everything that could be done now, by job.
pub fn plan(snapshot: &Snapshot) -> Vec<(Pubkey, Action)> {
    let jobs = snapshot.jobs.iter();
    let orphans = snapshot.rounds.iter().filter(|(address, _)| !snapshot.jobs.contains_key(address));
    jobs.flat_map(|(address, job)| for_job(snapshot, address, job).into_iter().map(|action| (*address, action)))
        .chain(orphans.map(|(address, round)| (*address, Action::CloseRound { payer: round.payer })))
        .collect()
}

fn for_job(snapshot: &Snapshot, address: &Pubkey, job: &Job) -> Vec<Action> {
    let (seats, round) = (snapshot.seats(address), snapshot.rounds.get(address));
    let mut actions = match job.state {
        JobState::Open | JobState::Seated => running(snapshot, address, job, round),
        JobState::Verified | JobState::Unresolved => seats.iter().filter_map(|seat| after_verdict(job, seat)).collect(),
        JobState::Cancelled => {
            let paid = seats.iter().filter(|seat| seat.seal_by >= job.ended_at);
            paid.map(|seat| Action::Settle { operator: seat.operator }).collect()
        }
        _ => vec![],
    };
    let ghosts = seats.iter().filter(|seat| is_ghost(job, seat, snapshot.now));
    actions.extend(ghosts.map(|seat| Action::Expire { operator: seat.operator }));
    if job.ended() {
        actions.push(Action::Close { round: round.map(|round| round.payer) });
    }
    actions
}

fn running(snapshot: &Snapshot, address: &Pubkey, job: &Job, round: Option<&Round>) -> Vec<Action> {
    let now = snapshot.now;
    let mut actions = vec![];
    if job.state == JobState::Open && job.seats == 0 && now > job.seal_by {
        actions.push(Action::ExpireJob);
    }
    let Some(round) = round else { return actions };
    if !judges(round, job) {
        // Every draw would fail, so nobody will have a seat until it is gone.
        actions.push(Action::CloseRound { payer: round.payer });
        return actions;
    }
    if job.seeded_at == 0 && snapshot.slot > job.seed_slot && now <= job.seal_by {
        actions.push(Action::Draw);
    }
    match snapshot.my_seat(address) {
        None if snapshot.may_claim(address, job) => actions.push(Action::Claim),
        Some(seat) => actions.extend(for_my_seat(seat, round, now)),
        None => {}
    }
    if round.phase != Phase::Final && round.countable(now) && job.seats != 0 {
        let operators = snapshot.seats(address).iter().map(|seat| seat.operator).collect();
        actions.push(Action::Finalize { operators });
    }
    actions
}

/// Whether a round is this job's own: a requester may post again at an address where an old round still stands. The
/// verification program asks the same before it draws.
fn judges(round: &Round, job: &Job) -> bool {
    round.is_of(job) && (job.seeded_at != 0 || round.is_fresh())
}

fn for_my_seat(seat: &Seat, round: &Round, now: i64) -> Option<Action> {
    match seat.state {
        SeatState::Claimed if now <= seat.seal_by => Some(Action::Compute),
        SeatState::Sealed if round.revealing(now) && now <= round.reveal_by => Some(Action::Reveal),
        _ => None,
    }
}

/// Whether a seat can be expired: it brought nothing in time. After a cancellation it need not any more.
fn is_ghost(job: &Job, seat: &Seat, now: i64) -> bool {
    let now = if job.state == JobState::Cancelled { job.ended_at } else { now };
    job.is_working(seat) && !Job::in_set(job.winners, seat.index) && now > seat.seal_by
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
