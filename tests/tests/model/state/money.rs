//! Lamports and tokens.

use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use anchor_spl::token_2022;
use assay_tests::{
    Chain,
    assay_sdk::{ix::TOKEN_PROGRAM, token::ASY_MINT},
};

use super::{CHARGED_SPACE, CHARGING, EXISTS, INSUFFICIENT, Refusal, Verdict, charge, need};

/// Anchor: the account has another owner than expected.
pub const WRONG_OWNER: u32 = 3007;
/// Bytes of a token account.
pub const TOKEN_SPACE: usize = 165;

/// A token account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    pub mint: Pubkey,
    pub owner: Pubkey,
    pub amount: u64,
    /// Charged on transfers to it and not yet harvested: nobody's to spend.
    pub withheld: u64,
}

/// Every lamport and token there is.
#[derive(Clone, Default)]
pub struct Money {
    pub lamports: BTreeMap<Pubkey, u64>,
    pub tokens: BTreeMap<Pubkey, Tokens>,
    /// Base units there are of each mint.
    pub supply: BTreeMap<Pubkey, u64>,
    /// Of the charging mint: what was harvested from accounts that were to be closed.
    pub harvested: u64,
    /// ASY burned so far.
    pub burned: u64,
    /// What strangers sent to token accounts, since they were made.
    gifts: BTreeMap<Pubkey, u64>,
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
            if let Some(held) = token_account(chain, address) {
                money.tokens.insert(*address, held);
            } else if let Some(supply) = supply(chain, address) {
                money.supply.insert(*address, supply);
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
        self.pay(payer, address, self.rent(space))
    }

    /// Lamports of rent of an account of `space` bytes.
    pub fn rent(&self, space: usize) -> u64 {
        (128 + space as u64) * self.rate
    }

    /// Create an account by hand with so many lamports, of which some may have been sent ahead.
    pub fn create_by_hand(&mut self, payer: &Pubkey, address: &Pubkey, lamports: u64, taken: bool) -> Verdict {
        if taken {
            return Err(Refusal::Code(WRONG_OWNER));
        }
        self.pay(payer, address, lamports.saturating_sub(self.lamports(address)))
    }

    /// Create a token account by hand.
    pub fn create_vault(&mut self, payer: &Pubkey, address: &Pubkey, mint: &Pubkey, owner: &Pubkey) -> Verdict {
        let space = if *mint == *CHARGING { CHARGED_SPACE } else { TOKEN_SPACE };
        self.create_by_hand(payer, address, self.rent(space), self.tokens.contains_key(address))?;
        self.tokens.insert(*address, Tokens { mint: *mint, owner: *owner, amount: 0, withheld: 0 });
        Ok(())
    }

    /// Create a token account.
    pub fn create_tokens(&mut self, payer: &Pubkey, address: &Pubkey, mint: &Pubkey, owner: &Pubkey) -> Verdict {
        self.create(payer, address, if *mint == *CHARGING { CHARGED_SPACE } else { TOKEN_SPACE })?;
        self.tokens.insert(*address, Tokens { mint: *mint, owner: *owner, amount: 0, withheld: 0 });
        Ok(())
    }

    /// Close an account; all its lamports go to `to`.
    pub fn close(&mut self, address: &Pubkey, to: &Pubkey) -> Verdict {
        self.pay(address, to, self.lamports(address))?;
        self.lamports.remove(address);
        self.tokens.remove(address);
        self.gifts.remove(address);
        Ok(())
    }

    /// Take what was withheld home to the mint.
    pub fn harvest(&mut self, address: &Pubkey) -> Verdict {
        let tokens = need(self.tokens.get_mut(address))?;
        self.harvested += std::mem::take(&mut tokens.withheld);
        Ok(())
    }

    /// Move tokens.
    pub fn transfer(&mut self, from: &Pubkey, to: &Pubkey, amount: u64) -> Verdict {
        need(self.tokens.get(to))?;
        let source = need(self.tokens.get_mut(from))?;
        source.amount = source.amount.checked_sub(amount).ok_or(Refusal::Code(INSUFFICIENT))?;
        // To itself nothing is moved.
        let charged = if from == to { 0 } else { charge(&source.mint, amount) };
        let target = need(self.tokens.get_mut(to))?;
        target.amount += amount - charged;
        target.withheld += charged;
        Ok(())
    }

    /// Move tokens to an account whose owner does not expect them.
    pub fn give(&mut self, from: &Pubkey, to: &Pubkey, amount: u64) -> Verdict {
        let before = self.held(to);
        self.transfer(from, to, amount)?;
        *self.gifts.entry(*to).or_default() += self.held(to).saturating_sub(before);
        Ok(())
    }

    /// Base units that strangers sent to an account.
    pub fn gifts_of(&self, address: &Pubkey) -> u64 {
        self.gifts.get(address).copied().unwrap_or(0)
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
        self.burned += if mint == ASY_MINT { amount } else { 0 };
        Ok(())
    }
}

/// Bytes of the type of a Token-2022 account, after those of the base: 1 for a mint, 2 for a token account.
const KIND: usize = TOKEN_SPACE;
/// Number of the extension that withholds what a transfer is charged.
const TRANSFER_FEE_AMOUNT: u16 = 2;

/// A token account on the chain, of either program: what it says, and what it withheld.
pub fn token_account(chain: &Chain, address: &Pubkey) -> Option<Tokens> {
    let account = chain.account(address).filter(|a| [TOKEN_PROGRAM, token_2022::ID].contains(&a.owner))?;
    let data = account.data;
    if data.len() < TOKEN_SPACE || data.get(KIND).is_some_and(|kind| *kind != 2) {
        return None;
    }
    let key = |at: usize| Pubkey::new_from_array(data[at..at + 32].try_into().expect("32 bytes"));
    let number = |at: usize| u64::from_le_bytes(data[at..at + 8].try_into().expect("8 bytes"));
    let short = |at: usize| u16::from_le_bytes([data[at], data[at + 1]]);
    let (mut at, mut withheld) = (KIND + 1, 0);
    while at + 4 <= data.len() {
        if short(at) == TRANSFER_FEE_AMOUNT {
            withheld = number(at + 4);
        }
        at += 4 + usize::from(short(at + 2));
    }
    Some(Tokens { mint: key(0), owner: key(32), amount: number(64), withheld })
}

/// Base units there are of a mint, of either program.
pub fn supply(chain: &Chain, mint: &Pubkey) -> Option<u64> {
    let account = chain.account(mint).filter(|a| [TOKEN_PROGRAM, token_2022::ID].contains(&a.owner))?;
    Some(u64::from_le_bytes(account.data.get(36..44)?.try_into().ok()?))
}
