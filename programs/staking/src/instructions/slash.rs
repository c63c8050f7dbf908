use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use assay_token::ASY_MINT;

use super::{Moment, pay};
use crate::{
    StakingError, emit,
    events::Slashed,
    math::{self, Most},
    state::*,
};

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
    #[account(constraint = [SLASHER, JUDGE].contains(slasher.key) @ StakingError::NotSlasher)]
    pub slasher: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(mut)]
    pub pool: Box<Account<'info, Pool>>,
    #[account(mut, seeds = [VAULT_SEED, pool.key().as_ref()], bump = pool.vault_bump)]
    pub vault: Box<Account<'info, TokenAccount>>,
    #[account(mut, address = ASY_MINT @ StakingError::WrongAddress)]
    pub mint: Box<Account<'info, Mint>>,
    // The harmed party may itself be the caller, with one account; the vault may be neither, or part would stay in it
    // outside all accounting.
    #[account(mut, dup, token::mint = mint, constraint = harmed.key() != vault.key() @ StakingError::WrongAddress)]
    pub harmed: Box<Account<'info, TokenAccount>>,
    #[account(mut, dup, token::mint = mint, constraint = caller.key() != vault.key() @ StakingError::WrongAddress)]
    pub caller: Box<Account<'info, TokenAccount>>,
    pub token_program: Program<'info, Token>,
}

pub(crate) fn handler(ctx: Context<Slash>, amount: u64, unlock: u64, jail: bool, most: Most) -> Result<()> {
    let config = &ctx.accounts.config;
    let moment = Moment::of(config)?;
    let params = &config.params;
    let pool = &mut ctx.accounts.pool;
    let taken = pool.slash(amount, unlock)?;
    if jail {
        let until = moment.now.checked_add(params.jail_seconds).ok_or(StakingError::Overflow)?;
        pool.jailed_until = pool.jailed_until.max(until);
    }
    pool.lighten(params, moment.epoch, moment.now);
    let (burned, harmed, caller) =
        math::split_proceeds(taken, params.harmed_bps, params.caller_bps, most).ok_or(StakingError::Overflow)?;

    let accounts = &ctx.accounts;
    pay(&accounts.pool, &accounts.vault, &accounts.mint, &accounts.harmed, harmed)?;
    pay(&accounts.pool, &accounts.vault, &accounts.mint, &accounts.caller, caller)?;
    accounts.burn(burned)?;

    let Pool { operator, jailed_until, .. } = **ctx.accounts.pool;
    let pool = ctx.accounts.pool.key();
    emit(
        &ctx.accounts.event_authority,
        &Slashed { pool, operator, amount: taken, burned, harmed, caller, jailed_until },
    )?;
    Ok(())
}

impl Slash<'_> {
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
