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
    state::{Job, Round, need, require},
};

/// Slots that the sysvar remembers.
const REMEMBERED: u64 = 512;

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let ready = |at: &_, job: &Job| !job.has_round() || view.model.rounds.contains_key(&addresses::round(at));
    let undrawn = |job: &Job| job.state == JobState::Open && job.seeded_at == 0;
    let (address, job) = view.job(dice, |at, job| undrawn(job) && ready(at, job))?;
    // Where nobody seals there is no round.
    let without = job.has_round() == dice.once_in(20);
    let call = if without { ix::verification::draw_roundless(&address) } else { ix::verification::draw(&address) };
    let round = addresses::round(&address);
    send(call, move |m| {
        let (now, slot) = (m.now, m.slot);
        let job = need(m.jobs.get_mut(&address))?;
        let round = if without { None } else { Some(need(m.rounds.get(&round))?) };
        let fresh = |round: &Round| round.phase == Phase::Sealing && (round.sealed, round.revealed) == (0, 0);
        let own = round.is_some_and(|round| fresh(round) && round.is_of(job));
        require(!job.has_round() || own, VerificationError::StaleRound)?;
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
