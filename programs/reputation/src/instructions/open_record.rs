use anchor_lang::prelude::*;

use crate::{ReputationError, emit, events::RecordOpened, state::*};

/// Accounts of `open_record`, in order:
/// 0. `operator` (signer, writable): pays
/// 1. `record` (writable, created): `["record", operator, class]`
/// 2. `system_program`, then the event accounts
#[event_cpi]
#[derive(Accounts)]
#[instruction(class: u8)]
pub struct OpenRecord<'info> {
    #[account(mut)]
    pub operator: Signer<'info>,
    #[account(
        init, payer = operator, space = 8 + Record::INIT_SPACE,
        seeds = [RECORD_SEED, operator.key().as_ref(), &[class]], bump
    )]
    pub record: Account<'info, Record>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<OpenRecord>, class: u8) -> Result<()> {
    crate::keep_security_txt();
    require!(class < CLASSES, ReputationError::NoSuchClass);
    let operator = ctx.accounts.operator.key();
    ctx.accounts.record.set_inner(Record {
        version: VERSION,
        bump: ctx.bumps.record,
        operator,
        class,
        good: 0,
        bad: 0,
        updated_at: Clock::get()?.unix_timestamp,
        consecutive_valid: 0,
        valid: 0,
        wrong: 0,
        silent: 0,
        avg_value: 0,
        partners: [0; PARTNERS],
    });
    emit(&ctx.accounts.event_authority, &RecordOpened { operator, class })?;
    Ok(())
}
