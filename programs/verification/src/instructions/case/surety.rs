use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token};
use assay_escrow::{Job, VERIFIER, holding::Holding};
use assay_token::{ASY_MINT, DECIMALS};

use super::money;
use crate::{VerificationError, emit, events::SuretyReturned, instructions::SIGNER, state::*};

/// Accounts of `return_surety`, in order:
/// 0. `job`: may be closed already
/// 1. `operator` (writable): that stood the surety; gets its rent back
/// 2. `surety` (writable, closed): `["surety", job, operator]`
/// 3. `to` (writable): an ASY token account of the operator's
/// 4. `asy_mint`
/// 5. `authority`: `["authority"]` of this program
/// 6. `token_program`: SPL Token; then the event accounts
///
/// Nobody signs: it can only go to who stood it.
#[event_cpi]
#[derive(Accounts)]
pub struct ReturnSurety<'info> {
    /// CHECK: the surety names it; read only if it still is a Job.
    pub job: UncheckedAccount<'info>,
    /// CHECK: the surety names it.
    #[account(mut)]
    pub operator: UncheckedAccount<'info>,
    /// CHECK: where its seeds say, only this program can have made an account, and it makes a token account.
    #[account(mut, seeds = [SURETY_SEED, job.key().as_ref(), operator.key().as_ref()], bump)]
    pub surety: UncheckedAccount<'info>,
    /// CHECK: an ASY token account of the operator's.
    #[account(mut)]
    pub to: UncheckedAccount<'info>,
    #[account(address = ASY_MINT @ VerificationError::WrongAddress)]
    pub asy_mint: Box<Account<'info, Mint>>,
    /// CHECK: a PDA of this program that owns every surety.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<ReturnSurety>) -> Result<()> {
    require!(!needed(&ctx.accounts.job)?, VerificationError::SuretyNeeded);
    let amount = Holding::read(&ctx.accounts.surety)?.amount;
    money::belongs(&ctx.accounts.to, ctx.accounts.operator.key)?;
    take(&ctx.accounts.surety, &ctx.accounts.asy_mint, &ctx.accounts.to, &ctx.accounts.authority, amount)?;
    let accounts = token::CloseAccount {
        account: ctx.accounts.surety.to_account_info(),
        destination: ctx.accounts.operator.to_account_info(),
        authority: ctx.accounts.authority.to_account_info(),
    };
    token::close_account(CpiContext::new_with_signer(Token::id(), accounts, SIGNER))?;
    let (job, operator) = (ctx.accounts.job.key(), ctx.accounts.operator.key());
    emit(&ctx.accounts.event_authority, &SuretyReturned { job, operator, amount })
}

/// Whether a case about the job may still be lost.
fn needed(job: &UncheckedAccount) -> Result<bool> {
    if job.owner == &System::id() {
        return Ok(false);
    }
    require_keys_eq!(*job.owner, assay_escrow::ID, VerificationError::WrongAddress);
    let job = Job::try_deserialize(&mut &job.try_borrow_data()?[..])?;
    Ok(job.is_live() && job.cases > 0)
}

/// Take `amount` out of a surety.
pub(super) fn take<'info>(
    surety: &AccountInfo<'info>,
    mint: &Account<'info, Mint>,
    to: &AccountInfo<'info>,
    authority: &AccountInfo<'info>,
    amount: u64,
) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    let accounts = token::TransferChecked {
        from: surety.clone(),
        mint: mint.to_account_info(),
        to: to.clone(),
        authority: authority.clone(),
    };
    token::transfer_checked(CpiContext::new_with_signer(Token::id(), accounts, SIGNER), amount, DECIMALS)
}
