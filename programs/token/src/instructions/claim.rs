use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface, TransferChecked};

use super::{require_own, transfer};
use crate::{TokenError, emit, events::DistributionClaimed, math, state::*};

/// Accounts of `claim`, in order:
/// 0. `distribution` (writable): pays by its root
/// 1. `vault` (writable): `["claims", distribution]`
/// 2. `mint`: the distribution's
/// 3. `claimant`: whom the claim names; signs only to be paid elsewhere than into the associated account
/// 4. `to` (writable): a token account of the claimant's
/// 5. `token_program`: the mint's, then the event accounts
///
/// Nobody needs to sign: the money can only go to the claimant.
#[event_cpi]
#[derive(Accounts)]
pub struct Claim<'info> {
    #[account(mut, has_one = mint @ TokenError::WrongAddress)]
    pub distribution: Box<Account<'info, Distribution>>,
    #[account(mut, seeds = [CLAIMS_SEED, distribution.key().as_ref()], bump = distribution.vault_bump)]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// CHECK: named by the proof.
    pub claimant: UncheckedAccount<'info>,
    #[account(mut, token::mint = mint, token::authority = claimant, token::token_program = token_program)]
    pub to: Box<InterfaceAccount<'info, TokenAccount>>,
    pub token_program: Interface<'info, TokenInterface>,
}

pub(crate) fn handler(ctx: Context<Claim>, index: u32, amount: u64, proof: &[[u8; 32]]) -> Result<()> {
    let Claim { distribution, claimant, to, mint, token_program, .. } = &ctx.accounts;
    require!(Clock::get()?.unix_timestamp <= distribution.expires_at, TokenError::Expired);
    require!(amount > 0, TokenError::ZeroAmount);
    distribution.verify(&distribution.key(), (index, claimant.key, amount), proof)?;
    require_own(claimant, &to.key(), &mint.key(), token_program.key)?;

    ctx.accounts.mark(index)?;
    let distribution = &mut ctx.accounts.distribution;
    distribution.claimed = distribution.claimed.checked_add(amount).ok_or(TokenError::Overflow)?;
    distribution.claims = distribution.claims.checked_add(1).ok_or(TokenError::Overflow)?;
    // A root may promise more than its total; a gift to the vault does not pay for that.
    distribution.invariant()?;
    ctx.accounts.pay(amount)?;

    emit(
        &ctx.accounts.event_authority,
        &DistributionClaimed {
            distribution: ctx.accounts.distribution.key(),
            index,
            claimant: ctx.accounts.claimant.key(),
            amount,
        },
    )?;
    Ok(())
}

impl<'info> Claim<'info> {
    /// Set the claim's bit, in the account's tail: what Anchor writes back at the end ends before it.
    fn mark(&self, index: u32) -> Result<()> {
        let info = self.distribution.to_account_info();
        let mut data = info.try_borrow_mut_data()?;
        let bitmap = data.get_mut(Distribution::head()..).ok_or(TokenError::BadProof)?;
        let fresh = math::set_bit(bitmap, index).ok_or(TokenError::BadProof)?;
        require!(fresh, TokenError::AlreadyClaimed);
        Ok(())
    }

    fn pay(&self, amount: u64) -> Result<()> {
        let accounts = TransferChecked {
            from: self.vault.to_account_info(),
            mint: self.mint.to_account_info(),
            to: self.to.to_account_info(),
            authority: self.distribution.to_account_info(),
        };
        let Distribution { opener, id, bump, .. } = &**self.distribution;
        let seeds: &[&[u8]] = &[DISTRIBUTION_SEED, opener.as_ref(), &id.to_le_bytes(), &[*bump]];
        transfer(self.token_program.key(), accounts, &[seeds], amount, self.mint.decimals)
    }
}
