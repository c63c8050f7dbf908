//! Handing results over, and forgetting what nobody will ask for any more.

use std::{
    collections::HashMap,
    future::Future,
    sync::Mutex,
    time::{Duration, Instant},
};

use anyhow::Result;
use assay_sdk::{
    escrow::{Job, SeatState},
    verification::BallotState,
};
use solana_sdk::pubkey::Pubkey;

use super::held;
use crate::{
    chain::Chain,
    crash,
    journal::{Entry, Journal, Stage},
    market::{
        Snapshot, posting,
        question::{sample, vote},
    },
    work::Workshop,
};

/// Time between the first two looks into the chain's history for one posting, and between any two. An RPC may have it a
/// little later than the accounts, or never.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// Who knows what became of postings that are gone.
pub(super) trait History: Sync {
    /// A posting at a job's address as it was when it was closed; nothing if that is not known.
    fn closed(&self, job: &Pubkey, of: &Pubkey) -> impl Future<Output = Option<Job>> + Send;
}

/// When a posting was asked for last, and how often in all.
pub(super) type Asked = HashMap<Pubkey, (Instant, u32)>;

/// The chain's, asked less and less often.
pub(super) struct OfChain<'a> {
    pub(super) chain: &'a Chain,
    pub(super) asked: &'a Mutex<Asked>,
}

impl History for OfChain<'_> {
    async fn closed(&self, job: &Pubkey, of: &Pubkey) -> Option<Job> {
        if !is_due(&mut held(self.asked), of, Instant::now()) {
            return None;
        }
        let found = self.chain.closed(job, |last| posting(job, last) == *of).await.unwrap_or_else(|error| {
            // Whoever asks an RPC without history keeps the entry, and does all else as ever.
            tracing::warn!(%job, "the chain's history does not tell what became of it (see --url): {error:#}");
            None
        });
        if found.is_some() {
            held(self.asked).remove(of);
        }
        found
    }
}

fn is_due(asked: &mut Asked, of: &Pubkey, now: Instant) -> bool {
    let (last, times) = asked.get(of).copied().unwrap_or((now, 0));
    let wait = FIRST_WAIT.saturating_mul(1 << times.clamp(1, 16) >> 1).min(LONGEST_WAIT);
    let due = times == 0 || now.duration_since(last) >= wait;
    if due {
        asked.insert(*of, (now, times.saturating_add(1)));
    }
    due
}

/// Hand over the results that are on chain; then drop the entries and results of seats and chairs that are gone. Only once
/// revealed, or once the posting is known to be over: a server that lags behind may not know a job yet whose salt is still
/// needed. A result is kept as long as there is a seat: its operator may have to prove parts of it.
pub(super) async fn tidy(
    journal: &Journal,
    workshop: &Workshop,
    snapshot: &Snapshot,
    history: &impl History,
) -> Result<()> {
    let live = Live::of(snapshot);
    for entry in journal.all()? {
        let name: Pubkey = entry.question.parse()?;
        let mut entry = catch_up(journal, entry, live.questions.get(&name))?;
        let gone = !live.questions.contains_key(&name);
        if gone && entry.stage < Stage::Revealed {
            match ended(&entry, snapshot, history).await? {
                None => continue,
                // Killed after the transaction that ended its job, and before that was written down.
                Some(last) if has_won(&entry, &last) => entry = journal.set_stage(&entry.question, Stage::Revealed)?,
                Some(_) => {
                    forget(journal, workshop, &name)?;
                    continue;
                }
            }
        }
        if entry.stage == Stage::Revealed {
            crash::point("hand-over", "begun");
            workshop.hand_over(&name, &entry.digest).await?;
            crash::point("hand-over", "taken");
            journal.set_stage(&entry.question, Stage::Handed)?;
            crash::point("hand-over", "noted");
        }
        if gone && entry.stage >= Stage::Revealed {
            forget(journal, workshop, &name)?;
        }
    }
    Ok(())
}

fn forget(journal: &Journal, workshop: &Workshop, name: &Pubkey) -> Result<()> {
    crash::point("forget", "begun");
    workshop.forget(name)?;
    crash::point("forget", "half");
    journal.remove(&name.to_string())?;
    crash::point("forget", "done");
    Ok(())
}

/// Killed after a reveal was confirmed and before that was written down.
fn catch_up(journal: &Journal, entry: Entry, shown: Option<&bool>) -> Result<Entry> {
    let behind = entry.stage < Stage::Revealed && shown == Some(&true);
    Ok(if behind { journal.set_stage(&entry.question, Stage::Revealed)? } else { entry })
}

/// The posting that an answer is about, once it is over and nobody can ask for the answer any more.
async fn ended(entry: &Entry, snapshot: &Snapshot, history: &impl History) -> Result<Option<Job>> {
    let Some(of) = &entry.of else { return Ok(None) };
    let (address, name): (Pubkey, Pubkey) = (of.job.parse()?, of.posting.parse()?);
    match snapshot.jobs.get(&address).filter(|job| posting(&address, job) == name) {
        // Without a seat its result is of no use. Cases may go on for a while, and their votes with them.
        Some(job) => Ok((!job.is_live() && entry.question == of.posting).then(|| job.clone())),
        None => Ok(history.closed(&address, &name).await),
    }
}

/// Whether an answer is the whole result that its posting ended with.
fn has_won(entry: &Entry, last: &Job) -> bool {
    let whole = entry.of.as_ref().is_some_and(|of| of.posting == entry.question);
    whole && last.accuser().is_none() && last.root == entry.digest
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_is_asked_at_once_and_then_less_and_less_often() {
        let (mut asked, of, start) = (Asked::new(), Pubkey::new_from_array([1; 32]), Instant::now());
        let times: Vec<u64> = (0..20_000)
            .filter(|seconds| is_due(&mut asked, &of, start + Duration::from_secs(*seconds))) //
            .collect();
        assert_eq!(times, [0, 5, 15, 35, 75, 155, 315, 635, 1_275, 2_555, 5_115, 8_715, 12_315, 15_915, 19_515]);
        assert!(is_due(&mut asked, &Pubkey::new_from_array([2; 32]), start), "each for itself");
    }
}
