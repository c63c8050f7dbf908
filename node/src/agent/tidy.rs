//! Handing results over, and forgetting what nobody will ask for any more.

use std::collections::HashMap;

use anyhow::Result;
use assay_sdk::{escrow::SeatState, verification::BallotState};
use solana_sdk::pubkey::Pubkey;

use crate::{
    crash,
    journal::{Entry, Journal, Stage},
    market::{
        Snapshot, posting,
        question::{sample, vote},
    },
    work::Workshop,
};

/// Hand over the results that are on chain; then drop the entries and results of seats and chairs that are gone. Only once
/// revealed: a server that lags behind may not know a job yet whose salt is still needed. A result is kept as long as
/// there is a seat: its operator may have to prove parts of it.
pub(super) async fn tidy(journal: &Journal, workshop: &Workshop, snapshot: &Snapshot) -> Result<()> {
    let live = Live::of(snapshot);
    for entry in journal.all()? {
        let name: Pubkey = entry.question.parse()?;
        let entry = catch_up(journal, entry, live.questions.get(&name))?;
        if entry.stage == Stage::Revealed {
            crash::point("hand-over", "begun");
            workshop.hand_over(&name, &entry.digest).await?;
            crash::point("hand-over", "taken");
            journal.set_stage(&entry.question, Stage::Handed)?;
            crash::point("hand-over", "noted");
        }
        if entry.stage >= Stage::Revealed && !live.questions.contains_key(&name) {
            crash::point("forget", "begun");
            workshop.forget(&name)?;
            crash::point("forget", "half");
            journal.remove(&entry.question)?;
            crash::point("forget", "done");
        }
    }
    Ok(())
}

/// Killed after a reveal was confirmed and before that was written down.
fn catch_up(journal: &Journal, entry: Entry, shown: Option<&bool>) -> Result<Entry> {
    let behind = entry.stage < Stage::Revealed && shown == Some(&true);
    Ok(if behind { journal.set_stage(&entry.question, Stage::Revealed)? } else { entry })
}

/// Questions that this operator may still be asked about, and whether its answer is on chain for all to see.
struct Live {
    questions: HashMap<Pubkey, bool>,
}

impl Live {
    fn of(snapshot: &Snapshot) -> Self {
        let mut questions = HashMap::new();
        for (address, job) in &snapshot.jobs {
            let seat = snapshot.my_seat(address);
            // A server that lags behind may not show the seat yet.
            if seat.is_some() || job.is_live() {
                let shown = seat.is_some_and(|seat| matches!(seat.state, SeatState::Revealed | SeatState::Delivered));
                questions.insert(posting(address, job), shown);
                questions.insert(sample(address, job), shown);
            }
        }
        for (at, case) in &snapshot.cases {
            let job = snapshot.jobs.get(&case.job);
            let ballot = snapshot.my_ballot(at).filter(|ballot| ballot.level == case.level);
            if let (Some(job), Some(ballot)) = (job, ballot) {
                questions.insert(vote(&case.job, job, at, case), ballot.state == BallotState::Revealed);
            }
        }
        Self { questions }
    }
}
