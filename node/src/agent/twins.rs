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

#[cfg(test)]
mod tests {
    use assay_sdk::{escrow::Seat, verification::CasePhase};

    use super::*;
    use crate::{
        journal::Of,
        market::tests::{cases, job, seat, snapshot},
    };

    fn of(address: &Pubkey) -> Of {
        Of::new(address, &posting(address, &job()))
    }

    /// A sealed seat of this operator's, with what its journal would have sealed.
    fn sealed(journal: &Journal) -> Snapshot {
        let mut market = snapshot(Some(job()), None, vec![]);
        let (address, me) = (*market.jobs.keys().next().unwrap(), market.me.operator);
        let entry = journal.record(&posting(&address, &job()).to_string(), of(&address), [1; 32], vec![]).unwrap();
        let commitment = seal(&[0; 32], &addresses::round(&address), &me, &entry.digest, entry.salt.expose());
        let mine = Seat { commitment, ..seat(0, me, SeatState::Sealed) };
        market.seats.insert(address, vec![mine]);
        market
    }

    #[test]
    fn a_seal_that_the_journal_cannot_open_is_another_nodes() {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let journal = Journal::open(dir.path()).unwrap();
        let market = sealed(&journal);
        check(&market, &journal, &[0; 32]).unwrap();
        let other = Journal::open(elsewhere.path()).unwrap();
        let said = check(&market, &other, &[0; 32]).unwrap_err().to_string();
        let address = market.jobs.keys().next().unwrap();
        assert!(said.starts_with(&format!("two nodes on one key: the seal of {address} is not")), "{said}");
        // Nor with the same digest: another node has another salt.
        other.record(&posting(address, &job()).to_string(), of(address), [1; 32], vec![]).unwrap();
        check(&market, &other, &[0; 32]).unwrap_err();
    }

    #[test]
    fn a_vote_is_looked_at_as_a_seat_is_and_others_seals_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        let mut market = sealed(&journal);
        let case = cases::case(CasePhase::Judging);
        let me = market.me.operator;
        let (address, level) = (*market.jobs.keys().next().unwrap(), case.level);
        let ballot = assay_sdk::verification::Ballot { level, ..cases::ballot(me, BallotState::Sealed) };
        let entry = journal
            .record(&question::vote(&address, &job(), &cases::at(), &case).to_string(), of(&address), [2; 32], vec![])
            .unwrap();
        let commitment = seal(&[0; 32], &cases::at(), &me, &entry.digest, entry.salt.expose());
        market.cases.insert(cases::at(), case);
        market.ballots.insert(cases::at(), vec![assay_sdk::verification::Ballot { commitment, ..ballot.clone() }]);
        check(&market, &journal, &[0; 32]).unwrap();
        market
            .ballots
            .insert(cases::at(), vec![assay_sdk::verification::Ballot { commitment: [9; 32], ..ballot.clone() }]);
        let said = check(&market, &journal, &[0; 32]).unwrap_err().to_string();
        assert!(said.contains(&cases::at().to_string()), "{said}");
        let stranger = Pubkey::new_from_array([77; 32]);
        let theirs = assay_sdk::verification::Ballot { operator: stranger, commitment: [9; 32], ..ballot };
        market.ballots.insert(cases::at(), vec![theirs]);
        check(&market, &journal, &[0; 32]).unwrap();
    }
}
