//! Verifying keys, and results that their operator proves.

use anchor_lang::{
    prelude::Pubkey,
    solana_program::instruction::{AccountMeta, Instruction},
};
use assay_escrow::{ID as ESCROW, VERIFIER};
use assay_reputation::ID as REPUTATION;
use assay_verification::{ID, VerifyingKey, accounts, instruction, proof::PROOF};

use super::{SYSTEM_PROGRAM, build, draw_roundless_by};
use crate::addresses::{config, event_authority, proof_key, record, seat};

/// Register a verifying key; its address is [`proof_key`].
pub fn register_key(payer: &Pubkey, key: VerifyingKey) -> Instruction {
    let accounts = accounts::RegisterKey {
        payer: *payer,
        proof_key: proof_key(&key),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RegisterKey { key })
}

/// Give notice that a verifying key will be closed.
pub fn retire_key(payer: &Pubkey, key: &Pubkey) -> Instruction {
    let accounts = accounts::RetireKey {
        payer: *payer,
        proof_key: *key,
        escrow_config: config(&ESCROW),
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RetireKey {})
}

/// Close a verifying key whose notice is over.
pub fn close_key(key: &Pubkey, payer: &Pubkey) -> Instruction {
    let accounts =
        accounts::CloseKey { proof_key: *key, payer: *payer, event_authority: event_authority(&ID), program: ID };
    build(ID, accounts, instruction::CloseKey {})
}

/// Draw the seed of a job that names `key`.
pub fn draw_proven(job: &Pubkey, key: &Pubkey) -> Instruction {
    draw_proven_by(None, job, key)
}

/// [`draw_proven`]; `caller` gets the bounty, if there is one.
pub fn draw_proven_by(caller: Option<&Pubkey>, job: &Pubkey, key: &Pubkey) -> Instruction {
    let mut instruction = draw_roundless_by(caller, job);
    instruction.accounts.push(AccountMeta::new_readonly(*key, false));
    instruction
}

/// Prove a result: see `assay_verification::proof`. `class`: the job's.
pub fn submit_proof(
    operator: &Pubkey,
    job: &Pubkey,
    class: u8,
    key: &Pubkey,
    root: [u8; 32],
    proof: [u8; PROOF],
) -> Instruction {
    let accounts = accounts::SubmitProof {
        operator: *operator,
        config: config(&ID),
        job: *job,
        seat: seat(job, operator),
        proof_key: *key,
        record: record(operator, class),
        authority: VERIFIER,
        escrow_program: ESCROW,
        reputation_program: REPUTATION,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::SubmitProof { root, proof })
}
