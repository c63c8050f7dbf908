use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use assay_token::{ASY_MINT, DECIMALS};

use super::Moment;
use crate::{StakingError, emit, events::RewardsFunded, state::*};

/// Accounts of `fund_rewards`, in order:
/// 0. `funder` (signer): anybody
/// 1. `config`
/// 2. `totals` (writable)
/// 3. `rewards` (writable): `["rewards"]`
/// 4. `from` (writable): the funder's ASY token account
/// 5. `mint`: the ASY mint
/// 6. `token_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct FundRewards<'info> {
    pub funder: Signer<'info>,
    pub config: Account<'info, Config>,
    #[account(mut)]
    pub totals: Account<'info, Totals>,
    #[account(mut, address = REWARDS_VAULT @ StakingError::WrongAddress)]
    pub rewards: Account<'info, TokenAccount>,
    #[account(mut, token::mint = mint, token::authority = funder)]
    pub from: Account<'info, TokenAccount>,
    #[account(address = ASY_MINT @ StakingError::WrongAddress)]
    pub mint: Account<'info, Mint>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<FundRewards>, amount: u64) -> Result<()> {
    require!(amount > 0, StakingError::ZeroAmount);
    let accounts = token::TransferChecked {
        from: ctx.accounts.from.to_account_info(),
        mint: ctx.accounts.mint.to_account_info(),
        to: ctx.accounts.rewards.to_account_info(),
        authority: ctx.accounts.funder.to_account_info(),
    };
    token::transfer_checked(CpiContext::new(Token::id(), accounts), amount, DECIMALS)?;

    let epoch = Moment::of(&ctx.accounts.config)?.epoch;
    // What was there before is distributed first; this waits for the end of the epoch.
    ctx.accounts.totals.roll(epoch)?;
    ctx.accounts.totals.receive(amount)?;
    emit(&ctx.accounts.event_authority, &RewardsFunded { funder: ctx.accounts.funder.key(), amount, epoch })?;
    Ok(())
}
