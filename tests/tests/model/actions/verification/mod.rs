//! The verification program's instructions.

pub mod accept_authority;
pub mod answer_case;
pub mod appeal;
pub mod ballot_reveal;
pub mod ballot_seal;
pub mod close_canary;
pub mod close_case;
pub mod close_round;
pub mod commit_canary;
pub mod conclude_challenge;
pub mod conclude_sample;
pub mod conclude_tie;
pub mod draw;
pub mod draw_jury;
pub mod finalize_round;
pub mod finalize_sample;
pub mod join_jury;
pub mod moot_case;
pub mod open_case;
pub mod open_round;
pub mod pay_case;
pub mod propose_authority;
pub mod prove_sample;
pub mod resolve_case;
pub mod return_surety;
pub mod reveal_canary;
pub mod reveal_result;
pub mod reveal_root;
pub mod reveal_sample;
pub mod seal_result;
pub mod set_guardian;
pub mod set_params;
pub mod set_paused;
pub mod settle_ballot;
pub mod slash_ballot;

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    addresses,
    escrow::{SeatState, Strategy},
    verification::{self, VerificationError},
};

use super::{View, admin::Governed};
use crate::{
    dice::Dice,
    state::{Ballot, Case, Job, Model, Seat, Verdict, need, require},
};

const GOVERNED: Governed =
    Governed { program: verification::ID, not_authority: 6418, not_pending: 6419, not_guardian: 6420 };

impl View<'_> {
    /// Who keeps canaries; one time in ten anybody.
    fn keeper(&self, dice: &mut Dice) -> Pubkey {
        let keeper = self.model.verification.canary_keeper;
        if !self.cast.people.contains(&keeper) || dice.once_in(10) { self.anybody(dice) } else { keeper }
    }

    /// Where somebody may post a job.
    pub fn posting(&self, dice: &mut Dice) -> Pubkey {
        let requester = dice.one(&self.cast.requesters);
        addresses::job(&requester, super::escrow::nonce(dice, &requester))
    }

    /// A case that `fits`; one time in twelve any at all.
    fn case(&self, dice: &mut Dice, fits: impl Fn(&Case) -> bool) -> Option<(Pubkey, Case)> {
        let any = dice.once_in(12);
        let cases: Vec<_> = self.model.cases.iter().filter(|(_, case)| any || fits(case)).collect();
        dice.pick(&cases).map(|(address, case)| (**address, (*case).clone()))
    }

    /// A ballot that `fits`, with its case; one time in sixteen any at all.
    fn ballot(&self, dice: &mut Dice, fits: impl Fn(&Case, &Ballot) -> bool) -> Option<(Pubkey, Ballot, Case)> {
        let any = dice.once_in(16);
        let with_case = self.model.ballots.iter().map(|(at, ballot)| (at, ballot, &self.model.cases[&ballot.case]));
        let ballots: Vec<_> = with_case.filter(|(_, ballot, case)| any || fits(case, ballot)).collect();
        dice.pick(&ballots).map(|(at, ballot, case)| (**at, (*ballot).clone(), (*case).clone()))
    }

    /// A sealed seat of a sampled job whose time it is to show what was sealed.
    fn sampled_seat(&self, dice: &mut Dice, fits: impl Fn(&Job, &Seat) -> bool) -> Option<(Pubkey, Seat, Job)> {
        let now = self.model.now;
        let shows = |at: &Pubkey| self.model.rounds.get(&addresses::round(at)).is_some_and(|r| r.revealing(now));
        let sampled = |job: &Job| matches!(job.strategy, Strategy::Sampled { .. });
        self.seat(dice, |job, seat| {
            sampled(job) && seat.state == SeatState::Sealed && shows(&seat.job) && fits(job, seat)
        })
    }

    /// Who has the seats of a job; one time in sixteen one is forgotten.
    fn seated(&self, dice: &mut Dice, job: &Pubkey) -> Vec<Pubkey> {
        let taken = self.model.seats.values().filter(|seat| seat.job == *job);
        let mut operators: Vec<Pubkey> = taken.map(|seat| seat.operator).collect();
        if dice.once_in(16) {
            operators.pop();
        }
        operators
    }
}

impl Model {
    /// The seats of these operators, which must be all.
    fn all_seats(&self, job: &Pubkey, class: u8, operators: &[Pubkey]) -> Verdict<Vec<Seat>> {
        let mut seats = Vec::new();
        for operator in operators {
            seats.push(need(self.seats.get(&addresses::seat(job, operator)))?.clone());
        }
        let job = need(self.jobs.get(job))?;
        require(class == job.class && seats.len() == job.seats.len(), VerificationError::WrongSeats)?;
        Ok(seats)
    }
}
