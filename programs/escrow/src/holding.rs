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

#[cfg(test)]
mod tests {
    use anchor_spl::token_interface::{Mint, TokenAccount};
    use proptest::prelude::*;

    use super::*;

    const PROGRAMS: [Pubkey; 2] = [token::ID, token_2022::ID];

    /// Look at an account of these bytes.
    fn with<T>(owner: &Pubkey, data: &[u8], look: impl FnOnce(&AccountInfo) -> T) -> T {
        let (mut data, mut lamports, key) = (data.to_vec(), 1, Pubkey::default());
        look(&AccountInfo::new(&key, false, true, &mut lamports, &mut data, owner, false))
    }

    fn read(owner: &Pubkey, data: &[u8]) -> Result<Holding> {
        with(owner, data, Holding::read)
    }

    fn decimals_of(owner: &Pubkey, data: &[u8]) -> Result<u8> {
        with(owner, data, decimals)
    }

    /// A token account in this state, of this length and kind.
    fn account(state: u8, length: usize, kind: u8) -> Vec<u8> {
        let mut data = vec![0; length.max(ACCOUNT)];
        data[..32].fill(1);
        data[32..64].fill(2);
        data[64..72].copy_from_slice(&7_u64.to_le_bytes());
        data[108] = state;
        if let Some(byte) = data.get_mut(ACCOUNT) {
            *byte = kind;
        }
        data.truncate(length);
        data
    }

    /// A mint of six decimals.
    fn mint(initialized: u8, length: usize, kind: u8) -> Vec<u8> {
        let mut data = vec![0; length.max(ACCOUNT)];
        (data[44], data[45]) = (6, initialized);
        if let Some(byte) = data.get_mut(ACCOUNT) {
            *byte = kind;
        }
        data.truncate(length);
        data
    }

    #[test]
    fn what_an_account_holds() {
        for program in PROGRAMS {
            for data in [account(1, ACCOUNT, 0), account(2, ACCOUNT, 0), account(1, 170, IS_ACCOUNT)] {
                let held = read(&program, &data).unwrap();
                let (mint, owner) = (Pubkey::new_from_array([1; 32]), Pubkey::new_from_array([2; 32]));
                assert_eq!(held, Holding { mint, owner, amount: 7 });
                assert!(held.is_of(&mint, &owner) && !held.is_of(&owner, &mint));
                assert!(!held.is_of(&mint, &mint) && !held.is_of(&owner, &owner));
            }
            assert_eq!(decimals_of(&program, &mint(1, MINT, 0)).unwrap(), 6);
            assert_eq!(decimals_of(&program, &mint(1, 170, IS_MINT)).unwrap(), 6);
        }
    }

    /// `type_cosplay` and `wrong_owner_program`, also with a multisig whose keys spell a token account.
    #[test]
    fn nothing_else_is_a_token_account_or_a_mint() {
        for program in PROGRAMS {
            for length in [0, 44, 45, 64, MINT, 164, 166, 170, MULTISIG] {
                read(&program, &account(1, length, IS_MINT)).unwrap_err();
            }
            for length in [0, 44, 45, 81, 83, ACCOUNT, 166, 170, MULTISIG] {
                decimals_of(&program, &mint(1, length, IS_ACCOUNT)).unwrap_err();
            }
            read(&program, &account(1, MULTISIG, IS_ACCOUNT)).unwrap_err();
            decimals_of(&program, &mint(1, MULTISIG, IS_MINT)).unwrap_err();
            read(&program, &account(0, ACCOUNT, 0)).unwrap_err();
            decimals_of(&program, &mint(0, MINT, 0)).unwrap_err();
        }
        for stranger in [crate::ID, Pubkey::default()] {
            read(&stranger, &account(1, ACCOUNT, 0)).unwrap_err();
            decimals_of(&stranger, &mint(1, MINT, 0)).unwrap_err();
        }
    }

    proptest! {
        /// What Anchor's own types accept is read here as they read it.
        #[test]
        fn as_unpacked_whole(mut data in prop::collection::vec(any::<u8>(), ACCOUNT), state in 0_u8..3, more in 0_usize..2) {
            // The tags of what may be absent (delegate, native, close authority), and the state.
            for tag in [72, 109, 129] {
                data[tag..tag + 4].fill(0);
            }
            data[108] = state;
            let mut length = ACCOUNT;
            if more > 0 {
                data.extend([IS_ACCOUNT, 0, 0, 0, 0]);
                length = data.len();
            }
            let whole = TokenAccount::try_deserialize_unchecked(&mut &data[..length]);
            let held = read(&token_2022::ID, &data[..length]);
            prop_assert_eq!(whole.is_ok(), held.is_ok());
            if let (Ok(whole), Ok(held)) = (whole, held) {
                prop_assert_eq!((whole.mint, whole.owner, whole.amount), (held.mint, held.owner, held.amount));
            }
        }

        #[test]
        fn mints_as_unpacked_whole(mut data in prop::collection::vec(any::<u8>(), MINT), initialized in 0_u8..2) {
            for tag in [0, 46] {
                data[tag..tag + 4].fill(0);
            }
            data[45] = initialized;
            let whole = Mint::try_deserialize_unchecked(&mut data.as_slice());
            let decimals = decimals_of(&token::ID, &data);
            prop_assert_eq!(whole.is_ok(), decimals.is_ok());
            if let (Ok(whole), Ok(decimals)) = (whole, decimals) {
                prop_assert_eq!(whole.decimals, decimals);
            }
        }
    }
}
