use assay_tests::assay_sdk::{
    addresses,
    escrow::VERIFIER,
    ix,
    merkle::Proof,
    token::ASY_MINT,
    verification::{CaseKind, CasePhase, VerificationError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Refusal, ata, need, require, tree},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let (at, case) = view.case(dice, |case| case.phase == CasePhase::Answering && now <= case.until)?;
    let (CaseKind::Challenge { unit }, Some((executor, _))) = (case.kind, case.executor) else { return None };
    // Some never answer.
    if case.until % 8 == 0 {
        return None;
    }
    let job = view.model.jobs.get(&case.job)?;
    let seat = view.model.seats.get(&addresses::seat(&case.job, &executor))?;
    let units = tree::units(job.units, seat.wrong);
    let digest = if dice.once_in(16) { tree::leaf(&units[0]) } else { *units.get(unit as usize)? };
    // All of the way, or a part of it: from where the last part ended, or from the bottom.
    let way = Proof::create(&units, unit).ok()?.siblings;
    let level = if dice.once_in(8) { 0 } else { case.climbed.1 };
    let begun = (0..level).filter(|level| tree::beside(unit, job.units, *level)).count();
    let end = if dice.once_in(3) { begun + dice.below(3) as usize } else { way.len() };
    let mut piece = way[begun.min(way.len())..end.clamp(begun, way.len())].to_vec();
    if dice.once_in(24) {
        piece.push([1; 32]);
    }
    let operator = if dice.once_in(12) { view.anybody(dice) } else { executor };
    let (address, surety) = (case.job, addresses::surety(&case.job, &operator));
    send(ix::verification::answer_case(&operator, &address, &at, level, digest, &piece), move |m| {
        let (now, slot) = (m.now, m.slot);
        let job = need(m.jobs.get(&address))?;
        let case = need(m.cases.get_mut(&at))?;
        let CaseKind::Challenge { unit } = case.kind else {
            return require(false, VerificationError::WrongKind);
        };
        case.require(CasePhase::Answering)?;
        require(case.executor.is_some_and(|(it, _)| it == operator), VerificationError::NotExecutor)?;
        require(job.live(), VerificationError::CaseMoot)?;
        require(now <= case.until, VerificationError::AnswerTooLate)?;
        require(digest != [0; 32], VerificationError::EmptyCommitment)?;
        let from = if level == 0 {
            (tree::leaf(&digest), 0)
        } else {
            require((level, digest) == (case.climbed.1, case.claim), VerificationError::WrongPiece)?;
            case.climbed
        };
        let wrong = Refusal::Code(VerificationError::WrongProof.into());
        let climbed = tree::climb(from, (unit, job.units), &piece).ok_or(wrong)?;
        (case.climbed, case.claim) = (climbed, digest);
        if !tree::top(job.units, climbed.1) {
            return Ok(());
        }
        require(climbed.0 == case.root, VerificationError::WrongProof)?;
        case.call(slot);
        // As much as the opener, once for all cases of the job.
        let bond = case.bond;
        if !m.money.tokens.contains_key(&surety) {
            m.money.create_vault(&operator, &surety, &ASY_MINT, &VERIFIER)?;
            m.sureties.insert(surety, (address, operator));
        }
        let missing = bond.saturating_sub(m.money.held(&surety));
        m.money.transfer(&ata(&operator, &ASY_MINT), &surety, missing)
    })
}
