//! Lamports and tokens.

use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::token::ASY_MINT;

use crate::state::{CHARGING, Model};

/// Every token is in some account; ASY comes only by minting, never above the cap, and goes only by burning; claims are
/// within what their distribution has.
pub fn broken(model: &Model) -> Vec<String> {
    let mut held: BTreeMap<Pubkey, u64> = BTreeMap::new();
    for tokens in model.money.tokens.values() {
        *held.entry(tokens.mint).or_default() += tokens.amount + tokens.withheld;
    }
    *held.entry(*CHARGING).or_default() += model.money.harvested;
    let supply = |mint: &Pubkey| model.money.supply.get(mint).copied().unwrap_or(0);
    let lost = held.iter().filter(|(mint, held)| **held != supply(mint));
    let mut broken: Vec<_> = lost.map(|(mint, held)| format!("{held} of {mint}'s {} exist", supply(mint))).collect();
    let (minted, burned, cap) = (model.token.minted, model.money.burned, model.token.max_supply);
    if supply(&ASY_MINT) != minted - burned || minted > cap {
        broken.push(format!("supply {}, minted {minted}, burned {burned}, cap {cap}", supply(&ASY_MINT)));
    }
    for (address, it) in &model.token.distributions {
        let gifts = model.money.gifts_of(&it.vault);
        if it.claimed > it.total || model.money.held(&it.vault) != it.total - it.claimed + gifts {
            broken.push(format!("distribution {address}: {} of {} claimed", it.claimed, it.total));
        }
    }
    broken
}
