use anchor_lang::prelude::*;
use anchor_spl::token::{self, Token, TokenAccount};

use crate::{EscrowError, events::JobClosed, state::*};

/// Accounts of `close_job`, in order:
/// 0. `job` (writable, closed)
/// 1. `vault` (writable, closed): `["vault", job]`, empty
/// 2. `requester` (writable): the job's; gets the rent of both
/// 3. `token_program`, then the event accounts
///
/// Nobody signs: the rent can only go to who paid it.
#[event_cpi]
#[derive(Accounts)]
pub struct CloseJob<'info> {
    #[account(mut, close = requester, has_one = requester @ EscrowError::NotRequester)]
    pub job: Account<'info, Job>,
    #[account(mut, seeds = [VAULT_SEED, job.key().as_ref()], bump = job.vault_bump)]
    pub vault: Account<'info, TokenAccount>,
    /// CHECK: named by the job; only receives lamports.
    #[account(mut)]
    pub requester: UncheckedAccount<'info>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<CloseJob>) -> Result<()> {
    let job = &ctx.accounts.job;
    let over = !matches!(job.state, JobState::Open | JobState::Seated);
    require!(over, EscrowError::WrongState);
    require!(job.ended(), EscrowError::SeatsLeft);
    require!(ctx.accounts.vault.amount == 0, EscrowError::VaultNotEmpty);

    let nonce = job.nonce.to_le_bytes();
    let seeds: &[&[u8]] = &[JOB_SEED, job.requester.as_ref(), &nonce, &[job.bump]];
    let accounts = token::CloseAccount {
        account: ctx.accounts.vault.to_account_info(),
        destination: ctx.accounts.requester.to_account_info(),
        authority: job.to_account_info(),
    };
    token::close_account(CpiContext::new_with_signer(Token::id(), accounts, std::slice::from_ref(&seeds)))?;

    emit_cpi!(JobClosed { job: ctx.accounts.job.key(), last: Job::clone(&ctx.accounts.job) });
    Ok(())
}
