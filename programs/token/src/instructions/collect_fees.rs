use anchor_lang::prelude::*;
use anchor_spl::token_interface::{self, Mint, TokenAccount, TokenInterface, TransferChecked};

use super::transfer;
use crate::{TokenError, emit, events::FeesCollected, math, state::*};

/// Accounts of `collect_fees`, in order:
/// 0. `config`
/// 1. `fee_authority`: `["fees"]`, signs for the fee vault
/// 2. `mint` (writable: ASY's burn share is burned)
/// 3. `fee_vault` (writable): any token account of the fee authority's, so that fees can be stranded nowhere
/// 4. `treasury` (writable): `["treasury", mint]`
/// 5. `reserve` (writable): `["reserve", mint]`
/// 6. `rewards` (writable): the staking program's rewards vault; used for ASY only
/// 7. `token_program`: the mint's, then the event accounts
///
/// Nobody signs: it can only move fees where they belong. A mint that charges for transfers charges here too: the parts
/// are what leaves the fee vault.
#[event_cpi]
#[derive(Accounts)]
pub struct CollectFees<'info> {
    pub config: Box<Account<'info, Config>>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = FEE_AUTHORITY @ TokenError::WrongAddress)]
    pub fee_authority: UncheckedAccount<'info>,
    #[account(mut, mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    #[account(mut, token::mint = mint, token::authority = fee_authority, token::token_program = token_program)]
    pub fee_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    #[account(mut, seeds = [TREASURY_SEED, mint.key().as_ref()], bump)]
    pub treasury: Box<InterfaceAccount<'info, TokenAccount>>,
    #[account(mut, seeds = [RESERVE_SEED, mint.key().as_ref()], bump)]
    pub reserve: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: by its address; the token program checks the rest when ASY goes there.
    #[account(mut, address = REWARDS_VAULT @ TokenError::WrongAddress)]
    pub rewards: UncheckedAccount<'info>,
    pub token_program: Interface<'info, TokenInterface>,
}

pub(crate) fn handler(ctx: Context<CollectFees>) -> Result<()> {
    let amount = ctx.accounts.fee_vault.amount;
    require!(amount > 0, TokenError::ZeroAmount);
    let mint = ctx.accounts.mint.key();
    let FeeSplit { burn_bps, reserve_bps, rewards_bps, .. } = ctx.accounts.config.params.split;
    let split = if mint == ASY_MINT { math::split_asy } else { math::split_other };
    let parts = split(amount, burn_bps, reserve_bps, rewards_bps).ok_or(TokenError::Overflow)?;
    require!(parts.sum() == Some(amount), TokenError::Overflow);

    ctx.accounts.burn(parts.burned)?;
    ctx.accounts.send(ctx.accounts.reserve.to_account_info(), parts.reserve)?;
    ctx.accounts.send(ctx.accounts.rewards.to_account_info(), parts.rewards)?;
    ctx.accounts.send(ctx.accounts.treasury.to_account_info(), parts.treasury)?;

    let math::Parts { burned, reserve, rewards, treasury } = parts;
    emit(
        &ctx.accounts.event_authority,
        &FeesCollected { mint, vault: ctx.accounts.fee_vault.key(), burned, reserve, rewards, treasury },
    )?;
    Ok(())
}

impl<'info> CollectFees<'info> {
    fn burn(&self, amount: u64) -> Result<()> {
        if amount == 0 {
            return Ok(());
        }
        let accounts = token_interface::Burn {
            mint: self.mint.to_account_info(),
            from: self.fee_vault.to_account_info(),
            authority: self.fee_authority.to_account_info(),
        };
        let seeds: &[&[u8]] = &[FEES_SEED, &[self.config.fees_bump]];
        token_interface::burn(CpiContext::new_with_signer(self.token_program.key(), accounts, &[seeds]), amount)
    }

    fn send(&self, to: AccountInfo<'info>, amount: u64) -> Result<()> {
        let accounts = TransferChecked {
            from: self.fee_vault.to_account_info(),
            mint: self.mint.to_account_info(),
            to,
            authority: self.fee_authority.to_account_info(),
        };
        let seeds: &[&[u8]] = &[FEES_SEED, &[self.config.fees_bump]];
        transfer(self.token_program.key(), accounts, &[seeds], amount, self.mint.decimals)
    }
}
