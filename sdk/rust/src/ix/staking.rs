//! Builders of the staking program's instructions.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_staking::{GOVERNOR, ID, Most, REWARDS_VAULT, SLASHER, StakingParams, accounts, instruction};
use assay_token::ASY_MINT;

use super::{SYSTEM_PROGRAM, TOKEN_PROGRAM, build};
use crate::addresses::{
    ata, config, event_authority, pool as pool_address, pool_vault, position, program_data, ticket, totals,
};

/// Create the Config, the Totals and the rewards vault; `authority` is the program's upgrade authority.
pub fn initialize(authority: &Pubkey, params: StakingParams) -> Instruction {
    let accounts = accounts::Initialize {
        authority: *authority,
        config: config(&ID),
        totals: totals(),
        rewards: REWARDS_VAULT,
        mint: ASY_MINT,
        this_program: ID,
        program_data: program_data(&ID),
        token_program: TOKEN_PROGRAM,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Initialize { params })
}

administration!(StakingParams);

/// Open the operator's pool, without a commission.
pub fn open_pool(operator: &Pubkey) -> Instruction {
    open_pool_with(operator, 0)
}

/// Open the operator's pool with a commission.
pub fn open_pool_with(operator: &Pubkey, commission_bps: u16) -> Instruction {
    let pool = pool_address(operator);
    let accounts = accounts::OpenPool {
        operator: *operator,
        config: config(&ID),
        pool,
        vault: pool_vault(&pool),
        position: position(&pool, operator),
        mint: ASY_MINT,
        token_program: TOKEN_PROGRAM,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::OpenPool { commission_bps })
}

/// Close the operator's pool, in which nothing and nobody is left.
pub fn close_pool(operator: &Pubkey) -> Instruction {
    let pool = pool_address(operator);
    let accounts = accounts::ClosePool {
        operator: *operator,
        config: config(&ID),
        totals: totals(),
        pool,
        position: position(&pool, operator),
        vault: pool_vault(&pool),
        to: ata(operator, &ASY_MINT),
        mint: ASY_MINT,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::ClosePool {})
}

/// Lower the commission, or raise it by a step.
pub fn set_commission(operator: &Pubkey, commission_bps: u16) -> Instruction {
    let accounts = accounts::SetCommission {
        operator: *operator,
        config: config(&ID),
        totals: totals(),
        pool: pool_address(operator),
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::SetCommission { commission_bps })
}

/// Open a delegator's position in an operator's pool, if its commission is at most `max_commission_bps`.
pub fn open_position(operator: &Pubkey, owner: &Pubkey, max_commission_bps: u16) -> Instruction {
    let pool = pool_address(operator);
    let accounts = accounts::OpenPosition {
        owner: *owner,
        config: config(&ID),
        pool,
        position: position(&pool, owner),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::OpenPosition { max_commission_bps })
}

/// Close a delegator's empty position in an operator's pool.
pub fn close_position(operator: &Pubkey, owner: &Pubkey) -> Instruction {
    let pool = pool_address(operator);
    let accounts = accounts::ClosePosition {
        owner: *owner,
        pool,
        position: position(&pool, owner),
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::ClosePosition {})
}

/// Stake `amount` base units from the operator's associated token account into its own pool.
pub fn stake(operator: &Pubkey, amount: u64) -> Instruction {
    delegate(operator, operator, amount)
}

/// Stake `amount` base units from the owner's associated token account into an operator's pool.
pub fn delegate(operator: &Pubkey, owner: &Pubkey, amount: u64) -> Instruction {
    let pool = pool_address(operator);
    let accounts = accounts::Stake {
        owner: *owner,
        config: config(&ID),
        totals: totals(),
        pool,
        position: position(&pool, owner),
        vault: pool_vault(&pool),
        from: ata(owner, &ASY_MINT),
        mint: ASY_MINT,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Stake { amount })
}

/// Turn `shares` of the operator's own position into ticket number `nonce` (the position's `next_ticket`).
pub fn request_unstake(operator: &Pubkey, nonce: u64, shares: u128) -> Instruction {
    undelegate(operator, operator, nonce, shares)
}

/// Turn `shares` of an owner's position in an operator's pool into ticket number `nonce`.
pub fn undelegate(operator: &Pubkey, owner: &Pubkey, nonce: u64, shares: u128) -> Instruction {
    let pool = pool_address(operator);
    let accounts = accounts::RequestUnstake {
        owner: *owner,
        config: config(&ID),
        totals: totals(),
        pool,
        position: position(&pool, owner),
        ticket: ticket(&pool, owner, nonce),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RequestUnstake { shares })
}

