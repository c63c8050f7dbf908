//! Builders of the reputation program's instructions.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_reputation::{ID, RECORDER, Verified, accounts, instruction};

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
pub fn record_outcome(record: &Pubkey, verified: Verified) -> Instruction {
    let accounts = accounts::RecordOutcome { recorder: RECORDER, record: *record };
    let Verified { outcome, value, partner, trust } = verified;
    build(ID, accounts, instruction::RecordOutcome { outcome, value, partner, trust })
}

/// A record's score now, as return data: to simulate.
pub fn score(record: &Pubkey) -> Instruction {
    build(ID, accounts::Score { record: *record }, instruction::Score {})
}

/// Bring a record of an older layout up to date.
pub fn upgrade_record(payer: &Pubkey, record: &Pubkey) -> Instruction {
    let accounts = accounts::UpgradeRecord {
        payer: *payer,
        record: *record,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::UpgradeRecord {})
}
