//! What an agent decides without a chain: room, waits, and what it keeps.

use std::{
    collections::{BTreeSet, HashSet},
    num::NonZeroUsize,
    path::Path,
};

use assay_sdk::{
    escrow::{Job, JobState, SeatState, Strategy},
    verification::{BallotState, CasePhase},
};

use super::{
    answers::of,
    tidy::{History, tidy},
    *,
};
use crate::{
    artifacts::{Policy, Store},
    compute::{Capacity, Honesty},
    journal::Stage,
    market::{
        plan::Step,
        posting, question,
        tests::{cases, job, seat, snapshot},
    },
    runtime::wasm::WasmRuntime,
};

fn key(n: u8) -> Pubkey {
    Pubkey::new_from_array([n; 32])
}

fn task(running: bool, done: bool) -> Task {
    Task { not_before: Instant::now(), running, done, failures: 0, work: None }
}

fn workshop(dir: &Path) -> Workshop {
    Workshop {
        store: Store::open(dir.join("artifacts"), Policy::default()).unwrap(),
        runtime: Arc::new(WasmRuntime::new().unwrap()),
        capacity: Arc::new(Capacity::new(NonZeroUsize::MIN, 1024)),
        honesty: Honesty::Honest,
        results: dir.join("results"),
        api: None,
        client: reqwest::Client::new(),
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
fn a_chair_is_room_taken_as_a_seat_is_and_watching_waits_for_both() {
    let of_case = |step| Action::Case { case: key(9), step };
    let (none, join, judge) = (Tasks::new(), of_case(Step::Join), of_case(Step::Judge));
    let planned = [(key(2), judge.clone())];
    assert!(!has_room(&none, &planned, 1, &key(1), &Action::Claim));
    assert!(!has_room(&none, &[(key(2), Action::Compute)], 1, &key(1), &join));
    let judging = Tasks::from([((key(2), judge.clone()), task(true, false))]);
    assert!(!has_room(&judging, &[], 1, &key(1), &Action::Compute));
    assert!(has_room(&judging, &[], 1, &key(1), &of_case(Step::Vote)));
    let watch = Action::Watch { operator: key(3) };
    assert!(has_room(&none, &[], 1, &key(1), &watch));
    assert!(!has_room(&none, &planned, 2, &key(1), &watch), "work comes first");
    let watching = Tasks::from([((key(2), watch.clone()), task(true, false))]);
    assert!(!has_room(&watching, &[], 1, &key(1), &watch));
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
    assert_eq!(waits(Action::Draw { checked: None }), [4, 8, 128]);
}

#[test]
fn a_job_posted_again_at_its_address_gets_a_salt_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path().join("journal")).unwrap();
    let (first, again) = (job(), Job { posted_at: 901, ..job() });
    let name = |job| posting(&key(50), job).to_string();
    let old = journal.record(&name(&first), of(&key(50), &first), [1; 32], vec![]).unwrap();
    assert_eq!(journal.get(&name(&again)).unwrap(), None);
    let new = journal.record(&name(&again), of(&key(50), &again), [2; 32], vec![]).unwrap();
    assert_eq!(new.digest, [2; 32]);
    assert_ne!(new.salt, old.salt);
    assert_eq!(journal.get(&name(&first)).unwrap(), Some(old), "and the first one's is not lost");
}

/// Three computed jobs: one revealed and on chain, one revealed and gone, one sealed and unknown to this server.
struct Left {
    _dir: tempfile::TempDir,
    journal: Journal,
    workshop: Workshop,
    market: Snapshot,
    names: [Pubkey; 3],
    /// What all three add up to.
    root: [u8; 32],
    past: Past,
}

