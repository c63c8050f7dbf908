use anchor_lang::prelude::Pubkey;
use assay_tests::{
    assay_sdk::{
        addresses,
        escrow::{SeatState, Strategy},
        ix,
        verification::{Phase, VerificationError},
    },
    market::seal_of,
    world::{honest, lie},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Job, Model, Seat, Verdict, holding, need, require, sample, tree},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, seat, posted) =
        view.seat(dice, |job, seat| seat.state == SeatState::Claimed && job.has_round() && job.live())?;
    // Some never seal.
    if (seat.seal_by + i64::from(seat.index)) % 5 == 0 {
        return None;
    }
    let (job, operator) = (seat.job, seat.operator);
    let (digest, wrong) = found(dice, &seat, &posted);
    let others: Vec<_> = view.model.seats.values().filter(|other| other.state == SeatState::Sealed).collect();
    let seal = match dice.below(16) {
        0 => [0; 32],
        // Copied: it cannot be revealed.
        1 => dice.pick(&others).map_or([1; 32], |other| other.commitment),
        _ => seal_of(&job, &operator, &digest),
    };
    let at = addresses::round(&job);
    let alone = view.model.rounds.get(&at).is_some_and(|round| round.replicas == 1);
    // Who is asked alone carries the job on to its next draw, and must name it.
    let with_job = alone != dice.once_in(24);
    let call = if with_job { ix::verification::seal_result_first } else { ix::verification::seal_result };
    send(call(&operator, &job, seal), move |m| {
        let now = m.now;
        let round = need(m.rounds.get_mut(&at))?;
        let seat = holding(m.seats.get_mut(&address))?;
        require(seal != [0; 32], VerificationError::EmptyCommitment)?;
        require(round.phase == Phase::Sealing, VerificationError::WrongPhase)?;
        require(seat.state == SeatState::Claimed, VerificationError::WrongSeatState)?;
        require(now <= seat.seal_by, VerificationError::SealTooLate)?;
        round.sealed += 1;
        (seat.state, seat.commitment) = (SeatState::Sealed, seal);
        (seat.digest, seat.wrong) = (digest, wrong);
        if round.replicas == 1 {
            require(with_job, VerificationError::JobMissing)?;
            return go_on(m, &job);
        }
        if round.sealed == round.replicas {
            round.reveals_from(now);
        }
        Ok(())
    })
}

/// What an operator says that it found, and in which unit that is wrong, if it is in one.
fn found(dice: &mut Dice, seat: &Seat, job: &Job) -> ([u8; 32], Option<u64>) {
    if !matches!(job.strategy, Strategy::Sampled { .. }) {
        let digest = match dice.below(6) {
            0 => lie(&seat.operator),
            // Liars who agree.
            1 => lie(&seat.job),
            _ => honest(),
        };
        return (digest, None);
    }
    if seat.index == 0 {
        let wrong = dice.once_in(2).then(|| dice.below(job.units));
        return (tree::root(&tree::units(job.units, wrong)), wrong);
    }
    // Liars who agree: in a unit that was drawn.
    let wrong = if dice.once_in(4) { sample::drawn(job, &seat.job).first().copied() } else { None };
    (sample::root(&job.samples(&seat.job, wrong)), wrong)
}

/// The one that was asked has sealed. From a slot after that it is drawn whether others check it, or who does.
fn go_on(m: &mut Model, address: &Pubkey) -> Verdict {
    let clock = (m.now, m.slot);
    let job = need(m.jobs.get_mut(address))?;
    let round = need(m.rounds.get_mut(&addresses::round(address)))?;
    require(round.is_of(job), VerificationError::StaleRound)?;
    let asked = match job.strategy {
        Strategy::Replicated { .. } => {
            round.phase = Phase::Checking;
            1
        }
        Strategy::Sampled { committee, .. } => 1 + committee,
        _ => return require(false, VerificationError::WrongJobState),
    };
    job.ask(asked, true, clock)?;
    round.follow(job);
    Ok(())
}
