//! Builders of the token program's instructions.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_token::{ASY_MINT, FEE_AUTHORITY, ID, REWARDS_VAULT, TokenParams, accounts, instruction};

use super::{SYSTEM_PROGRAM, TOKEN_PROGRAM, build};
use crate::{
    addresses::{
        ata_of, claims_vault, config, distribution as distribution_address, event_authority, fee_vault,
        minter as minter_address, program_data, reserve, swap_log, treasury,
    },
    distribution::Claim,
};

/// Create the Config and the mint; `authority` is the program's upgrade authority.
pub fn initialize(authority: &Pubkey, max_supply: u64, params: TokenParams) -> Instruction {
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
    build(ID, accounts, instruction::Initialize { max_supply, params })
}

administration!(TokenParams);

/// Set a minter's allowance, in base units. The authority pays for a new Minter; see [`set_minter_paid_by`].
pub fn set_minter(authority: &Pubkey, minter: &Pubkey, allowance: u64) -> Instruction {
    set_minter_paid_by(authority, authority, minter, allowance)
}

/// Set a minter's allowance, in base units, where another than the authority pays for a new Minter.
pub fn set_minter_paid_by(payer: &Pubkey, authority: &Pubkey, minter: &Pubkey, allowance: u64) -> Instruction {
    let accounts = accounts::SetMinter {
        authority: *authority,
        payer: *payer,
        config: config(&ID),
        minter_account: minter_address(minter),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::SetMinter { minter: *minter, allowance })
}

/// Mint the due epoch's emission.
pub fn emit_epoch() -> Instruction {
    let accounts = accounts::EmitEpoch {
        config: config(&ID),
        mint: ASY_MINT,
        rewards: REWARDS_VAULT,
        token_program: TOKEN_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::EmitEpoch {})
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

/// Create one of the fee vaults of an SPL Token mint.
pub fn open_fee_vault(payer: &Pubkey, mint: &Pubkey, shard: u8) -> Instruction {
    open_fee_vault_of(&TOKEN_PROGRAM, payer, mint, shard)
}

/// Create one of the fee vaults of a mint of `token_program`.
pub fn open_fee_vault_of(token_program: &Pubkey, payer: &Pubkey, mint: &Pubkey, shard: u8) -> Instruction {
    let accounts = accounts::OpenFeeVault {
        payer: *payer,
        config: config(&ID),
        fee_authority: FEE_AUTHORITY,
        mint: *mint,
        fee_vault: fee_vault(mint, shard),
        treasury: treasury(mint),
        reserve: reserve(mint),
        token_program: *token_program,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::OpenFeeVault { shard })
}

/// Sweep `vault`, a token account of the fee authority's (see [`fee_vault`]) of an SPL Token mint.
pub fn collect_fees(mint: &Pubkey, vault: &Pubkey) -> Instruction {
    collect_fees_of(&TOKEN_PROGRAM, mint, vault)
}

/// Sweep `vault`, a token account of the fee authority's of a mint of `token_program`.
pub fn collect_fees_of(token_program: &Pubkey, mint: &Pubkey, vault: &Pubkey) -> Instruction {
    let accounts = accounts::CollectFees {
        config: config(&ID),
        fee_authority: FEE_AUTHORITY,
        mint: *mint,
        fee_vault: *vault,
        treasury: treasury(mint),
        reserve: reserve(mint),
        rewards: REWARDS_VAULT,
        token_program: *token_program,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::CollectFees {})
}

/// The parties and mints of a swap; each mint with its token program.
#[derive(Clone, Copy, Debug)]
pub struct Swap {
    pub authority: Pubkey,
    pub counterparty: Pubkey,
    pub payer: Pubkey,
    /// What is given.
    pub mint: (Pubkey, Pubkey),
    /// What is received.
    pub reserve_mint: (Pubkey, Pubkey),
}

/// Swap reserve tokens into the reserve mint, with the counterparty's associated accounts.
pub fn reserve_swap(swap: &Swap, given: u64, paid: u64, min_received: u64) -> Instruction {
    let ((mint, program), (reserve_mint, reserve_program)) = (swap.mint, swap.reserve_mint);
    let accounts = accounts::ReserveSwap {
        authority: swap.authority,
        counterparty: swap.counterparty,
        payer: swap.payer,
        config: config(&ID),
        mint,
        reserve_mint,
        from: reserve(&mint),
        into: reserve(&reserve_mint),
        counterparty_receives: ata_of(&swap.counterparty, &mint, &program),
        counterparty_pays: ata_of(&swap.counterparty, &reserve_mint, &reserve_program),
        swap_log: swap_log(&mint, &reserve_mint),
        token_program: program,
        reserve_token_program: reserve_program,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::ReserveSwap { given, paid, min_received })
}

/// Pay from a treasury vault to the token account `to`. `mint`: with its token program.
pub fn spend_treasury(authority: &Pubkey, mint: (Pubkey, Pubkey), to: &Pubkey, amount: u64) -> Instruction {
    let accounts = accounts::SpendTreasury {
        authority: *authority,
        config: config(&ID),
        mint: mint.0,
        treasury: treasury(&mint.0),
        to: *to,
        token_program: mint.1,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::SpendTreasury { amount })
}

/// What a distribution is opened with. Its claims' root: see [`crate::distribution`].
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    pub opener: Pubkey,
    pub payer: Pubkey,
    /// With its token program.
    pub mint: (Pubkey, Pubkey),
    pub id: u64,
    pub root: [u8; 32],
    pub total: u64,
    pub max_claims: u32,
    pub expires_at: i64,
}

