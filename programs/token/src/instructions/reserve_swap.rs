use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface, TransferChecked};

use super::transfer;
use crate::{TokenError, emit, events::ReserveSwapped, state::*};

/// Accounts of `reserve_swap`, in order:
/// 0. `authority` (signer): the Config's
/// 1. `counterparty` (signer): a desk or a market maker
/// 2. `payer` (signer, writable): pays for a new SwapLog
/// 3. `config`: owner of the reserve vaults
/// 4. `mint`: what is given
/// 5. `reserve_mint`: what is received, of the parameters
/// 6. `from` (writable): `["reserve", mint]`
/// 7. `into` (writable): `["reserve", reserve_mint]`
/// 8. `counterparty_receives` (writable): the counterparty's account of `mint`
/// 9. `counterparty_pays` (writable): the counterparty's account of `reserve_mint`
/// 10. `swap_log` (writable, created if missing): `["swap", mint, reserve_mint]`
/// 11. `token_program`: of `mint`, 12. `reserve_token_program`: of `reserve_mint`
/// 13. `system_program`, then the event accounts
///
/// Both move or neither does, and what arrived is measured. Whether the price is fair is the authority's judgment:
/// there is no oracle here. A mint into itself is refused: its vault cannot stand in two roles.
#[event_cpi]
#[derive(Accounts)]
pub struct ReserveSwap<'info> {
    pub authority: Signer<'info>,
    pub counterparty: Signer<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    #[account(has_one = authority @ TokenError::NotAuthority)]
    pub config: Box<Account<'info, Config>>,
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    #[account(
        mint::token_program = reserve_token_program,
        constraint = reserve_mint.key() == config.params.reserve_mint @ TokenError::BadSwap
    )]
    pub reserve_mint: Box<InterfaceAccount<'info, Mint>>,
    #[account(mut, seeds = [RESERVE_SEED, mint.key().as_ref()], bump)]
    pub from: Box<InterfaceAccount<'info, TokenAccount>>,
    #[account(mut, seeds = [RESERVE_SEED, reserve_mint.key().as_ref()], bump)]
    pub into: Box<InterfaceAccount<'info, TokenAccount>>,
    #[account(mut, token::mint = mint, token::authority = counterparty, token::token_program = token_program)]
    pub counterparty_receives: Box<InterfaceAccount<'info, TokenAccount>>,
    #[account(
        mut, token::mint = reserve_mint, token::authority = counterparty, token::token_program = reserve_token_program
    )]
    pub counterparty_pays: Box<InterfaceAccount<'info, TokenAccount>>,
    // Safe to re-enter: counters that only grow, and only here.
    #[account(
        init_if_needed, payer = payer, space = 8 + SwapLog::INIT_SPACE,
        seeds = [SWAP_SEED, mint.key().as_ref(), reserve_mint.key().as_ref()], bump
    )]
    pub swap_log: Box<Account<'info, SwapLog>>,
    pub token_program: Interface<'info, TokenInterface>,
    pub reserve_token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<ReserveSwap>, given: u64, paid: u64, min_received: u64) -> Result<()> {
    require!(given > 0 && paid > 0 && min_received > 0, TokenError::ZeroAmount);
    let before = ctx.accounts.into.amount;

    ctx.accounts.pay(paid)?;
    ctx.accounts.give(given)?;

    ctx.accounts.into.reload()?;
    let received = ctx.accounts.into.amount.checked_sub(before).ok_or(TokenError::Overflow)?;
    require!(received >= min_received, TokenError::BelowMinimum);
    let bump = ctx.bumps.swap_log;
    ctx.accounts.count(bump, given, received)?;

    emit(
        &ctx.accounts.event_authority,
        &ReserveSwapped {
            mint: ctx.accounts.mint.key(),
            reserve_mint: ctx.accounts.reserve_mint.key(),
            counterparty: ctx.accounts.counterparty.key(),
            given,
            received,
        },
    )?;
    Ok(())
}

impl<'info> ReserveSwap<'info> {
    /// The counterparty's part, first: it cannot pay with what it is about to get.
    fn pay(&self, paid: u64) -> Result<()> {
        let accounts = TransferChecked {
            from: self.counterparty_pays.to_account_info(),
            mint: self.reserve_mint.to_account_info(),
            to: self.into.to_account_info(),
            authority: self.counterparty.to_account_info(),
        };
        transfer(self.reserve_token_program.key(), accounts, &[], paid, self.reserve_mint.decimals)
    }

    fn give(&self, given: u64) -> Result<()> {
        let accounts = TransferChecked {
            from: self.from.to_account_info(),
            mint: self.mint.to_account_info(),
            to: self.counterparty_receives.to_account_info(),
            authority: self.config.to_account_info(),
        };
        let seeds: &[&[u8]] = &[CONFIG_SEED, &[self.config.bump]];
        transfer(self.token_program.key(), accounts, &[seeds], given, self.mint.decimals)
    }

    fn count(&mut self, bump: u8, given: u64, received: u64) -> Result<()> {
        let log = &mut self.swap_log;
        log.version = VERSION;
        log.bump = bump;
        log.mint = self.mint.key();
        log.reserve_mint = self.reserve_mint.key();
        log.swaps = log.swaps.checked_add(1).ok_or(TokenError::Overflow)?;
        log.given = log.given.checked_add(given.into()).ok_or(TokenError::Overflow)?;
        log.received = log.received.checked_add(received.into()).ok_or(TokenError::Overflow)?;
        Ok(())
    }
}
