//! Filling in what a node tells of itself, after each look at the chain.

use std::collections::{BTreeMap, HashMap};

use assay_sdk::{
    escrow::{Job, Seat, SeatState},
    verification::{BallotState, Case},
};
use solana_sdk::pubkey::Pubkey;

use super::{
    Agent,
    status::{Amount, Bonds, ChainRead, Deadline, Slots, Status, Work, unix_now},
};
use crate::market::{
    Action, Snapshot,
    plan::{at_risk, bidding},
    posting,
    rules::net,
};

/// What seats that won leave their operator, by job: once such a seat is gone, it was paid.
pub(super) type Won = HashMap<Pubkey, (Pubkey, u64)>;

impl Agent {
    /// Show what a look at the chain found.
    pub(super) fn show(&self, snapshot: &Snapshot, draining: bool, halted: Option<String>) {
        let paid = self.paid(snapshot);
        let (jobs, deadlines) = (self.works(snapshot), deadlines(snapshot));
        let policy = self.rules.now();
        let computing = self.tasks().iter().filter(|((_, action), task)| task.running && action.is_work()).count();
        let device = &snapshot.me.device;
        self.board.change(|status| {
            status.draining = draining;
            status.slots = Slots {
                device: device.slots,
                busy: device.busy,
                jobs: count(self.most_jobs()),
                computing: count(computing),
            };
            status.jobs = jobs;
            status.deadlines = deadlines;
            status.bonds = Bonds {
                locked: at_risk(snapshot),
                bidding: bidding(snapshot),
                most: policy.rules.exposure.total.map(Amount),
                staked: snapshot.me.pool.active,
            };
            status.refusals = self.refusals().counts.clone();
            status.errors.halted = halted;
            for (mint, amount) in paid {
                let earned = &mut status.earned.entry(mint.to_string()).or_default().0;
                *earned = earned.saturating_add(amount);
            }
            let read_at = unix_now();
            status.chain = ChainRead {
                slot: snapshot.slot,
                clock: snapshot.now,
                read_at,
                skew_seconds: read_at.saturating_sub(snapshot.now),
                failures: 0,
            };
        });
    }

    /// Something failed that should not have.
    pub(super) fn show_failure(&self, error: &anyhow::Error) {
        let say = |status: &mut Status| {
            status.errors.count = status.errors.count.saturating_add(1);
            status.errors.last = Some(format!("{error:#}"));
            status.errors.last_at = Some(unix_now());
        };
        self.board.change(say);
    }

    /// What was paid since the last look.
    fn paid(&self, snapshot: &Snapshot) -> BTreeMap<Pubkey, u64> {
        let now: Won =
            snapshot.jobs.iter().filter_map(|(at, job)| Some((*at, won(job, snapshot.my_seat(at)?)?))).collect();
        let before = std::mem::replace(&mut *self.won(), now);
        let mut paid = BTreeMap::new();
        for (at, (mint, amount)) in before {
            if snapshot.my_seat(&at).is_none() {
                let sum: &mut u64 = paid.entry(mint).or_default();
                *sum = sum.saturating_add(amount);
            }
        }
        paid
    }

    fn works(&self, snapshot: &Snapshot) -> Vec<Work> {
        let seats = snapshot.jobs.iter().filter_map(|(at, job)| Some((at, job, snapshot.my_seat(at)?)));
        let chairs = snapshot.cases.iter().filter_map(|(at, case)| {
            let ballot = snapshot.my_ballot(at)?;
            Some(self.chair(at, case, snapshot.jobs.get(&case.job), format!("{:?}", ballot.state)))
        });
        seats.map(|(at, job, seat)| self.seat(at, job, seat, snapshot)).chain(chairs).collect()
    }

    fn seat(&self, at: &Pubkey, job: &Job, seat: &Seat, snapshot: &Snapshot) -> Work {
        let name = posting(at, job);
        let brought = seat.state != SeatState::Claimed;
        let done = if brought { job.units } else { self.done(&name).max(seat.progress) };
        let fuel = snapshot.facts.get(&name).map(|facts| Amount(facts.fuel.saturating_mul(job.units)));
        Work {
            job: at.to_string(),
            case: None,
            class: job.class,
            state: format!("{:?}", seat.state),
            units_done: done,
            units_total: job.units,
            fuel,
            at_risk: job.exposure,
            price: Some(Amount(job.price_of(seat.index))),
            mint: Some(job.mint.to_string()),
        }
    }

    fn chair(&self, at: &Pubkey, case: &Case, job: Option<&Job>, state: String) -> Work {
        Work {
            job: case.job.to_string(),
            case: Some(at.to_string()),
            class: job.map_or(0, |job| job.class),
            state,
            at_risk: case.juror_bond,
            ..Work::default()
        }
    }
}

/// What a seat that won leaves its operator.
fn won(job: &Job, seat: &Seat) -> Option<(Pubkey, u64)> {
    let won = Job::in_set(job.winners, seat.index);
    won.then(|| (job.mint, net(job, job.left_of(seat.index).unwrap_or_default())))
}

/// What this operator must do next, the soonest first.
fn deadlines(snapshot: &Snapshot) -> Vec<Deadline> {
    let mut all = vec![];
    for (address, job) in snapshot.jobs.iter().filter(|(_, job)| job.is_live()) {
        let Some(seat) = snapshot.my_seat(address) else { continue };
        let (at, what) = match seat.state {
            SeatState::Sealed => (snapshot.rounds.get(address).map_or(seat.seal_by, |round| round.reveal_by), "reveal"),
            _ if job.is_working(seat) => (seat.seal_by, "compute"),
            _ => continue,
        };
        all.push(Deadline { at, job: address.to_string(), what: what.into() });
    }
    for (at, case) in &snapshot.cases {
        let Some(ballot) = snapshot.my_ballot(at).filter(|ballot| ballot.level == case.level) else { continue };
        let (until, what) = match ballot.state {
            BallotState::Joined => (ballot.seal_by, "judge"),
            BallotState::Sealed => (case.until, "vote"),
            _ => continue,
        };
        all.push(Deadline { at: until, job: case.job.to_string(), what: what.into() });
    }
    all.sort();
    all
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Whether a task computes for something that is over: the job was cancelled, refunded or posted anew.
pub(super) fn is_over(snapshot: &Snapshot, address: &Pubkey, action: &Action, name: &Pubkey) -> bool {
    let computes = action.is_work() || matches!(action, Action::Watch { .. });
    let live = |job: &Job| job.is_live() && posting(address, job) == *name;
    computes && !snapshot.jobs.get(address).is_some_and(live)
}
