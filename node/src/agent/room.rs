//! How much a node takes on at once, and how soon it tries again.

use std::{collections::HashSet, time::Duration};

use solana_sdk::pubkey::Pubkey;

use super::Tasks;
use crate::market::{Action, Snapshot, posting};

/// Whether there is room for one more task like this. A seat or a chair that is taken must be computed for, or a bond is
/// lost: so those still to be computed for, and those being taken, count against new ones.
pub(super) fn has_room(
    tasks: &Tasks,
    planned: &[(Pubkey, Action)],
    most: usize,
    job: &Pubkey,
    action: &Action,
) -> bool {
    let computing = || tasks.iter().filter(|(key, task)| computes(&key.1) && task.running).count();
    if action.takes_work() {
        let started = tasks.iter().filter(|(_, task)| task.running || task.done).map(|(key, _)| key);
        let taken = started.chain(planned.iter().filter(|(_, action)| action.is_work()));
        let others = taken.filter(|(at, what)| at != job && (what.takes_work() || what.is_work()));
        let taken: HashSet<Pubkey> = others.map(|(at, _)| *at).collect();
        // What is still under way for an earlier posting could be taken for this one's.
        let busy = tasks.iter().any(|((at, what), task)| at == job && task.running && what.is_due());
        return taken.len() < most && !busy;
    }
    // Nobody waits for a watcher.
    let idle = || !planned.iter().any(|(_, action)| action.is_work());
    match action {
        Action::Watch { .. } => computing() < most && idle(),
        _ if computes(action) => computing() < most,
        _ => true,
    }
}

fn computes(action: &Action) -> bool {
    action.is_work() || matches!(action, Action::Watch { .. })
}

/// The postings whose specs and artifacts are, or soon will be, of use.
pub(super) fn at_hand(snapshot: &Snapshot, planned: &[(Pubkey, Action)], tasks: &Tasks) -> HashSet<Pubkey> {
    let running = tasks.iter().filter(|(_, task)| task.running).map(|(key, _)| key);
    let wanted = planned.iter().chain(running).filter(|key| computes(&key.1) || key.1.takes_work());
    wanted.filter_map(|(address, _)| Some(posting(address, snapshot.jobs.get(address)?))).collect()
}

/// How long to wait after so many failures. What has a deadline and a bond is tried again soon.
pub(super) fn backoff(poll: Duration, action: &Action, failures: u32) -> Duration {
    poll * 2u32.pow(failures.min(if action.is_due() { 1 } else { 6 }))
}
