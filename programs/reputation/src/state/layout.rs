//! Reading a Record by its layout version, and bringing an older one to the present.

use anchor_lang::{Discriminator, prelude::*};

use super::{PARTNERS, Record, VERSION};
use crate::ReputationError;

/// A Record as version 1 wrote it, after the discriminator. Kept to migrate what the first build left on chain.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Debug)]
pub struct RecordV1 {
    pub version: u8,
    pub bump: u8,
    pub operator: Pubkey,
    pub class: u8,
    pub good: u64,
    pub bad: u64,
    pub updated_at: i64,
    pub consecutive_valid: u32,
    pub valid: u32,
    pub wrong: u32,
    pub silent: u32,
}

impl From<RecordV1> for Record {
    /// Nothing is known of the values and partners of earlier outcomes: the average begins with the next one, and the
    /// good count that there is belongs to no partner.
    fn from(old: RecordV1) -> Self {
        let RecordV1 { version: _, bump, operator, class, good, bad, updated_at, .. } = old;
        let RecordV1 { consecutive_valid, valid, wrong, silent, .. } = old;
        Self {
            version: VERSION,
            bump,
            operator,
            class,
            good,
            bad,
            updated_at,
            consecutive_valid,
            valid,
            wrong,
            silent,
            avg_value: 0,
            partners: [0; PARTNERS],
        }
    }
}

/// The bytes after owner, discriminator and version were checked; an older layout is refused by name.
fn checked<'a>(info: &AccountInfo, data: &'a [u8], version: u8, otherwise: ReputationError) -> Result<&'a [u8]> {
    require_keys_eq!(*info.owner, crate::ID, ErrorCode::AccountOwnedByWrongProgram);
    let body = data.strip_prefix(Record::DISCRIMINATOR).ok_or(ErrorCode::AccountDiscriminatorMismatch)?;
    if body.first() == Some(&version) { Ok(body) } else { Err(otherwise.into()) }
}

impl Record {
    /// Read a Record of this build's layout. Anchor's `Account<Record>` would say of an older one only that it did not
    /// deserialize; this says what to do about it.
    pub fn load(info: &AccountInfo) -> Result<Self> {
        let data = info.try_borrow_data()?;
        let mut body = checked(info, &data, VERSION, ReputationError::OldLayout)?;
        Self::deserialize(&mut body).map_err(|_| ErrorCode::AccountDidNotDeserialize.into())
    }

    /// Operator and class of a Record of this build's layout, without reading the rest of it.
    pub fn whose(info: &AccountInfo) -> Result<(Pubkey, u8)> {
        let data = info.try_borrow_data()?;
        let body = checked(info, &data, VERSION, ReputationError::OldLayout)?;
        let mut whose = body.get(2..).ok_or(ErrorCode::AccountDidNotDeserialize)?;
        <(Pubkey, u8)>::deserialize(&mut whose).map_err(|_| ErrorCode::AccountDidNotDeserialize.into())
    }

    /// Read a Record of version 1.
    pub fn load_v1(info: &AccountInfo) -> Result<RecordV1> {
        let data = info.try_borrow_data()?;
        let mut body = checked(info, &data, 1, ReputationError::NotOldLayout)?;
        RecordV1::deserialize(&mut body).map_err(|_| ErrorCode::AccountDidNotDeserialize.into())
    }

    /// Write it back.
    pub fn store(&self, info: &AccountInfo) -> Result<()> {
        let mut data = info.try_borrow_mut_data()?;
        self.try_serialize(&mut &mut data[..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_layout_is_a_prefix_of_this_one() {
        assert_eq!(RecordV1::INIT_SPACE, 75);
        assert_eq!(Record::INIT_SPACE, RecordV1::INIT_SPACE + 8 + 8 * PARTNERS);
    }

    #[test]
    fn whose_record_it_is() {
        let (operator, mut lamports) = (Pubkey::new_from_array([7; 32]), 1);
        let old = RecordV1 {
            version: 1,
            bump: 9,
            operator,
            class: 3,
            good: 0,
            bad: 0,
            updated_at: 0,
            consecutive_valid: 0,
            valid: 0,
            wrong: 0,
            silent: 0,
        };
        let mut data = vec![0; 8 + Record::INIT_SPACE];
        Record::from(old).try_serialize(&mut &mut data[..]).unwrap();
        let mut short = data[..30].to_vec();
        let key = Pubkey::default();
        let info = AccountInfo::new(&key, false, true, &mut lamports, &mut data, &crate::ID, false);
        assert_eq!(Record::whose(&info).unwrap(), (operator, 3));
        let mut lamports = 1;
        let info = AccountInfo::new(&key, false, true, &mut lamports, &mut short, &crate::ID, false);
        assert!(Record::whose(&info).is_err());
    }
}
