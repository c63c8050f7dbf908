//! Builders of what happens in a case. ASY is paid from and to associated token accounts; whoever has another replaces its address.

use anchor_lang::{
    prelude::Pubkey,
    solana_program::instruction::{AccountMeta, Instruction},
};
use assay_escrow::{ID as ESCROW, VERIFIER};
use assay_reputation::ID as REPUTATION;
use assay_staking::ID as STAKING;
use assay_token::ASY_MINT;
use assay_verification::{Case, CaseKind, ID, accounts, instruction, seed::SLOT_HASHES};

use super::super::{SYSTEM_PROGRAM, TOKEN_PROGRAM, build, build_with};
use crate::addresses::{
    ata, ballot as ballot_address, case as case_address, case_vault, config, event_authority, pool, pool_vault, record,
    round, seat, surety, totals,
};

/// Open a case about a job. `executor`: the operator that it is about; `None` for a tie, which needs the job's round instead.
pub fn open_case(opener: &Pubkey, job: &Pubkey, kind: CaseKind, executor: Option<&Pubkey>) -> Instruction {
    let case = case_address(job, &kind);
    let needs_round = !matches!(kind, CaseKind::Challenge { .. });
    let accounts = accounts::OpenCase {
        opener: *opener,
        config: config(&ID),
        job: *job,
        case,
        vault: case_vault(&case),
        from: ata(opener, &ASY_MINT),
        asy_mint: ASY_MINT,
        round: needs_round.then(|| round(job)),
        seat: executor.map(|executor| seat(job, executor)),
        pool: executor.map(pool),
        authority: VERIFIER,
        escrow_program: ESCROW,
        staking_program: STAKING,
        token_program: TOKEN_PROGRAM,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::OpenCase { kind })
}

/// Most neighbours of a proof that fit into one transaction with nothing else in it.
pub const PIECE: usize = 20;

/// Answer a challenge with a part of a proof: `level` is where the last part ended (`Case::climbed`), 0 for the first.
pub fn answer_case(
    operator: &Pubkey,
    job: &Pubkey,
    case: &Pubkey,
    level: u8,
    digest: [u8; 32],
    siblings: &[[u8; 32]],
) -> Instruction {
    let accounts = accounts::AnswerCase {
        operator: *operator,
        job: *job,
        case: *case,
        surety: surety(job, operator),
        from: ata(operator, &ASY_MINT),
        asy_mint: ASY_MINT,
        authority: VERIFIER,
        token_program: TOKEN_PROGRAM,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::AnswerCase { level, digest, siblings: siblings.to_vec() })
}

/// Draw a jury's seed.
pub fn draw_jury(case: &Pubkey) -> Instruction {
    let accounts = accounts::DrawJury {
        case: *case,
        slot_hashes: SLOT_HASHES,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::DrawJury {})
}

/// Take a chair in a case about a job of a class.
pub fn join_jury(operator: &Pubkey, job: &Pubkey, class: u8, case: &Pubkey) -> Instruction {
    let accounts = accounts::JoinJury {
        operator: *operator,
        job: *job,
        case: *case,
        ballot: ballot_address(case, operator),
        seat: seat(job, operator),
        record: record(operator, class),
        pool: pool(operator),
        escrow_config: config(&ESCROW),
        staking_config: config(&STAKING),
        totals: totals(),
        authority: VERIFIER,
        staking_program: STAKING,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::JoinJury {})
}

/// Seal a vote: see `assay_verification::seal::seal`, with the case for the round.
pub fn ballot_seal(operator: &Pubkey, case: &Pubkey, seal: [u8; 32]) -> Instruction {
    let accounts = accounts::SealBallot {
        operator: *operator,
        case: *case,
        ballot: ballot_address(case, operator),
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::BallotSeal { seal })
}

/// Reveal what was sealed.
pub fn ballot_reveal(operator: &Pubkey, case: &Pubkey, digest: [u8; 32], salt: [u8; 32]) -> Instruction {
    let accounts = accounts::RevealBallot {
        operator: *operator,
        config: config(&ID),
        case: *case,
        ballot: ballot_address(case, operator),
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::BallotReveal { digest, salt })
}

/// Count a jury's votes.
pub fn resolve_case(case: &Pubkey) -> Instruction {
    let accounts = accounts::ResolveCase { case: *case, event_authority: event_authority(&ID), program: ID };
    build(ID, accounts, instruction::ResolveCase {})
}

