//! ASY's supply, the emission, fees and distributions, as `docs/token.md` says.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        distribution::ClaimTree,
        token::{self, ASY_MINT, Emission, REWARDS_VAULT, TokenError, TokenParams},
    },
};

use super::{Model, Verdict, need, require};

/// Tokens for many.
#[derive(Clone)]
pub struct Distribution {
    pub opener: Pubkey,
    pub payer: Pubkey,
    pub id: u64,
    pub mint: Pubkey,
    pub vault: Pubkey,
    /// Who was meant to get what: what the root was made of.
    pub tree: Rc<ClaimTree>,
    pub root: [u8; 32],
    pub total: u64,
    pub claimed: u64,
    pub max_claims: u32,
    /// Indices paid.
    pub paid: BTreeSet<u32>,
    pub expires_at: i64,
}

/// What was swapped of one mint into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swaps {
    pub mint: Pubkey,
    pub reserve_mint: Pubkey,
    pub swaps: u64,
    pub given: u128,
    pub received: u128,
}

#[derive(Clone)]
pub struct Token {
    pub params: TokenParams,
    pub max_supply: u64,
    /// Base units minted so far.
    pub minted: u64,
    pub next_epoch: u64,
    pub next_amount: u64,
    pub next_at: i64,
    /// Base units each minter may still mint.
    pub allowances: BTreeMap<Pubkey, u64>,
    pub swaps: BTreeMap<Pubkey, Swaps>,
    pub distributions: BTreeMap<Pubkey, Distribution>,
}

impl Token {
    pub fn of(world: &World) -> Self {
        let config: token::Config = world.chain.read(&addresses::config(&token::ID));
        let token::Config { params, max_supply, minted, next_epoch, next_amount, next_at, .. } = config;
        let (allowances, swaps, distributions) = Default::default();
        Self { params, max_supply, minted, next_epoch, next_amount, next_at, allowances, swaps, distributions }
    }
}

/// `amount * bps / 10,000`, rounded down.
pub fn part(amount: u64, bps: u16) -> u64 {
    (u128::from(amount) * u128::from(bps) / 10_000) as u64
}

impl Model {
    /// Mint ASY, below the cap.
    pub fn mint_asy(&mut self, to: &Pubkey, amount: u64) -> Verdict {
        let minted = u128::from(self.token.minted) + u128::from(amount);
        require(minted <= u128::from(self.token.max_supply), TokenError::CapExceeded)?;
        self.token.minted = minted as u64;
        self.money.mint(to, amount)
    }

    /// The emission that is due.
    pub fn emit(&mut self) -> Verdict {
        require(!self.admins[&token::ID].paused, TokenError::Paused)?;
        require(self.now >= self.token.next_at, TokenError::EpochNotOver)?;
        let Emission { keep_bps, epoch_seconds, .. } = self.token.params.emission;
        let amount = self.token.next_amount.min(self.token.max_supply - self.token.minted);
        require(amount > 0, TokenError::EmissionOver)?;
        self.token.next_amount = part(self.token.next_amount, keep_bps);
        self.token.next_epoch += 1;
        self.token.next_at += epoch_seconds;
        self.mint_asy(&REWARDS_VAULT, amount)
    }

    /// Empty a fee vault.
    pub fn collect(&mut self, mint: &Pubkey, vault: &Pubkey) -> Verdict {
        let amount = need(self.money.tokens.get(vault))?.amount;
        let (treasury, reserve) = (addresses::treasury(mint), addresses::reserve(mint));
        need(self.money.tokens.get(&treasury))?;
        need(self.money.tokens.get(&reserve))?;
        require(amount > 0, TokenError::ZeroAmount)?;
        let split = self.token.params.split;
        if *mint == ASY_MINT {
            let parts = [split.burn_bps, split.reserve_bps, split.rewards_bps].map(|bps| part(amount, bps));
            self.money.burn(vault, parts[0])?;
            self.money.transfer(vault, &reserve, parts[1])?;
            self.money.transfer(vault, &REWARDS_VAULT, parts[2])?;
        } else {
            // Of another mint all but the treasury's share is the reserve's.
            self.money.transfer(vault, &reserve, part(amount, 10_000 - split.treasury_bps))?;
        }
        // The treasury has what rounding leaves.
        self.money.transfer(vault, &treasury, self.money.held(vault))
    }

    pub fn set_token_params(&mut self, params: &TokenParams) -> Verdict {
        let token::FeeSplit { burn_bps, reserve_bps, rewards_bps, treasury_bps } = params.split;
        let whole = [burn_bps, reserve_bps, rewards_bps, treasury_bps].iter().map(|bps| u32::from(*bps)).sum::<u32>();
        let Emission { first, keep_bps, epoch_seconds } = params.emission;
        let year = 366 * 24 * 3_600;
        let good = whole == 10_000 && keep_bps <= 10_000 && epoch_seconds >= 1 && epoch_seconds <= year;
        require(good, TokenError::BadParams)?;
        // Another emission is a new curve from now on.
        if params.emission != self.token.params.emission {
            (self.token.next_amount, self.token.next_at) = (first, self.now + epoch_seconds);
        }
        self.token.params = *params;
        Ok(())
    }
}
