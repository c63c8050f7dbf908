use anchor_lang::prelude::*;
use anchor_spl::token::Mint;

use crate::{EscrowError, events::MintRegistered, state::*};

/// Accounts of `register_mint`, in order:
/// 0. `authority` (signer, writable): the Config's authority; pays
/// 1. `config`
/// 2. `payment` (writable, created): `["payment", mint]`
/// 3. `mint`: a mint of the SPL Token program (Token-2022 is refused by its owner)
/// 4. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct RegisterMint<'info> {
    #[account(mut)]
    pub authority: Signer<'info>,
    #[account(has_one = authority @ EscrowError::NotAuthority)]
    pub config: Account<'info, Config>,
    #[account(
        init, payer = authority, space = 8 + PaymentMint::INIT_SPACE,
        seeds = [PAYMENT_SEED, mint.key().as_ref()], bump
    )]
    pub payment: Account<'info, PaymentMint>,
    pub mint: Account<'info, Mint>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<RegisterMint>, bond_rate: u64) -> Result<()> {
    let (mint, decimals) = (ctx.accounts.mint.key(), ctx.accounts.mint.decimals);
    ctx.accounts.payment.set_inner(PaymentMint {
        version: VERSION,
        bump: ctx.bumps.payment,
        mint,
        decimals,
        bond_rate,
    });
    emit_cpi!(MintRegistered { mint, decimals, bond_rate });
    Ok(())
}
