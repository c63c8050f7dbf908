use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;

use super::vault::Vault;
use crate::{
    EscrowError, emit,
    events::JobRefunded,
    holding::{self, Holding},
    state::*,
};

/// Accounts of `refund`, in order:
/// 0. `job`
/// 1. `vault` (writable): `["vault", job]`
/// 2. `to` (writable): a token account of the requester's
/// 3. `mint`: the job's
/// 4. `token_program`: the mint's, then the event accounts
///
/// Nobody signs: the money can only go to the requester.
#[event_cpi]
#[derive(Accounts)]
pub struct Refund<'info> {
    #[account(has_one = mint @ EscrowError::WrongAddress)]
    pub job: Account<'info, Job>,
    /// CHECK: where its seeds say, only this program can have made an account, and it made the vault.
    #[account(mut, seeds = [VAULT_SEED, job.key().as_ref()], bump = job.vault_bump)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: a token account of the requester's.
    #[account(
        mut, constraint = Holding::read(&to)?.is_of(&job.mint, &job.requester) @ EscrowError::WrongAddress
    )]
    pub to: UncheckedAccount<'info>,
    // It was read as a mint when it was registered. The token program compares the decimals.
    /// CHECK: named by the job, which was posted in it.
    pub mint: UncheckedAccount<'info>,
    pub token_program: Interface<'info, TokenInterface>,
}

pub(crate) fn handler(ctx: Context<Refund>) -> Result<()> {
    let job = &ctx.accounts.job;
    require!(!job.is_live(), EscrowError::WrongState);
    let amount = Holding::read(&ctx.accounts.vault)?.amount.checked_sub(job.owed()?).ok_or(EscrowError::Invariant)?;
    let vault = Vault {
        job,
        vault: ctx.accounts.vault.to_account_info(),
        mint: ctx.accounts.mint.to_account_info(),
        decimals: holding::decimals(&ctx.accounts.mint)?,
        token_program: ctx.accounts.token_program.to_account_info(),
    };
    vault.pay(ctx.accounts.to.to_account_info(), amount)?;

    emit(&ctx.accounts.event_authority, &JobRefunded { job: ctx.accounts.job.key(), amount })?;
    Ok(())
}