/// Appeal.
pub fn appeal(appellant: &Pubkey, job: &Pubkey, case: &Pubkey) -> Instruction {
    let accounts = accounts::AppealCase {
        appellant: *appellant,
        job: *job,
        case: *case,
        vault: case_vault(case),
        from: ata(appellant, &ASY_MINT),
        asy_mint: ASY_MINT,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Appeal {})
}

/// End a challenge against an executor, about a job of a class.
pub fn conclude_challenge(job: &Pubkey, class: u8, case: &Pubkey, executor: &Pubkey) -> Instruction {
    let accounts = accounts::ConcludeChallenge {
        job: *job,
        case: *case,
        record: record(executor, class),
        surety: surety(job, executor),
        vault: case_vault(case),
        asy_mint: ASY_MINT,
        authority: VERIFIER,
        escrow_program: ESCROW,
        reputation_program: REPUTATION,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::ConcludeChallenge {})
}

/// End a tie. `operators`: of every taken seat; `class`: the job's.
pub fn conclude_tie(job: &Pubkey, class: u8, operators: &[Pubkey]) -> Instruction {
    let accounts = accounts::ConcludeTie {
        job: *job,
        case: case_address(job, &CaseKind::Tie),
        round: round(job),
        authority: VERIFIER,
        escrow_program: ESCROW,
        reputation_program: REPUTATION,
        event_authority: event_authority(&ID),
        program: ID,
    };
    let pairs = operators.iter().flat_map(|operator| {
        let record = record(operator, class);
        [AccountMeta::new_readonly(seat(job, operator), false), AccountMeta::new(record, false)]
    });
    build_with(ID, accounts, pairs.collect(), instruction::ConcludeTie {})
}

/// End a case whose job ended otherwise.
pub fn moot_case(job: &Pubkey, case: &Pubkey) -> Instruction {
    let accounts = accounts::MootCase { job: *job, case: *case, event_authority: event_authority(&ID), program: ID };
    build(ID, accounts, instruction::MootCase {})
}

/// Pay what a case owes under a number in `Case::dues`, to `to`.
pub fn pay_case(case: &Pubkey, index: u8, to: &Pubkey) -> Instruction {
    let accounts = accounts::PayCase {
        case: *case,
        vault: case_vault(case),
        to: ata(to, &ASY_MINT),
        asy_mint: ASY_MINT,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::PayCase { index })
}

/// Release and pay a juror.
pub fn settle_ballot(case: &Pubkey, operator: &Pubkey) -> Instruction {
    let accounts = accounts::SettleBallot {
        case: *case,
        ballot: ballot_address(case, operator),
        payer: *operator,
        pool: pool(operator),
        vault: case_vault(case),
        to: ata(operator, &ASY_MINT),
        asy_mint: ASY_MINT,
        authority: VERIFIER,
        staking_program: STAKING,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::SettleBallot {})
}

/// Slash a juror. `requester`: the job's; the caller's part goes to `caller`.
pub fn slash_ballot(case: &Pubkey, requester: &Pubkey, operator: &Pubkey, caller: &Pubkey) -> Instruction {
    let pool = pool(operator);
    let accounts = accounts::SlashBallot {
        case: *case,
        ballot: ballot_address(case, operator),
        payer: *operator,
        pool,
        pool_vault: pool_vault(&pool),
        asy_mint: ASY_MINT,
        harmed: ata(requester, &ASY_MINT),
        caller: ata(caller, &ASY_MINT),
        authority: VERIFIER,
        staking_config: config(&STAKING),
        staking_program: STAKING,
        staking_events: event_authority(&STAKING),
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::SlashBallot {})
}

/// Close a case, as it was read from the chain.
pub fn close_case(case: &Pubkey, state: &Case) -> Instruction {
    let accounts = accounts::CloseCase {
        job: state.job,
        case: *case,
        vault: case_vault(case),
        opener: state.opener,
        to: ata(&state.opener, &ASY_MINT),
        asy_mint: ASY_MINT,
        pool: (state.executor != Pubkey::default()).then(|| pool(&state.executor)),
        authority: VERIFIER,
        escrow_program: ESCROW,
        staking_program: STAKING,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::CloseCase {})
}

/// Return what an operator had at stake in the cases about a job.
pub fn return_surety(job: &Pubkey, operator: &Pubkey) -> Instruction {
    let accounts = accounts::ReturnSurety {
        job: *job,
        operator: *operator,
        surety: surety(job, operator),
        to: ata(operator, &ASY_MINT),
        asy_mint: ASY_MINT,
        authority: VERIFIER,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::ReturnSurety {})
}
