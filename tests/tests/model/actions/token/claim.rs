use assay_tests::assay_sdk::{
    ix,
    token::{TokenError, math::proof_len},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{ata, need, require, token_program},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let all: Vec<_> = view.model.token.distributions.iter().collect();
    let (at, it) = dice.pick(&all).map(|(at, it)| (**at, (*it).clone()))?;
    let open: Vec<u32> = (0..it.tree.len()).filter(|index| !it.paid.contains(index)).collect();
    let index =
        if open.is_empty() || dice.once_in(8) { dice.below(it.tree.len().into()) as u32 } else { dice.one(&open) };
    let mut claim = it.tree.claim(index)?;
    let told = claim.clone();
    match dice.below(40) {
        0 => claim.amount += 1,
        1 => claim.amount = 0,
        2 => claim.index ^= 1,
        3 => claim.index += 1 << 20,
        4 => claim.claimant = view.anybody(dice),
        5 => drop(claim.proof.pop()),
        6 => claim.proof.push([0; 32]),
        7 => claim.proof.iter_mut().for_each(|hash| hash[0] ^= 1),
        _ => {}
    }
    let (mint, root) = (it.mint, it.tree.root());
    let to = ata(&claim.claimant, &mint);
    send(ix::token::claim(&at, (mint, token_program(&mint)), &claim), move |m| {
        let now = m.now;
        let it = need(m.token.distributions.get_mut(&at))?;
        require(it.mint == mint, TokenError::WrongAddress)?;
        require(now <= it.expires_at, TokenError::Expired)?;
        require(claim.amount > 0, TokenError::ZeroAmount)?;
        // The tree's own claim, of a tree as high as the distribution says.
        let proven = claim == told && it.root == root && claim.index < it.max_claims;
        require(proven && claim.proof.len() as u32 == proof_len(it.max_claims), TokenError::BadProof)?;
        require(it.paid.insert(claim.index), TokenError::AlreadyClaimed)?;
        it.claimed += claim.amount;
        require(it.claimed <= it.total, TokenError::AboveTotal)?;
        let vault = it.vault;
        m.money.transfer(&vault, &to, claim.amount)
    })
}
