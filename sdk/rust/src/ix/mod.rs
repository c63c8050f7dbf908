//! Instruction builders, one module a program. A builder takes what a caller must choose and derives the rest.

/// The builders that every program with a Config has, in the module of one that imported its `ID`, `accounts` and
/// `instruction`; with the type of its parameters, if it has any.
macro_rules! administration {
    () => {
        fn govern(authority: &Pubkey) -> accounts::Govern {
            let (config, event_authority) = (config(&ID), event_authority(&ID));
            accounts::Govern { authority: *authority, config, event_authority, program: ID }
        }

        /// Offer the authority to `new`; the default address withdraws the offer.
        pub fn propose_authority(authority: &Pubkey, new: &Pubkey) -> Instruction {
            build(ID, govern(authority), instruction::ProposeAuthority { new: *new })
        }

        /// Take the authority that was offered.
        pub fn accept_authority(pending: &Pubkey) -> Instruction {
            let (config, event_authority) = (config(&ID), event_authority(&ID));
            let accounts = accounts::AcceptAuthority { pending: *pending, config, event_authority, program: ID };
            build(ID, accounts, instruction::AcceptAuthority {})
        }

        /// Say who may pause besides the authority; the default address is nobody.
        pub fn set_guardian(authority: &Pubkey, guardian: &Pubkey) -> Instruction {
            build(ID, govern(authority), instruction::SetGuardian { guardian: *guardian })
        }

        /// Stop what begins something new, or allow it again; `by` is the authority or the guardian.
        pub fn set_paused(by: &Pubkey, paused: bool) -> Instruction {
            let (config, event_authority) = (config(&ID), event_authority(&ID));
            let accounts = accounts::SetPaused { by: *by, config, event_authority, program: ID };
            build(ID, accounts, instruction::SetPaused { paused })
        }
    };
    ($params:ty) => {
        administration!();

        /// Set the parameters.
        pub fn set_params(authority: &Pubkey, params: $params) -> Instruction {
            build(ID, govern(authority), instruction::SetParams { params })
        }
    };
}

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
/// The newer token program, whose mints may have extensions.
pub const TOKEN_2022_PROGRAM: Pubkey = anchor_spl::token_2022::ID;
/// What makes associated token accounts.
pub const ASSOCIATED_TOKEN_PROGRAM: Pubkey = anchor_spl::associated_token::ID;
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
    create_ata_of(&TOKEN_PROGRAM, payer, owner, mint)
}

/// Create `owner`'s associated token account for a mint of `token_program`, or do nothing if it exists.
pub fn create_ata_of(token_program: &Pubkey, payer: &Pubkey, owner: &Pubkey, mint: &Pubkey) -> Instruction {
    let accounts = vec![
        AccountMeta::new(*payer, true),
        AccountMeta::new(crate::addresses::ata_of(owner, mint, token_program), false),
        AccountMeta::new_readonly(*owner, false),
        AccountMeta::new_readonly(*mint, false),
        AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
        AccountMeta::new_readonly(*token_program, false),
    ];
    // 1 is CreateIdempotent.
    Instruction { program_id: anchor_spl::associated_token::ID, accounts, data: vec![1] }
}
