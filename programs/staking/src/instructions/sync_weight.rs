use anchor_lang::prelude::*;

use super::{begin, reweigh};
use crate::{emit, events::WeightSynced, state::*};

/// Accounts of `sync_weight`, in order:
/// 0. `config`
/// 1. `totals` (writable)
/// 2. `pool` (writable), then the event accounts
///
/// Nobody signs: the result follows from the pool alone. It brings the totals up to date after a slash, and a pool back
/// into the draw when its time in jail is over.
#[event_cpi]
#[derive(Accounts)]
pub struct SyncWeight<'info> {
    pub config: Account<'info, Config>,
    #[account(mut)]
    pub totals: Account<'info, Totals>,
    #[account(mut)]
    pub pool: Account<'info, Pool>,
}

pub(crate) fn handler(ctx: Context<SyncWeight>) -> Result<()> {
    let SyncWeight { config, totals, pool, .. } = &mut *ctx.accounts;
    let moment = begin(config, totals, pool)?;
    let (weight, total) = reweigh(config, totals, pool, moment)?;
    emit(&ctx.accounts.event_authority, &WeightSynced { pool: ctx.accounts.pool.key(), weight, total })?;
    Ok(())
}
