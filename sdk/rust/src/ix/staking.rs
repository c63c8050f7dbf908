//! Builders of the staking program's instructions.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_staking::{GOVERNOR, ID, SLASHER, StakingParams, accounts, instruction};
use assay_token::ASY_MINT;

use super::{SYSTEM_PROGRAM, TOKEN_PROGRAM, build};
use crate::addresses::{
    ata, config, event_authority, pool as pool_address, pool_vault, position, program_data, ticket, totals,
};

/// Create the Config and the Totals; `authority` is the program's upgrade authority.
pub fn initialize(authority: &Pubkey, params: StakingParams) -> Instruction {
    let accounts = accounts::Initialize {
        authority: *authority,
        config: config(&ID),
        totals: totals(),
        this_program: ID,
        program_data: program_data(&ID),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Initialize { params })
}

/// Open the operator's pool.
pub fn open_pool(operator: &Pubkey) -> Instruction {
    let pool = pool_address(operator);
    let accounts = accounts::OpenPool {
        operator: *operator,
        pool,
        vault: pool_vault(&pool),
        position: position(&pool, operator),
        mint: ASY_MINT,
        token_program: TOKEN_PROGRAM,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::OpenPool {})
}

/// Stake `amount` base units from the operator's associated token account.
pub fn stake(operator: &Pubkey, amount: u64) -> Instruction {
    let pool = pool_address(operator);
    let accounts = accounts::Stake {
        owner: *operator,
        config: config(&ID),
        totals: totals(),
        pool,
        position: position(&pool, operator),
        vault: pool_vault(&pool),
        from: ata(operator, &ASY_MINT),
        mint: ASY_MINT,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Stake { amount })
}

/// Turn `shares` of the operator's position into ticket number `nonce` (the position's `next_ticket`).
pub fn request_unstake(operator: &Pubkey, nonce: u64, shares: u128) -> Instruction {
    let pool = pool_address(operator);
    let accounts = accounts::RequestUnstake {
        owner: *operator,
        config: config(&ID),
        totals: totals(),
        pool,
        position: position(&pool, operator),
        ticket: ticket(&pool, operator, nonce),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RequestUnstake { shares })
}

/// Pay out ticket number `nonce` to the operator's associated token account.
pub fn withdraw(operator: &Pubkey, nonce: u64) -> Instruction {
    let pool = pool_address(operator);
    let accounts = accounts::Withdraw {
        owner: *operator,
        pool,
        ticket: ticket(&pool, operator, nonce),
        vault: pool_vault(&pool),
        to: ata(operator, &ASY_MINT),
        mint: ASY_MINT,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Withdraw {})
}

/// Bring a pool's weight up to date after a slash.
pub fn sync_weight(pool: &Pubkey) -> Instruction {
    let accounts = accounts::SyncWeight {
        config: config(&ID),
        totals: totals(),
        pool: *pool,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::SyncWeight {})
}

/// Lock a bond. Only the escrow program's PDA can sign this; here so that tests can show it.
pub fn lock_bond(pool: &Pubkey, amount: u64) -> Instruction {
    build(ID, change_bond(pool), instruction::LockBond { amount })
}

/// Release a bond. Only the escrow program's PDA can sign this.
pub fn release_bond(pool: &Pubkey, amount: u64) -> Instruction {
    build(ID, change_bond(pool), instruction::ReleaseBond { amount })
}

fn change_bond(pool: &Pubkey) -> accounts::ChangeBond {
    accounts::ChangeBond { slasher: SLASHER, pool: *pool }
}

/// Bind a position to a vote. Only the governance program's PDA can sign this.
pub fn lock_position(position: &Pubkey, until: i64) -> Instruction {
    let accounts = accounts::LockPosition { governor: GOVERNOR, position: *position };
    build(ID, accounts, instruction::LockPosition { until })
}

/// Slash a pool. Only the escrow program's PDA can sign this.
pub fn slash(pool: &Pubkey, harmed: &Pubkey, caller: &Pubkey, amount: u64, unlock: u64) -> Instruction {
    let accounts = accounts::Slash {
        slasher: SLASHER,
        config: config(&ID),
        pool: *pool,
        vault: pool_vault(pool),
        mint: ASY_MINT,
        harmed: *harmed,
        caller: *caller,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Slash { amount, unlock })
}
