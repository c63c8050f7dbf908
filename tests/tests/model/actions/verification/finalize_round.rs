use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    addresses,
    escrow::{EscrowError, JobState, Strategy},
    ix,
    reputation::Verified,
    verification::{Phase, VerificationError},
};

use super::super::{Next, View, escrow::pay_bounty, send};
use crate::{
    dice::Dice,
    state::{
        Job, Model, Seat, Verdict,
        count::{Count, count, outcome},
        need, require,
    },
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let ready = |at: &_| view.model.rounds.get(&addresses::round(at)).is_some_and(|r| r.countable(view.model.now));
    let replicated = |job: &Job| matches!(job.strategy, Strategy::Replicated { .. });
    let (address, job) = view.job(dice, |at, job| job.live() && replicated(job) && ready(at))?;
    let operators = view.seated(dice, &address);
    let (class, at) = (job.class, addresses::round(&address));
    let caller = dice.once_in(2).then(|| view.anybody(dice));
    let call = match &caller {
        Some(caller) => ix::verification::finalize_round_by(caller, &address, class, &operators),
        None => ix::verification::finalize_round(&address, class, &operators),
    };
    send(call, move |m| {
        let now = m.now;
        let job = need(m.jobs.get(&address))?.clone();
        let round = need(m.rounds.get_mut(&at))?;
        require(matches!(job.strategy, Strategy::Replicated { .. }), VerificationError::NotReplicated)?;
        require(round.phase != Phase::Final, VerificationError::WrongPhase)?;
        require(round.is_of(&job), VerificationError::StaleRound)?;
        require(round.countable(now), VerificationError::FinalizeTooEarly)?;
        let waits = round.awaits_canary(now, m.verification.canary_seconds);
        require(!waits, VerificationError::FinalizeTooEarly)?;
        require(job.cases == 0, VerificationError::CasesOpen)?;
        let round = round.clone();
        let seats = m.all_seats(&address, class, &operators)?;
        let (count, silent) = count(&job, &round, &seats, m.widening);
        m.carry_on(&address, &seats, count, silent)?;
        match &caller {
            Some(caller) if m.rounds[&at].phase != Phase::Tied => pay_bounty(m, &address, caller),
            _ => Ok(()),
        }
    })
}

impl Model {
    /// Do what a count comes to.
    fn carry_on(&mut self, address: &Pubkey, seats: &[Seat], count: Count, silent: Vec<u8>) -> Verdict {
        let (now, slot) = (self.now, self.slot);
        let job = need(self.jobs.get_mut(address))?;
        let round = need(self.rounds.get_mut(&addresses::round(address)))?;
        match count {
            Count::Widen(seats) => {
                job.ask(seats, true, (now, slot))?;
                (round.phase, round.silent) = (Phase::Sealing, silent);
                round.follow(job);
            }
            Count::Tie => {
                (round.phase, round.silent) = (Phase::Tied, silent);
                round.reveal_by = now + i64::from(round.reveal_window);
            }
            Count::End { root, winners, losers } => {
                round.phase = Phase::Final;
                require(job.live(), EscrowError::WrongState)?;
                job.end(if winners.is_empty() { JobState::Unresolved } else { JobState::Verified }, now);
                (job.root, job.winners, job.losers) = (root, winners, losers);
                // Who was asked alone and not checked has proved nothing.
                let trust = round.replicas > 1;
                for seat in seats {
                    let record = need(self.records.get_mut(&addresses::record(&seat.operator, job.class)))?;
                    if let Some(outcome) = outcome(seat, &job.winners, &job.losers) {
                        record.apply(&Verified { outcome, value: job.bond, partner: job.requester, trust }, now);
                    }
                }
            }
        }
        Ok(())
    }
}
