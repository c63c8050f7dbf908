//! Accounts of the governance program. Weights are base units of staked ASY; times are unix seconds.

mod action;
mod proposal;

use anchor_lang::prelude::*;

pub use self::{action::*, proposal::*};
use crate::{GovernanceError, math::BPS};

/// Layout version that this build writes.
pub const VERSION: u8 = 1;

/// Seed of the Config.
pub const CONFIG_SEED: &[u8] = b"config";
/// Seed of a Proposal: `["proposal", id as u64 LE]`.
pub const PROPOSAL_SEED: &[u8] = b"proposal";
/// Seed of an Action: `["action", proposal, index]`.
pub const ACTION_SEED: &[u8] = b"action";
/// Seed of a Vote: `["vote", proposal, position]`.
pub const VOTE_SEED: &[u8] = b"vote";
/// Seed of the PDA that every Config obeys, and that binds positions to votes.
pub const AUTHORITY_SEED: &[u8] = b"authority";

/// `["authority"]`: authority of every Config, of the treasury and of the programs' upgrades; staking's `GOVERNOR`.
pub const AUTHORITY: Pubkey = pubkey!("3FSSrsuk8QS3NhARYstKPzuV6XkaUd5ExWZLyZAYYkcv");
/// Its bump.
pub const AUTHORITY_BUMP: u8 = 255;
/// The seeds by which [`AUTHORITY`] signs.
pub(crate) const SIGNER: &[&[&[u8]]] = &[&[AUTHORITY_SEED, &[AUTHORITY_BUMP]]];

const DAY: i64 = 24 * 60 * 60;
/// A vote binds stake for at most so long.
pub const MAX_VOTE_SECONDS: i64 = 30 * DAY;
/// What is decided waits for at most so long.
pub const MAX_TIMELOCK_SECONDS: i64 = 30 * DAY;
/// What is decided may be executed for at most so long.
pub const MAX_WINDOW_SECONDS: i64 = 90 * DAY;
/// A draft is over after so long: anybody may then close it for its proposer.
pub const DRAFT_SECONDS: i64 = 30 * DAY;
/// Quorums above this could become impossible to reach.
pub const MAX_QUORUM_BPS: u16 = 5_000;
/// A proposal never needs more stake than this: 1 % of the 10^9 ASY that may ever be.
pub const MAX_PROPOSAL_STAKE: u64 = 10_000_000_000_000_000;

/// The rules of a vote. A proposal keeps those of its start.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Debug, PartialEq, Eq)]
pub struct GovernanceParams {
    /// Seconds of a vote: 1 to 30 days.
    pub vote_seconds: i64,
    /// Seconds from the end of a vote to its execution: 1 to 30 days.
    pub timelock_seconds: i64,
    /// Seconds from then on in which it may be executed: 1 to 90 days.
    pub execute_window_seconds: i64,
    /// Share of all stake that must vote, in bps: 1 to 5,000.
    pub quorum_bps: u16,
    /// Of those for or against, more than so many bps must be for: 5,000 to 9,999.
    pub majority_bps: u16,
    /// Least worth in base units of the position that a proposal is made with: 1 to 10^16.
    pub proposal_stake: u64,
}

impl GovernanceParams {
    /// Whether votes under these rules can be held, end, and be won.
    pub fn validate(&self) -> Result<()> {
        let Self { vote_seconds, timelock_seconds, execute_window_seconds, quorum_bps, majority_bps, proposal_stake } =
            self;
        let times = (1..=MAX_VOTE_SECONDS).contains(vote_seconds)
            && (1..=MAX_TIMELOCK_SECONDS).contains(timelock_seconds)
            && (1..=MAX_WINDOW_SECONDS).contains(execute_window_seconds);
        let shares = (1..=MAX_QUORUM_BPS).contains(quorum_bps) && (5_000..BPS).contains(&u64::from(*majority_bps));
        let stake = (1..=MAX_PROPOSAL_STAKE).contains(proposal_stake);
        require!(times && shares && stake, GovernanceError::BadParams);
        Ok(())
    }
}

