use anchor_lang::prelude::*;
use anchor_spl::token_interface::{self, TokenInterface};

use super::{post_job::exposure, vault::gross};
use crate::{EscrowError, emit, events::JobToppedUp, holding::Holding, math, state::*};

/// Accounts of `top_up`, in order:
/// 0. `requester` (signer): the job's
/// 1. `config`
/// 2. `payment`: `["payment", mint]`
/// 3. `job` (writable)
/// 4. `vault` (writable): `["vault", job]`
/// 5. `from` (writable): the requester's token account
/// 6. `mint`: the job's
/// 7. `token_program`: the mint's, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct TopUp<'info> {
    pub requester: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(has_one = mint @ EscrowError::WrongAddress)]
    pub payment: Box<Account<'info, PaymentMint>>,
    #[account(
        mut, dup, has_one = requester @ EscrowError::NotRequester, has_one = mint @ EscrowError::WrongAddress
    )]
    pub job: Box<Account<'info, Job>>,
    /// CHECK: where its seeds say, only this program can have made an account, and it made the vault.
    #[account(mut, seeds = [VAULT_SEED, job.key().as_ref()], bump = job.vault_bump)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: a token account of the requester's.
    #[account(
        mut, constraint = Holding::read(&from)?.is_of(&job.mint, requester.key) @ EscrowError::WrongAddress
    )]
    pub from: UncheckedAccount<'info>,
    /// CHECK: named by the job, which was posted in it: it was read as a mint when it was registered.
    pub mint: UncheckedAccount<'info>,
    pub token_program: Interface<'info, TokenInterface>,
}

pub(crate) fn handler(ctx: Context<TopUp>, price_per_unit: u64, extra_seconds: u32) -> Result<()> {
    let config = &ctx.accounts.config;
    require!(!config.paused, EscrowError::Paused);
    let (job, params) = (&mut ctx.accounts.job, &config.params);
    let now = Clock::get()?.unix_timestamp;
    require!(job.state == JobState::Open, EscrowError::WrongState);
    // Who has a seat has agreed to the terms as they are.
    require!(job.seats == 0, EscrowError::SeatsLeft);
    require!(now <= job.seal_by, EscrowError::TooLate);

    let before = job.owed()?;
    let price = math::seat_price(job.units, price_per_unit).ok_or(EscrowError::Overflow)?;
    require!(price >= job.seat_price, EscrowError::BadTopUp);
    require!(price > job.seat_price || extra_seconds > 0, EscrowError::BadTopUp);
    if price > job.seat_price {
        raise(job, price, params, ctx.accounts.payment.bond_rate)?;
    }
    if extra_seconds > 0 {
        extend(job, extra_seconds, params)?;
    }
    job.invariant()?;
    let deposit = job.owed()?.checked_sub(before).ok_or(EscrowError::Invariant)?;
    ctx.accounts.deposit(deposit)?;

    let job = &ctx.accounts.job;
    emit(
        &ctx.accounts.event_authority,
        &JobToppedUp { job: job.key(), seat_price: job.seat_price, seal_by: job.seal_by, deposit },
    )?;
    Ok(())
}

/// A higher price, with the bond that goes with it. Bids are for a bond of a certain size, and are worth nothing then.
fn raise(job: &mut Job, price: u64, params: &EscrowParams, bond_rate: u64) -> Result<()> {
    let class = *params.classes.get(usize::from(job.class)).ok_or(EscrowError::NoSuchClass)?;
    (job.bond, job.exposure) = exposure(price, params, class, bond_rate)?;
    job.seat_price = price;
    job.price_seats(job.assignment())?;
    Ok(())
}

/// A later deadline. Once the seed is drawn it stays: the round has copied it. A round that was opened before must be
/// closed and opened anew, which the draw insists on.
fn extend(job: &mut Job, seconds: u32, params: &EscrowParams) -> Result<()> {
    require!(!job.strategy.has_round() || job.seeded_at == 0, EscrowError::AlreadyDrawn);
    job.seal_by = job.seal_by.checked_add(seconds.into()).ok_or(EscrowError::Overflow)?;
    let all = job.seal_by.checked_sub(job.posted_at).ok_or(EscrowError::Overflow)?;
    require!(all <= params.max_job_seconds.into(), EscrowError::BadDeadline);
    Ok(())
}

impl TopUp<'_> {
    /// Pay in so much that `deposit` arrives on top of what is there.
    #[inline(never)]
    fn deposit(&self, deposit: u64) -> Result<()> {
        if deposit == 0 {
            return Ok(());
        }
        let before = Holding::read(&self.vault)?.amount;
        let sent = gross(&self.mint, deposit)?;
        let accounts = token_interface::TransferChecked {
            from: self.from.to_account_info(),
            mint: self.mint.to_account_info(),
            to: self.vault.to_account_info(),
            authority: self.requester.to_account_info(),
        };
        let context = CpiContext::new(*self.token_program.key, accounts);
        token_interface::transfer_checked(context, sent, self.payment.decimals)?;
        let arrived = Holding::read(&self.vault)?.amount.checked_sub(before);
        require!(arrived.is_some_and(|arrived| arrived >= deposit), EscrowError::Shortfall);
        Ok(())
    }
}
