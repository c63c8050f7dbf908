//! Builders for sampled jobs.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_escrow::{ID as ESCROW, VERIFIER};
use assay_reputation::ID as REPUTATION;
use assay_verification::{CaseKind, ID, accounts, instruction};

use super::pairs;
use crate::{
    addresses::{case, config, event_authority, round, seat},
    ix::{build, build_with},
    sample::Piece,
};

/// Reveal the root that the executor sealed.
pub fn reveal_root(operator: &Pubkey, job: &Pubkey, root: [u8; 32], salt: [u8; 32]) -> Instruction {
    let accounts = accounts::RevealRoot {
        operator: *operator,
        config: config(&ID),
        job: *job,
        round: round(job),
        seat: seat(job, operator),
        authority: VERIFIER,
        escrow_program: ESCROW,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RevealRoot { root, salt })
}

/// Show a piece of the paths from the drawn leaves to the root: see [`crate::sample::pieces`].
pub fn prove_sample(operator: &Pubkey, job: &Pubkey, piece: Piece) -> Instruction {
    let accounts = accounts::ProveSample {
        operator: *operator,
        job: *job,
        round: round(job),
        seat: seat(job, operator),
        authority: VERIFIER,
        escrow_program: ESCROW,
        event_authority: event_authority(&ID),
        program: ID,
    };
    let Piece { leaf, height, hashes } = piece;
    build(ID, accounts, instruction::ProveSample { leaf, height, hashes })
}

/// Reveal the digests of the drawn units, whose sample root a verifier sealed.
pub fn reveal_sample(operator: &Pubkey, job: &Pubkey, digests: Vec<[u8; 32]>, salt: [u8; 32]) -> Instruction {
    let accounts = accounts::RevealSample {
        operator: *operator,
        config: config(&ID),
        round: round(job),
        seat: seat(job, operator),
        authority: VERIFIER,
        escrow_program: ESCROW,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RevealSample { digests, salt })
}

/// Count the committee, or pronounce the verdict; `caller` gets the bounty for that, if there is one. `operators`: of every taken
/// seat; `class`: the job's.
pub fn finalize_sample(caller: Option<&Pubkey>, job: &Pubkey, class: u8, operators: &[Pubkey]) -> Instruction {
    let accounts = accounts::FinalizeSample {
        job: *job,
        round: round(job),
        caller: caller.copied(),
        authority: VERIFIER,
        escrow_program: ESCROW,
        reputation_program: REPUTATION,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build_with(ID, accounts, pairs(job, class, operators), instruction::FinalizeSample {})
}

/// Pronounce what a jury found; else as [`finalize_sample`].
pub fn conclude_sample(caller: Option<&Pubkey>, job: &Pubkey, class: u8, operators: &[Pubkey]) -> Instruction {
    let accounts = accounts::ConcludeSample {
        job: *job,
        case: case(job, &CaseKind::Sample),
        round: round(job),
        caller: caller.copied(),
        authority: VERIFIER,
        escrow_program: ESCROW,
        reputation_program: REPUTATION,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build_with(ID, accounts, pairs(job, class, operators), instruction::ConcludeSample {})
}
