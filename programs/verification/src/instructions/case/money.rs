//! ASY into and out of a case's vault.

use anchor_lang::prelude::*;
use anchor_spl::token::{self, Mint, Token};
use assay_escrow::holding::Holding;
use assay_token::{ASY_MINT, DECIMALS};

use crate::{VerificationError, state::*};

/// Put `amount` at stake, from an account of whoever signs.
pub(super) fn lock<'info>(
    from: &AccountInfo<'info>,
    to: &AccountInfo<'info>,
    mint: &Account<'info, Mint>,
    by: &Signer<'info>,
    amount: u64,
) -> Result<()> {
    belongs(from, by.key)?;
    let accounts = token::TransferChecked {
        from: from.clone(),
        mint: mint.to_account_info(),
        to: to.clone(),
        authority: by.to_account_info(),
    };
    token::transfer_checked(CpiContext::new(Token::id(), accounts), amount, DECIMALS)
}

/// Pay `amount` out of a case's vault.
pub(super) fn pay<'info>(
    case: &Account<'info, Case>,
    vault: &AccountInfo<'info>,
    mint: &Account<'info, Mint>,
    to: &AccountInfo<'info>,
    amount: u64,
) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    let accounts = token::TransferChecked {
        from: vault.clone(),
        mint: mint.to_account_info(),
        to: to.clone(),
        authority: case.to_account_info(),
    };
    sign(case, |seeds| {
        token::transfer_checked(CpiContext::new_with_signer(Token::id(), accounts, seeds), amount, DECIMALS)
    })
}

/// Close a case's vault, empty as it is.
pub(super) fn close_vault<'info>(
    case: &Account<'info, Case>,
    vault: &AccountInfo<'info>,
    destination: &AccountInfo<'info>,
) -> Result<()> {
    let accounts = token::CloseAccount {
        account: vault.clone(),
        destination: destination.clone(),
        authority: case.to_account_info(),
    };
    sign(case, |seeds| token::close_account(CpiContext::new_with_signer(Token::id(), accounts, seeds)))
}

/// That a token account is of ASY and this owner's. Anybody can make one for an owner that closed its own, or gave it away.
pub(super) fn belongs(account: &AccountInfo, owner: &Pubkey) -> Result<()> {
    require!(Holding::read(account)?.is_of(&ASY_MINT, owner), VerificationError::WrongAddress);
    Ok(())
}

fn sign(case: &Case, call: impl FnOnce(&[&[&[u8]]]) -> Result<()>) -> Result<()> {
    let subject = case.kind.subject().to_le_bytes();
    call(&[&[CASE_SEED, case.job.as_ref(), &subject, &[case.bump]]])
}
