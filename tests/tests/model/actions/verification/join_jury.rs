use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    addresses, ix,
    staking::sortition::ROLE_JURY,
    verification::{self, BallotState, CasePhase, VerificationError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Ballot, Model, Verdict, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let m = view.model;
    let free = |at: i64| m.now <= at;
    let (at, case) = view
        .case(dice, |case| case.phase == CasePhase::Judging && case.joined < case.chairs && free(case.joins_until()))?;
    let (job, class) = (case.job, m.jobs.get(&case.job)?.class);
    let able = |operator: &&Pubkey| {
        !m.ballots.contains_key(&addresses::ballot(&at, operator)) && may_join(m, &at, &job, class, operator).is_ok()
    };
    let able: Vec<_> = view.cast.operators.iter().filter(able).copied().collect();
    let operator = match dice.pick(&able) {
        Some(operator) if !dice.once_in(10) => *operator,
        _ if dice.once_in(12) => view.operator(dice),
        _ => return None,
    };
    let (ballot, pool) = (addresses::ballot(&at, &operator), addresses::pool(&operator));
    send(ix::verification::join_jury(&operator, &job, class, &at), move |m| {
        may_join(m, &at, &job, class, &operator)?;
        let now = m.now;
        let case = need(m.cases.get_mut(&at))?;
        require(now <= case.joins_until(), VerificationError::JoinTooLate)?;
        require(case.joined < case.chairs, VerificationError::JuryFull)?;
        (case.joined, case.ballots) = (case.joined + 1, case.ballots + 1);
        let (bond, seal_by) = (case.juror_bond, now + case.seal_window);
        let (state, level, commitment, digest) = (BallotState::Joined, case.level(), [0; 32], [0; 32]);
        let rent = m.money.rent(verification::Ballot::SPACE);
        m.money.create_by_hand(&operator, &ballot, rent, m.ballots.contains_key(&ballot))?;
        m.ballots.insert(ballot, Ballot { state, level, case: at, operator, bond, seal_by, commitment, digest });
        m.lock_bond(&pool, bond)
    })
}

/// Whether sortition may give the operator a chair: nobody who has a part in the job.
fn may_join(m: &Model, at: &Pubkey, job: &Pubkey, class: u8, operator: &Pubkey) -> Verdict {
    let (pool, record) = (addresses::pool(operator), addresses::record(operator, class));
    let it = need(m.jobs.get(job))?;
    let case = need(m.cases.get(at))?;
    need(m.records.get(&record))?;
    let stake = need(m.staking.pools.get(&pool))?.active.amount;
    require(!m.seats.contains_key(&addresses::seat(job, operator)), VerificationError::PartyCannotJudge)?;
    require(it.class == class, VerificationError::WrongAddress)?;
    require(it.live(), VerificationError::CaseMoot)?;
    case.require(CasePhase::Judging)?;
    require(!case.party(operator), VerificationError::PartyCannotJudge)?;
    require(stake >= m.escrow.classes[usize::from(class)].stake, VerificationError::StakeTooLow)?;
    let first = (u64::from(case.chairs), case.seeded_at);
    require(m.chosen((&case.seed, ROLE_JURY, at), (&pool, &record), first), VerificationError::NotChosen)
}
