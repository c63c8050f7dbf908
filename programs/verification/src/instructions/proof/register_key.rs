use anchor_lang::prelude::*;

use crate::{VerificationError, emit, events::KeyRegistered, proof::VerifyingKey, state::*};

/// Accounts of `register_key`, in order:
/// 0. `payer` (signer, writable): anyone; pays, and alone may retire the key
/// 1. `proof_key` (writable, created): `["key", VerifyingKey::digest]`
/// 2. `system_program`, then the event accounts
///
/// Not stopped by a pause: an operator whose job names a key that was closed must be able to bring it back.
#[event_cpi]
#[derive(Accounts)]
#[instruction(key: VerifyingKey)]
pub struct RegisterKey<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    #[account(
        init, payer = payer, space = 8 + ProofKey::INIT_SPACE, seeds = [KEY_SEED, &key.digest()], bump
    )]
    pub proof_key: Box<Account<'info, ProofKey>>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<RegisterKey>, key: VerifyingKey) -> Result<()> {
    require!(key.is_sound(), VerificationError::BadKey);
    let (payer, address) = (ctx.accounts.payer.key(), ctx.accounts.proof_key.key());
    let account = &mut ctx.accounts.proof_key;
    account.version = VERSION;
    account.bump = ctx.bumps.proof_key;
    account.payer = payer;
    account.closes_at = 0;
    account.key = key;
    emit(&ctx.accounts.event_authority, &KeyRegistered { key: address, payer })
}
