use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use assay_token::{ASY_MINT, DECIMALS};

use super::{begin, reweigh, safe_to_send};
use crate::{StakingError, emit, events::RewardsClaimed, state::*};

/// Accounts of `claim_rewards`, in order:
/// 0. `owner`: of the position; need not sign
/// 1. `config`: owns the rewards vault
/// 2. `totals` (writable)
/// 3. `pool` (writable)
/// 4. `position` (writable): `["position", pool, owner]`
/// 5. `rewards` (writable): `["rewards"]`
/// 6. `to` (writable): an ASY token account of the owner's
/// 7. `mint`: the ASY mint
/// 8. `token_program`, then the event accounts
///
/// Pays what the position has earned, and with the operator's own the commission. Anybody may send it.
#[event_cpi]
#[derive(Accounts)]
pub struct ClaimRewards<'info> {
    /// CHECK: named by the position; only owns `to`.
    pub owner: UncheckedAccount<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(mut)]
    pub totals: Box<Account<'info, Totals>>,
    #[account(mut)]
    pub pool: Box<Account<'info, Pool>>,
    #[account(mut, has_one = pool @ StakingError::WrongAddress, has_one = owner @ StakingError::NotOwner)]
    pub position: Box<Account<'info, Position>>,
    #[account(mut, address = REWARDS_VAULT @ StakingError::WrongAddress)]
    pub rewards: Box<Account<'info, TokenAccount>>,
    #[account(mut, token::mint = mint, token::authority = owner)]
    pub to: Box<Account<'info, TokenAccount>>,
    #[account(address = ASY_MINT @ StakingError::WrongAddress)]
    pub mint: Box<Account<'info, Mint>>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<ClaimRewards>) -> Result<()> {
    safe_to_send(&ctx.accounts.owner, &ctx.accounts.to)?;
    let ClaimRewards { config, totals, pool, position, .. } = &mut *ctx.accounts;
    let moment = begin(config, totals, pool)?;
    position.settle(pool);
    // By the arithmetic it never owes more; if that were wrong, no other pool's rewards could pay for it.
    let rewards = position.owed.min(pool.rewards_due);
    position.owed = position.owed.checked_sub(rewards).ok_or(StakingError::Invariant)?;
    pool.rewards_due = pool.rewards_due.checked_sub(rewards).ok_or(StakingError::Invariant)?;
    let commission = if position.owner == pool.operator { std::mem::take(&mut pool.commission_due) } else { 0 };
    let amount = rewards.checked_add(commission).ok_or(StakingError::Overflow)?;
    require!(amount > 0, StakingError::NothingToClaim);
    totals.pay(amount)?;
    reweigh(config, totals, pool, moment)?;

    let seeds: &[&[u8]] = &[CONFIG_SEED, &[config.bump]];
    let accounts = token::TransferChecked {
        from: ctx.accounts.rewards.to_account_info(),
        mint: ctx.accounts.mint.to_account_info(),
        to: ctx.accounts.to.to_account_info(),
        authority: ctx.accounts.config.to_account_info(),
    };
    token::transfer_checked(CpiContext::new_with_signer(Token::id(), accounts, &[seeds]), amount, DECIMALS)?;

    let (pool, owner) = (ctx.accounts.pool.key(), ctx.accounts.owner.key());
    emit(&ctx.accounts.event_authority, &RewardsClaimed { pool, owner, rewards, commission })?;
    Ok(())
}
