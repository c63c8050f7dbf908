use anchor_lang::prelude::*;
use assay_escrow::{Job, Strategy, VERIFIER, cpi::accounts::JobByVerifier, program::AssayEscrow};

use super::SIGNER;
use crate::{
    VerificationError, canary, emit,
    events::{CanaryClosed, CanaryCommitted, CanaryRevealed},
    state::*,
};

/// Accounts of `commit_canary`, in order:
/// 0. `keeper` (signer, writable): the Config's canary keeper; pays
/// 1. `config`
/// 2. `canary` (writable, created): `["canary", commitment]`
/// 3. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
#[instruction(commitment: [u8; 32])]
pub struct CommitCanary<'info> {
    #[account(mut)]
    pub keeper: Signer<'info>,
    #[account(constraint = config.is_keeper(keeper.key) @ VerificationError::NotKeeper)]
    pub config: Account<'info, Config>,
    #[account(init, payer = keeper, space = 8 + Canary::INIT_SPACE, seeds = [CANARY_SEED, &commitment], bump)]
    pub canary: Account<'info, Canary>,
    pub system_program: Program<'info, System>,
}

/// Accounts of `reveal_canary`, in order:
/// 0. `keeper` (signer): the Config's canary keeper
/// 1. `config`
/// 2. `job` (writable)
/// 3. `round` (writable): `["round", job]`, in which all that will have sealed
/// 4. `canary` (writable, closed): older than the job
/// 5. `payer` (writable): the canary's; gets its rent back
/// 6. `authority`: `["authority"]` of this program
/// 7. `escrow_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct RevealCanary<'info> {
    pub keeper: Signer<'info>,
    #[account(constraint = config.is_keeper(keeper.key) @ VerificationError::NotKeeper)]
    pub config: Box<Account<'info, Config>>,
    #[account(mut)]
    pub job: Box<Account<'info, Job>>,
    #[account(mut, has_one = job @ VerificationError::WrongAddress)]
    pub round: Box<Account<'info, Round>>,
    #[account(mut, close = payer, has_one = payer @ VerificationError::WrongAddress)]
    pub canary: Account<'info, Canary>,
    /// CHECK: named by the canary; only receives lamports.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
}

/// Accounts of `close_canary`, in order:
/// 0. `canary` (writable, closed)
/// 1. `payer` (writable): the canary's; gets its rent back; then the event accounts
///
/// Nobody signs: the rent can only go to who paid it.
#[event_cpi]
#[derive(Accounts)]
pub struct CloseCanary<'info> {
    #[account(mut, close = payer, has_one = payer @ VerificationError::WrongAddress)]
    pub canary: Account<'info, Canary>,
    /// CHECK: named by the canary; only receives lamports.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
}

pub(crate) fn commit(ctx: Context<CommitCanary>, commitment: [u8; 32]) -> Result<()> {
    let created_at = Clock::get()?.unix_timestamp;
    let (bump, payer) = (ctx.bumps.canary, ctx.accounts.keeper.key());
    ctx.accounts.canary.set_inner(Canary { version: VERSION, bump, commitment, created_at, payer });
    let canary = ctx.accounts.canary.key();
    emit(&ctx.accounts.event_authority, &CanaryCommitted { canary, commitment })?;
    Ok(())
}

pub(crate) fn reveal(ctx: Context<RevealCanary>, root: [u8; 32], salt: [u8; 32]) -> Result<()> {
    ctx.accounts.validate(&root, &salt)?;
    let accounts =
        JobByVerifier { verifier: ctx.accounts.authority.to_account_info(), job: ctx.accounts.job.to_account_info() };
    let context = CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER);
    assay_escrow::cpi::set_root(context, root).map(drop)?;

    let (job, round) = (ctx.accounts.job.key(), ctx.accounts.round.key());
    let (canary, last) = (ctx.accounts.canary.key(), Canary::clone(&ctx.accounts.canary));
    emit(&ctx.accounts.event_authority, &CanaryRevealed { job, round, canary, root, last })?;
    Ok(())
}

impl RevealCanary<'_> {
    fn validate(&self, root: &[u8; 32], salt: &[u8; 32]) -> Result<()> {
        let (job, round, canary) = (&self.job, &self.round, &self.canary);
        let now = Clock::get()?.unix_timestamp;
        require!(*root != [0; 32], VerificationError::EmptyCommitment);
        // Another strategy's root is its executor's claim.
        require!(matches!(job.strategy, Strategy::Replicated { .. }), VerificationError::NotReplicated);
        let over = matches!(round.phase, Phase::Tied | Phase::Auditing | Phase::Final);
        require!(!over, VerificationError::WrongPhase);
        require!(round.is_of(job), VerificationError::StaleRound);
        require!(job.root == [0; 32], VerificationError::AlreadyKnown);
        // Who has yet to seal must not learn the answer, nor that there is one.
        require!(round.revealing(now), VerificationError::RevealTooEarly);
        let expected = canary::commitment(&job.key(), &job.spec_hash, root, salt);
        require!(canary.commitment == expected, VerificationError::WrongCanary);
        // Not in the same second either: a job that is seen is not made a canary.
        require!(canary.created_at < job.posted_at, VerificationError::CanaryTooYoung);
        Ok(())
    }
}

pub(crate) fn close(ctx: Context<CloseCanary>) -> Result<()> {
    let kept_until = ctx.accounts.canary.created_at.saturating_add(CANARY_LIFE);
    require!(Clock::get()?.unix_timestamp > kept_until, VerificationError::CanaryKept);
    let (canary, last) = (ctx.accounts.canary.key(), Canary::clone(&ctx.accounts.canary));
    emit(&ctx.accounts.event_authority, &CanaryClosed { canary, last })?;
    Ok(())
}
