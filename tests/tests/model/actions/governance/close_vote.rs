use assay_tests::assay_sdk::{governance::GovernanceError, ix};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (now, any) = (view.model.now, dice.once_in(8));
    let all: Vec<_> = view.model.governance.votes.iter().filter(|(_, vote)| any || vote.ends_at <= now).collect();
    let (at, vote) = dice.pick(&all).map(|(at, vote)| (**at, **vote))?;
    let mut call = ix::governance::close_vote(&vote.voter, &vote.position, 0);
    // The builder derives the vote from the proposal's number, which need not exist any more.
    call.accounts[1].pubkey = at;
    send(call, move |m| {
        let vote = *need(m.governance.votes.get(&at))?;
        require(m.now >= vote.ends_at, GovernanceError::VoteOpen)?;
        m.governance.votes.remove(&at);
        m.money.close(&at, &vote.voter)
    })
}
