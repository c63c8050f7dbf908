//! What holds after every step, whatever happened: the invariants of the threat model, on the model, which the driver
//! has just compared with the chain.

mod cases;
mod governance;
mod money;
mod staking;

use assay_tests::assay_sdk::escrow::JobState;

use crate::state::Model;

/// Lamports that there were at the start: none come, none go.
#[derive(Clone, Copy)]
pub struct Laws {
    lamports: u128,
}

impl Laws {
    pub fn of(model: &Model) -> Self {
        Self { lamports: lamports(model) }
    }

    /// The laws that are broken.
    pub fn broken(&self, model: &Model) -> Vec<String> {
        let mut broken = Vec::new();
        if lamports(model) != self.lamports {
            broken.push(format!("{} lamports, where there were {}", lamports(model), self.lamports));
        }
        broken.extend(money::broken(model));
        broken.extend(jobs(model));
        broken.extend(staking::broken(model));
        broken.extend(governance::broken(model));
        broken.extend(cases::broken(model));
        broken
    }
}

fn lamports(model: &Model) -> u128 {
    model.money.lamports.values().map(|lamports| u128::from(*lamports)).sum()
}

/// Vaults cover what is owed; ended jobs owe nothing; a job's seats are its own.
fn jobs(model: &Model) -> Vec<String> {
    let mut broken = Vec::new();
    for (address, job) in &model.jobs {
        let owed = job.owed();
        let held = model.money.held(&job.vault);
        if u128::from(held) < owed {
            broken.push(format!("vault of {address} holds {held} and owes {owed}"));
        }
        let due: u128 = job.legs.iter().map(|leg| u128::from(leg.due)).sum();
        if job.ended() && owed != due {
            broken.push(format!("{address} ended and owes {owed}, its legs {due}"));
        }
        let seats = model.seats.values().filter(|seat| seat.job == *address).count();
        if seats != job.seats.len() || (job.state == JobState::Settled && seats > 0) {
            broken.push(format!("{address} has {seats} seats, and says {:?}", job.seats));
        }
        // One bounty for each seat to settle and one for closing it, whatever became of the job.
        let seats = if job.live() { job.most().into() } else { job.seats.len() as u64 };
        let rent = model.money.rent(job.space) + u64::from(job.bounty) * (seats + 1);
        if model.money.lamports(address) < rent {
            broken.push(format!("{address} has {} lamports, and needs {rent}", model.money.lamports(address)));
        }
        if job.winners.iter().any(|seat| job.losers.contains(seat)) {
            broken.push(format!("{address}: a seat wins and loses"));
        }
    }
    for (address, device) in &model.devices {
        let busy = model.seats.values().filter(|seat| seat.device == *address).count();
        if busy != usize::from(device.busy) || device.busy > device.slots {
            broken.push(format!("{address} works for {busy} seats, and says {} of {}", device.busy, device.slots));
        }
    }
    let orphans = model.seats.iter().filter(|(_, seat)| !model.jobs.contains_key(&seat.job));
    broken.extend(orphans.map(|(address, _)| format!("seat {address} has no job")));
    broken
}
