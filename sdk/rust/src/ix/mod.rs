//! Instruction builders, one module a program. A builder takes what a caller must choose and derives the rest.

pub mod escrow;
pub mod governance;
pub mod reputation;
pub mod staking;
pub mod token;
pub mod verification;

use anchor_lang::{
    InstructionData, ToAccountMetas,
    prelude::Pubkey,
    solana_program::instruction::{AccountMeta, Instruction},
};

/// The SPL Token program.
pub const TOKEN_PROGRAM: Pubkey = anchor_spl::token::ID;
/// The system program.
pub const SYSTEM_PROGRAM: Pubkey = anchor_lang::system_program::ID;

fn build(program: Pubkey, accounts: impl ToAccountMetas, data: impl InstructionData) -> Instruction {
    Instruction { program_id: program, accounts: accounts.to_account_metas(None), data: data.data() }
}

fn build_with(
    program: Pubkey,
    accounts: impl ToAccountMetas,
    rest: Vec<AccountMeta>,
    data: impl InstructionData,
) -> Instruction {
    let mut instruction = build(program, accounts, data);
    instruction.accounts.extend(rest);
    instruction
}

/// Create `owner`'s associated token account for an SPL Token mint, or do nothing if it exists.
pub fn create_ata(payer: &Pubkey, owner: &Pubkey, mint: &Pubkey) -> Instruction {
    let accounts = vec![
        AccountMeta::new(*payer, true),
        AccountMeta::new(crate::addresses::ata(owner, mint), false),
        AccountMeta::new_readonly(*owner, false),
        AccountMeta::new_readonly(*mint, false),
        AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
        AccountMeta::new_readonly(TOKEN_PROGRAM, false),
    ];
    // 1 is CreateIdempotent.
    Instruction { program_id: anchor_spl::associated_token::ID, accounts, data: vec![1] }
}
