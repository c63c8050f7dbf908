use assay_tests::{
    assay_sdk::{
        addresses,
        escrow::{EscrowError, JobState},
        ix,
        verification::{Phase, VerificationError},
    },
    chain::hash,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

/// Slots that the sysvar remembers.
const REMEMBERED: u64 = 512;

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let ready = |at: &_| view.model.rounds.contains_key(&addresses::round(at));
    let (address, _) = view.job(dice, |at, job| job.state == JobState::Open && job.seeded_at == 0 && ready(at))?;
    let round = addresses::round(&address);
    send(ix::verification::draw(&address), move |m| {
        let (now, slot) = (m.now, m.slot);
        let job = need(m.jobs.get_mut(&address))?;
        let round = need(m.rounds.get(&round))?;
        let fresh = round.phase == Phase::Sealing && (round.sealed, round.revealed) == (0, 0);
        require(fresh && round.is_of(job), VerificationError::StaleRound)?;
        let first = job.seed_slot + 1;
        require(first < slot, VerificationError::SeedNotReady)?;
        require(job.state == JobState::Open, EscrowError::WrongState)?;
        require(job.seeded_at == 0, EscrowError::AlreadyDrawn)?;
        if first < slot - REMEMBERED {
            job.seed_slot = slot;
        } else {
            (job.seed, job.seeded_at) = (hash(&[b"slot", &first.to_le_bytes()]), now);
        }
        Ok(())
    })
}
