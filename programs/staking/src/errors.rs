//! Errors of the staking program, 6100 and up.

use anchor_lang::prelude::*;

#[error_code(offset = 6100)]
pub enum StakingError {
    /// 6100
    #[msg("Only the program's upgrade authority may initialize it: sign with that key")]
    NotUpgradeAuthority,
    /// 6101
    #[msg("Only the escrow program may lock, release or slash")]
    NotSlasher,
    /// 6102
    #[msg("Only the pool's operator may do this: sign with that key")]
    NotOperator,
    /// 6103
    #[msg("The amount is zero: give at least one base unit or share")]
    ZeroAmount,
    /// 6104
    #[msg(
        "A parameter is out of range: epochs and unbonding last at least a second, shares of a slash add up to 10,000 bps at most"
    )]
    BadParams,
    /// 6105
    #[msg("The position has fewer shares than that")]
    NotEnoughShares,
    /// 6106
    #[msg("Too little free stake: part of it is locked as bonds of seats not yet settled")]
    StakeLocked,
    /// 6107
    #[msg("This ticket is still unbonding: wait until its ready_at")]
    StillUnbonding,
    /// 6108
    #[msg("Less is locked than would be released")]
    NotLocked,
    /// 6109
    #[msg("Arithmetic overflow: the amounts are too large")]
    Overflow,
    /// 6110
    #[msg("The account given does not belong to this pool: derive it from its seeds")]
    WrongAddress,
    /// 6111
    #[msg("So small a stake is worth no share: stake more")]
    TooSmall,
    /// 6112
    #[msg("A pool's accounts broke an invariant: nothing was changed")]
    Invariant,
    /// 6113
    #[msg("Only the governance program may bind a position to a vote")]
    NotGovernor,
    /// 6114
    #[msg("A vote binds this position: wait until its locked_until")]
    VoteLocked,
    /// 6115
    #[msg("A vote may not bind a position for longer than 90 days")]
    LockTooLong,
}
