//! Token accounts and mints that are only passed on to the token program, read at the few places that this program asks
//! about. Those of SPL Token and of Token-2022 begin alike; unpacking them whole costs many times as much.

use anchor_lang::prelude::*;
use anchor_spl::{token, token_2022};

/// Bytes of a token account, and of a mint, without extensions.
const ACCOUNT: usize = 165;
const MINT: usize = 82;
/// Bytes of a multisig, which has keys that its maker chose where the others have what is read here.
const MULTISIG: usize = 355;
/// What Token-2022 writes after the 165th byte of whatever has extensions.
const IS_MINT: u8 = 1;
const IS_ACCOUNT: u8 = 2;

/// What a token account holds, and for whom.
#[derive(AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    pub mint: Pubkey,
    pub owner: Pubkey,
    pub amount: u64,
}

impl Holding {
    /// Where a token account says whether it is initialized; a frozen one is, and the token program moves nothing of it.
    const STATE: usize = 108;

    /// Read an initialized token account.
    pub fn read(info: &AccountInfo) -> Result<Self> {
        let data = info.try_borrow_data()?;
        check(info, &data, ACCOUNT, IS_ACCOUNT, Self::STATE)?;
        Self::deserialize(&mut data.as_ref()).map_err(|_| ErrorCode::AccountDidNotDeserialize.into())
    }

    /// Whether it is of this mint and of this owner's.
    pub fn is_of(&self, mint: &Pubkey, owner: &Pubkey) -> bool {
        self.mint == *mint && self.owner == *owner
    }
}

/// Decimals of an initialized mint.
pub fn decimals(mint: &AccountInfo) -> Result<u8> {
    let data = mint.try_borrow_data()?;
    check(mint, &data, MINT, IS_MINT, 45)?;
    data.get(44).copied().ok_or_else(|| ErrorCode::AccountDidNotDeserialize.into())
}

/// Whether a token program wrote it, as what it is taken for: one without extensions is told by its length, one with them
/// by the byte that says what it is.
fn check(info: &AccountInfo, data: &[u8], bare: usize, kind: u8, state: usize) -> Result<()> {
    let owned = *info.owner == token::ID || *info.owner == token_2022::ID;
    require!(owned, ErrorCode::AccountOwnedByWrongProgram);
    let extended = data.len() != MULTISIG && data.get(ACCOUNT) == Some(&kind);
    require!(data.len() == bare || extended, ErrorCode::AccountDidNotDeserialize);
    require!(data.get(state).is_some_and(|state| *state != 0), ErrorCode::AccountNotInitialized);
    Ok(())
}
