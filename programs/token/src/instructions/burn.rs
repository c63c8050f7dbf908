use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token, TokenAccount};

use crate::{TokenError, emit, events::Burned, state::*};

/// Accounts of `burn`, in order:
/// 0. `owner` (signer): owner of `from`
/// 1. `mint` (writable): the ASY mint
/// 2. `from` (writable): the owner's ASY token account
/// 3. `token_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct BurnAsy<'info> {
    pub owner: Signer<'info>,
    #[account(mut, address = ASY_MINT @ TokenError::WrongAddress)]
    pub mint: Account<'info, Mint>,
    #[account(mut, token::mint = mint, token::authority = owner)]
    pub from: Account<'info, TokenAccount>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<BurnAsy>, amount: u64) -> Result<()> {
    require!(amount > 0, TokenError::ZeroAmount);
    let accounts = token::Burn {
        mint: ctx.accounts.mint.to_account_info(),
        from: ctx.accounts.from.to_account_info(),
        authority: ctx.accounts.owner.to_account_info(),
    };
    token::burn(CpiContext::new(Token::id(), accounts), amount)?;
    emit(&ctx.accounts.event_authority, &Burned { owner: ctx.accounts.owner.key(), amount })?;
    Ok(())
}
