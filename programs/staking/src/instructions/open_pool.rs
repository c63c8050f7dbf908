use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token, TokenAccount};
use assay_token::ASY_MINT;

use crate::{StakingError, emit, events::PoolOpened, state::*};

/// Accounts of `open_pool`, in order:
/// 0. `operator` (signer, writable): pays
/// 1. `config`
/// 2. `pool` (writable, created): `["pool", operator]`
/// 3. `vault` (writable, created): `["vault", pool]`, an ASY token account owned by the pool
/// 4. `position` (writable, created): `["position", pool, operator]`
/// 5. `mint`: the ASY mint
/// 6. `token_program`, 7. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct OpenPool<'info> {
    #[account(mut)]
    pub operator: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(
        init, payer = operator, space = 8 + Pool::INIT_SPACE, seeds = [POOL_SEED, operator.key().as_ref()], bump
    )]
    pub pool: Box<Account<'info, Pool>>,
    #[account(
        init, payer = operator, seeds = [VAULT_SEED, pool.key().as_ref()], bump,
        token::mint = mint, token::authority = pool
    )]
    pub vault: Box<Account<'info, TokenAccount>>,
    #[account(
        init, payer = operator, space = 8 + Position::INIT_SPACE,
        seeds = [POSITION_SEED, pool.key().as_ref(), operator.key().as_ref()], bump
    )]
    pub position: Box<Account<'info, Position>>,
    #[account(address = ASY_MINT @ StakingError::WrongAddress)]
    pub mint: Box<Account<'info, Mint>>,
    pub token_program: Program<'info, Token>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<OpenPool>, commission_bps: u16) -> Result<()> {
    ctx.accounts.config.open()?;
    require!(commission_bps <= ctx.accounts.config.params.max_commission_bps, StakingError::CommissionTooHigh);
    let operator = ctx.accounts.operator.key();
    let pool = ctx.accounts.pool.key();
    ctx.accounts.pool.set_inner(Pool {
        version: VERSION,
        bump: ctx.bumps.pool,
        vault_bump: ctx.bumps.vault,
        operator,
        commission_bps,
        commission_since: Clock::get()?.unix_timestamp,
        positions: 1,
        ..Pool::default()
    });
    let bump = ctx.bumps.position;
    ctx.accounts.position.set_inner(Position { version: VERSION, bump, pool, owner: operator, ..Position::default() });
    emit(&ctx.accounts.event_authority, &PoolOpened { pool, operator, commission_bps })?;
    Ok(())
}
