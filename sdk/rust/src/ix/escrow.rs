//! Builders of the escrow program's instructions.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_escrow::{Capabilities, EscrowParams, ID, Job, JobTerms, VERIFIER, accounts, instruction};
use assay_staking::{ID as STAKING, SLASHER};
use assay_token::ASY_MINT;

use super::{SYSTEM_PROGRAM, TOKEN_PROGRAM, build};
use crate::addresses::{
    ata, config, device as device_address, event_authority, fee_vault_of_job, job as job_address, job_vault, payment,
    pool, pool_vault, program_data, record, seat as seat_address, totals,
};

/// Create the Config; `authority` is the program's upgrade authority.
pub fn initialize(authority: &Pubkey, params: EscrowParams) -> Instruction {
    let accounts = accounts::Initialize {
        authority: *authority,
        config: config(&ID),
        this_program: ID,
        program_data: program_data(&ID),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Initialize { params })
}

/// Allow a payment mint. `bond_rate`: base units of ASY for 10^9 base units of it.
pub fn register_mint(authority: &Pubkey, mint: &Pubkey, bond_rate: u64) -> Instruction {
    let accounts = accounts::RegisterMint {
        authority: *authority,
        config: config(&ID),
        payment: payment(mint),
        mint: *mint,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RegisterMint { bond_rate })
}

/// Register machine number `index` of the operator's.
pub fn register_device(operator: &Pubkey, index: u16, capabilities: Capabilities) -> Instruction {
    let accounts = accounts::RegisterDevice {
        operator: *operator,
        device: device_address(operator, index),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RegisterDevice { index, capabilities })
}

/// Retire machine number `index` of the operator's.
pub fn retire_device(operator: &Pubkey, index: u16) -> Instruction {
    let accounts = accounts::RetireDevice {
        operator: *operator,
        device: device_address(operator, index),
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RetireDevice {})
}

/// Post a job, paid from the requester's associated token account. Its round is opened by
/// [`super::verification::open_round`], best in the same transaction.
pub fn post_job(requester: &Pubkey, mint: &Pubkey, terms: JobTerms) -> Instruction {
    let job = job_address(requester, terms.nonce);
    let accounts = accounts::PostJob {
        requester: *requester,
        config: config(&ID),
        payment: payment(mint),
        job,
        vault: job_vault(&job),
        from: ata(requester, mint),
        mint: *mint,
        token_program: TOKEN_PROGRAM,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::PostJob { terms })
}

/// Claim a seat with machine number `device`. `class` is the job's.
pub fn claim_seat(operator: &Pubkey, job: &Pubkey, class: u8, device: u16) -> Instruction {
    let accounts = accounts::ClaimSeat {
        operator: *operator,
        config: config(&ID),
        job: *job,
        seat: seat_address(job, operator),
        device: device_address(operator, device),
        record: record(operator, class),
        pool: pool(operator),
        staking_config: config(&STAKING),
        totals: totals(),
        authority: SLASHER,
        staking_program: STAKING,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::ClaimSeat {})
}

/// Settle an operator's seat, paying its associated token account.
pub fn settle(job: &Pubkey, state: &Job, operator: &Pubkey) -> Instruction {
    let accounts = accounts::Settle {
        job: *job,
        seat: seat_address(job, operator),
        operator: *operator,
        vault: job_vault(job),
        to: ata(operator, &state.mint),
        fee_vault: fee_vault_of_job(&state.mint, job),
        mint: state.mint,
        pool: pool(operator),
        authority: SLASHER,
        staking_program: STAKING,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Settle {})
}

/// Slash an operator's lost seat; the bounty goes to `caller`'s associated ASY account.
pub fn slash_seat(job: &Pubkey, requester: &Pubkey, operator: &Pubkey, caller: &Pubkey) -> Instruction {
    build(ID, slash_accounts(job, requester, operator, caller), instruction::SlashSeat {})
}

/// Expire an operator's seat that never sealed; the bounty goes to `caller`'s associated ASY account.
pub fn expire_seat(job: &Pubkey, requester: &Pubkey, operator: &Pubkey, caller: &Pubkey) -> Instruction {
    build(ID, slash_accounts(job, requester, operator, caller), instruction::ExpireSeat {})
}

fn slash_accounts(job: &Pubkey, requester: &Pubkey, operator: &Pubkey, caller: &Pubkey) -> accounts::SlashSeat {
    let pool = pool(operator);
    accounts::SlashSeat {
        job: *job,
        seat: seat_address(job, operator),
        operator: *operator,
        pool,
        pool_vault: pool_vault(&pool),
        asy_mint: ASY_MINT,
        harmed: ata(requester, &ASY_MINT),
        caller: ata(caller, &ASY_MINT),
        authority: SLASHER,
        staking_config: config(&STAKING),
        staking_program: STAKING,
        staking_events: event_authority(&STAKING),
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    }
}

/// Cancel a job that nobody has a seat of.
pub fn cancel_job(requester: &Pubkey, job: &Pubkey) -> Instruction {
    let accounts =
        accounts::CancelJob { requester: *requester, job: *job, event_authority: event_authority(&ID), program: ID };
    build(ID, accounts, instruction::CancelJob {})
}

/// Expire a job that nobody has a seat of.
pub fn expire_job(job: &Pubkey) -> Instruction {
    let accounts = accounts::ExpireJob { job: *job, event_authority: event_authority(&ID), program: ID };
    build(ID, accounts, instruction::ExpireJob {})
}

/// Refund what no winner is owed to the requester's associated token account.
pub fn refund(job: &Pubkey, state: &Job) -> Instruction {
    let accounts = accounts::Refund {
        job: *job,
        vault: job_vault(job),
        to: ata(&state.requester, &state.mint),
        mint: state.mint,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Refund {})
}

/// Close an ended job and its empty vault.
pub fn close_job(job: &Pubkey, requester: &Pubkey) -> Instruction {
    let accounts = accounts::CloseJob {
        job: *job,
        vault: job_vault(job),
        requester: *requester,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::CloseJob {})
}

/// Set a job's seed. Only the verification program's PDA can sign this; here so that tests can show it.
pub fn set_seed(job: &Pubkey, seed: Option<[u8; 32]>) -> Instruction {
    build(ID, accounts::JobByVerifier { verifier: VERIFIER, job: *job }, instruction::SetSeed { seed })
}

/// Store a seal. Only the verification program's PDA can sign this.
pub fn seal_seat(seat: &Pubkey, seal: [u8; 32]) -> Instruction {
    build(ID, accounts::SeatByVerifier { verifier: VERIFIER, seat: *seat }, instruction::SealSeat { seal })
}

/// Store a digest. Only the verification program's PDA can sign this.
pub fn reveal_seat(seat: &Pubkey, digest: [u8; 32]) -> Instruction {
    build(ID, accounts::SeatByVerifier { verifier: VERIFIER, seat: *seat }, instruction::RevealSeat { digest })
}

/// Record a verdict. Only the verification program's PDA can sign this.
pub fn record_verdict(job: &Pubkey, root: [u8; 32], winners: u8, losers: u8) -> Instruction {
    let data = instruction::RecordVerdict { root, winners, losers };
    build(ID, accounts::JobByVerifier { verifier: VERIFIER, job: *job }, data)
}
