use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token};
use assay_escrow::{Job, JobState, VERIFIER, holding::Holding, program::AssayEscrow};
use assay_staking::{PoolHead, cpi::accounts::ChangeCase, program::AssayStaking};
use assay_token::ASY_MINT;

use super::{conclude::by_verifier, money};
use crate::{VerificationError, emit, events::CaseClosed, instructions::SIGNER, state::*};

/// Accounts of `close_case`, in order:
/// 0. `job` (writable)
/// 1. `case` (writable, closed): concluded, with nothing owed
/// 2. `vault` (writable, closed): `["vault", case]`
/// 3. `opener` (writable): the case's; gets the rent of both
/// 4. `to` (writable): an ASY token account of the opener's; gets what strangers sent to the vault
/// 5. `asy_mint`
/// 6. `pool` (writable): the executor's; this program's address for a tie
/// 7. `authority`: `["authority"]` of this program
/// 8. `escrow_program`, 9. `staking_program`, 10. `token_program`: SPL Token; then the event accounts
///
/// Nobody signs. The last case of a job that a jury could not judge ends it: nobody is paid, nobody slashed.
#[event_cpi]
#[derive(Accounts)]
pub struct CloseCase<'info> {
    #[account(mut, dup)]
    pub job: Box<Account<'info, Job>>,
    #[account(
        mut, dup, close = opener, has_one = job @ VerificationError::WrongAddress,
        has_one = opener @ VerificationError::WrongAddress
    )]
    pub case: Box<Account<'info, Case>>,
    /// CHECK: where its seeds say, only this program can have made an account, and it made the vault.
    #[account(mut, seeds = [VAULT_SEED, case.key().as_ref()], bump = case.vault_bump)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: named by the case; only receives lamports.
    #[account(mut)]
    pub opener: UncheckedAccount<'info>,
    /// CHECK: an ASY token account of the opener's.
    #[account(mut)]
    pub to: UncheckedAccount<'info>,
    #[account(address = ASY_MINT @ VerificationError::WrongAddress)]
    pub asy_mint: Box<Account<'info, Mint>>,
    #[account(mut, dup)]
    pub pool: Option<Box<Account<'info, PoolHead>>>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
    pub staking_program: Program<'info, AssayStaking>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<CloseCase>) -> Result<()> {
    let accounts = &ctx.accounts;
    let (now, job, case) = (Clock::get()?.unix_timestamp, &accounts.job, &accounts.case);
    require!(case.closable(job, now), VerificationError::CaseNotOver);
    money::belongs(&accounts.to, &case.opener)?;
    let surplus = Holding::read(&accounts.vault)?.amount;
    money::pay(case, &accounts.vault, &accounts.asy_mint, &accounts.to, surplus)?;
    money::close_vault(case, &accounts.vault, &accounts.opener)?;
    accounts.forget()?;

    let last = Case::clone(case);
    emit(&accounts.event_authority, &CaseClosed { case: case.key(), job: job.key(), surplus, last })
}

impl CloseCase<'_> {
    /// Tell the programs that counted it.
    fn forget(&self) -> Result<()> {
        let (job, case) = (&self.job, &self.case);
        assay_escrow::cpi::change_cases(by_verifier(&self.authority, job), false).map(drop)?;
        if job.state == JobState::Doubted && job.cases == 1 {
            assay_escrow::cpi::record_verdict(by_verifier(&self.authority, job), [0; 32], 0, 0).map(drop)?;
        }
        if case.executor == Pubkey::default() {
            return Ok(());
        }
        let pool = self.pool.as_ref().ok_or(VerificationError::WrongAddress)?;
        require_keys_eq!(pool.operator, case.executor, VerificationError::WrongAddress);
        let accounts = ChangeCase { slasher: self.authority.to_account_info(), pool: pool.to_account_info() };
        let context = CpiContext::new_with_signer(assay_staking::ID, accounts, SIGNER);
        assay_staking::cpi::close_case(context).map(drop)
    }
}
