use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token};
use assay_escrow::Job;
use assay_token::ASY_MINT;

use super::money;
use crate::{
    VerificationError, emit,
    events::{CaseAppealed, CaseMooted, CaseResolved},
    state::*,
};

/// Accounts of `resolve_case`, in order:
/// 0. `case` (writable); then the event accounts
///
/// Nobody signs: the decision follows from the votes alone.
#[event_cpi]
#[derive(Accounts)]
pub struct ResolveCase<'info> {
    #[account(mut)]
    pub case: Box<Account<'info, Case>>,
}

/// Accounts of `appeal`, in order:
/// 0. `appellant` (signer): anybody
/// 1. `job`
/// 2. `case` (writable)
/// 3. `vault` (writable): `["vault", case]`
/// 4. `from` (writable): an ASY token account of the appellant's
/// 5. `asy_mint`
/// 6. `token_program`: SPL Token; then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct AppealCase<'info> {
    pub appellant: Signer<'info>,
    pub job: Box<Account<'info, Job>>,
    #[account(mut, dup, has_one = job @ VerificationError::WrongAddress)]
    pub case: Box<Account<'info, Case>>,
    /// CHECK: where its seeds say, only this program can have made an account, and it made the vault.
    #[account(mut, seeds = [VAULT_SEED, case.key().as_ref()], bump = case.vault_bump)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: an ASY token account of the appellant's.
    #[account(mut)]
    pub from: UncheckedAccount<'info>,
    #[account(address = ASY_MINT @ VerificationError::WrongAddress)]
    pub asy_mint: Box<Account<'info, Mint>>,
    pub token_program: Program<'info, Token>,
}

/// Accounts of `moot_case`, in order:
/// 0. `job`: has ended
/// 1. `case` (writable); then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct MootCase<'info> {
    pub job: Box<Account<'info, Job>>,
    #[account(mut, has_one = job @ VerificationError::WrongAddress)]
    pub case: Box<Account<'info, Case>>,
}

pub(crate) fn resolve(ctx: Context<ResolveCase>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    ctx.accounts.case.resolve(now)?;
    ctx.accounts.case.invariant()?;
    let (case, level) = (&ctx.accounts.case, ctx.accounts.case.level);
    let event = CaseResolved {
        case: case.key(),
        job: case.job,
        level,
        decision: case.decision,
        votes: case.votes.clone(),
        until: case.until,
    };
    emit(&ctx.accounts.event_authority, &event)
}

pub(crate) fn appeal(ctx: Context<AppealCase>) -> Result<()> {
    let (clock, by) = (Clock::get()?, ctx.accounts.appellant.key());
    require!(ctx.accounts.job.is_live(), VerificationError::CaseMoot);
    let bond = ctx.accounts.case.appeal(by, &clock)?;
    let accounts = &ctx.accounts;
    money::lock(&accounts.from, &accounts.vault, &accounts.asy_mint, &accounts.appellant, bond)?;
    let (case, job, level, chairs) =
        (accounts.case.key(), accounts.job.key(), accounts.case.level, accounts.case.chairs);
    emit(&accounts.event_authority, &CaseAppealed { case, job, by, level, chairs, bond })
}

/// The job ended otherwise: every bond goes back.
pub(crate) fn moot(ctx: Context<MootCase>) -> Result<()> {
    require!(!ctx.accounts.job.is_live(), VerificationError::NotMoot);
    ctx.accounts.case.give_back(Ruling::Moot)?;
    let (case, job) = (ctx.accounts.case.key(), ctx.accounts.job.key());
    emit(&ctx.accounts.event_authority, &CaseMooted { case, job })
}
