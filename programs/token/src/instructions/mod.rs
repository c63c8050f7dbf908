//! One file per instruction (the three about who may govern share one): accounts, handler.

pub mod administration;
pub mod burn;
pub mod claim;
pub mod collect_fees;
pub mod emit_epoch;
pub mod initialize;
pub mod mint_to;
pub mod open_distribution;
pub mod open_fee_vault;
pub mod reserve_swap;
pub mod set_minter;
pub mod set_params;
pub mod spend_treasury;
pub mod sweep_distribution;

// The accounts structs, and the client modules that Anchor makes beside them; `handler` stays qualified.
#[allow(ambiguous_glob_reexports)]
pub use self::{
    administration::*, burn::*, claim::*, collect_fees::*, emit_epoch::*, initialize::*, mint_to::*,
    open_distribution::*, open_fee_vault::*, reserve_swap::*, set_minter::*, spend_treasury::*, sweep_distribution::*,
};

use anchor_lang::prelude::*;
use anchor_spl::{
    associated_token::get_associated_token_address_with_program_id,
    token_interface::{self, TransferChecked},
};

use crate::TokenError;

/// Seeds with which a PDA signs.
type Signer<'a> = &'a [&'a [&'a [u8]]];

/// Transfer by CPI, of SPL Token or Token-2022; nothing to move is no call.
fn transfer<'info>(
    token_program: Pubkey,
    accounts: TransferChecked<'info>,
    signer: Signer,
    amount: u64,
    decimals: u8,
) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    token_interface::transfer_checked(CpiContext::new_with_signer(token_program, accounts, signer), amount, decimals)
}

/// Whoever sends the transaction chooses the recipient's account: only the associated one will do, unless the recipient
/// signs. Otherwise a thief would choose an old account of the recipient's that has the thief as its delegate.
fn require_own(owner: &AccountInfo, account: &Pubkey, mint: &Pubkey, token_program: &Pubkey) -> Result<()> {
    let associated = || get_associated_token_address_with_program_id(owner.key, mint, token_program);
    require!(owner.is_signer || *account == associated(), TokenError::NotAssociated);
    Ok(())
}
