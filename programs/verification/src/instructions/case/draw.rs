use anchor_lang::prelude::*;

use crate::{
    VerificationError, emit,
    events::{JuryDrawn, JuryRearmed},
    seed::{self, SLOT_HASHES, Seed},
    state::*,
};

/// Accounts of `draw_jury`, in order:
/// 0. `case` (writable): a jury is called
/// 1. `slot_hashes`: the sysvar; then the event accounts
///
/// Nobody signs: the seed is the same whoever asks.
#[event_cpi]
#[derive(Accounts)]
pub struct DrawJury<'info> {
    #[account(mut)]
    pub case: Box<Account<'info, Case>>,
    /// CHECK: the sysvar, by its address; too large to deserialize.
    #[account(address = SLOT_HASHES @ VerificationError::BadSlotHashes)]
    pub slot_hashes: UncheckedAccount<'info>,
}

pub(crate) fn handler(ctx: Context<DrawJury>) -> Result<()> {
    let (clock, key) = (Clock::get()?, ctx.accounts.case.key());
    let case = &mut ctx.accounts.case;
    require!(case.phase == CasePhase::Called, VerificationError::WrongCasePhase);
    let found = {
        let data = ctx.accounts.slot_hashes.try_borrow_data()?;
        seed::find(&data, case.seed_slot).ok_or(VerificationError::BadSlotHashes)?
    };
    match found {
        Seed::NotYet => err!(VerificationError::SeedNotReady),
        Seed::Found { slot, hash } => {
            case.draw(hash, clock.unix_timestamp)?;
            let (level, chairs, join_by) = (case.level, case.chairs, case.joins_until()?);
            let event = JuryDrawn { case: key, job: case.job, level, chairs, slot, seed: hash, join_by };
            emit(&ctx.accounts.event_authority, &event)
        }
        Seed::AgedOut => {
            case.seed_slot = clock.slot;
            emit(&ctx.accounts.event_authority, &JuryRearmed { case: key, after_slot: clock.slot })
        }
    }
}
