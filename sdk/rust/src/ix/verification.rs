//! Builders of the verification program's instructions.

use anchor_lang::{
    prelude::Pubkey,
    solana_program::instruction::{AccountMeta, Instruction},
};
use assay_escrow::{ID as ESCROW, Job, Strategy, VERIFIER};
use assay_reputation::ID as REPUTATION;
use assay_verification::{ID, VerificationParams, accounts, instruction, seed::SLOT_HASHES};

mod attest;
mod proof;
mod sample;

pub use self::{attest::*, proof::*, sample::*};
use super::{SYSTEM_PROGRAM, build, build_with};
use crate::addresses::{config, event_authority, program_data, record, round as round_address, seat};

/// Create the Config; `authority` is the program's upgrade authority.
pub fn initialize(authority: &Pubkey, genesis: [u8; 32], params: VerificationParams) -> Instruction {
    let accounts = accounts::Initialize {
        authority: *authority,
        config: config(&ID),
        this_program: ID,
        program_data: program_data(&ID),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Initialize { genesis, params })
}

administration!(VerificationParams);

/// Open a job's round.
pub fn open_round(requester: &Pubkey, job: &Pubkey) -> Instruction {
    let accounts = accounts::OpenRound {
        requester: *requester,
        config: config(&ID),
        job: *job,
        round: round_address(job),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::OpenRound {})
}

/// Draw a job's seed.
pub fn draw(job: &Pubkey) -> Instruction {
    draw_with(job, Some(round_address(job)))
}

/// Draw the seed of a job as it stands, whatever its strategy.
pub fn draw_of(job: &Pubkey, of: &Job) -> Instruction {
    match of.strategy {
        Strategy::Proven { key } => draw_proven(job, &key),
        strategy if strategy.has_round() => draw(job),
        _ => draw_roundless(job),
    }
}

/// Draw the seed of a job that no round judges and nobody proves.
pub fn draw_roundless(job: &Pubkey) -> Instruction {
    draw_with(job, None)
}

fn draw_with(job: &Pubkey, round: Option<Pubkey>) -> Instruction {
    let accounts = accounts::Draw {
        job: *job,
        round,
        slot_hashes: SLOT_HASHES,
        authority: VERIFIER,
        escrow_program: ESCROW,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Draw {})
}

/// Seal a result: see `assay_verification::seal::seal`.
pub fn seal_result(operator: &Pubkey, job: &Pubkey, seal: [u8; 32]) -> Instruction {
    let accounts = accounts::SealResult {
        operator: *operator,
        round: round_address(job),
        seat: seat(job, operator),
        authority: VERIFIER,
        escrow_program: ESCROW,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::SealResult { seal })
}

/// Seal the result of a job that asks one operator first: others are asked after it.
pub fn seal_result_first(operator: &Pubkey, job: &Pubkey, seal: [u8; 32]) -> Instruction {
    let mut instruction = seal_result(operator, job, seal);
    instruction.accounts.push(AccountMeta::new(*job, false));
    instruction
}

/// Reveal what was sealed.
pub fn reveal_result(operator: &Pubkey, job: &Pubkey, digest: [u8; 32], salt: [u8; 32]) -> Instruction {
    let accounts = accounts::RevealResult {
        operator: *operator,
        config: config(&ID),
        round: round_address(job),
        seat: seat(job, operator),
        authority: VERIFIER,
        escrow_program: ESCROW,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RevealResult { digest, salt })
}

/// Count a round. `operators`: of every taken seat; `class`: the job's.
pub fn finalize_round(job: &Pubkey, class: u8, operators: &[Pubkey]) -> Instruction {
    let accounts = accounts::FinalizeRound {
        job: *job,
        round: round_address(job),
        authority: VERIFIER,
        escrow_program: ESCROW,
        reputation_program: REPUTATION,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build_with(ID, accounts, pairs(job, class, operators), instruction::FinalizeRound {})
}

/// Every taken seat with its operator's record.
fn pairs(job: &Pubkey, class: u8, operators: &[Pubkey]) -> Vec<AccountMeta> {
    let pair = |operator: &Pubkey| {
        [AccountMeta::new_readonly(seat(job, operator), false), AccountMeta::new(record(operator, class), false)]
    };
    operators.iter().flat_map(pair).collect()
}

/// Close a finished round.
pub fn close_round(job: &Pubkey, payer: &Pubkey) -> Instruction {
    let accounts = accounts::CloseRound {
        round: round_address(job),
        job: *job,
        payer: *payer,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::CloseRound {})
}
