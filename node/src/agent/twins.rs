//! Two nodes on one key, wherever they run: a seal on the chain that this node's journal cannot open was made by another
//! one, or by this one before its data folder was lost. Going on would only mix their answers: it stops, and seals nothing
//! again.

use anyhow::{Result, ensure};
use assay_sdk::{
    addresses,
    escrow::{Job, SeatState, Strategy},
    verification::{BallotState, audit::EXECUTOR, seal::seal},
};
use solana_sdk::pubkey::Pubkey;

use crate::{
    journal::Journal,
    market::{Snapshot, posting, question},
};

/// See that every seal of this operator's is one of the journal's.
///
/// # Errors
/// When one is not, with what to do, or when the journal cannot be read.
pub(super) fn check(snapshot: &Snapshot, journal: &Journal, genesis: &[u8; 32]) -> Result<()> {
    let (mut foreign, me) = (vec![], &snapshot.me.operator);
    let opens = |question: Pubkey, at: &Pubkey, sealed: &[u8; 32]| -> Result<bool> {
        let entry = journal.get(&question.to_string())?;
        Ok(entry.is_some_and(|entry| seal(genesis, at, me, &entry.digest, entry.salt.expose()) == *sealed))
    };
    for (address, job) in &snapshot.jobs {
        let Some(seat) = snapshot.my_seat(address).filter(|seat| seat.state == SeatState::Sealed) else { continue };
        let question = asked(address, job, seat.index);
        // Where no round judges, nobody seals.
        if job.strategy.has_round() && !opens(question, &addresses::round(address), &seat.commitment)? {
            foreign.push(*address);
        }
    }
    for (at, case) in &snapshot.cases {
        let sealed = snapshot.my_ballot(at).filter(|ballot| ballot.state == BallotState::Sealed);
        let Some(ballot) = sealed.filter(|ballot| ballot.level == case.level) else { continue };
        let Some(job) = snapshot.jobs.get(&case.job) else { continue };
        if !opens(question::vote(&case.job, job, at, case), at, &ballot.commitment)? {
            foreign.push(*at);
        }
    }
    ensure!(
        foreign.is_empty(),
        "two nodes on one key: the seal of {} is not of this node's journal. Stop the other node; or, if this node's data \
         folder was lost, restore it, or start with --seals-lost and lose the bonds of what it sealed",
        foreign.iter().map(Pubkey::to_string).collect::<Vec<_>>().join(", ")
    );
    Ok(())
}

/// What a seat's seal answers.
fn asked(address: &Pubkey, job: &Job, index: u8) -> Pubkey {
    match job.strategy {
        Strategy::Sampled { .. } if index != EXECUTOR => question::sample(address, job),
        _ => posting(address, job),
    }
}
