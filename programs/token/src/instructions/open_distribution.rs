use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface, TransferChecked};

use super::transfer;
use crate::{TokenError, emit, events::DistributionOpened, state::*};

/// Accounts of `open_distribution`, in order:
/// 0. `opener` (signer): owner of the tokens; gets back what nobody claims
/// 1. `payer` (signer, writable): pays the rent and gets it back; another than the opener, which may be a PDA
/// 2. `config`: may be paused
/// 3. `mint`: any mint of SPL Token or Token-2022 that moves without a charge
/// 4. `from` (writable): the opener's token account
/// 5. `distribution` (writable, created): `["distribution", opener, id]`
/// 6. `vault` (writable, created): `["claims", distribution]`
/// 7. `token_program`: the mint's, 8. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
#[instruction(id: u64, root: [u8; 32], total: u64, max_claims: u32)]
pub struct OpenDistribution<'info> {
    pub opener: Signer<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    #[account(mut, token::mint = mint, token::authority = opener, token::token_program = token_program)]
    pub from: Box<InterfaceAccount<'info, TokenAccount>>,
    #[account(
        init, payer = payer, space = Distribution::space(max_claims),
        seeds = [DISTRIBUTION_SEED, opener.key().as_ref(), &id.to_le_bytes()], bump
    )]
    pub distribution: Box<Account<'info, Distribution>>,
    #[account(
        init, payer = payer, seeds = [CLAIMS_SEED, distribution.key().as_ref()], bump,
        token::mint = mint, token::authority = distribution, token::token_program = token_program
    )]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(
    ctx: Context<OpenDistribution>,
    id: u64,
    root: [u8; 32],
    total: u64,
    max_claims: u32,
    expires_at: i64,
) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    require!(!ctx.accounts.config.paused, TokenError::Paused);
    require!(root != [0; 32], TokenError::EmptyRoot);
    require!(total > 0, TokenError::ZeroAmount);
    require!((1..=MAX_CLAIMS).contains(&max_claims), TokenError::BadClaimCount);
    let latest = now.checked_add(MAX_DISTRIBUTION_SECONDS).ok_or(TokenError::Overflow)?;
    require!(expires_at > now && expires_at <= latest, TokenError::BadExpiry);

    let (opener, mint) = (ctx.accounts.opener.key(), ctx.accounts.mint.key());
    ctx.accounts.distribution.set_inner(Distribution {
        version: VERSION,
        bump: ctx.bumps.distribution,
        vault_bump: ctx.bumps.vault,
        opener,
        payer: ctx.accounts.payer.key(),
        id,
        mint,
        root,
        total,
        claimed: 0,
        max_claims,
        claims: 0,
        expires_at,
    });
    ctx.accounts.fund(total)?;

    let distribution = ctx.accounts.distribution.key();
    emit(
        &ctx.accounts.event_authority,
        &DistributionOpened { distribution, opener, mint, root, total, max_claims, expires_at },
    )?;
    Ok(())
}

impl<'info> OpenDistribution<'info> {
    /// Take the total from the opener. All of it must arrive, or the last claimants would go without.
    fn fund(&mut self, total: u64) -> Result<()> {
        let accounts = TransferChecked {
            from: self.from.to_account_info(),
            mint: self.mint.to_account_info(),
            to: self.vault.to_account_info(),
            authority: self.opener.to_account_info(),
        };
        transfer(self.token_program.key(), accounts, &[], total, self.mint.decimals)?;
        self.vault.reload()?;
        require!(self.vault.amount == total, TokenError::Underfunded);
        self.distribution.invariant()
    }
}
