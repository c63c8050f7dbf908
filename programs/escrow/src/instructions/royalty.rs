use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use assay_token::FEE_AUTHORITY;

use super::vault::Vault;
use crate::{
    EscrowError, emit,
    events::RoyaltyPaid,
    holding::{self, Holding},
    state::*,
};

/// Accounts of `pay_royalty`, in order:
/// 0. `config`
/// 1. `job` (writable)
/// 2. `vault` (writable): `["vault", job]`
/// 3. `to` (writable): a token account of the payee's; once the grace is over, a fee vault will do
/// 4. `mint`: the job's
/// 5. `token_program`: the mint's, then the event accounts
///
/// Nobody signs: the money can only go to the payee, or to the protocol when nobody could pay the payee in all the time
/// there was. Without that a payee with a frozen account would keep the job, and the requester's rent, open for ever.
#[event_cpi]
#[derive(Accounts)]
pub struct PayRoyalty<'info> {
    pub config: Box<Account<'info, Config>>,
    #[account(mut, dup, has_one = mint @ EscrowError::WrongAddress)]
    pub job: Box<Account<'info, Job>>,
    /// CHECK: where its seeds say, only this program can have made an account, and it made the vault.
    #[account(mut, seeds = [VAULT_SEED, job.key().as_ref()], bump = job.vault_bump)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: a token account of the payee's or the protocol's: the handler reads it.
    #[account(mut)]
    pub to: UncheckedAccount<'info>,
    // It was read as a mint when it was registered. The token program compares the decimals.
    /// CHECK: named by the job, which was posted in it.
    pub mint: UncheckedAccount<'info>,
    pub token_program: Interface<'info, TokenInterface>,
}

pub(crate) fn handler(ctx: Context<PayRoyalty>, leg: u8) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let grace = ctx.accounts.config.params.royalty_grace_seconds;
    let Holding { mint, owner, .. } = Holding::read(&ctx.accounts.to)?;
    let job = &mut ctx.accounts.job;
    require_keys_eq!(mint, job.mint, EscrowError::WrongAddress);
    // Nothing is due to an account that the job owns, its vault for one: what it is paid would be the requester's.
    require_keys_neq!(owner, job.key(), EscrowError::WrongAddress);
    let over = job.ended_at.checked_add(grace.into()).ok_or(EscrowError::Overflow)?;
    let unclaimed = !job.is_live() && now > over && owner == FEE_AUTHORITY;
    let leg_of = job.legs.get_mut(usize::from(leg)).ok_or(EscrowError::NothingDue)?;
    require!(owner == leg_of.to || unclaimed, EscrowError::WrongAddress);
    require!(leg_of.due > 0, EscrowError::NothingDue);
    let amount = std::mem::take(&mut leg_of.due);
    job.invariant()?;

    let vault = Vault {
        job: &ctx.accounts.job,
        vault: ctx.accounts.vault.to_account_info(),
        mint: ctx.accounts.mint.to_account_info(),
        decimals: holding::decimals(&ctx.accounts.mint)?,
        token_program: ctx.accounts.token_program.to_account_info(),
    };
    vault.pay(ctx.accounts.to.to_account_info(), amount)?;

    emit(&ctx.accounts.event_authority, &RoyaltyPaid { job: ctx.accounts.job.key(), leg, to: owner, amount })?;
    Ok(())
}
