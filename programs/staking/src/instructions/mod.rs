//! One file per instruction: accounts, handler. State changes are methods of the accounts, which end with an invariant.

pub mod administration;
pub mod advance_epoch;
pub mod bond;
pub mod case;
pub mod claim_rewards;
pub mod close_pool;
pub mod close_position;
pub mod fund_rewards;
pub mod initialize;
pub mod lock_position;
pub mod open_pool;
pub mod open_position;
pub mod redelegate;
pub mod request_unstake;
pub mod set_commission;
pub mod set_params;
pub mod slash;
pub mod stake;
pub mod sync_weight;
pub mod withdraw;

#[allow(ambiguous_glob_reexports)]
pub use self::{
    administration::*, advance_epoch::*, bond::*, case::*, claim_rewards::*, close_pool::*, close_position::*,
    fund_rewards::*, initialize::*, lock_position::*, open_pool::*, open_position::*, redelegate::*,
    request_unstake::*, set_commission::*, slash::*, stake::*, sync_weight::*, withdraw::*,
};

use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use assay_token::DECIMALS;

use crate::{
    StakingError,
    state::{Config, POOL_SEED, Pool, Position, Totals},
};

/// The present, as far as staking knows it.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub now: i64,
    pub epoch: u64,
}

impl Moment {
    pub(crate) fn of(config: &Config) -> Result<Self> {
        let now = Clock::get()?.unix_timestamp;
        Ok(Self { now, epoch: config.epoch(now) })
    }
}

/// Before a pool or the totals change: roll the totals into the present epoch, and let the pool earn by the weight that
/// it had until now.
pub(crate) fn begin(config: &Config, totals: &mut Totals, pool: &mut Pool) -> Result<Moment> {
    let moment = Moment::of(config)?;
    totals.roll(moment.epoch)?;
    pool.earn(totals, config.params.max_commission_bps)?;
    Ok(moment)
}

/// After a pool changed: weigh it anew, in the totals too. Returns (weight, total).
pub(crate) fn reweigh(config: &Config, totals: &mut Totals, pool: &mut Pool, moment: Moment) -> Result<(u64, u64)> {
    pool.count(totals, &config.params, moment.epoch, moment.now)
}

/// After a position changed: the pool knows its operator's own shares.
pub(crate) fn note_self(pool: &mut Pool, position: &Position) {
    if position.owner == pool.operator {
        pool.self_shares = position.shares;
    }
}

/// Pay from a pool's vault.
pub(crate) fn pay<'info>(
    pool: &Account<'info, Pool>,
    vault: &Account<'info, TokenAccount>,
    mint: &Account<'info, Mint>,
    to: &Account<'info, TokenAccount>,
    amount: u64,
) -> Result<()> {
    let seeds: &[&[u8]] = &[POOL_SEED, pool.operator.as_ref(), &[pool.bump]];
    let accounts = token::TransferChecked {
        from: vault.to_account_info(),
        mint: mint.to_account_info(),
        to: to.to_account_info(),
        authority: pool.to_account_info(),
    };
    token::transfer_checked(CpiContext::new_with_signer(Token::id(), accounts, &[seeds]), amount, DECIMALS)
}

/// Anybody may send an owner what is its own, but not to an account that the owner once let another spend from.
pub(crate) fn safe_to_send(owner: &AccountInfo, to: &TokenAccount) -> Result<()> {
    require!(owner.is_signer || to.delegate.is_none(), StakingError::DelegatedAccount);
    Ok(())
}