/// Pay out the operator's own ticket number `nonce` to its associated token account. Anybody may send it.
pub fn withdraw(operator: &Pubkey, nonce: u64) -> Instruction {
    withdraw_of(operator, operator, nonce)
}

/// Pay out an owner's ticket number `nonce` to its associated token account. Anybody may send it.
pub fn withdraw_of(operator: &Pubkey, owner: &Pubkey, nonce: u64) -> Instruction {
    let pool = pool_address(operator);
    let accounts = accounts::Withdraw {
        owner: *owner,
        pool,
        position: position(&pool, owner),
        ticket: ticket(&pool, owner, nonce),
        vault: pool_vault(&pool),
        to: ata(owner, &ASY_MINT),
        mint: ASY_MINT,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Withdraw {})
}

/// Move `shares` of an owner's from one operator's pool to another's.
pub fn redelegate(owner: &Pubkey, from: &Pubkey, to: &Pubkey, shares: u128) -> Instruction {
    let (from_pool, to_pool) = (pool_address(from), pool_address(to));
    let accounts = accounts::Redelegate {
        owner: *owner,
        config: config(&ID),
        totals: totals(),
        from_pool,
        from_position: position(&from_pool, owner),
        from_vault: pool_vault(&from_pool),
        to_pool,
        to_position: position(&to_pool, owner),
        to_vault: pool_vault(&to_pool),
        mint: ASY_MINT,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Redelegate { shares })
}

/// Give `amount` base units from the funder's associated token account to all who stake.
pub fn fund_rewards(funder: &Pubkey, amount: u64) -> Instruction {
    let accounts = accounts::FundRewards {
        funder: *funder,
        config: config(&ID),
        totals: totals(),
        rewards: REWARDS_VAULT,
        from: ata(funder, &ASY_MINT),
        mint: ASY_MINT,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::FundRewards { amount })
}

/// Begin the epoch.
pub fn advance_epoch() -> Instruction {
    let accounts = accounts::AdvanceEpoch {
        config: config(&ID),
        totals: totals(),
        rewards: REWARDS_VAULT,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::AdvanceEpoch {})
}

/// Pay out an owner's rewards to its associated token account. Anybody may send it.
pub fn claim_rewards(operator: &Pubkey, owner: &Pubkey) -> Instruction {
    let pool = pool_address(operator);
    let accounts = accounts::ClaimRewards {
        owner: *owner,
        config: config(&ID),
        totals: totals(),
        pool,
        position: position(&pool, owner),
        rewards: REWARDS_VAULT,
        to: ata(owner, &ASY_MINT),
        mint: ASY_MINT,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::ClaimRewards {})
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
    let accounts = accounts::LockBond { slasher: SLASHER, config: config(&ID), pool: *pool };
    build(ID, accounts, instruction::LockBond { amount })
}

/// Release a bond. Only the escrow program's PDA can sign this.
pub fn release_bond(pool: &Pubkey, amount: u64) -> Instruction {
    build(ID, accounts::ChangeBond { slasher: SLASHER, pool: *pool }, instruction::ReleaseBond { amount })
}

/// Count a dispute. Only the escrow program's PDA can sign this.
pub fn open_case(pool: &Pubkey) -> Instruction {
    build(ID, accounts::ChangeCase { slasher: SLASHER, pool: *pool }, instruction::OpenCase {})
}

/// A dispute is resolved. Only the escrow program's PDA can sign this.
pub fn close_case(pool: &Pubkey) -> Instruction {
    build(ID, accounts::ChangeCase { slasher: SLASHER, pool: *pool }, instruction::CloseCase {})
}

/// Bind a position to a vote. Only the governance program's PDA can sign this.
pub fn lock_position(position: &Pubkey, until: i64) -> Instruction {
    let accounts = accounts::LockPosition { governor: GOVERNOR, position: *position };
    build(ID, accounts, instruction::LockPosition { until })
}

/// Slash a pool without jail, and without a bound to what anybody gets. Only the escrow program's PDA can sign this.
pub fn slash(pool: &Pubkey, harmed: &Pubkey, caller: &Pubkey, amount: u64, unlock: u64) -> Instruction {
    slash_with(pool, harmed, caller, (amount, unlock), false, Most::UNBOUNDED)
}

/// Slash a pool by (amount, unlock), and jail it or not; the harmed party and the caller get `most` at most. Only the escrow program's PDA can sign this.
pub fn slash_with(
    pool: &Pubkey,
    harmed: &Pubkey,
    caller: &Pubkey,
    (amount, unlock): (u64, u64),
    jail: bool,
    most: Most,
) -> Instruction {
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
    build(ID, accounts, instruction::Slash { amount, unlock, jail, most })
}
