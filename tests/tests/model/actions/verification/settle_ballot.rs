use assay_tests::assay_sdk::{
    addresses, ix,
    token::ASY_MINT,
    verification::{Ruling, VerificationError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Refusal, ata, need},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, ballot, _) =
        view.ballot(dice, |case, ballot| case.ruling != Ruling::Open && ballot.earned(case) != Ok(None))?;
    let (at, operator) = (ballot.case, ballot.operator);
    let (pool, vault) = (addresses::pool(&operator), addresses::case_vault(&at));
    send(ix::verification::settle_ballot(&at, &operator), move |m| {
        let case = need(m.cases.get_mut(&at))?;
        let ballot = need(m.ballots.get(&address))?.clone();
        need(m.staking.pools.get(&pool))?;
        let earned = ballot.earned(case)?.ok_or(Refusal::Code(VerificationError::BallotLost.into()))?;
        case.ballots -= 1;
        m.money.transfer(&vault, &ata(&operator, &ASY_MINT), earned)?;
        m.staking.release(&pool, ballot.bond)?;
        m.ballots.remove(&address);
        m.money.close(&address, &operator)
    })
}
