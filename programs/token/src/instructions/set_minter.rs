use anchor_lang::prelude::*;

use crate::{TokenError, emit, events::MinterSet, state::*};

/// Accounts of `set_minter`, in order:
/// 0. `authority` (signer): the Config's
/// 1. `payer` (signer, writable): pays for a new Minter; another than the authority, which may be a PDA
/// 2. `config`
/// 3. `minter_account` (writable, created if missing): `["minter", minter]`
/// 4. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
#[instruction(minter: Pubkey)]
pub struct SetMinter<'info> {
    pub authority: Signer<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    #[account(has_one = authority @ TokenError::NotAuthority)]
    pub config: Account<'info, Config>,
    // Safe to re-enter: every field is written on each call.
    #[account(
        init_if_needed, payer = payer, space = 8 + Minter::INIT_SPACE,
        seeds = [MINTER_SEED, minter.as_ref()], bump
    )]
    pub minter_account: Account<'info, Minter>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<SetMinter>, minter: Pubkey, allowance: u64) -> Result<()> {
    ctx.accounts.minter_account.set_inner(Minter {
        version: VERSION,
        bump: ctx.bumps.minter_account,
        minter,
        allowance,
    });
    emit(&ctx.accounts.event_authority, &MinterSet { minter, allowance })?;
    Ok(())
}