fn left() -> Left {
    let dir = tempfile::tempdir().unwrap();
    let (journal, workshop) = (Journal::open(dir.path().join("journal")).unwrap(), workshop(dir.path()));
    std::fs::create_dir_all(&workshop.results).unwrap();
    let market = snapshot(Some(job()), None, vec![]);
    let at = *market.jobs.keys().next().unwrap();
    let jobs = [job(), other(8), other(9)];
    let names = jobs.each_ref().map(|job| posting(&at, job));
    let document = assay_sdk::result::ResultDocument::build(vec![b"42".to_vec()]).unwrap();
    let stages = [Stage::Revealed, Stage::Revealed, Stage::Sealed];
    for ((name, job), stage) in names.iter().zip(&jobs).zip(stages) {
        journal.record(&name.to_string(), of(&at, job), document.root, vec![]).unwrap();
        journal.set_stage(&name.to_string(), stage).unwrap();
        std::fs::write(workshop.results.join(format!("{name}.json")), document.to_json()).unwrap();
    }
    Left { _dir: dir, journal, workshop, market, names, root: document.root, past: Past::default() }
}

/// Another posting at the address.
fn other(posted_at: i64) -> Job {
    Job { posted_at, ..job() }
}

/// Closed jobs.
#[derive(Default)]
struct Past(Vec<Job>);

impl History for Past {
    async fn closed(&self, job: &Pubkey, of: &Pubkey) -> Option<Job> {
        self.0.iter().find(|last| posting(job, last) == *of).cloned()
    }
}

impl Left {
    async fn tidy(&self) -> Result<()> {
        tidy(&self.journal, &self.workshop, &self.market, &self.past).await
    }

    fn stage(&self, name: &Pubkey) -> Option<Stage> {
        self.journal.get(&name.to_string()).unwrap().map(|entry| entry.stage)
    }

    /// Whether there still is an entry and a result, of each.
    fn kept(&self) -> [(bool, bool); 3] {
        self.names.map(|name| {
            let entry = self.journal.get(&name.to_string()).unwrap().is_some();
            (entry, self.workshop.results.join(format!("{name}.json")).exists())
        })
    }
}

#[tokio::test]
async fn what_is_revealed_is_handed_over_and_what_is_gone_is_dropped() {
    let left = left();
    left.tidy().await.unwrap();
    assert_eq!(left.kept(), [(true, true), (false, false), (true, true)], "its operator may be asked for proofs");
    let stages = || left.journal.all().unwrap().into_iter().map(|entry| entry.stage).collect::<BTreeSet<_>>();
    assert_eq!(stages(), BTreeSet::from([Stage::Handed, Stage::Sealed]));
}

#[tokio::test]
async fn a_result_is_kept_while_there_is_a_seat_and_dropped_with_it() {
    let mut left = left();
    let at = *left.market.jobs.keys().next().unwrap();
    let ended = Job { ended_at: 1, state: JobState::Verified, ..job() };
    left.market.jobs.insert(at, ended);
    left.market.seats.insert(at, vec![seat(0, left.market.me.operator, SeatState::Delivered)]);
    left.tidy().await.unwrap();
    assert_eq!(left.kept()[0], (true, true));
    left.market.seats.clear();
    left.tidy().await.unwrap();
    assert_eq!(left.kept()[0], (false, false));
}

/// Killed after the delivery was confirmed and before that was written down.
#[tokio::test]
async fn what_the_chain_shows_is_caught_up_with() {
    let mut left = left();
    let at = *left.market.jobs.keys().next().unwrap();
    let sealing = Job { posted_at: 903, ..job() };
    let name = posting(&at, &sealing).to_string();
    left.journal.record(&name, of(&at, &sealing), [9; 32], vec![]).unwrap();
    left.market.jobs.insert(at, sealing);
    let stage = |left: &Left| left.journal.get(&name).unwrap().unwrap().stage;
    left.tidy().await.unwrap();
    assert_eq!(stage(&left), Stage::Sealing);
    left.market.seats.insert(at, vec![seat(0, left.market.me.operator, SeatState::Delivered)]);
    left.tidy().await.unwrap();
    assert_eq!(stage(&left), Stage::Handed);
}

