//! What an agent decides without a chain: room, waits, and what it keeps.

use std::{num::NonZeroUsize, path::Path};

use super::*;
use crate::{
    artifacts::{Policy, Store},
    compute::Honesty,
    market::tests::{job, snapshot},
    runtime::wasm::WasmRuntime,
};

fn key(n: u8) -> Pubkey {
    Pubkey::new_from_array([n; 32])
}

fn task(running: bool, done: bool) -> Task {
    Task { not_before: Instant::now(), running, done, failures: 0 }
}

fn workshop(dir: &Path) -> Workshop {
    Workshop {
        store: Store::open(dir.join("artifacts"), Policy::default()).unwrap(),
        runtime: Arc::new(WasmRuntime::new().unwrap()),
        parallelism: NonZeroUsize::MIN,
        honesty: Honesty::Honest,
        results: dir.join("results"),
        api: None,
        ready: Mutex::default(),
    }
}

#[test]
fn seats_to_be_computed_leave_no_room_for_new_ones() {
    let (none, claim, compute) = (Tasks::new(), Action::Claim, Action::Compute);
    assert!(has_room(&none, &[], 1, &key(1), &claim));
    // A seat taken a moment ago, whose computing has not begun.
    let planned = [(key(2), compute.clone())];
    assert!(!has_room(&none, &planned, 1, &key(1), &claim));
    assert!(has_room(&none, &planned, 2, &key(1), &claim));
    assert!(has_room(&none, &planned, 1, &key(2), &compute), "nor do they stand in their own way");
    // Under way, or done and not yet seen in a snapshot; one job counts once.
    let claiming = Tasks::from([((key(2), claim.clone()), task(true, false))]);
    assert!(!has_room(&claiming, &[], 1, &key(1), &claim));
    assert!(has_room(&claiming, &planned, 2, &key(1), &claim));
    let claimed = Tasks::from([((key(2), claim.clone()), task(false, true))]);
    assert!(!has_room(&claimed, &[], 1, &key(1), &claim));
    assert!(has_room(&claimed, &[], 1, &key(2), &claim), "again, if a fork undid it");
    let waiting = Tasks::from([((key(2), claim.clone()), task(false, false))]);
    assert!(has_room(&waiting, &[], 1, &key(1), &claim));
    let computing = Tasks::from([((key(2), compute.clone()), task(true, false))]);
    assert!(!has_room(&computing, &[], 1, &key(1), &compute));
    assert!(has_room(&computing, &[], 1, &key(1), &Action::Reveal));
}

#[test]
fn no_seat_is_taken_where_an_earlier_posting_is_still_computed() {
    let computing = Tasks::from([((key(1), Action::Compute), task(true, false))]);
    assert!(!has_room(&computing, &[], 9, &key(1), &Action::Claim));
    assert!(has_room(&computing, &[], 9, &key(2), &Action::Claim));
}

#[test]
fn what_has_a_deadline_is_tried_again_soon() {
    let poll = Duration::from_secs(2);
    let waits = |action| [1, 2, 9].map(|failures| backoff(poll, &action, failures).as_secs());
    assert_eq!(waits(Action::Reveal), [4, 4, 4]);
    assert_eq!(waits(Action::Compute), [4, 4, 4]);
    assert_eq!(waits(Action::Draw), [4, 8, 128]);
}

#[test]
fn a_job_posted_again_at_its_address_gets_a_salt_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path().join("journal")).unwrap();
    let (first, again) = (job(), Job { seed: [8; 32], ..job() });
    let name = |job| posting(&key(50), job).to_string();
    let old = journal.record_seal(&name(&first), [1; 32]).unwrap();
    assert_eq!(journal.get(&name(&again)).unwrap(), None);
    let new = journal.record_seal(&name(&again), [2; 32]).unwrap();
    assert_eq!(new.digest, [2; 32]);
    assert_ne!(new.salt, old.salt);
    assert_eq!(journal.get(&name(&first)).unwrap(), Some(old), "and the first one's is not lost");
}

#[test]
fn only_what_is_revealed_and_gone_is_swept() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, workshop) = (Journal::open(dir.path().join("journal")).unwrap(), workshop(dir.path()));
    std::fs::create_dir_all(&workshop.results).unwrap();
    let market = snapshot(Some(job()), None, vec![]);
    let at = *market.jobs.keys().next().unwrap();
    let live = posting(&at, &job());
    let gone = posting(&at, &Job { seed: [8; 32], ..job() });
    let sealed = posting(&at, &Job { seed: [9; 32], ..job() });
    let result = |name: &Pubkey| workshop.results.join(format!("{name}.json"));
    for name in [live, gone, sealed] {
        journal.record_seal(&name.to_string(), [1; 32]).unwrap();
        std::fs::write(result(&name), "{}").unwrap();
    }
    for (name, stage) in [(live, Stage::Revealed), (gone, Stage::Revealed), (sealed, Stage::Sealed)] {
        journal.set_stage(&name.to_string(), stage).unwrap();
    }
    sweep(&journal, &workshop, &market).unwrap();
    let left =
        [live, gone, sealed].map(|name| (journal.get(&name.to_string()).unwrap().is_some(), result(&name).exists()));
    assert_eq!(left, [(true, true), (false, false), (true, true)]);
}

#[test]
fn material_is_kept_for_jobs_to_claim_or_compute() {
    let market = snapshot(Some(job()), None, vec![]);
    let at = *market.jobs.keys().next().unwrap();
    let wanted = HashSet::from([posting(&at, &job())]);
    let none = Tasks::new();
    assert_eq!(at_hand(&market, &[(at, Action::Claim)], &none), wanted);
    assert_eq!(at_hand(&market, &[(at, Action::Reveal), (key(3), Action::Compute)], &none), HashSet::new());
    assert_eq!(at_hand(&market, &[], &Tasks::from([((at, Action::Compute), task(true, false))])), wanted);
}
