use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token, TokenAccount};
use assay_token::ASY_MINT;

use crate::{StakingError, events::PoolOpened, state::*};

/// Accounts of `open_pool`, in order:
/// 0. `operator` (signer, writable): pays
/// 1. `pool` (writable, created): `["pool", operator]`
/// 2. `vault` (writable, created): `["vault", pool]`, an ASY token account owned by the pool
/// 3. `position` (writable, created): `["position", pool, operator]`
/// 4. `mint`: the ASY mint
/// 5. `token_program`, 6. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct OpenPool<'info> {
    #[account(mut)]
    pub operator: Signer<'info>,
    #[account(
        init, payer = operator, space = 8 + Pool::INIT_SPACE, seeds = [POOL_SEED, operator.key().as_ref()], bump
    )]
    pub pool: Account<'info, Pool>,
    #[account(
        init, payer = operator, seeds = [VAULT_SEED, pool.key().as_ref()], bump,
        token::mint = mint, token::authority = pool
    )]
    pub vault: Account<'info, TokenAccount>,
    #[account(
        init, payer = operator, space = 8 + Position::INIT_SPACE,
        seeds = [POSITION_SEED, pool.key().as_ref(), operator.key().as_ref()], bump
    )]
    pub position: Account<'info, Position>,
    #[account(address = ASY_MINT @ StakingError::WrongAddress)]
    pub mint: Account<'info, Mint>,
    pub token_program: Program<'info, Token>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<OpenPool>) -> Result<()> {
    let operator = ctx.accounts.operator.key();
    let pool = ctx.accounts.pool.key();
    ctx.accounts.pool.set_inner(Pool {
        version: VERSION,
        bump: ctx.bumps.pool,
        vault_bump: ctx.bumps.vault,
        operator,
        ..Pool::default()
    });
    ctx.accounts.position.set_inner(Position {
        version: VERSION,
        bump: ctx.bumps.position,
        pool,
        owner: operator,
        ..Position::default()
    });
    emit_cpi!(PoolOpened { pool, operator });
    Ok(())
}
