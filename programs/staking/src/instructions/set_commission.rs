use anchor_lang::prelude::*;

use super::{begin, reweigh};
use crate::{StakingError, emit, events::CommissionSet, state::*};

/// Accounts of `set_commission`, in order:
/// 0. `operator` (signer): the pool's
/// 1. `config`
/// 2. `totals` (writable): what was earned until now is earned at the old commission
/// 3. `pool` (writable), then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct SetCommission<'info> {
    pub operator: Signer<'info>,
    pub config: Account<'info, Config>,
    #[account(mut)]
    pub totals: Account<'info, Totals>,
    #[account(mut, has_one = operator @ StakingError::NotOperator)]
    pub pool: Account<'info, Pool>,
}

pub(crate) fn handler(ctx: Context<SetCommission>, commission_bps: u16) -> Result<()> {
    let SetCommission { config, totals, pool, .. } = &mut *ctx.accounts;
    let moment = begin(config, totals, pool)?;
    require!(commission_bps <= config.params.max_commission_bps, StakingError::CommissionTooHigh);
    if commission_bps > pool.commission_bps {
        // Days without a change do not add up: nobody who looks in once an epoch is overrun by a jump.
        let rise = commission_bps.checked_sub(pool.commission_bps).ok_or(StakingError::Overflow)?;
        let since = moment.now.saturating_sub(pool.commission_since);
        let slow = rise <= config.params.commission_step_bps && since >= DAY;
        require!(slow, StakingError::CommissionTooFast);
    }
    (pool.commission_bps, pool.commission_since) = (commission_bps, moment.now);
    pool.invariant()?;
    reweigh(config, totals, pool, moment)?;
    emit(&ctx.accounts.event_authority, &CommissionSet { pool: ctx.accounts.pool.key(), commission_bps })?;
    Ok(())
}
