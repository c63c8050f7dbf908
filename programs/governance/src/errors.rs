//! Errors of the governance program, 6500 and up.

use anchor_lang::prelude::*;

#[error_code(offset = 6500)]
pub enum GovernanceError {
    /// 6500
    #[msg("Only the program's upgrade authority may initialize it: sign with that key")]
    NotUpgradeAuthority,
    /// 6501
    #[msg("Only the Config's authority may do this: sign with that key, or propose it to a vote")]
    NotAuthority,
    /// 6502
    #[msg("Only the pending authority may accept: sign with the key that was proposed")]
    NotPending,
    /// 6503
    #[msg("Only the guardian may do this: sign with that key")]
    NotGuardian,
    /// 6504
    #[msg("Governance is paused: no vote starts, except one on the guardian or on the pause itself")]
    Paused,
    /// 6505
    #[msg("A parameter is out of range: see GovernanceParams for what each may be")]
    BadParams,
    /// 6506
    #[msg("Only the proposal's proposer may do this: sign with that key")]
    NotProposer,
    /// 6507
    #[msg("Only the position's owner may vote or propose with it: sign with that key")]
    NotOwner,
    /// 6508
    #[msg("The account given is not the one this instruction needs: derive it from its seeds")]
    WrongAddress,
    /// 6509
    #[msg("The proposal's state does not allow this")]
    WrongState,
    /// 6510
    #[msg("The proposal has expired: propose anew")]
    Expired,
    /// 6511
    #[msg("The position is worth less than a proposal needs: stake more")]
    StakeTooLow,
    /// 6512
    #[msg("Stake of this epoch or later does not count here: it must have been staked before the epoch of the start")]
    LateStake,
    /// 6513
    #[msg("A vote binds this position already: wait until its locked_until, or start the vote with another")]
    PositionBound,
    /// 6514
    #[msg("The position is worth nothing")]
    NoWeight,
    /// 6515
    #[msg("The vote is over")]
    VoteOver,
    /// 6516
    #[msg("The vote is still open: wait until its ends_at")]
    VoteOpen,
    /// 6517
    #[msg("The timelock has not passed: wait until the proposal's eta")]
    TooEarly,
    /// 6518
    #[msg("Actions run once each and in order: execute the one numbered as many as were executed")]
    OutOfOrder,
    /// 6519
    #[msg("The accounts are not those that were voted on: pass the action's, in its order, writable where it says so")]
    WrongAccounts,
    /// 6520
    #[msg(
        "The action needs the signatures of others: whoever executes it must say how many, so that none signs unaware"
    )]
    Cosigners,
    /// 6521
    #[msg("This may not be proposed: of governance itself only its administration, of staking all but lock_position")]
    ForbiddenAction,
    /// 6522
    #[msg("Too large: at most 8 actions, 24 accounts and 700 bytes of data each, and a uri of 200 bytes")]
    TooLarge,
    /// 6523
    #[msg("The proposal has no actions: add at least one")]
    NoActions,
    /// 6524
    #[msg("The actions are not those that this vote is for: read the proposal again")]
    ActionsChanged,
    /// 6525
    #[msg("A vote on the guardian itself cannot be vetoed")]
    NotVetoable,
    /// 6526
    #[msg("The proposal is not over: nothing of it can be closed yet")]
    NotOver,
    /// 6527
    #[msg("Actions are left: close them first")]
    ActionsLeft,
    /// 6528
    #[msg("Arithmetic overflow: the amounts are too large")]
    Overflow,
    /// 6529
    #[msg("A proposal broke an invariant: nothing was changed")]
    Invariant,
}
