//! The chain against the model. A transaction can change only the accounts that it locked for writing, so comparing
//! those after each step compares everything.

mod cases;
mod governance;
mod market;
mod reputation;
mod staking;
mod token;

use anchor_lang::prelude::Pubkey;
use assay_tests::Chain;

use crate::state::Model;

/// Collects what differs.
pub struct Diff {
    pub at: String,
    found: Vec<String>,
}

impl Diff {
    pub fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, model: T, chain: T) {
        if model != chain {
            self.found.push(format!("{}: {what} is {chain:?} on the chain, {model:?} in the model", self.at));
        }
    }
}

/// Compares an account with its place in the model; `None` if it has none there, or is no such account.
pub type Place = fn(&Model, &Chain, &Pubkey, &mut Diff) -> Option<()>;

/// What differs between model and chain at these addresses.
pub fn differences(model: &Model, chain: &Chain, addresses: impl IntoIterator<Item = Pubkey>) -> Vec<String> {
    addresses.into_iter().flat_map(|address| one(model, chain, &address)).collect()
}

/// Every address that the model knows.
pub fn known(model: &Model) -> Vec<Pubkey> {
    model.money.lamports.keys().copied().collect()
}

fn one(model: &Model, chain: &Chain, address: &Pubkey) -> Vec<String> {
    let mut diff = Diff { at: address.to_string(), found: Vec::new() };
    diff.same("lamports", model.money.lamports(address), chain.lamports(address));
    let all = [market::PLACES, cases::PLACES, token::PLACES, staking::PLACES, reputation::PLACES, governance::PLACES];
    let known = all.concat().iter().filter(|place| place(model, chain, address, &mut diff).is_some()).count();
    let data = chain.account(address).is_some_and(|account| !account.data.is_empty());
    if known == 0 && data {
        diff.found.push(format!("{address}: an account on the chain that the model does not know"));
    }
    diff.found
}
