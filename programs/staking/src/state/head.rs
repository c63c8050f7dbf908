use anchor_lang::{Discriminator, prelude::*};

use super::{Pool, Weight};
use crate::StakingError;

/// The beginning of a Pool, as much as taking and settling a seat asks of it: reading all and writing it back costs 1,500 CU
/// more. Only fields that a Pool begins with, in its order (a test compares).
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug)]
pub struct PoolHead {
    pub version: u8,
    pub bump: u8,
    pub vault_bump: u8,
    pub operator: Pubkey,
    pub active: u64,
    pub active_shares: u128,
    pub active_era: u32,
    pub cooling: u64,
    pub cooling_shares: u128,
    pub cooling_era: u32,
    pub locked: u64,
    pub weight: Weight,
}

/// Where a Pool's `locked` is in its account, and where `jailed_until`.
const LOCKED: std::ops::Range<usize> = 99..107;
const JAILED: std::ops::Range<usize> = 221..229;

impl PoolHead {
    /// Read it; only a Pool has one.
    pub fn load(info: &AccountInfo) -> Result<Self> {
        require_keys_eq!(*info.owner, crate::ID, ErrorCode::AccountOwnedByWrongProgram);
        Self::try_deserialize(&mut info.try_borrow_data()?.as_ref())
    }

    /// When the pool leaves jail.
    pub fn jailed_until(info: &AccountInfo) -> Result<i64> {
        let data = info.try_borrow_data()?;
        let bytes = data.get(JAILED).and_then(|bytes| bytes.try_into().ok());
        Ok(i64::from_le_bytes(bytes.ok_or(ErrorCode::AccountDidNotDeserialize)?))
    }

    /// Lock a bond, as `Pool::lock`: of all that a Pool's invariant says, only this depends on `locked`.
    pub fn lock(&mut self, amount: u64) -> Result<()> {
        let locked = self.locked.checked_add(amount).ok_or(StakingError::Overflow)?;
        require!(locked <= self.active, StakingError::StakeLocked);
        self.locked = locked;
        Ok(())
    }

    /// Release a bond, as `Pool::release`.
    pub fn release(&mut self, amount: u64) -> Result<()> {
        self.locked = self.locked.checked_sub(amount).ok_or(StakingError::NotLocked)?;
        Ok(())
    }

    /// Write `locked` back, which is all that the two change.
    pub fn store(&self, info: &AccountInfo) -> Result<()> {
        let mut data = info.try_borrow_mut_data()?;
        let bytes = data.get_mut(LOCKED).ok_or(ErrorCode::AccountDidNotSerialize)?;
        bytes.copy_from_slice(&self.locked.to_le_bytes());
        Ok(())
    }
}

// So that other programs can read it as `Account<PoolHead>`. They own no Pool: Anchor never has them write one.
impl AccountDeserialize for PoolHead {
    fn try_deserialize(data: &mut &[u8]) -> Result<Self> {
        require!(data.starts_with(Pool::DISCRIMINATOR), ErrorCode::AccountDiscriminatorMismatch);
        Self::try_deserialize_unchecked(data)
    }

    fn try_deserialize_unchecked(data: &mut &[u8]) -> Result<Self> {
        *data = data.get(Pool::DISCRIMINATOR.len()..).ok_or(ErrorCode::AccountDiscriminatorNotFound)?;
        Self::deserialize(data).map_err(|_| ErrorCode::AccountDidNotDeserialize.into())
    }
}

impl AccountSerialize for PoolHead {}

impl Owner for PoolHead {
    fn owner() -> Pubkey {
        crate::ID
    }
}

impl Discriminator for PoolHead {
    const DISCRIMINATOR: &'static [u8] = Pool::DISCRIMINATOR;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pool in which no two fields are alike.
    fn pool() -> Pool {
        let bytes: Vec<u8> = (0..Pool::INIT_SPACE).map(|at| (at * 7 % 251) as u8).collect();
        let pool = Pool::deserialize(&mut bytes.as_slice()).unwrap();
        Pool { active: 1_000, locked: 300, jailed_until: 77, ..pool }
    }

    /// Run on a pool's account; returns what it then holds.
    fn on(pool: &Pool, owner: Pubkey, act: impl FnOnce(&AccountInfo)) -> Vec<u8> {
        let (mut data, mut lamports, key) = (vec![], 1, Pubkey::default());
        pool.try_serialize(&mut data).unwrap();
        act(&AccountInfo::new(&key, false, true, &mut lamports, &mut data, &owner, false));
        data
    }

    #[test]
    fn it_is_the_beginning_of_a_pool() {
        let pool = pool();
        on(&pool, crate::ID, |info| {
            let PoolHead {
                version,
                bump,
                vault_bump,
                operator,
                active,
                active_shares,
                active_era,
                cooling,
                cooling_shares,
                cooling_era,
                locked,
                weight,
            } = PoolHead::load(info).unwrap();
            assert_eq!((version, bump, vault_bump), (pool.version, pool.bump, pool.vault_bump));
            assert_eq!((operator, locked, weight), (pool.operator, pool.locked, pool.weight));
            assert_eq!((active, active_shares, active_era), (pool.active, pool.active_shares, pool.active_era));
            assert_eq!((cooling, cooling_shares, cooling_era), (pool.cooling, pool.cooling_shares, pool.cooling_era));
            assert_eq!(PoolHead::jailed_until(info).unwrap(), 77);
        });
    }

    /// As the Pool's own methods do it, and nothing else in the account changes.
    #[test]
    fn bonds_change_what_is_locked_alone() {
        for (lock, amount) in [(true, 0), (true, 700), (true, 701), (true, u64::MAX), (false, 300), (false, 301)] {
            let mut whole = pool();
            (whole.active_shares, whole.cooling_shares) = (u128::MAX, u128::MAX);
            whole.commission_bps = 0;
            let start = whole.clone();
            let wanted = if lock { whole.lock(amount) } else { whole.release(amount) };
            let data = on(&start, crate::ID, |info| {
                let mut head = PoolHead::load(info).unwrap();
                let done = if lock { head.lock(amount) } else { head.release(amount) };
                assert_eq!(done, wanted);
                head.store(info).unwrap();
            });
            assert_eq!(data, on(&whole, crate::ID, |_| {}));
        }
    }

    #[test]
    fn only_a_pool_has_one() {
        on(&pool(), Pubkey::default(), |info| {
            PoolHead::load(info).unwrap_err();
        });
        on(&pool(), crate::ID, |info| {
            info.data.borrow_mut()[0] ^= 1;
            PoolHead::load(info).unwrap_err();
        });
    }
}
