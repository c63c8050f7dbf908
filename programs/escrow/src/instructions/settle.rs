use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use assay_staking::{Pool, SLASHER, cpi::accounts::ChangeBond, program::AssayStaking};
use assay_token::FEE_AUTHORITY;

use crate::{EscrowError, events::SeatSettled, state::*};

/// Accounts of `settle`, in order:
/// 0. `job` (writable)
/// 1. `seat` (writable, closed): its rent returns to the operator
/// 2. `operator` (writable): the seat's
/// 3. `vault` (writable): `["vault", job]`
/// 4. `to` (writable): a token account of the operator's
/// 5. `fee_vault` (writable): any fee vault of the mint's
/// 6. `mint`: the job's
/// 7. `pool` (writable): the operator's, where the exposure is released
/// 8. `authority`: `["authority"]` of this program
/// 9. `staking_program`
/// 10. `token_program`, then the event accounts
///
/// Nobody signs: where the money goes follows from the verdict alone.
#[event_cpi]
#[derive(Accounts)]
pub struct Settle<'info> {
    #[account(mut, has_one = mint @ EscrowError::WrongAddress)]
    pub job: Box<Account<'info, Job>>,
    #[account(
        mut, close = operator, has_one = job @ EscrowError::WrongAddress, has_one = operator @ EscrowError::NotOperator
    )]
    pub seat: Account<'info, Seat>,
    /// CHECK: named by the seat; only receives lamports.
    #[account(mut)]
    pub operator: UncheckedAccount<'info>,
    #[account(mut, seeds = [VAULT_SEED, job.key().as_ref()], bump = job.vault_bump)]
    pub vault: Box<Account<'info, TokenAccount>>,
    #[account(mut, token::mint = mint, token::authority = operator)]
    pub to: Box<Account<'info, TokenAccount>>,
    #[account(mut, token::mint = mint, constraint = fee_vault.owner == FEE_AUTHORITY @ EscrowError::WrongAddress)]
    pub fee_vault: Box<Account<'info, TokenAccount>>,
    pub mint: Box<Account<'info, Mint>>,
    #[account(mut, has_one = operator @ EscrowError::NotOperator)]
    pub pool: Box<Account<'info, Pool>>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = SLASHER @ EscrowError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub staking_program: Program<'info, AssayStaking>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<Settle>) -> Result<()> {
    let (job, seat) = (&mut ctx.accounts.job, &ctx.accounts.seat);
    require!(matches!(job.state, JobState::Verified | JobState::Unresolved), EscrowError::WrongState);
    require!(seat.state != SeatState::Claimed, EscrowError::WrongSeatState);
    require!(!Job::in_set(job.losers, seat.index), EscrowError::SeatLost);
    let price = if Job::in_set(job.winners, seat.index) { job.left_of(seat.index)? } else { 0 };
    let Shares { paid, fee, royalties: _ } = job.share_out(price)?;

    job.leave_seat(seat.index)?;
    let accounts = &ctx.accounts;
    if price > 0 {
        accounts.pay(&accounts.to, paid)?;
        accounts.pay(&accounts.fee_vault, fee)?;
    }
    accounts.release()?;

    emit_cpi!(SeatSettled {
        job: ctx.accounts.job.key(),
        seat: ctx.accounts.seat.key(),
        operator: ctx.accounts.operator.key(),
        paid,
        fee,
        released: ctx.accounts.job.exposure,
        last: Seat::clone(&ctx.accounts.seat),
    });
    Ok(())
}

impl<'info> Settle<'info> {
    fn pay(&self, to: &Account<'info, TokenAccount>, amount: u64) -> Result<()> {
        let job = &self.job;
        let nonce = job.nonce.to_le_bytes();
        let seeds: &[&[u8]] = &[JOB_SEED, job.requester.as_ref(), &nonce, &[job.bump]];
        let accounts = token::TransferChecked {
            from: self.vault.to_account_info(),
            mint: self.mint.to_account_info(),
            to: to.to_account_info(),
            authority: job.to_account_info(),
        };
        let context = CpiContext::new_with_signer(Token::id(), accounts, std::slice::from_ref(&seeds));
        token::transfer_checked(context, amount, self.mint.decimals)
    }

    fn release(&self) -> Result<()> {
        let accounts = ChangeBond { slasher: self.authority.to_account_info(), pool: self.pool.to_account_info() };
        let seeds: &[&[u8]] = &[AUTHORITY_SEED, &[AUTHORITY_BUMP]];
        let context = CpiContext::new_with_signer(assay_staking::ID, accounts, std::slice::from_ref(&seeds));
        assay_staking::cpi::release_bond(context, self.job.exposure).map(drop)
    }
}
