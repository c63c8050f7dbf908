use std::ops::Range;

use anchor_lang::{Discriminator, prelude::*};

use crate::EscrowError;

/// Where a seat is.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatState {
    /// Computing.
    Claimed,
    /// `commitment` is a seal.
    Sealed,
    /// `commitment` is the digest that was sealed.
    Revealed,
    /// Of an accepted job: `commitment` is the digest that the requester reviews.
    Delivered,
}

/// One operator's assignment to a job, at `["seat", job, operator]`.
#[account]
#[derive(InitSpace, Debug)]
pub struct Seat {
    pub version: u8,
    pub bump: u8,
    /// Number of the seat, and of its bit in the job's sets.
    pub index: u8,
    pub state: SeatState,
    pub job: Pubkey,
    pub operator: Pubkey,
    /// Paid the rent and gets it back.
    pub payer: Pubkey,
    /// The machine that works for it: one of its slots is taken until the seat is given up.
    pub device: Pubkey,
    /// The last moment to seal or deliver; of a delivered seat the last one of its review.
    pub seal_by: i64,
    /// Nothing, then the seal, then the digest.
    pub commitment: [u8; 32],
    /// Units done, as its operator says.
    pub progress: u64,
    /// When it last said so; when it was claimed, before.
    pub heartbeat_at: i64,
}

/// What a seat begins with, and when it must seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatHead {
    pub index: u8,
    pub state: SeatState,
    pub job: Pubkey,
    pub operator: Pubkey,
    pub seal_by: i64,
}

impl Seat {
    /// Where they are in the account (a test compares), for those that come by once for every seal and reveal.
    const STATE: usize = 11;
    const SEAL_BY: Range<usize> = 140..148;
    const COMMITMENT: Range<usize> = 148..180;

    /// Read the beginning of a seat's account: all of it costs 200 CU more, and every seal does.
    pub fn head(info: &AccountInfo) -> Result<SeatHead> {
        require_keys_eq!(*info.owner, crate::ID, ErrorCode::AccountOwnedByWrongProgram);
        let data = info.try_borrow_data()?;
        let body = data.strip_prefix(Self::DISCRIMINATOR).ok_or(ErrorCode::AccountDiscriminatorMismatch)?;
        type Beginning = (u16, u8, SeatState, Pubkey, Pubkey);
        let beginning = Beginning::deserialize(&mut &body[..]);
        let (_, index, state, job, operator) = beginning.map_err(|_| ErrorCode::AccountDidNotDeserialize)?;
        let seal_by = data.get(Self::SEAL_BY).and_then(|bytes| bytes.try_into().ok());
        let seal_by = i64::from_le_bytes(seal_by.ok_or(ErrorCode::AccountDidNotDeserialize)?);
        Ok(SeatHead { index, state, job, operator, seal_by })
    }

    /// Take a seat's account from one state to the next, with what it commits to then. Returns its `seal_by`. Touches
    /// nothing else: reading all and writing it back costs 900 CU more.
    pub fn commit(info: &AccountInfo, from: SeatState, to: SeatState, commitment: &[u8; 32]) -> Result<i64> {
        require_keys_eq!(*info.owner, crate::ID, ErrorCode::AccountOwnedByWrongProgram);
        let mut data = info.try_borrow_mut_data()?;
        require!(data.starts_with(Self::DISCRIMINATOR), ErrorCode::AccountDiscriminatorMismatch);
        let state = data.get_mut(Self::STATE).ok_or(ErrorCode::AccountDidNotDeserialize)?;
        require!(*state == from as u8, EscrowError::WrongSeatState);
        *state = to as u8;
        let held = data.get_mut(Self::COMMITMENT).ok_or(ErrorCode::AccountDidNotDeserialize)?;
        held.copy_from_slice(commitment);
        let seal_by = data.get(Self::SEAL_BY).and_then(|bytes| bytes.try_into().ok());
        Ok(i64::from_le_bytes(seal_by.ok_or(ErrorCode::AccountDidNotDeserialize)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(state: SeatState) -> Seat {
        let bytes: Vec<u8> = (0..Seat::INIT_SPACE).map(|at| if at == 3 { 0 } else { (at * 7 % 251) as u8 }).collect();
        Seat { state, ..Seat::deserialize(&mut bytes.as_slice()).unwrap() }
    }

    fn on(seat: &Seat, owner: Pubkey, act: impl FnOnce(&AccountInfo)) -> Vec<u8> {
        let (mut data, mut lamports, key) = (vec![], 1, Pubkey::default());
        seat.try_serialize(&mut data).unwrap();
        act(&AccountInfo::new(&key, false, true, &mut lamports, &mut data, &owner, false));
        data
    }

    #[test]
    fn a_commitment_changes_itself_and_the_state_alone() {
        use SeatState::*;
        for (from, to) in [(Claimed, Sealed), (Sealed, Revealed)] {
            let data = on(&seat(from), crate::ID, |info| {
                assert_eq!(Seat::commit(info, from, to, &[9; 32]).unwrap(), seat(from).seal_by);
            });
            assert_eq!(data, on(&Seat { commitment: [9; 32], ..seat(to) }, crate::ID, |_| {}));
        }
    }

    #[test]
    fn the_head_is_read_as_the_whole() {
        use SeatState::*;
        for state in [Claimed, Sealed, Revealed, Delivered] {
            let Seat { index, job, operator, seal_by, .. } = seat(state);
            on(&seat(state), crate::ID, |info| {
                assert_eq!(Seat::head(info).unwrap(), SeatHead { index, state, job, operator, seal_by });
            });
        }
        on(&seat(Claimed), Pubkey::default(), |info| drop(Seat::head(info).unwrap_err()));
        on(&seat(Claimed), crate::ID, |info| {
            info.data.borrow_mut()[0] ^= 1;
            Seat::head(info).unwrap_err();
        });
    }

    #[test]
    fn only_a_seat_in_its_state_commits() {
        use SeatState::*;
        for state in [Claimed, Sealed, Revealed, Delivered] {
            let before = on(&seat(state), crate::ID, |_| {});
            let data = on(&seat(state), crate::ID, |info| {
                let next = if state == Claimed { Sealed } else { Claimed };
                assert_eq!(
                    Seat::commit(info, next, Revealed, &[9; 32]).unwrap_err(),
                    EscrowError::WrongSeatState.into()
                );
            });
            assert_eq!(data, before);
        }
        on(&seat(Claimed), Pubkey::default(), |info| {
            Seat::commit(info, Claimed, Sealed, &[9; 32]).unwrap_err();
        });
        on(&seat(Claimed), crate::ID, |info| {
            info.data.borrow_mut()[0] ^= 1;
            Seat::commit(info, Claimed, Sealed, &[9; 32]).unwrap_err();
        });
    }
}
