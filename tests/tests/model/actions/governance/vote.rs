use anchor_lang::{Space, prelude::Pubkey};
use assay_tests::assay_sdk::{
    addresses, governance,
    governance::{Choice, ProposalState},
    ix,
};

use super::super::{Next, View, send};
use crate::{dice::Dice, state::need};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (now, any) = (view.model.now, dice.once_in(10));
    let (at, proposal) = view.proposal(dice, |p| p.state == ProposalState::Voting && now < p.ends_at)?;
    let fresh = |position: &Pubkey| {
        let voted = view.model.governance.votes.contains_key(&addresses::vote(&at, position));
        !voted && view.model.stake_of(position).is_ok_and(|(p, w)| w > 0 && p.staked_epoch < proposal.start_epoch)
    };
    let positions: Vec<_> = view.model.staking.positions.iter().filter(|(at, _)| any || fresh(at)).collect();
    let (position, pool, voter) = dice.pick(&positions).map(|(at, p)| (**at, p.pool, p.owner))?;
    let choice = dice.one(&[Choice::Yes, Choice::Yes, Choice::Yes, Choice::Yes, Choice::No, Choice::Abstain]);
    let hash = if dice.once_in(20) { [1; 32] } else { proposal.actions_hash };
    let vote = addresses::vote(&at, &position);
    send(ix::governance::vote(&voter, &pool, proposal.id, choice, hash), move |m| {
        need(m.governance.proposals.get(&at))?;
        m.stake_of(&position)?;
        m.money.create(&voter, &vote, 8 + governance::Vote::INIT_SPACE)?;
        let cast = m.vote(&at, &position, choice, hash)?;
        m.governance.votes.insert(vote, cast);
        Ok(())
    })
}
