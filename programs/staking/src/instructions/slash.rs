use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use assay_token::{ASY_MINT, DECIMALS};

use crate::{StakingError, events::Slashed, math, state::*};

/// Accounts of `slash`, in order:
/// 0. `slasher` (signer): a PDA of the escrow program
/// 1. `config`
/// 2. `pool` (writable)
/// 3. `vault` (writable): `["vault", pool]`
/// 4. `mint` (writable): the ASY mint, of which part is burned
/// 5. `harmed` (writable): ASY token account of the harmed party, which the slasher has checked
/// 6. `caller` (writable): ASY token account of the crank's caller
/// 7. `token_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct Slash<'info> {
    #[account(address = SLASHER @ StakingError::NotSlasher)]
    pub slasher: Signer<'info>,
    pub config: Account<'info, Config>,
    #[account(mut)]
    pub pool: Account<'info, Pool>,
    #[account(mut, seeds = [VAULT_SEED, pool.key().as_ref()], bump = pool.vault_bump)]
    pub vault: Account<'info, TokenAccount>,
    #[account(mut, address = ASY_MINT @ StakingError::WrongAddress)]
    pub mint: Account<'info, Mint>,
    // The harmed party may itself be the caller, with one account; the vault may be neither, or part would stay in it
    // outside all accounting.
    #[account(mut, dup, token::mint = mint, constraint = harmed.key() != vault.key() @ StakingError::WrongAddress)]
    pub harmed: Account<'info, TokenAccount>,
    #[account(mut, dup, token::mint = mint, constraint = caller.key() != vault.key() @ StakingError::WrongAddress)]
    pub caller: Account<'info, TokenAccount>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<Slash>, amount: u64, unlock: u64) -> Result<()> {
    let params = &ctx.accounts.config.params;
    let epoch = ctx.accounts.config.epoch(Clock::get()?.unix_timestamp);
    let pool = &mut ctx.accounts.pool;
    let taken = pool.slash(amount, unlock)?;
    // The totals follow at the pool's next stake or sync: a slash must not write what other jobs read.
    let weight = pool.active.min(params.weight_cap);
    pool.weight.set(epoch, weight);
    let (burned, harmed, caller) =
        math::split_proceeds(taken, params.harmed_bps, params.caller_bps).ok_or(StakingError::Overflow)?;

    ctx.accounts.pay(&ctx.accounts.harmed, harmed)?;
    ctx.accounts.pay(&ctx.accounts.caller, caller)?;
    ctx.accounts.burn(burned)?;

    let (pool, operator) = (ctx.accounts.pool.key(), ctx.accounts.pool.operator);
    emit_cpi!(Slashed { pool, operator, amount: taken, burned, harmed, caller });
    Ok(())
}

impl<'info> Slash<'info> {
    fn pay(&self, to: &Account<'info, TokenAccount>, amount: u64) -> Result<()> {
        let seeds: &[&[u8]] = &[POOL_SEED, self.pool.operator.as_ref(), &[self.pool.bump]];
        let accounts = token::TransferChecked {
            from: self.vault.to_account_info(),
            mint: self.mint.to_account_info(),
            to: to.to_account_info(),
            authority: self.pool.to_account_info(),
        };
        token::transfer_checked(CpiContext::new_with_signer(Token::id(), accounts, &[seeds]), amount, DECIMALS)
    }

    fn burn(&self, amount: u64) -> Result<()> {
        let seeds: &[&[u8]] = &[POOL_SEED, self.pool.operator.as_ref(), &[self.pool.bump]];
        let accounts = token::Burn {
            mint: self.mint.to_account_info(),
            from: self.vault.to_account_info(),
            authority: self.pool.to_account_info(),
        };
        token::burn(CpiContext::new_with_signer(Token::id(), accounts, &[seeds]), amount)
    }
}
