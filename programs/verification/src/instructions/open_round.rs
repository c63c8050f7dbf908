use anchor_lang::prelude::*;
use assay_escrow::{Job, JobState};

use crate::{VerificationError, emit, events::RoundOpened, state::*};

/// Accounts of `open_round`, in order:
/// 0. `requester` (signer, writable): the job's; pays
/// 1. `config`: may be paused
/// 2. `job`
/// 3. `round` (writable, created): `["round", job]`
/// 4. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct OpenRound<'info> {
    #[account(mut)]
    pub requester: Signer<'info>,
    pub config: Account<'info, Config>,
    #[account(has_one = requester @ VerificationError::NotRequester)]
    pub job: Account<'info, Job>,
    #[account(
        init, payer = requester, space = Round::space(job.strategy.is_sampled()), seeds = [ROUND_SEED, job.key().as_ref()], bump
    )]
    pub round: Account<'info, Round>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<OpenRound>) -> Result<()> {
    require!(!ctx.accounts.config.paused, VerificationError::Paused);
    let job = &ctx.accounts.job;
    require!(
        job.state == JobState::Open && job.seats == 0 && job.strategy.has_round(),
        VerificationError::WrongJobState
    );
    let reveal_by = job.seal_by.checked_add(job.reveal_window.into()).ok_or(VerificationError::Overflow)?;
    ctx.accounts.round.set_inner(Round {
        version: VERSION,
        bump: ctx.bumps.round,
        phase: Phase::Sealing,
        replicas: job.replicas,
        quorum: job.strategy.quorum(),
        sealed: 0,
        revealed: 0,
        silent: 0,
        job: job.key(),
        payer: ctx.accounts.requester.key(),
        seal_by: job.seal_by,
        reveal_window: job.reveal_window,
        reveal_by,
        shown: job.strategy.is_sampled().then(Shown::default),
    });
    emit(&ctx.accounts.event_authority, &RoundOpened { round: ctx.accounts.round.key(), job: ctx.accounts.job.key() })?;
    Ok(())
}