/// Open a distribution from the opener's associated account.
pub fn open_distribution(opening: &Opening) -> Instruction {
    let Opening { opener, payer, mint: (mint, token_program), id, root, total, max_claims, expires_at } = *opening;
    let distribution = distribution_address(&opener, id);
    let accounts = accounts::OpenDistribution {
        opener,
        payer,
        config: config(&ID),
        mint,
        from: ata_of(&opener, &mint, &token_program),
        distribution,
        vault: claims_vault(&distribution),
        token_program,
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::OpenDistribution { id, root, total, max_claims, expires_at })
}

/// Pay a claim into the claimant's associated account. `mint`: with its token program.
pub fn claim(distribution: &Pubkey, mint: (Pubkey, Pubkey), claim: &Claim) -> Instruction {
    let accounts = accounts::Claim {
        distribution: *distribution,
        vault: claims_vault(distribution),
        mint: mint.0,
        claimant: claim.claimant,
        to: ata_of(&claim.claimant, &mint.0, &mint.1),
        token_program: mint.1,
        event_authority: event_authority(&ID),
        program: ID,
    };
    let Claim { index, amount, ref proof, .. } = *claim;
    build(ID, accounts, instruction::Claim { index, amount, proof: proof.clone() })
}

/// End a distribution; the rest goes into the opener's associated account. `mint`: with its token program.
pub fn sweep_distribution(
    distribution: &Pubkey,
    mint: (Pubkey, Pubkey),
    opener: &Pubkey,
    payer: &Pubkey,
) -> Instruction {
    let accounts = accounts::SweepDistribution {
        distribution: *distribution,
        vault: claims_vault(distribution),
        mint: mint.0,
        opener: *opener,
        to: ata_of(opener, &mint.0, &mint.1),
        payer: *payer,
        token_program: mint.1,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::SweepDistribution {})
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The token program does not depend on staking, so the address is a constant there: here it is derived.
    #[test]
    fn the_rewards_vault_is_stakings() {
        let derived = Pubkey::find_program_address(&[b"rewards"], &assay_staking::ID).0;
        assert_eq!(derived, REWARDS_VAULT);
    }
}
