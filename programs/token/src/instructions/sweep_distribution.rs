use anchor_lang::prelude::*;
use anchor_spl::token_interface::{self, CloseAccount, Mint, TokenAccount, TokenInterface, TransferChecked};

use super::{require_own, transfer};
use crate::{TokenError, emit, events::DistributionSwept, state::*};

/// Accounts of `sweep_distribution`, in order:
/// 0. `distribution` (writable, closed)
/// 1. `vault` (writable, closed): `["claims", distribution]`
/// 2. `mint`: the distribution's
/// 3. `opener`: the distribution's; signs only to be paid elsewhere than into the associated account
/// 4. `to` (writable): a token account of the opener's
/// 5. `payer` (writable): the distribution's; gets the rent back
/// 6. `token_program`: the mint's, then the event accounts
///
/// Nobody needs to sign: the rest can only go to the opener, the rent to who paid it. A Token-2022 account that holds
/// withheld fees (of a gift, after its mint began to charge) cannot be closed: send HarvestWithheldTokensToMint first, as
/// anybody may.
#[event_cpi]
#[derive(Accounts)]
pub struct SweepDistribution<'info> {
    #[account(
        mut, close = payer, has_one = mint @ TokenError::WrongAddress, has_one = opener @ TokenError::WrongAddress,
        has_one = payer @ TokenError::WrongAddress
    )]
    pub distribution: Box<Account<'info, Distribution>>,
    #[account(mut, seeds = [CLAIMS_SEED, distribution.key().as_ref()], bump = distribution.vault_bump)]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// CHECK: named by the distribution.
    pub opener: UncheckedAccount<'info>,
    #[account(mut, token::mint = mint, token::authority = opener, token::token_program = token_program)]
    pub to: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: named by the distribution; only receives lamports.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
    pub token_program: Interface<'info, TokenInterface>,
}

pub(crate) fn handler(ctx: Context<SweepDistribution>) -> Result<()> {
    let SweepDistribution { distribution, opener, to, mint, token_program, .. } = &ctx.accounts;
    require!(distribution.is_over(Clock::get()?.unix_timestamp), TokenError::NotExpired);
    require_own(opener, &to.key(), &mint.key(), token_program.key)?;

    // All that is there, gifts included.
    let returned = ctx.accounts.vault.amount;
    ctx.accounts.empty_vault(returned)?;

    let last = Distribution::clone(&ctx.accounts.distribution);
    emit(
        &ctx.accounts.event_authority,
        &DistributionSwept { distribution: ctx.accounts.distribution.key(), returned, last },
    )?;
    Ok(())
}

impl<'info> SweepDistribution<'info> {
    fn empty_vault(&self, amount: u64) -> Result<()> {
        let Distribution { opener, id, bump, .. } = &**self.distribution;
        let seeds: &[&[u8]] = &[DISTRIBUTION_SEED, opener.as_ref(), &id.to_le_bytes(), &[*bump]];
        let rest = TransferChecked {
            from: self.vault.to_account_info(),
            mint: self.mint.to_account_info(),
            to: self.to.to_account_info(),
            authority: self.distribution.to_account_info(),
        };
        transfer(self.token_program.key(), rest, &[seeds], amount, self.mint.decimals)?;
        let close = CloseAccount {
            account: self.vault.to_account_info(),
            destination: self.payer.to_account_info(),
            authority: self.distribution.to_account_info(),
        };
        token_interface::close_account(CpiContext::new_with_signer(self.token_program.key(), close, &[seeds]))
    }
}
