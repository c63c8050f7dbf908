use anchor_lang::{Discriminator, prelude::*};

use super::DAY;
use crate::{StakingError, math::BPS};

/// What may be chosen at initialization and changed by the authority.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Debug, Default, PartialEq, Eq)]
pub struct StakingParams {
    /// Seconds from request_unstake to withdraw; longer than the longest job with its verification.
    pub unbonding: i64,
    /// Seconds of an epoch: stake weighs in sortition from the next one on.
    pub epoch_seconds: i64,
    /// Stake above this many base units adds no weight.
    pub weight_cap: u64,
    /// Share of a slash for the harmed party, in bps.
    pub harmed_bps: u16,
    /// Share of a slash for the caller of the crank, in bps. The rest is burned.
    pub caller_bps: u16,
    /// A pool whose operator has less base units of its own in it weighs nothing.
    pub min_self_stake: u64,
    /// Most that an operator may keep of its pool's rewards, in bps.
    pub max_commission_bps: u16,
    /// Most by which a commission may rise at once, and a day must pass between two changes, in bps.
    pub commission_step_bps: u16,
    /// Seconds that a jailed pool weighs nothing and takes no seats.
    pub jail_seconds: i64,
}

impl StakingParams {
    /// The only check of parameters. The upper bounds keep exits open whoever the authority is: it cannot make
    /// unbonding, an epoch or a jail last for ever.
    pub fn validate(&self) -> Result<()> {
        let proceeds = u64::from(self.harmed_bps).checked_add(self.caller_bps.into()).ok_or(StakingError::Overflow)?;
        let good = (1..=MAX_UNBONDING).contains(&self.unbonding)
            && (1..=MAX_EPOCH).contains(&self.epoch_seconds)
            && (0..=MAX_JAIL).contains(&self.jail_seconds)
            && self.weight_cap > 0
            && proceeds <= BPS
            && u64::from(self.max_commission_bps) <= BPS
            && u64::from(self.commission_step_bps) <= BPS;
        require!(good, StakingError::BadParams);
        Ok(())
    }
}

const MAX_UNBONDING: i64 = 90 * DAY;
const MAX_EPOCH: i64 = 30 * DAY;
const MAX_JAIL: i64 = 365 * DAY;

/// One per program, at `["config"]`. Only `initialize` makes one, so its type and owner are all that need checking.
#[account]
#[derive(InitSpace, Debug, Default)]
pub struct Config {
    pub version: u8,
    pub bump: u8,
    /// Sets parameters and names guardian and successor.
    pub authority: Pubkey,
    /// Who may accept the authority; the default key is nobody.
    pub pending: Pubkey,
    /// May pause, besides the authority; the default key is nobody.
    pub guardian: Pubkey,
    /// Stops entries, never exits.
    pub paused: bool,
    pub params: StakingParams,
    /// Epochs are counted from here: `epoch_base` is the epoch of `epoch_from`. Both 0 until an epoch's length changes.
    pub epoch_base: u64,
    pub epoch_from: i64,
}

impl Config {
    /// Where `paused` is in the account, for `lock_bond`, which reads nothing else of it.
    const PAUSED: usize = 8 + 1 + 1 + 32 + 32 + 32;

    /// The epoch of a moment.
    pub fn epoch(&self, now: i64) -> u64 {
        let since = now.saturating_sub(self.epoch_from).max(0);
        let passed = since.checked_div(self.params.epoch_seconds.max(1)).unwrap_or(0);
        self.epoch_base.saturating_add(u64::try_from(passed).unwrap_or(0))
    }

    /// Change the parameters. Where the length of an epoch changes, the present epoch begins anew: its number must never
    /// fall, or stake would wait for years for an epoch that has been.
    pub fn set_params(&mut self, params: StakingParams, now: i64) -> Result<()> {
        params.validate()?;
        if params.epoch_seconds != self.params.epoch_seconds {
            (self.epoch_base, self.epoch_from) = (self.epoch(now), now);
        }
        self.params = params;
        Ok(())
    }

    /// Whether entries are stopped, of an account that need not be read whole.
    pub fn is_paused(account: &AccountInfo) -> Result<bool> {
        require_keys_eq!(*account.owner, crate::ID, StakingError::WrongAddress);
        let data = account.try_borrow_data()?;
        require!(data.starts_with(Self::DISCRIMINATOR), StakingError::WrongAddress);
        let flag = data.get(Self::PAUSED).ok_or(StakingError::WrongAddress)?;
        Ok(*flag != 0)
    }

    /// Refuse an entry while paused.
    pub fn open(&self) -> Result<()> {
        require!(!self.paused, StakingError::Paused);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(epoch_seconds: i64) -> StakingParams {
        StakingParams { unbonding: 1_000, epoch_seconds, weight_cap: 1, ..StakingParams::default() }
    }

    #[test]
    fn an_epochs_length_can_change_without_its_number_falling() {
        let mut config = Config { params: params(100), ..Config::default() };
        assert_eq!(config.epoch(1_799_999_999), 17_999_999);
        config.set_params(params(86_400), 1_800_000_050).unwrap();
        assert_eq!(config.epoch(1_800_000_050), 18_000_000);
        assert_eq!(config.epoch(1_800_000_050 + 86_399), 18_000_000);
        assert_eq!(config.epoch(1_800_000_050 + 86_400), 18_000_001);
        config.set_params(params(1), 1_800_000_050 + 86_400).unwrap();
        assert_eq!(config.epoch(1_800_000_050 + 86_401), 18_000_002);
        // A clock that went back, and one at the end of time.
        assert_eq!((config.epoch(0), config.epoch(i64::MIN)), (18_000_001, 18_000_001));
        assert!(config.epoch(i64::MAX) > 18_000_002);
    }

    #[test]
    fn parameters_stay_in_range() {
        params(100).validate().unwrap();
        let bad = |change: fn(&mut StakingParams)| {
            let mut params = params(100);
            change(&mut params);
            params.validate().unwrap_err()
        };
        for error in [
            bad(|p| p.unbonding = 0),
            bad(|p| p.unbonding = MAX_UNBONDING + 1),
            bad(|p| p.epoch_seconds = 0),
            bad(|p| p.epoch_seconds = MAX_EPOCH + 1),
            bad(|p| p.jail_seconds = -1),
            bad(|p| p.jail_seconds = MAX_JAIL + 1),
            bad(|p| p.weight_cap = 0),
            bad(|p| p.max_commission_bps = 10_001),
            bad(|p| p.commission_step_bps = 10_001),
            bad(|p| (p.harmed_bps, p.caller_bps) = (9_001, 1_000)),
        ] {
            assert_eq!(error, StakingError::BadParams.into());
        }
    }

    #[test]
    fn paused_is_where_lock_bond_looks() {
        for paused in [false, true] {
            let config = Config { version: 1, bump: 255, guardian: crate::ID, paused, ..Config::default() };
            let mut data = vec![];
            config.try_serialize(&mut data).unwrap();
            let (mut lamports, key) = (1, Pubkey::default());
            let account = AccountInfo::new(&key, false, false, &mut lamports, &mut data, &crate::ID, false);
            assert_eq!(Config::is_paused(&account).unwrap(), paused);
            let (mut lamports, mut data) = (1, [0; 200]);
            let other = AccountInfo::new(&key, false, false, &mut lamports, &mut data, &crate::ID, false);
            Config::is_paused(&other).unwrap_err();
        }
    }
}
