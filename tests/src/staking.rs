//! Staking as its users do it: delegators, rewards, and what only escrow and governance may call.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_sdk::{
    addresses, ix,
    staking::{Most, Pool, Position, REWARDS_VAULT, StakingParams, Totals},
    token::ASY_MINT,
};

use crate::{
    World,
    chain::{Receipt, wallet},
    world::{WALLET, staking_params},
};

/// Seconds of an epoch.
pub const EPOCH: i64 = 100;

impl World {
    /// The totals.
    pub fn totals(&self) -> Totals {
        self.chain.read(&addresses::totals())
    }

    /// An owner's position in an operator's pool.
    pub fn position(&self, operator: &Pubkey, owner: &Pubkey) -> Position {
        self.chain.read(&addresses::position(&addresses::pool(operator), owner))
    }

    /// Base units in the rewards vault.
    pub fn rewards(&self) -> u64 {
        self.chain.tokens(&REWARDS_VAULT)
    }

    /// Somebody with SOL and `spare` base units of ASY.
    pub fn holder(&mut self, name: &str, spare: u64) -> Pubkey {
        let owner = wallet(name);
        self.chain.fund(&owner, WALLET);
        self.open_accounts(&owner);
        self.mint_asy(&owner, spare);
        owner
    }

    /// Somebody who delegates `amount` of his `2 * amount` base units to an operator.
    pub fn delegator(&mut self, name: &str, operator: &Pubkey, amount: u64) -> Pubkey {
        let owner = self.holder(name, 2 * amount);
        self.ok(&[
            ix::staking::open_position(operator, &owner, u16::MAX),
            ix::staking::delegate(operator, &owner, amount),
        ]);
        owner
    }

    /// Claim; returns (rewards, commission).
    pub fn claim_rewards(&mut self, operator: &Pubkey, owner: &Pubkey) -> (u64, u64) {
        let receipt = self.ok(&[ix::staking::claim_rewards(operator, owner)]);
        let event = receipt.event("RewardsClaimed");
        (event.u64("rewards"), event.u64("commission"))
    }

    /// Go to the first second of the next epoch but `more`.
    pub fn next_epoch(&mut self, more: i64) {
        let next = (self.now / EPOCH + 1 + more) * EPOCH;
        self.at(next);
    }

    /// Change the staking parameters.
    pub fn set_staking(&mut self, change: impl FnOnce(&mut StakingParams)) -> Receipt {
        let mut params = staking_params();
        change(&mut params);
        let authority = self.authority;
        self.ok(&[ix::staking::set_params(&authority, params)])
    }

    /// A slash as escrow would call it, with its PDA's signature: alice is harmed, carol calls.
    pub fn punishment(&self, operator: &Pubkey, amount: u64, jail: bool) -> Instruction {
        let ata = |who: &Pubkey| addresses::ata(who, &ASY_MINT);
        let pool = addresses::pool(operator);
        ix::staking::slash_with(&pool, &ata(&self.alice), &ata(&self.carol), (amount, amount), jail, Most::UNBOUNDED)
    }

    /// Lock `amount` and slash it.
    pub fn punish(&mut self, operator: &Pubkey, amount: u64, jail: bool) -> Pool {
        self.locks_are_exposures = false;
        self.ok(&[ix::staking::lock_bond(&addresses::pool(operator), amount)]);
        let slash = self.punishment(operator, amount, jail);
        self.ok(&[slash]);
        self.pool(operator)
    }
}
