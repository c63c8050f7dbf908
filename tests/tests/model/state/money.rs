//! Lamports and tokens.

use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use anchor_spl::token::{Mint, TokenAccount};
use assay_tests::{Chain, assay_sdk::ix::TOKEN_PROGRAM};

use super::{EXISTS, INSUFFICIENT, Refusal, Verdict, need};

/// Bytes of a token account.
pub const TOKEN_SPACE: usize = 165;

/// A token account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    pub mint: Pubkey,
    pub owner: Pubkey,
    pub amount: u64,
}

/// Every lamport and token there is.
#[derive(Clone, Default)]
pub struct Money {
    pub lamports: BTreeMap<Pubkey, u64>,
    pub tokens: BTreeMap<Pubkey, Tokens>,
    /// Base units there are of each mint.
    pub supply: BTreeMap<Pubkey, u64>,
    /// Lamports of rent for one byte.
    rate: u64,
}

impl Money {
    /// What the chain has at these addresses.
    pub fn of(chain: &Chain, addresses: &[Pubkey]) -> Self {
        let rate = chain.svm.minimum_balance_for_rent_exemption(1) - chain.svm.minimum_balance_for_rent_exemption(0);
        let mut money = Self { rate, ..Self::default() };
        for address in addresses {
            let Some(account) = chain.account(address) else { continue };
            money.lamports.insert(*address, account.lamports);
            if account.owner == TOKEN_PROGRAM && account.data.len() == TOKEN_SPACE {
                let held: TokenAccount = chain.read(address);
                money.tokens.insert(*address, Tokens { mint: held.mint, owner: held.owner, amount: held.amount });
            } else if account.owner == TOKEN_PROGRAM {
                money.supply.insert(*address, chain.read::<Mint>(address).supply);
            }
        }
        money
    }

    pub fn lamports(&self, address: &Pubkey) -> u64 {
        self.lamports.get(address).copied().unwrap_or(0)
    }

    /// Base units in a token account; 0 if there is none.
    pub fn held(&self, address: &Pubkey) -> u64 {
        self.tokens.get(address).map_or(0, |tokens| tokens.amount)
    }

    /// Move lamports between any two addresses.
    pub fn pay(&mut self, from: &Pubkey, to: &Pubkey, lamports: u64) -> Verdict {
        let left = self.lamports(from).checked_sub(lamports).ok_or(Refusal::Code(INSUFFICIENT))?;
        self.lamports.insert(*from, left);
        *self.lamports.entry(*to).or_default() += lamports;
        Ok(())
    }

    /// Create an account of `space` bytes at an address that has nothing.
    pub fn create(&mut self, payer: &Pubkey, address: &Pubkey, space: usize) -> Verdict {
        if self.lamports(address) > 0 {
            return Err(EXISTS);
        }
        self.pay(payer, address, (128 + space as u64) * self.rate)
    }

    /// Create a token account.
    pub fn create_tokens(&mut self, payer: &Pubkey, address: &Pubkey, mint: &Pubkey, owner: &Pubkey) -> Verdict {
        self.create(payer, address, TOKEN_SPACE)?;
        self.tokens.insert(*address, Tokens { mint: *mint, owner: *owner, amount: 0 });
        Ok(())
    }

    /// Close an account; all its lamports go to `to`.
    pub fn close(&mut self, address: &Pubkey, to: &Pubkey) -> Verdict {
        self.pay(address, to, self.lamports(address))?;
        self.lamports.remove(address);
        self.tokens.remove(address);
        Ok(())
    }

    /// Move tokens.
    pub fn transfer(&mut self, from: &Pubkey, to: &Pubkey, amount: u64) -> Verdict {
        need(self.tokens.get(to))?;
        let source = need(self.tokens.get_mut(from))?;
        source.amount = source.amount.checked_sub(amount).ok_or(Refusal::Code(INSUFFICIENT))?;
        need(self.tokens.get_mut(to))?.amount += amount;
        Ok(())
    }

    /// Make tokens.
    pub fn mint(&mut self, to: &Pubkey, amount: u64) -> Verdict {
        let target = need(self.tokens.get_mut(to))?;
        target.amount += amount;
        let mint = target.mint;
        *self.supply.entry(mint).or_default() += amount;
        Ok(())
    }

    /// Destroy tokens.
    pub fn burn(&mut self, from: &Pubkey, amount: u64) -> Verdict {
        let source = need(self.tokens.get_mut(from))?;
        source.amount = source.amount.checked_sub(amount).ok_or(Refusal::Code(INSUFFICIENT))?;
        let mint = source.mint;
        *self.supply.entry(mint).or_default() -= amount;
        Ok(())
    }
}
