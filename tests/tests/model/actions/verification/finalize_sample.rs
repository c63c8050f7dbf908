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
        Model, Seat, Verdict,
        count::outcome,
        need, require,
        sample::{Word, verdict},
    },
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let ready = |at: &Pubkey| {
        let round = view.model.rounds.get(&addresses::round(at));
        round.is_some_and(|round| round.countable(now) || (round.phase == Phase::Auditing && now > round.reveal_by))
    };
    let sampled = |strategy| matches!(strategy, Strategy::Sampled { .. });
    let (address, job) = view.job(dice, |at, job| job.live() && sampled(job.strategy) && ready(at))?;
    let (class, operators) = (job.class, view.seated(dice, &address));
    let caller = dice.once_in(2).then(|| view.anybody(dice));
    let call = ix::verification::finalize_sample(caller.as_ref(), &address, class, &operators);
    send(call, move |m| {
        let now = m.now;
        let job = need(m.jobs.get(&address))?.clone();
        let round = need(m.rounds.get(&addresses::round(&address)))?.clone();
        let Strategy::Sampled { committee, .. } = job.strategy else {
            return require(false, VerificationError::NotSampled);
        };
        require(round.phase != Phase::Final, VerificationError::WrongPhase)?;
        require(round.is_of(&job), VerificationError::StaleRound)?;
        let seats = m.all_seats(&address, class, &operators)?;
        if round.phase == Phase::Auditing {
            require(now > round.reveal_by && job.cases == 0, VerificationError::AuditOpen)?;
        } else {
            require(round.countable(now), VerificationError::FinalizeTooEarly)?;
            if round.revealed > 0 {
                need(m.rounds.get_mut(&addresses::round(&address)))?.audits_from(now);
                return Ok(());
            }
        }
        let heard = round.sealed >= round.needed();
        let judged = if heard { verdict(&seats, committee, Word::Uncalled) } else { Default::default() };
        m.pronounce(&address, &seats, judged, caller.as_ref())
    })
}

impl Model {
    /// End a sampled job; its root is the executor's, if that one won.
    pub fn pronounce(
        &mut self,
        address: &Pubkey,
        seats: &[Seat],
        (winners, losers): (Vec<u8>, Vec<u8>),
        caller: Option<&Pubkey>,
    ) -> Verdict {
        let now = self.now;
        need(self.rounds.get_mut(&addresses::round(address)))?.phase = Phase::Final;
        let job = need(self.jobs.get_mut(address))?;
        require(job.live(), EscrowError::WrongState)?;
        if !winners.contains(&0) {
            job.root = [0; 32];
        }
        job.end(if winners.is_empty() { JobState::Unresolved } else { JobState::Verified }, now);
        (job.winners, job.losers) = (winners, losers);
        for seat in seats {
            let record = need(self.records.get_mut(&addresses::record(&seat.operator, job.class)))?;
            if let Some(outcome) = outcome(seat, &job.winners, &job.losers) {
                // A part of the work is worth a part of the bond.
                let part = u128::from(job.bond) * u128::from(job.price_of(seat.index)) / u128::from(job.seat_price);
                let verified = Verified { outcome, value: part as u64, partner: job.requester, trust: false };
                record.apply(&verified, now);
            }
        }
        caller.map_or(Ok(()), |caller| pay_bounty(self, address, caller))
    }
}
