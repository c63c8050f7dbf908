//! Builders of the reputation program's instructions.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_reputation::{ID, Outcome, RECORDER, accounts, instruction};

use super::{SYSTEM_PROGRAM, build};
use crate::addresses::{event_authority, record as record_address};

/// Open the operator's record for a class.
pub fn open_record(operator: &Pubkey, class: u8) -> Instruction {
    let accounts = accounts::OpenRecord {
        operator: *operator,
        record: record_address(operator, class),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::OpenRecord { class })
}

/// Record an outcome. Only the verification program's PDA can sign this; here so that tests can show it.
pub fn record_outcome(record: &Pubkey, outcome: Outcome) -> Instruction {
    let accounts = accounts::RecordOutcome { recorder: RECORDER, record: *record };
    build(ID, accounts, instruction::RecordOutcome { outcome })
}
