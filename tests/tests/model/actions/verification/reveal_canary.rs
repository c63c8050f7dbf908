use assay_tests::assay_sdk::{
    addresses,
    escrow::{EscrowError, Strategy},
    ix,
    verification::{Phase, VerificationError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (m, any) = (view.model, dice.once_in(12));
    let told = |job| m.rounds.get(&addresses::round(job)).is_some_and(|round| round.revealing(m.now));
    let ripe: Vec<_> = m.canaries.iter().filter(|(_, canary)| any || told(&canary.job)).collect();
    let (address, canary) = dice.pick(&ripe).map(|(address, canary)| (**address, (*canary).clone()))?;
    let (keeper, job) = (view.keeper(dice), canary.job);
    let posted = view.world.chain.find(&job)?;
    let (root, payer) = (canary.root, canary.payer);
    let call = ix::verification::reveal_canary(&keeper, (&job, &posted), root, canary.salt, &payer);
    send(call, move |m| {
        let now = m.now;
        let job = need(m.jobs.get_mut(&job))?;
        let round = need(m.rounds.get(&addresses::round(&canary.job)))?;
        let held = need(m.canaries.get(&address))?;
        require(keeper == m.verification.canary_keeper, VerificationError::NotKeeper)?;
        require(held.payer == payer, VerificationError::WrongAddress)?;
        require(matches!(job.strategy, Strategy::Replicated { .. }), VerificationError::NotReplicated)?;
        let over = [Phase::Tied, Phase::Auditing, Phase::Final].contains(&round.phase);
        require(!over, VerificationError::WrongPhase)?;
        require(round.is_of(job), VerificationError::StaleRound)?;
        require(job.root == [0; 32], VerificationError::AlreadyKnown)?;
        require(round.revealing(now), VerificationError::RevealTooEarly)?;
        require(held.created_at < job.posted_at, VerificationError::CanaryTooYoung)?;
        require(job.live(), EscrowError::WrongState)?;
        job.root = root;
        m.canaries.remove(&address);
        m.money.close(&address, &payer)
    })
}
