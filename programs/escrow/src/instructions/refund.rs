use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token, TokenAccount};

use crate::{EscrowError, events::JobRefunded, state::*};

/// Accounts of `refund`, in order:
/// 0. `job`
/// 1. `vault` (writable): `["vault", job]`
/// 2. `to` (writable): a token account of the requester's
/// 3. `mint`: the job's
/// 4. `token_program`, then the event accounts
///
/// Nobody signs: the money can only go to the requester.
#[event_cpi]
#[derive(Accounts)]
pub struct Refund<'info> {
    #[account(has_one = mint @ EscrowError::WrongAddress)]
    pub job: Account<'info, Job>,
    #[account(mut, seeds = [VAULT_SEED, job.key().as_ref()], bump = job.vault_bump)]
    pub vault: Account<'info, TokenAccount>,
    #[account(mut, token::mint = mint, constraint = to.owner == job.requester @ EscrowError::WrongAddress)]
    pub to: Account<'info, TokenAccount>,
    pub mint: Account<'info, Mint>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<Refund>) -> Result<()> {
    let job = &ctx.accounts.job;
    require!(!matches!(job.state, JobState::Open | JobState::Seated), EscrowError::WrongState);
    let amount = ctx.accounts.vault.amount.checked_sub(job.owed()?).ok_or(EscrowError::Invariant)?;

    let nonce = job.nonce.to_le_bytes();
    let seeds: &[&[u8]] = &[JOB_SEED, job.requester.as_ref(), &nonce, &[job.bump]];
    let accounts = token::TransferChecked {
        from: ctx.accounts.vault.to_account_info(),
        mint: ctx.accounts.mint.to_account_info(),
        to: ctx.accounts.to.to_account_info(),
        authority: job.to_account_info(),
    };
    let context = CpiContext::new_with_signer(Token::id(), accounts, std::slice::from_ref(&seeds));
    token::transfer_checked(context, amount, ctx.accounts.mint.decimals)?;

    emit_cpi!(JobRefunded { job: ctx.accounts.job.key(), amount });
    Ok(())
}
