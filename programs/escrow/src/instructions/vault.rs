//! What several instructions do with a job's money: its vault's tokens, and the bounties in its own account.

use anchor_lang::prelude::*;
use anchor_spl::{
    token_2022::spl_token_2022::{
        extension::{BaseStateWithExtensions, StateWithExtensions, transfer_fee::TransferFeeConfig},
        state::Mint as MintState,
    },
    token_interface,
};

use crate::{EscrowError, state::*};

/// A job's vault, with all it takes to move tokens out of it.
pub(crate) struct Vault<'a, 'info> {
    pub job: &'a Account<'info, Job>,
    pub vault: AccountInfo<'info>,
    pub mint: AccountInfo<'info>,
    pub decimals: u8,
    pub token_program: AccountInfo<'info>,
}

impl<'info> Vault<'_, 'info> {
    /// Pay from it. Where the mint has a transfer fee, who receives bears it.
    #[inline(never)]
    pub fn pay(&self, to: AccountInfo<'info>, amount: u64) -> Result<()> {
        if amount == 0 {
            return Ok(());
        }
        let accounts = token_interface::TransferChecked {
            from: self.vault.clone(),
            mint: self.mint.clone(),
            to,
            authority: self.job.to_account_info(),
        };
        self.sign(|seeds| {
            let context = CpiContext::new_with_signer(*self.token_program.key, accounts, seeds);
            token_interface::transfer_checked(context, amount, self.decimals)
        })
    }

    /// Close it, empty as it is.
    pub fn close(&self, destination: AccountInfo<'info>) -> Result<()> {
        let accounts = token_interface::CloseAccount {
            account: self.vault.clone(),
            destination,
            authority: self.job.to_account_info(),
        };
        self.sign(|seeds| {
            token_interface::close_account(CpiContext::new_with_signer(*self.token_program.key, accounts, seeds))
        })
    }

    fn sign(&self, call: impl FnOnce(&[&[&[u8]]]) -> Result<()>) -> Result<()> {
        let nonce = self.job.nonce.to_le_bytes();
        call(&[&[JOB_SEED, self.job.requester.as_ref(), &nonce, &[self.job.bump]]])
    }
}

/// Pay the job's bounty to who sends a crank, from what its account holds above its rent; returns what was paid. Never
/// fails for want of lamports: a job must find its end without them too.
pub(crate) fn pay_bounty<'info>(job: &Account<'info, Job>, caller: &AccountInfo<'info>) -> Result<u64> {
    let account = job.to_account_info();
    let rent = Rent::get()?.minimum_balance(account.data_len());
    let bounty = u64::from(job.bounty).min(account.lamports().saturating_sub(rent));
    account.sub_lamports(bounty)?;
    caller.add_lamports(bounty)?;
    Ok(bounty)
}

/// What must be sent so that `amount` arrives, at the mint's transfer fee of this epoch.
#[inline(never)]
pub(crate) fn gross(mint: &AccountInfo, amount: u64) -> Result<u64> {
    if mint.owner != &anchor_spl::token_2022::ID {
        return Ok(amount);
    }
    let data = mint.try_borrow_data()?;
    let state = StateWithExtensions::<MintState>::unpack(&data)?;
    let Ok(fee) = state.get_extension::<TransferFeeConfig>() else { return Ok(amount) };
    let fee = fee.calculate_inverse_epoch_fee(Clock::get()?.epoch, amount).ok_or(EscrowError::Overflow)?;
    amount.checked_add(fee).ok_or_else(|| EscrowError::Overflow.into())
}
