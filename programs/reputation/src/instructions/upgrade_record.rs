use anchor_lang::{prelude::*, system_program};

use crate::{ReputationError, emit, events::RecordUpgraded, state::*};

/// Accounts of `upgrade_record`, in order:
/// 0. `payer` (signer, writable): anyone; pays for the bytes that are new
/// 1. `record` (writable): of layout version 1
/// 2. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct UpgradeRecord<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    /// CHECK: owner, type and layout are checked by `Record::load_v1`; only this program can have written them.
    #[account(mut)]
    pub record: UncheckedAccount<'info>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<UpgradeRecord>) -> Result<()> {
    let old = Record::load_v1(&ctx.accounts.record)?;
    let from = old.version;
    let record = Record::from(old);

    let space = 8_usize.checked_add(Record::INIT_SPACE).ok_or(ReputationError::Overflow)?;
    ctx.accounts.top_up(space)?;
    ctx.accounts.record.resize(space)?;
    record.store(&ctx.accounts.record)?;

    emit(
        &ctx.accounts.event_authority,
        &RecordUpgraded { operator: record.operator, class: record.class, from, to: record.version },
    )?;
    Ok(())
}

impl UpgradeRecord<'_> {
    /// What the larger account lacks to be exempt from rent.
    fn top_up(&self, space: usize) -> Result<()> {
        let lacks = Rent::get()?.minimum_balance(space).saturating_sub(self.record.lamports());
        let accounts =
            system_program::Transfer { from: self.payer.to_account_info(), to: self.record.to_account_info() };
        system_program::transfer(CpiContext::new(system_program::ID, accounts), lacks)
    }
}
