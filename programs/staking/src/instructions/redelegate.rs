use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token, TokenAccount};
use assay_token::ASY_MINT;

use super::{begin, note_self, pay, reweigh};
use crate::{StakingError, emit, events::Redelegated, state::*};

/// Accounts of `redelegate`, in order:
/// 0. `owner` (signer): of both positions
/// 1. `config`
/// 2. `totals` (writable)
/// 3. `from_pool` (writable)
/// 4. `from_position` (writable): `["position", from_pool, owner]`
/// 5. `from_vault` (writable): `["vault", from_pool]`
/// 6. `to_pool` (writable)
/// 7. `to_position` (writable): `["position", to_pool, owner]`
/// 8. `to_vault` (writable): `["vault", to_pool]`
/// 9. `mint`: the ASY mint
/// 10. `token_program`, then the event accounts
///
/// Stake moves at once, without cooling. That is safe only because the pool it leaves has no bond locked and no case
/// open and is not in jail: a slash takes from what is locked, and what is locked stays so from the claim of a seat until
/// its verdict is carried out. Without one, nothing that this pool did can still be slashed, so nothing is dodged. Where
/// the stake arrives it is fresh, so that it cannot be passed from pool to pool within an epoch.
#[event_cpi]
#[derive(Accounts)]
pub struct Redelegate<'info> {
    pub owner: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(mut)]
    pub totals: Box<Account<'info, Totals>>,
    #[account(mut)]
    pub from_pool: Box<Account<'info, Pool>>,
    #[account(
        mut, has_one = owner @ StakingError::NotOwner,
        constraint = from_position.pool == from_pool.key() @ StakingError::WrongAddress
    )]
    pub from_position: Box<Account<'info, Position>>,
    #[account(mut, seeds = [VAULT_SEED, from_pool.key().as_ref()], bump = from_pool.vault_bump)]
    pub from_vault: Box<Account<'info, TokenAccount>>,
    #[account(mut)]
    pub to_pool: Box<Account<'info, Pool>>,
    #[account(
        mut, has_one = owner @ StakingError::NotOwner,
        constraint = to_position.pool == to_pool.key() @ StakingError::WrongAddress
    )]
    pub to_position: Box<Account<'info, Position>>,
    #[account(mut, seeds = [VAULT_SEED, to_pool.key().as_ref()], bump = to_pool.vault_bump)]
    pub to_vault: Box<Account<'info, TokenAccount>>,
    #[account(address = ASY_MINT @ StakingError::WrongAddress)]
    pub mint: Box<Account<'info, Mint>>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<Redelegate>, shares: u128) -> Result<()> {
    require!(shares > 0, StakingError::ZeroAmount);
    ctx.accounts.config.open()?;
    let Redelegate { config, totals, from_pool, from_position, to_pool, to_position, .. } = &mut *ctx.accounts;
    let moment = begin(config, totals, from_pool)?;
    begin(config, totals, to_pool)?;
    require!(from_pool.locked == 0, StakingError::BondsLocked);
    require!(!from_pool.jailed(moment.now), StakingError::Jailed);
    from_pool.no_case()?;

    from_position.settle(from_pool);
    to_position.settle(to_pool);
    from_position.remove(shares, moment.epoch, moment.now)?;
    let amount = from_pool.take_active(shares)?;
    from_pool.invariant()?;
    let bought = to_pool.add(amount)?;
    to_position.add(bought, moment.epoch)?;
    note_self(from_pool, from_position);
    note_self(to_pool, to_position);
    reweigh(config, totals, from_pool, moment)?;
    reweigh(config, totals, to_pool, moment)?;

    let accounts = &ctx.accounts;
    pay(&accounts.from_pool, &accounts.from_vault, &accounts.mint, &accounts.to_vault, amount)?;
    let (from, to) = (accounts.from_pool.key(), accounts.to_pool.key());
    emit(
        &ctx.accounts.event_authority,
        &Redelegated { from, to, owner: ctx.accounts.owner.key(), amount, shares: bought },
    )?;
    Ok(())
}
