//! What is due of cases, their juries and what was put at stake in them.

use assay_sdk::{
    addresses,
    escrow::Job,
    ix,
    token::ASY_MINT,
    verification::{Case, CaseKind, CasePhase},
};
use solana_sdk::pubkey::Pubkey;

use super::{
    kind::{Crank, Kind},
    world::World,
};

impl World {
    pub(super) fn of_cases(&self) -> impl Iterator<Item = Crank> {
        // Cases name their job, which is closed after them.
        let known = self.cases.iter().filter_map(|(at, case)| Some((at, case, self.jobs.get(&case.job)?)));
        known.flat_map(|(at, case, job)| self.of_case(at, case, job)).chain(self.of_sureties())
    }

    fn of_case(&self, at: &Pubkey, case: &Case, job: &Job) -> Vec<Crank> {
        let level = case.level.into();
        if !job.is_live() && case.phase != CasePhase::Concluded {
            return vec![Crank::new(Kind::ConcludeCase, at, vec![ix::verification::moot_case(&case.job, at)])];
        }
        let over = case.revealing(self.now).unwrap_or(false) && case.revealed == case.sealed;
        match case.phase {
            CasePhase::Answering if self.now > case.until => vec![self.conclude(at, case, job)],
            CasePhase::Called if self.slot > case.seed_slot => {
                vec![Crank::new(Kind::DrawJury, at, vec![ix::verification::draw_jury(at)]).nth(level)]
            }
            CasePhase::Judging if self.now > case.until || over => {
                vec![Crank::new(Kind::ResolveCase, at, vec![ix::verification::resolve_case(at)]).nth(level)]
            }
            CasePhase::Resolved if case.is_final(self.now) => vec![self.conclude(at, case, job)],
            CasePhase::Concluded => self.concluded(at, case, job),
            _ => vec![],
        }
    }

    /// How a case ends: each kind has consequences of its own for the job.
    fn conclude(&self, at: &Pubkey, case: &Case, job: &Job) -> Crank {
        let operators = || self.seats(&case.job).iter().map(|seat| seat.operator).collect::<Vec<_>>();
        let (work, bounty) = match case.kind {
            CaseKind::Challenge { .. } => {
                (ix::verification::conclude_challenge(&case.job, job.class, at, &case.executor), 0)
            }
            CaseKind::Sample => {
                let me = Some(&self.me);
                (ix::verification::conclude_sample(me, &case.job, job.class, &operators()), job.bounty)
            }
            CaseKind::Tie => (ix::verification::conclude_tie(&case.job, job.class, &operators()), 0),
        };
        Crank::new(Kind::ConcludeCase, at, vec![work]).for_bounty(bounty)
    }

    fn concluded(&self, at: &Pubkey, case: &Case, job: &Job) -> Vec<Crank> {
        let jurors = self.ballots(at).iter().filter_map(|ballot| {
            let juror = ballot.operator;
            let nth = juror.to_bytes().iter().fold(0_u64, |sum, byte| sum.rotate_left(8) ^ u64::from(*byte));
            if ballot.earned(case).ok()?.is_some() {
                let work = vec![ix::verification::settle_ballot(at, &juror)];
                return Some(Crank::new(Kind::SettleBallot, at, work).nth(nth).into(&juror, &ASY_MINT));
            }
            let work = vec![ix::verification::slash_ballot(at, &case.requester, &juror, &self.me)];
            let crank = Crank::new(Kind::SlashBallot, at, work).nth(nth);
            Some(crank.into(&case.requester, &ASY_MINT).into(&self.me, &ASY_MINT))
        });
        let dues = (0..).zip(&case.dues).filter(|(_, due)| due.amount > 0).map(|(index, due)| {
            let work = vec![ix::verification::pay_case(at, index, &due.to)];
            Crank::new(Kind::PayCase, at, work).nth(index.into()).into(&due.to, &ASY_MINT)
        });
        let close = case.closable(job, self.now).then(|| {
            let work = vec![ix::verification::close_case(at, case)];
            Crank::new(Kind::CloseCase, at, work).into(&case.opener, &ASY_MINT)
        });
        jurors.chain(dues).chain(close).collect()
    }

    /// What operators have at stake in cases none of which can be lost any more.
    fn of_sureties(&self) -> impl Iterator<Item = Crank> {
        let needed = |job: &Pubkey| self.jobs.get(job).is_some_and(|job| job.is_live());
        self.sureties().into_iter().filter_map(move |(job, operator)| {
            let surety = addresses::surety(&job, &operator);
            let there = self.held.contains_key(&surety) && !needed(&job);
            let work = vec![ix::verification::return_surety(&job, &operator)];
            there.then(|| Crank::new(Kind::ReturnSurety, &surety, work).into(&operator, &ASY_MINT))
        })
    }
}