/// One per program, at `["config"]`. Only `initialize` makes one, so its type and owner are all that need checking.
#[account]
#[derive(InitSpace, Debug)]
pub struct Config {
    pub version: u8,
    pub bump: u8,
    /// Sets parameters and guardian: the deployer first, then [`AUTHORITY`], which only a vote can make sign.
    pub authority: Pubkey,
    /// Becomes the authority when it accepts; the default address is none.
    pub pending: Pubkey,
    /// May veto and pause; the default address is none.
    pub guardian: Pubkey,
    /// No vote starts, except one on the guardian or on the pause itself.
    pub paused: bool,
    /// Proposals ever made: the id of the next.
    pub proposals: u64,
    pub params: GovernanceParams,
}

impl Config {
    /// Whether `who` is the guardian; nobody is where there is none.
    pub fn is_guardian(&self, who: &Pubkey) -> bool {
        self.guardian != Pubkey::default() && self.guardian == *who
    }
}

/// How a position votes.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Yes,
    No,
    /// Counts for the quorum only.
    Abstain,
}

/// That a position has voted, at `["vote", proposal, position]`. It lives at least as long as the vote, so that none
/// votes twice.
#[account]
#[derive(InitSpace, Debug)]
pub struct Vote {
    pub version: u8,
    pub bump: u8,
    pub proposal: Pubkey,
    pub position: Pubkey,
    /// Owner of the position; paid the rent.
    pub voter: Pubkey,
    pub choice: Choice,
    /// What the position was worth.
    pub weight: u64,
    /// When the vote ends, and this account may be closed.
    pub ends_at: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_is_the_derived_one_and_stakings_governor() {
        let derived = Pubkey::find_program_address(&[AUTHORITY_SEED], &crate::ID);
        assert_eq!(derived, (AUTHORITY, AUTHORITY_BUMP));
        assert_eq!(AUTHORITY, assay_staking::GOVERNOR);
    }

    #[test]
    fn no_vote_outlasts_what_staking_locks() {
        const { assert!(MAX_VOTE_SECONDS <= assay_staking::MAX_LOCK_SECONDS) };
    }

    #[test]
    fn every_parameter_has_its_range() {
        let good = GovernanceParams {
            vote_seconds: 3 * DAY,
            timelock_seconds: 2 * DAY,
            execute_window_seconds: 7 * DAY,
            quorum_bps: 2_000,
            majority_bps: 5_000,
            proposal_stake: 1,
        };
        assert!(good.validate().is_ok());
        let changed = |change: fn(&mut GovernanceParams)| {
            let mut params = good.clone();
            change(&mut params);
            params.validate().is_ok()
        };
        let edges: [fn(&mut GovernanceParams); 7] = [
            |p| p.vote_seconds = MAX_VOTE_SECONDS,
            |p| p.timelock_seconds = 1,
            |p| p.execute_window_seconds = MAX_WINDOW_SECONDS,
            |p| p.quorum_bps = 1,
            |p| p.quorum_bps = 5_000,
            |p| p.majority_bps = 9_999,
            |p| p.proposal_stake = MAX_PROPOSAL_STAKE,
        ];
        assert!(edges.iter().all(|change| changed(*change)));
        let bad: [fn(&mut GovernanceParams); 13] = [
            |p| p.vote_seconds = 0,
            |p| p.vote_seconds = -1,
            |p| p.vote_seconds = MAX_VOTE_SECONDS + 1,
            |p| p.timelock_seconds = 0,
            |p| p.timelock_seconds = MAX_TIMELOCK_SECONDS + 1,
            |p| p.execute_window_seconds = 0,
            |p| p.execute_window_seconds = i64::MAX,
            |p| p.quorum_bps = 0,
            |p| p.quorum_bps = 5_001,
            |p| p.majority_bps = 4_999,
            |p| p.majority_bps = 10_000,
            |p| p.proposal_stake = 0,
            |p| p.proposal_stake = u64::MAX,
        ];
        assert!(!bad.iter().any(|change| changed(*change)));
    }
}
