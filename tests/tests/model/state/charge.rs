//! The one payment mint of Token-2022, which charges for every transfer: what it changes about addresses, instructions
//! and amounts.

use std::sync::LazyLock;

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use anchor_spl::token_2022;
use assay_tests::{
    assay_sdk::{addresses, ix},
    chain::wallet,
};

/// The mint.
pub static CHARGING: LazyLock<Pubkey> = LazyLock::new(|| wallet("tFEE mint"));
/// What it charges for a transfer, rounded up.
pub const CHARGE_BPS: u16 = 137;
/// Its decimals.
pub const CHARGING_DECIMALS: u8 = 6;
/// Bytes of an account of its: the base, the account's type, and TransferFeeAmount with its header.
pub const CHARGED_SPACE: usize = 165 + 1 + 4 + 8;
/// Token-2022: an account that withheld something cannot be closed.
pub const WITHHELD: u32 = 35;

/// The charge on a transfer of so much.
pub fn charge(mint: &Pubkey, amount: u64) -> u64 {
    if *mint != *CHARGING {
        return 0;
    }
    (u128::from(amount) * u128::from(CHARGE_BPS)).div_ceil(10_000) as u64
}

/// What is sent so that `amount` arrives: with the charge on the least that would do.
pub fn gross(mint: &Pubkey, amount: u64) -> Option<u64> {
    if *mint != *CHARGING {
        return Some(amount);
    }
    let least = (u128::from(amount) * 10_000).div_ceil(u128::from(10_000 - CHARGE_BPS));
    amount.checked_add(charge(mint, u64::try_from(least).ok()?))
}

/// The program of a mint.
pub fn token_program(mint: &Pubkey) -> Pubkey {
    if *mint == *CHARGING { token_2022::ID } else { ix::TOKEN_PROGRAM }
}

/// An owner's associated account.
pub fn ata(owner: &Pubkey, mint: &Pubkey) -> Pubkey {
    addresses::ata_of(owner, mint, &token_program(mint))
}

/// An instruction of escrow's on a job paid in `mint`, with associated accounts of these owners.
pub fn paid_in(mint: &Pubkey, call: Instruction, owners: &[Pubkey]) -> Instruction {
    if *mint == *CHARGING { ix::escrow::in_token_2022(call, mint, owners) } else { call }
}
