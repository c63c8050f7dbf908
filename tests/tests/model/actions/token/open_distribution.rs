use std::{collections::BTreeSet, rc::Rc};

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    addresses,
    distribution::ClaimTree,
    ix,
    ix::token::Opening,
    token::{self, TokenError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Distribution, ata, need, require, token_program},
};

const YEARS: i64 = 5 * 366 * 86_400;
const MOST: u32 = 65_536;

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (opener, payer, mint) = (view.anybody(dice), view.anybody(dice), dice.one(&view.cast.payments));
    let (id, now) = (dice.below(3), view.model.now);
    let at = addresses::distribution(&opener, id);
    if view.model.token.distributions.contains_key(&at) && !dice.once_in(10) {
        return None;
    }
    let (from, vault) = (ata(&opener, &mint), addresses::claims_vault(&at));
    let tree = Rc::new(ClaimTree::new(&at, &list(view, dice, view.model.money.held(&from))).expect("a good list"));
    let root = if dice.once_in(20) { [0; 32] } else { tree.root() };
    let total = match dice.below(12) {
        0 => 0,
        // The root promises more than there is.
        1 => tree.total() - 1,
        _ => tree.total(),
    };
    let max_claims = match dice.below(20) {
        0 => 0,
        1 => MOST + 1,
        2 => tree.len() + 1,
        _ => tree.len(),
    };
    let expires_at = match dice.below(12) {
        0 => now,
        1 => now + YEARS + 1,
        _ => now + 1 + dice.below(500) as i64,
    };
    let opening =
        Opening { opener, payer, mint: (mint, token_program(&mint)), id, root, total, max_claims, expires_at };
    send(ix::token::open_distribution(&opening), move |m| {
        m.money.create(&payer, &at, token::Distribution::head() + max_claims.min(MOST).div_ceil(8) as usize)?;
        m.money.create_tokens(&payer, &vault, &mint, &at)?;
        require(!m.admins[&token::ID].paused, TokenError::Paused)?;
        require(root != [0; 32], TokenError::EmptyRoot)?;
        require(total > 0, TokenError::ZeroAmount)?;
        require(max_claims > 0 && max_claims <= MOST, TokenError::BadClaimCount)?;
        require(expires_at > m.now && expires_at <= m.now + YEARS, TokenError::BadExpiry)?;
        need(m.money.tokens.get(&from))?;
        m.money.transfer(&from, &vault, total)?;
        require(m.money.held(&vault) == total, TokenError::Underfunded)?;
        let (tree, paid) = (tree.clone(), BTreeSet::new());
        let opened = Distribution {
            opener,
            payer,
            id,
            mint,
            vault,
            tree,
            root,
            total,
            claimed: 0,
            max_claims,
            paid,
            expires_at,
        };
        m.token.distributions.insert(at, opened);
        Ok(())
    })
}

/// Some people, some twice, each with a part of what there is.
fn list(view: &View, dice: &mut Dice, held: u64) -> Vec<(Pubkey, u64)> {
    let count = 1 + dice.below(12);
    (0..count).map(|_| (view.anybody(dice), 1 + dice.below((held >> 8).max(1)))).collect()
}
