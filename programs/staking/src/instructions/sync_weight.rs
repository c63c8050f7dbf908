use anchor_lang::prelude::*;

use super::reweigh;
use crate::{events::WeightSynced, state::*};

/// Accounts of `sync_weight`, in order:
/// 0. `config`
/// 1. `totals` (writable)
/// 2. `pool` (writable), then the event accounts
///
/// Nobody signs: the result follows from the pool alone.
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
    let (weight, total) = reweigh(&ctx.accounts.config, &mut ctx.accounts.totals, &mut ctx.accounts.pool)?;
    emit_cpi!(WeightSynced { pool: ctx.accounts.pool.key(), weight, total });
    Ok(())
}
