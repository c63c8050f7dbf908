use anchor_lang::prelude::*;

use crate::{VerificationError, emit, events::KeyClosed, state::*};

/// Accounts of `close_key`, in order:
/// 0. `proof_key` (writable, closed): retired, its notice over
/// 1. `payer` (writable): the key's; gets its rent back; then the event accounts
///
/// Nobody signs: the rent can only go to who paid it.
#[event_cpi]
#[derive(Accounts)]
pub struct CloseKey<'info> {
    #[account(mut, close = payer, has_one = payer @ VerificationError::WrongAddress)]
    pub proof_key: Box<Account<'info, ProofKey>>,
    /// CHECK: named by the key; only receives lamports.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
}

pub(crate) fn handler(ctx: Context<CloseKey>) -> Result<()> {
    let key = &ctx.accounts.proof_key;
    require!(key.is_over(Clock::get()?.unix_timestamp), VerificationError::KeyNotOver);
    emit(&ctx.accounts.event_authority, &KeyClosed { key: key.key(), last: ProofKey::clone(key) })
}
