//! Builders of the verification program's instructions.

mod attest;
mod case;
mod proof;
mod sample;

use anchor_lang::{
    prelude::Pubkey,
    solana_program::instruction::{AccountMeta, Instruction},
};
use assay_escrow::{ID as ESCROW, Job, Strategy, VERIFIER};
use assay_reputation::ID as REPUTATION;
use assay_verification::{ID, VerificationParams, accounts, canary::commitment, instruction, seed::SLOT_HASHES};

pub use self::{attest::*, case::*, proof::*, sample::*};
use super::{SYSTEM_PROGRAM, build, build_with};
use crate::addresses::{canary, config, event_authority, program_data, record, round as round_address, seat};

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

/// Draw a job's seed; the bounty stays in the job: see [`draw_by`].
pub fn draw(job: &Pubkey) -> Instruction {
    draw_with(job, Some(round_address(job)), None, None)
}

/// Draw a job's seed; `caller` gets the bounty.
pub fn draw_by(caller: &Pubkey, job: &Pubkey) -> Instruction {
    draw_with(job, Some(round_address(job)), None, Some(*caller))
}

/// Draw the seed of a job that no round judges; `caller` gets the bounty, if there is one.
pub fn draw_roundless_by(caller: Option<&Pubkey>, job: &Pubkey) -> Instruction {
    draw_with(job, None, None, caller.copied())
}

/// Draw the seed of a job as it stands, whatever its strategy; the bounty stays in the job.
pub fn draw_of(job: &Pubkey, of: &Job) -> Instruction {
    match of.strategy {
        Strategy::Proven { key } => draw_proven(job, &key),
        strategy if strategy.has_round() => draw(job),
        _ => draw_roundless(job),
    }
}

/// Draw the seed of a job that no round judges and nobody proves.
pub fn draw_roundless(job: &Pubkey) -> Instruction {
    draw_roundless_by(None, job)
}

/// Draw whether the result that `operator` sealed for an adaptive job of `class` is checked by others (the round is
/// `Phase::Checking`); `caller` gets the bounty, if there is one.
pub fn draw_recheck(caller: Option<&Pubkey>, job: &Pubkey, operator: &Pubkey, class: u8) -> Instruction {
    let sealed = (seat(job, operator), record(operator, class));
    draw_with(job, Some(round_address(job)), Some(sealed), caller.copied())
}

fn draw_with(
    job: &Pubkey,
    round: Option<Pubkey>,
    sealed: Option<(Pubkey, Pubkey)>,
    caller: Option<Pubkey>,
) -> Instruction {
    let accounts = accounts::Draw {
        job: *job,
        round,
        slot_hashes: SLOT_HASHES,
        config: config(&ID),
        seat: sealed.map(|(seat, _)| seat),
        record: sealed.map(|(_, record)| record),
        caller,
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

/// Count a round. `operators`: of every taken seat; `class`: the job's. The bounty stays in the job: see
/// [`finalize_round_by`].
pub fn finalize_round(job: &Pubkey, class: u8, operators: &[Pubkey]) -> Instruction {
    finalize_with(None, job, class, operators)
}

/// Count a round; `caller` gets the bounty.
pub fn finalize_round_by(caller: &Pubkey, job: &Pubkey, class: u8, operators: &[Pubkey]) -> Instruction {
    finalize_with(Some(*caller), job, class, operators)
}

fn finalize_with(caller: Option<Pubkey>, job: &Pubkey, class: u8, operators: &[Pubkey]) -> Instruction {
    let accounts = accounts::FinalizeRound {
        job: *job,
        round: round_address(job),
        config: config(&ID),
        caller,
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

/// Commit to a canary's answer: see `assay_verification::canary::commitment`.
pub fn commit_canary(keeper: &Pubkey, commitment: [u8; 32]) -> Instruction {
    let accounts = accounts::CommitCanary {
        keeper: *keeper,
        config: config(&ID),
        canary: canary(&commitment),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::CommitCanary { commitment })
}

/// Tell the answer of a job that is a canary. `payer`: who committed to it.
pub fn reveal_canary(
    keeper: &Pubkey,
    job: (&Pubkey, &Job),
    root: [u8; 32],
    salt: [u8; 32],
    payer: &Pubkey,
) -> Instruction {
    let (address, job) = job;
    let accounts = accounts::RevealCanary {
        keeper: *keeper,
        config: config(&ID),
        job: *address,
        round: round_address(address),
        canary: canary(&commitment(address, &job.spec_hash, &root, &salt)),
        payer: *payer,
        authority: VERIFIER,
        escrow_program: ESCROW,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RevealCanary { root, salt })
}

/// Close a canary that was never revealed.
pub fn close_canary(commitment: &[u8; 32], payer: &Pubkey) -> Instruction {
    let accounts = accounts::CloseCanary {
        canary: canary(commitment),
        payer: *payer,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::CloseCanary {})
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
