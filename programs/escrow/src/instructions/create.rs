//! Accounts made by hand where Anchor's `init` is too dear, or where more than rent must be in them from the start. The
//! verification program makes its cases and ballots so too.

use anchor_lang::{
    prelude::*,
    solana_program::{instruction::Instruction, program::invoke_signed},
    system_program::{self, Allocate, Assign, Transfer},
};
use anchor_spl::{
    token::TokenAccount,
    token_2022::spl_token_2022::{
        extension::{BaseStateWithExtensions, ExtensionType, StateWithExtensions},
        state::{Account as TokenState, Mint as MintState},
    },
    token_interface::{self, InitializeAccount3},
};

use crate::state::{SEAT_SEED, Seat};

/// A PDA to be created, and who pays.
pub struct Create<'a, 'info> {
    pub payer: &'a AccountInfo<'info>,
    pub account: &'a AccountInfo<'info>,
    pub owner: &'a Pubkey,
    pub space: usize,
    pub lamports: u64,
    /// With the canonical bump, which the caller has derived.
    pub seeds: &'a [&'a [u8]],
}

impl Create<'_, '_> {
    /// Create it, also where somebody sent lamports ahead: those stay in it.
    #[inline(never)]
    pub fn run(self) -> Result<()> {
        let (from, to) = (self.payer.clone(), self.account.clone());
        let program = system_program::ID;
        let space = u64::try_from(self.space).map_err(|_| ErrorCode::AccountDidNotSerialize)?;
        require_keys_eq!(*to.owner, program, ErrorCode::AccountOwnedByWrongProgram);
        let signer = &[self.seeds];
        let there = to.lamports();
        if there == 0 {
            let instruction = create_account(from.key, to.key, self.lamports, space, self.owner);
            return invoke_signed(&instruction, &[from, to], signer).map_err(Into::into);
        }
        let missing = self.lamports.saturating_sub(there);
        if missing > 0 {
            system_program::transfer(CpiContext::new(program, Transfer { from, to: to.clone() }), missing)?;
        }
        let allocate = CpiContext::new_with_signer(program, Allocate { account_to_allocate: to.clone() }, signer);
        system_program::allocate(allocate, space)?;
        let assign = CpiContext::new_with_signer(program, Assign { account_to_assign: to }, signer);
        system_program::assign(assign, self.owner)
    }
}

/// The system program's CreateAccount, put together here: the library's way takes 900 CU for these 52 bytes.
fn create_account(from: &Pubkey, to: &Pubkey, lamports: u64, space: u64, owner: &Pubkey) -> Instruction {
    let number = 0_u32.to_le_bytes();
    let data = [&number[..], &lamports.to_le_bytes(), &space.to_le_bytes(), owner.as_ref()].concat();
    let accounts = vec![AccountMeta::new(*from, true), AccountMeta::new(*to, true)];
    Instruction { program_id: system_program::ID, accounts, data }
}

/// Write a created account, put together in memory first: each field written into an account by itself costs 50 CU.
pub fn store(account: &AccountInfo, value: &impl AccountSerialize) -> Result<()> {
    let mut data = account.try_borrow_mut_data()?;
    let mut bytes = Vec::with_capacity(data.len());
    value.try_serialize(&mut bytes)?;
    data.get_mut(..bytes.len()).ok_or(ErrorCode::AccountDidNotSerialize)?.copy_from_slice(&bytes);
    Ok(())
}

/// Create a seat; its payer has signed.
#[inline(never)]
pub(crate) fn create_seat<'info>(payer: &AccountInfo<'info>, account: &AccountInfo<'info>, seat: &Seat) -> Result<()> {
    let space = 8_usize.saturating_add(Seat::INIT_SPACE);
    let (lamports, bump) = (Rent::get()?.minimum_balance(space), [seat.bump]);
    let seeds: &[&[u8]] = &[SEAT_SEED, seat.job.as_ref(), seat.operator.as_ref(), &bump];
    Create { payer, account, owner: &crate::ID, space, lamports, seeds }.run()?;
    store(account, seat)
}

/// Bytes of a token account of a mint: more with some extensions.
#[inline(never)]
pub(crate) fn token_account_space(mint: &AccountInfo) -> Result<usize> {
    if mint.owner != &anchor_spl::token_2022::ID {
        return Ok(TokenAccount::LEN);
    }
    let data = mint.try_borrow_data()?;
    let of_mint = StateWithExtensions::<MintState>::unpack(&data)?.get_extension_types()?;
    let required = ExtensionType::get_required_init_account_extensions(&of_mint);
    Ok(ExtensionType::try_calculate_account_len::<TokenState>(&required)?)
}

/// Make a token account of a created account.
#[inline(never)]
pub fn init_token_account<'info>(
    account: &AccountInfo<'info>,
    mint: &AccountInfo<'info>,
    owner: &AccountInfo<'info>,
    token_program: &Pubkey,
) -> Result<()> {
    let accounts = InitializeAccount3 { account: account.clone(), mint: mint.clone(), authority: owner.clone() };
    token_interface::initialize_account3(CpiContext::new(*token_program, accounts))
}

#[cfg(test)]
mod tests {
    use anchor_lang::solana_program::system_instruction;

    use super::*;

    #[test]
    fn accounts_are_created_as_the_library_would() {
        let [from, to, owner] = [1, 2, 3].map(|byte| Pubkey::new_from_array([byte; 32]));
        for (lamports, space) in [(0, 0), (1_234_567, 181), (u64::MAX, u64::MAX)] {
            let ours = create_account(&from, &to, lamports, space, &owner);
            assert_eq!(ours, system_instruction::create_account(&from, &to, lamports, space, &owner));
        }
    }
}
