use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token, TokenAccount};

use super::model;
use crate::{EscrowError, events::JobPosted, math, state::*};

/// Accounts of `post_job`, in order:
/// 0. `requester` (signer, writable): pays rent and payment
/// 1. `config`
/// 2. `payment`: `["payment", mint]`
/// 3. `job` (writable, created): `["job", requester, nonce]`
/// 4. `vault` (writable, created): `["vault", job]`, owned by the job
/// 5. `from` (writable): the requester's token account
/// 6. `mint`
/// 7. `token_program`, 8. `system_program`, then the event accounts
/// 9. every Model whose address is among the terms' royalties
#[event_cpi]
#[derive(Accounts)]
#[instruction(terms: JobTerms)]
pub struct PostJob<'info> {
    #[account(mut)]
    pub requester: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(has_one = mint @ EscrowError::WrongAddress)]
    pub payment: Account<'info, PaymentMint>,
    #[account(
        init, payer = requester, space = terms.space(),
        seeds = [JOB_SEED, requester.key().as_ref(), &terms.nonce.to_le_bytes()], bump
    )]
    pub job: Box<Account<'info, Job>>,
    #[account(
        init, payer = requester, seeds = [VAULT_SEED, job.key().as_ref()], bump,
        token::mint = mint, token::authority = job
    )]
    pub vault: Box<Account<'info, TokenAccount>>,
    #[account(mut, token::mint = mint, token::authority = requester)]
    pub from: Box<Account<'info, TokenAccount>>,
    pub mint: Box<Account<'info, Mint>>,
    pub token_program: Program<'info, Token>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler<'info>(ctx: Context<'info, PostJob<'info>>, terms: JobTerms) -> Result<()> {
    let params = &ctx.accounts.config.params;
    let class = validate(&terms, params)?;
    let (seat_price, deposit) =
        math::prices(terms.units, terms.price_per_unit, terms.seats().0).ok_or(EscrowError::Overflow)?;
    let bond = math::bond(seat_price, params.bond_bps, ctx.accounts.payment.bond_rate).ok_or(EscrowError::Overflow)?;
    let at_risk = math::bps_up(class.stake, params.wrong_bps).ok_or(EscrowError::Overflow)?;
    let clock = Clock::get()?;
    let seal_by = clock.unix_timestamp.checked_add(terms.deadline_seconds.into()).ok_or(EscrowError::Overflow)?;
    let window = |factor: u8| class.seconds.checked_mul(u32::from(factor)).ok_or(EscrowError::Overflow);

    let (replicas, quorum, review_window) = terms.seats();
    let legs = model::legs(&terms.royalties, ctx.remaining_accounts)?;
    ctx.accounts.job.set_inner(Job {
        version: VERSION,
        bump: ctx.bumps.job,
        vault_bump: ctx.bumps.vault,
        state: JobState::Open,
        class: terms.class,
        assignment: terms.assignment,
        replicas,
        quorum,
        seats: 0,
        winners: 0,
        losers: 0,
        released: 0,
        fee_bps: params.fee_bps,
        cancel_floor_bps: params.cancel_floor_bps,
        requester: ctx.accounts.requester.key(),
        mint: ctx.accounts.mint.key(),
        nonce: terms.nonce,
        spec_hash: terms.spec_hash,
        units: terms.units,
        seat_price,
        bond,
        exposure: bond.checked_add(at_risk).ok_or(EscrowError::Overflow)?,
        posted_at: clock.unix_timestamp,
        seal_by,
        seal_window: window(params.seal_factor)?,
        reveal_window: window(params.reveal_factor)?,
        review_window,
        bounty: params.bounty_lamports,
        requirements: terms.requirements,
        seed_slot: clock.slot,
        seeded_at: 0,
        seed: [0; 32],
        ended_at: 0,
        root: [0; 32],
        uri: terms.uri,
        prices: if terms.assignment == Assignment::Auction { vec![0; replicas.into()] } else { Vec::new() },
        milestones: terms.milestones,
        legs,
    });
    let job = &ctx.accounts.job;
    job.invariant()?;
    let accounts = token::TransferChecked {
        from: ctx.accounts.from.to_account_info(),
        mint: ctx.accounts.mint.to_account_info(),
        to: ctx.accounts.vault.to_account_info(),
        authority: ctx.accounts.requester.to_account_info(),
    };
    token::transfer_checked(CpiContext::new(Token::id(), accounts), deposit, ctx.accounts.mint.decimals)?;

    emit_cpi!(JobPosted {
        job: job.key(),
        requester: job.requester,
        mint: job.mint,
        spec_hash: job.spec_hash,
        units: job.units,
        replicas: job.replicas,
        quorum: job.quorum,
        seat_price,
        deposit,
        seal_by,
    });
    Ok(())
}

fn validate(terms: &JobTerms, params: &EscrowParams) -> Result<ClassParams> {
    require!((1..=MAX_UNITS).contains(&terms.units), EscrowError::BadUnits);
    require!(terms.price_per_unit > 0, EscrowError::ZeroPrice);
    judged(terms, params)?;
    royalties(terms, params)?;
    require!((1..=MAX_URI).contains(&terms.uri.len()), EscrowError::BadUri);
    terms.requirements.validate()?;
    let class = *params.classes.get(usize::from(terms.class)).ok_or(EscrowError::NoSuchClass)?;
    let least = class.seconds.checked_mul(params.seal_factor.into()).ok_or(EscrowError::Overflow)?;
    require!((least..=params.max_job_seconds).contains(&terms.deadline_seconds), EscrowError::BadDeadline);
    Ok(class)
}

/// The strategy's own terms: seats that must agree, or a time to review and milestones.
fn judged(terms: &JobTerms, params: &EscrowParams) -> Result<()> {
    let milestones = terms.milestones.as_slice();
    match terms.strategy {
        Strategy::Replicated { replicas, quorum } => {
            require!((2..=MAX_REPLICAS).contains(&replicas), EscrowError::BadQuorum);
            let majority = quorum > replicas >> 1 && quorum <= replicas;
            require!(majority, EscrowError::BadQuorum);
            require!(milestones.is_empty(), EscrowError::BadMilestones);
            // Who picks the seats could pick itself, outvote an honest one and get the harmed party's part of its stake.
            require!(terms.assignment == Assignment::Sortition, EscrowError::WrongAssignment);
        }
        Strategy::Accepted { window } => {
            let allowed = params.review_min_seconds..=params.review_max_seconds;
            require!(allowed.contains(&window), EscrowError::BadReview);
            let sum: u64 = milestones.iter().map(|bps| u64::from(*bps)).sum();
            let whole = milestones.is_empty() || (sum == math::BPS && !milestones.contains(&0));
            require!(whole && milestones.len() <= MAX_MILESTONES, EscrowError::BadMilestones);
        }
    }
    Ok(())
}

/// Royalties are few, and with the fee they leave the operator its floor.
fn royalties(terms: &JobTerms, params: &EscrowParams) -> Result<()> {
    let royalties = terms.royalties.as_slice();
    let sound = royalties.iter().all(|(to, bps)| *to != Pubkey::default() && *bps > 0);
    require!(sound && royalties.len() <= MAX_LEGS, EscrowError::BadRoyalties);
    let taken = royalties.iter().fold(u64::from(params.fee_bps), |sum, (_, bps)| sum.saturating_add((*bps).into()));
    let left = math::BPS.saturating_sub(taken);
    require!(taken <= math::BPS && left >= params.worker_floor_bps.into(), EscrowError::RoyaltiesTooHigh);
    Ok(())
}
