use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use assay_token::ASY_MINT;

use super::{begin, pay, reweigh};
use crate::{
    StakingError, emit,
    events::{PoolClosed, PositionClosed},
    state::*,
};

/// Accounts of `close_pool`, in order:
/// 0. `operator` (signer, writable): gets all rent back
/// 1. `config`
/// 2. `totals` (writable)
/// 3. `pool` (writable, closed): `["pool", operator]`
/// 4. `position` (writable, closed): the operator's own
/// 5. `vault` (writable, closed): `["vault", pool]`
/// 6. `to` (writable): an ASY token account, which gets what strangers sent to the vault
/// 7. `mint`: the ASY mint
/// 8. `token_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct ClosePool<'info> {
    #[account(mut)]
    pub operator: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(mut)]
    pub totals: Box<Account<'info, Totals>>,
    #[account(mut, close = operator, has_one = operator @ StakingError::NotOperator)]
    pub pool: Box<Account<'info, Pool>>,
    #[account(
        mut, close = operator,
        has_one = pool @ StakingError::WrongAddress, constraint = position.owner == operator.key() @ StakingError::NotOwner
    )]
    pub position: Box<Account<'info, Position>>,
    #[account(mut, seeds = [VAULT_SEED, pool.key().as_ref()], bump = pool.vault_bump)]
    pub vault: Box<Account<'info, TokenAccount>>,
    #[account(mut, token::mint = mint, constraint = to.key() != vault.key() @ StakingError::WrongAddress)]
    pub to: Box<Account<'info, TokenAccount>>,
    #[account(address = ASY_MINT @ StakingError::WrongAddress)]
    pub mint: Box<Account<'info, Mint>>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<ClosePool>) -> Result<()> {
    let ClosePool { config, totals, pool, position, .. } = &mut *ctx.accounts;
    let moment = begin(config, totals, pool)?;
    position.settle(pool);
    // Closing and opening again may not shorten a sentence, nor leave anybody's stake, ticket or reward behind.
    require!(!pool.jailed(moment.now), StakingError::Jailed);
    pool.no_case()?;
    position.unbound(moment.now)?;
    let stake = [pool.active, pool.cooling, pool.locked, pool.commission_due, position.owed];
    let accounts = pool.positions == 1 && pool.tickets == 0;
    require!(stake == [0; 5] && accounts, StakingError::NotEmpty);
    reweigh(config, totals, pool, moment)?;
    // Dust, and what shares that were slashed to nothing had earned: for all who stake.
    totals.pending = totals.pending.checked_add(pool.rewards_due).ok_or(StakingError::Overflow)?;
    totals.invariant()?;

    let surplus = ctx.accounts.vault.amount;
    pay(&ctx.accounts.pool, &ctx.accounts.vault, &ctx.accounts.mint, &ctx.accounts.to, surplus)?;
    ctx.accounts.close_vault()?;

    let (pool, operator) = (ctx.accounts.pool.key(), ctx.accounts.operator.key());
    emit(
        &ctx.accounts.event_authority,
        &PositionClosed { position: ctx.accounts.position.key(), last: Position::clone(&ctx.accounts.position) },
    )?;
    emit(
        &ctx.accounts.event_authority,
        &PoolClosed { pool, operator, surplus, last: Pool::clone(&ctx.accounts.pool) },
    )?;
    Ok(())
}

impl ClosePool<'_> {
    fn close_vault(&self) -> Result<()> {
        let seeds: &[&[u8]] = &[POOL_SEED, self.pool.operator.as_ref(), &[self.pool.bump]];
        let accounts = token::CloseAccount {
            account: self.vault.to_account_info(),
            destination: self.operator.to_account_info(),
            authority: self.pool.to_account_info(),
        };
        token::close_account(CpiContext::new_with_signer(Token::id(), accounts, &[seeds]))
    }
}
