use anchor_lang::prelude::*;

use crate::{VerificationError, emit, events::AttestorClosed, state::*};

/// Accounts of `close_attestor`, in order:
/// 0. `attestor` (writable, closed): revoked or expired
/// 1. `payer` (writable): the attestor's; gets its rent back; then the event accounts
///
/// Nobody signs: the rent can only go to who paid it, and only the registrar can bring the attestor back.
#[event_cpi]
#[derive(Accounts)]
pub struct CloseAttestor<'info> {
    #[account(mut, close = payer, has_one = payer @ VerificationError::WrongAddress)]
    pub attestor: Account<'info, Attestor>,
    /// CHECK: named by the attestor; only receives lamports.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
}

pub(crate) fn handler(ctx: Context<CloseAttestor>) -> Result<()> {
    let attestor = &ctx.accounts.attestor;
    require!(attestor.is_over(Clock::get()?.unix_timestamp), VerificationError::AttestorNotOver);
    emit(&ctx.accounts.event_authority, &AttestorClosed { attestor: attestor.key(), last: Attestor::clone(attestor) })
}
