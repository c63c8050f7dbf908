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
    /// 6116
    #[msg("Only the Config's authority may do this: sign with that key")]
    NotAuthority,
    /// 6117
    #[msg("Only the pending authority may accept: the authority proposes it first")]
    NotPending,
    /// 6118
    #[msg("Only the Config's authority or guardian may pause: sign with either key")]
    NotGuardian,
    /// 6119
    #[msg("Staking is paused: nothing new comes in, everything may leave")]
    Paused,
    /// 6120
    #[msg("Only the position's owner may do this: sign with that key")]
    NotOwner,
    /// 6121
    #[msg("This stake is fresh: it may leave in the second epoch after the one in which it came")]
    TooFresh,
    /// 6122
    #[msg("The pool is in jail: wait until its jailed_until, then sync its weight")]
    Jailed,
    /// 6123
    #[msg("A dispute about the operator is open: nothing leaves until it is resolved")]
    CaseOpen,
    /// 6124
    #[msg("No dispute is open that could be closed")]
    NoCase,
    /// 6125
    #[msg("The pool has bonds locked: stake can move to another pool only when nothing can be slashed")]
    BondsLocked,
    /// 6126
    #[msg("The commission is above the most that is allowed")]
    CommissionTooHigh,
    /// 6127
    #[msg("A commission rises by one step at most, and not within a day of its last change")]
    CommissionTooFast,
    /// 6128
    #[msg("Something is left in this account: it can be closed when it is empty")]
    NotEmpty,
    /// 6129
    #[msg("There is nothing to claim")]
    NothingToClaim,
    /// 6130
    #[msg("The epoch has begun already and no new reward is in the vault")]
    NothingToDo,
    /// 6131
    #[msg("Others may only send to an account that nobody but its owner can spend from")]
    DelegatedAccount,
    /// 6132
    #[msg("The operator's own position closes with its pool")]
    OwnPosition,
}