/// Killed after a vote was revealed; then the case is closed.
#[tokio::test]
async fn a_vote_is_caught_up_with_and_forgotten_with_its_case() {
    let mut left = left();
    let (address, job) = left.market.jobs.iter().next().map(|(at, job)| (*at, job.clone())).unwrap();
    let case = cases::case(CasePhase::Judging);
    let name = question::vote(&address, &job, &cases::at(), &case).to_string();
    left.journal.record(&name, of(&address, &job), [9; 32], vec![]).unwrap();
    let me = left.market.me.operator;
    left.market.cases.insert(cases::at(), case);
    let stage = |left: &Left| left.journal.get(&name).unwrap().map(|entry| entry.stage);
    for (state, expected) in [(BallotState::Sealed, Stage::Sealing), (BallotState::Revealed, Stage::Handed)] {
        left.market.ballots.insert(cases::at(), vec![cases::ballot(me, state)]);
        left.tidy().await.unwrap();
        assert_eq!(stage(&left), Some(expected));
    }
    left.market.ballots.clear();
    left.market.cases.clear();
    left.tidy().await.unwrap();
    assert_eq!(stage(&left), None);
}

#[tokio::test]
async fn a_result_is_kept_until_the_api_has_taken_it() {
    let mut left = left();
    // Nobody listens on port 1.
    left.workshop.api = Some("http://127.0.0.1:1".into());
    left.tidy().await.unwrap_err();
    assert_eq!(left.kept(), [(true, true); 3]);
}

/// Killed after the transaction that showed the result and ended the job, which is gone when the node is back.
#[tokio::test]
async fn a_result_that_won_is_handed_over_though_its_job_is_gone() {
    let mut left = left();
    left.past.0.push(Job { root: left.root, state: JobState::Settled, ..other(9) });
    left.workshop.api = Some("http://127.0.0.1:1".into());
    left.journal.remove(&left.names[0].to_string()).unwrap();
    left.journal.remove(&left.names[1].to_string()).unwrap();
    left.tidy().await.unwrap_err();
    assert_eq!((left.kept()[2], left.stage(&left.names[2])), ((true, true), Some(Stage::Revealed)), "not without");
    left.workshop.api = None;
    left.tidy().await.unwrap();
    assert_eq!(left.kept()[2], (false, false));
}

#[tokio::test]
async fn what_did_not_win_is_forgotten_with_its_job_and_goes_nowhere() {
    let reviewed = Strategy::Optimistic { window: 9 };
    let ends = |root| {
        let accused = Job { root, losers: 1, state: JobState::Unresolved, strategy: reviewed, ..other(9) };
        [Job { root: [8; 32], state: JobState::Settled, ..other(9) }, accused]
    };
    for end in 0..2 {
        let mut left = left();
        left.journal.remove(&left.names[0].to_string()).unwrap();
        left.journal.remove(&left.names[1].to_string()).unwrap();
        left.past.0.push(ends(left.root)[end].clone());
        // Handing over would fail.
        left.workshop.api = Some("http://127.0.0.1:1".into());
        left.tidy().await.unwrap();
        assert_eq!(left.kept()[2], (false, false), "{end}");
    }
}

/// Ended and not closed yet: nobody asks for a result without a seat; votes wait for the end of their cases.
#[tokio::test]
async fn a_posting_that_ended_needs_no_result_and_a_closed_one_no_vote() {
    let mut left = left();
    let (at, vote) = (*left.market.jobs.keys().next().unwrap(), key(77));
    left.journal.record(&vote.to_string(), of(&at, &other(9)), [1; 32], vec![]).unwrap();
    left.market.jobs.insert(at, Job { root: left.root, state: JobState::Settled, ended_at: 1, ..other(9) });
    left.tidy().await.unwrap();
    assert_eq!((left.kept()[2], left.stage(&vote)), ((false, false), Some(Stage::Sealing)));
    left.market.jobs.clear();
    left.tidy().await.unwrap();
    assert_eq!(left.stage(&vote), Some(Stage::Sealing), "this server may lag behind");
    left.past.0.push(other(8));
    left.tidy().await.unwrap();
    assert_eq!(left.stage(&vote), Some(Stage::Sealing), "another posting's end");
    left.past.0.push(other(9));
    left.tidy().await.unwrap();
    assert_eq!(left.stage(&vote), None);
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
