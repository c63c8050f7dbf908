use assay_tests::assay_sdk::{
    addresses, ix,
    token::ASY_MINT,
    verification::{Ruling, VerificationError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{ata, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, ballot, case) =
        view.ballot(dice, |case, ballot| case.ruling != Ruling::Open && ballot.earned(case) == Ok(None))?;
    let (at, operator, caller) = (ballot.case, ballot.operator, view.anybody(dice));
    let harmed = if dice.once_in(16) { view.anybody(dice) } else { case.requester };
    send(ix::verification::slash_ballot(&at, &harmed, &operator, &caller), move |m| {
        let case = need(m.cases.get_mut(&at))?;
        let ballot = need(m.ballots.get(&address))?.clone();
        need(m.staking.pools.get(&addresses::pool(&operator)))?;
        require(ballot.earned(case)?.is_none(), VerificationError::BallotNotLost)?;
        case.ballots -= 1;
        require(case.requester == harmed, VerificationError::WrongAddress)?;
        let (to, by) = (ata(&harmed, &ASY_MINT), ata(&caller, &ASY_MINT));
        m.punish(&addresses::pool(&operator), (ballot.bond, ballot.bond), false, (&to, &by), (0, 0))?;
        m.ballots.remove(&address);
        m.money.close(&address, &operator)
    })
}
