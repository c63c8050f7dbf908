use anchor_lang::prelude::*;
use anchor_spl::token::TokenAccount;

use super::Moment;
use crate::{StakingError, emit, events::EpochAdvanced, state::*};

/// Accounts of `advance_epoch`, in order:
/// 0. `config`
/// 1. `totals` (writable)
/// 2. `rewards`: `["rewards"]`, then the event accounts
///
/// Nobody signs. Every write of the totals rolls them too: this is for an epoch in which nobody stakes, and to find what
/// the token program minted into the vault.
#[event_cpi]
#[derive(Accounts)]
pub struct AdvanceEpoch<'info> {
    pub config: Account<'info, Config>,
    #[account(mut)]
    pub totals: Account<'info, Totals>,
    #[account(address = REWARDS_VAULT @ StakingError::WrongAddress)]
    pub rewards: Account<'info, TokenAccount>,
}

pub(crate) fn handler(ctx: Context<AdvanceEpoch>) -> Result<()> {
    let epoch = Moment::of(&ctx.accounts.config)?.epoch;
    let totals = &mut ctx.accounts.totals;
    let found = ctx.accounts.rewards.amount.checked_sub(totals.accounted).ok_or(StakingError::Invariant)?;
    require!(epoch > totals.epoch || found > 0, StakingError::NothingToDo);
    let before = totals.distributed;
    totals.roll(epoch)?;
    let distributed = totals.distributed.checked_sub(before).ok_or(StakingError::Invariant)?;
    // What is found now waits for the end of this epoch.
    totals.receive(found)?;
    emit(&ctx.accounts.event_authority, &EpochAdvanced { epoch, distributed, found })?;
    Ok(())
}
