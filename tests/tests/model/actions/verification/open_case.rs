use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    addresses,
    escrow::{SeatState, Strategy},
    ix,
    token::ASY_MINT,
    verification::{self, CaseKind, CasePhase, Phase, Ruling, VerificationError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Case, Job, Model, Round, Seat, Verdict, ata, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    if dice.once_in(2) { challenge(view, dice) } else { about_round(view, dice) }
}

/// That a unit of a delivery is wrong: mostly one that is, where one is.
fn challenge(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let in_time = |seat: &Seat| seat.state == SeatState::Delivered && now <= seat.seal_by;
    let (_, seat, job) = view.seat(dice, |job, seat| job.live() && job.reviewed() && in_time(seat))?;
    let beyond = u64::from(dice.once_in(8));
    let unit = match seat.wrong {
        Some(unit) if !dice.once_in(3) => unit,
        _ => dice.below(job.units + beyond),
    };
    let of_requester = matches!(job.strategy, Strategy::Accepted { .. }) && !dice.once_in(6);
    let opener = if of_requester { job.requester } else { view.anybody(dice) };
    let (address, executor) = (seat.job, seat.operator);
    let kind = CaseKind::Challenge { unit };
    if view.model.cases.contains_key(&addresses::case(&address, &kind)) && !dice.once_in(8) {
        return None;
    }
    send(ix::verification::open_case(&opener, &address, kind, Some(&executor)), move |m| {
        let job = need(m.jobs.get(&address))?.clone();
        let seat = need(m.seats.get(&addresses::seat(&address, &executor)))?.clone();
        need(m.staking.pools.get(&addresses::pool(&executor)))?;
        require(job.live(), VerificationError::WrongJobState)?;
        match job.strategy {
            Strategy::Optimistic { .. } => require(opener != executor, VerificationError::NotOpener)?,
            Strategy::Accepted { .. } => require(opener == job.requester, VerificationError::NotOpener)?,
            _ => require(false, VerificationError::WrongKind)?,
        }
        require(seat.state == SeatState::Delivered, VerificationError::WrongSeatState)?;
        require(m.now <= seat.seal_by, VerificationError::CaseTooLate)?;
        require(unit < job.units, VerificationError::NoSuchUnit)?;
        let mut case = case(m, &address, &job, kind, opener);
        (case.executor, case.root) = (Some((executor, seat.index)), seat.commitment);
        (case.until, case.review_by) = (m.now + i64::from(job.reveal_window), seat.seal_by);
        open(m, case)?;
        need(m.staking.pools.get_mut(&addresses::pool(&executor)))?.open_cases += 1;
        Ok(())
    })
}

/// What a round that nobody else can decide comes to: a jury is called at once.
fn about_round(view: &View, dice: &mut Dice) -> Option<Next> {
    let m = view.model;
    let waits = |round: &Round| matches!(round.phase, Phase::Tied | Phase::Auditing) && m.now <= round.reveal_by;
    let (address, job) =
        view.job(dice, |at, job| job.live() && m.rounds.get(&addresses::round(at)).is_some_and(waits))?;
    let sampled = matches!(job.strategy, Strategy::Sampled { .. }) != dice.once_in(16);
    let (kind, phase) = if sampled { (CaseKind::Sample, Phase::Auditing) } else { (CaseKind::Tie, Phase::Tied) };
    let opener = view.anybody(dice);
    send(ix::verification::open_case(&opener, &address, kind, None), move |m| {
        let job = need(m.jobs.get(&address))?.clone();
        let round = need(m.rounds.get(&addresses::round(&address)))?.clone();
        require(job.live(), VerificationError::WrongJobState)?;
        require(round.phase == phase, VerificationError::WrongKind)?;
        require(m.now <= round.reveal_by, VerificationError::CaseTooLate)?;
        let mut case = case(m, &address, &job, kind, opener);
        case.review_by = round.reveal_by;
        case.call(m.slot);
        open(m, case)
    })
}

/// A case that begins.
fn case(m: &Model, address: &Pubkey, job: &Job, kind: CaseKind, opener: Pubkey) -> Case {
    let (until, review_by, seed_slot, seeded_at, each) = Default::default();
    let (root, claim, decision, seed, climbed) = Default::default();
    let (joined, sealed, revealed, ballots) = Default::default();
    Case {
        kind,
        phase: CasePhase::Answering,
        ruling: Ruling::Open,
        chairs: m.verification.jury,
        joined,
        sealed,
        revealed,
        ballots,
        job: *address,
        requester: job.requester,
        opener,
        executor: None,
        bond: m.verification.challenge_bond,
        juror_bond: m.verification.juror_bond,
        seal_window: job.seal_window.into(),
        reveal_window: job.reveal_window.into(),
        until,
        review_by,
        seed_slot,
        seeded_at,
        seed,
        root,
        climbed,
        claim,
        decision,
        appeals: Vec::new(),
        each,
        dues: Vec::new(),
        votes: Vec::new(),
    }
}

/// Create it and its vault, and put the bond at stake.
fn open(m: &mut Model, case: Case) -> Verdict {
    let address = addresses::case(&case.job, &case.kind);
    let vault = addresses::case_vault(&address);
    let rent = m.money.rent(verification::Case::SPACE);
    m.money.create_by_hand(&case.opener, &address, rent, m.cases.contains_key(&address))?;
    m.money.create_vault(&case.opener, &vault, &ASY_MINT, &address)?;
    m.money.transfer(&ata(&case.opener, &ASY_MINT), &vault, case.bond)?;
    need(m.jobs.get_mut(&case.job))?.cases += 1;
    m.cases.insert(address, case);
    Ok(())
}
