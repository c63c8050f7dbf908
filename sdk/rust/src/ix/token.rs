//! Builders of the token program's instructions.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_token::{ASY_MINT, FEE_AUTHORITY, ID, accounts, instruction};

use super::{SYSTEM_PROGRAM, TOKEN_PROGRAM, build};
use crate::addresses::{config, event_authority, fee_vault, minter as minter_address, program_data, treasury};

/// Create the Config and the mint; `authority` is the program's upgrade authority.
pub fn initialize(authority: &Pubkey, max_supply: u64, burn_bps: u16) -> Instruction {
    let accounts = accounts::Initialize {
        authority: *authority,
        config: config(&ID),
        mint: ASY_MINT,
        fee_authority: FEE_AUTHORITY,
        this_program: ID,
        program_data: program_data(&ID),
        token_program: TOKEN_PROGRAM,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Initialize { max_supply, burn_bps })
}

/// Set a minter's allowance, in base units.
pub fn set_minter(authority: &Pubkey, minter: &Pubkey, allowance: u64) -> Instruction {
    let accounts = accounts::SetMinter {
        authority: *authority,
        config: config(&ID),
        minter_account: minter_address(minter),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::SetMinter { minter: *minter, allowance })
}

/// Mint `amount` base units to the token account `to`.
pub fn mint_to(minter: &Pubkey, to: &Pubkey, amount: u64) -> Instruction {
    let accounts = accounts::MintAsy {
        minter: *minter,
        config: config(&ID),
        minter_account: minter_address(minter),
        mint: ASY_MINT,
        to: *to,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::MintTo { amount })
}

/// Burn `amount` base units from the owner's token account `from`.
pub fn burn(owner: &Pubkey, from: &Pubkey, amount: u64) -> Instruction {
    let accounts = accounts::BurnAsy {
        owner: *owner,
        mint: ASY_MINT,
        from: *from,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::Burn { amount })
}

/// Create one of a mint's fee vaults.
pub fn open_fee_vault(payer: &Pubkey, mint: &Pubkey, shard: u8) -> Instruction {
    let accounts = accounts::OpenFeeVault {
        payer: *payer,
        config: config(&ID),
        fee_authority: FEE_AUTHORITY,
        mint: *mint,
        fee_vault: fee_vault(mint, shard),
        treasury: treasury(mint),
        token_program: TOKEN_PROGRAM,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::OpenFeeVault { shard })
}

/// Sweep `vault`, a token account of the fee authority's (see [`fee_vault`]).
pub fn collect_fees(mint: &Pubkey, vault: &Pubkey) -> Instruction {
    let accounts = accounts::CollectFees {
        config: config(&ID),
        fee_authority: FEE_AUTHORITY,
        mint: *mint,
        fee_vault: *vault,
        treasury: treasury(mint),
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::CollectFees {})
}
