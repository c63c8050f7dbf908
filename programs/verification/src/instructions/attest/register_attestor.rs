use anchor_lang::prelude::*;

use crate::{VerificationError, attest::AttestorKey, emit, events::AttestorRegistered, state::*};

/// Accounts of `register_attestor`, in order:
/// 0. `registrar` (signer): vouches for the attestor; anyone, for those jobs that name it
/// 1. `payer` (signer, writable): pays
/// 2. `attestor` (writable, created): `["attestor", registrar, AttestorKey::digest]`
/// 3. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
#[instruction(key: AttestorKey)]
pub struct RegisterAttestor<'info> {
    pub registrar: Signer<'info>,
    #[account(mut)]
    pub payer: Signer<'info>,
    #[account(
        init, payer = payer, space = Attestor::space(&key),
        seeds = [ATTESTOR_SEED, registrar.key().as_ref(), &key.digest()], bump
    )]
    pub attestor: Account<'info, Attestor>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<RegisterAttestor>, key: AttestorKey, expires_at: i64) -> Result<()> {
    require!(key.is_sound(), VerificationError::BadAttestorKey);
    require!(expires_at > Clock::get()?.unix_timestamp, VerificationError::BadExpiry);
    let (registrar, attestor) = (ctx.accounts.registrar.key(), ctx.accounts.attestor.key());
    ctx.accounts.attestor.set_inner(Attestor {
        version: VERSION,
        bump: ctx.bumps.attestor,
        revoked: false,
        registrar,
        payer: ctx.accounts.payer.key(),
        expires_at,
        key,
    });
    emit(&ctx.accounts.event_authority, &AttestorRegistered { attestor, registrar, key, expires_at })
}
