use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;

use super::vault::{Vault, pay_bounty};
use crate::{EscrowError, emit, events::JobClosed, holding::Holding, state::*};

/// Accounts of `close_job`, in order:
/// 0. `job` (writable, closed)
/// 1. `vault` (writable, closed): `["vault", job]`, empty
/// 2. `requester` (writable): the job's; gets the rent of both and the bounties that nobody earned
/// 3. `caller` (writable): gets the bounty
/// 4. `token_program`: the mint's, then the event accounts
///
/// Nobody signs: the rent can only go to who paid it. A Token-2022 vault that withheld transfer fees closes once they
/// are harvested, which anybody may do (HarvestWithheldTokensToMint).
#[event_cpi]
#[derive(Accounts)]
pub struct CloseJob<'info> {
    #[account(mut, dup, close = requester, has_one = requester @ EscrowError::NotRequester)]
    pub job: Account<'info, Job>,
    /// CHECK: where its seeds say, only this program can have made an account, and it made the vault.
    #[account(mut, seeds = [VAULT_SEED, job.key().as_ref()], bump = job.vault_bump)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: named by the job; only receives lamports.
    #[account(mut)]
    pub requester: UncheckedAccount<'info>,
    /// CHECK: only receives lamports; whoever sends this names it.
    #[account(mut)]
    pub caller: UncheckedAccount<'info>,
    pub token_program: Interface<'info, TokenInterface>,
}

pub(crate) fn handler(ctx: Context<CloseJob>) -> Result<()> {
    let job = &ctx.accounts.job;
    require!(!job.is_live(), EscrowError::WrongState);
    require!(job.ended(), EscrowError::SeatsLeft);
    require!(Holding::read(&ctx.accounts.vault)?.amount == 0, EscrowError::VaultNotEmpty);

    let vault = Vault {
        job,
        vault: ctx.accounts.vault.to_account_info(),
        // Closing needs neither.
        mint: ctx.accounts.vault.to_account_info(),
        decimals: 0,
        token_program: ctx.accounts.token_program.to_account_info(),
    };
    vault.close(ctx.accounts.requester.to_account_info())?;
    let bounty = pay_bounty(&ctx.accounts.job, &ctx.accounts.caller)?;

    emit(
        &ctx.accounts.event_authority,
        &JobClosed { job: ctx.accounts.job.key(), bounty, last: Job::clone(&ctx.accounts.job) },
    )?;
    Ok(())
}
