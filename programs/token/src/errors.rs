//! Errors of the token program, 6000 and up.

use anchor_lang::prelude::*;

#[error_code(offset = 6000)]
pub enum TokenError {
    /// 6000
    #[msg("Only the program's upgrade authority may initialize it: sign with that key")]
    NotUpgradeAuthority,
    /// 6001
    #[msg("Only the Config's authority may do this: sign with that key")]
    NotAuthority,
    /// 6002
    #[msg("The amount is zero: give at least one base unit")]
    ZeroAmount,
    /// 6003
    #[msg("The minter's allowance is smaller than this amount: ask the authority to raise it")]
    AllowanceExceeded,
    /// 6004
    #[msg("This would exceed the supply cap, which counts all that was ever minted")]
    CapExceeded,
    /// 6005, of an earlier version: BadParams now says it
    #[msg("A share is at most 10,000 bps")]
    BpsTooLarge,
    /// 6006
    #[msg("There is no such fee shard: use 0 to 3")]
    NoSuchShard,
    /// 6007
    #[msg("Arithmetic overflow: the amounts are too large")]
    Overflow,
    /// 6008
    #[msg("The account given is not the one this instruction needs: derive it from its seeds")]
    WrongAddress,
    /// 6009
    #[msg("Only the pending authority may accept: sign with the key that was proposed")]
    NotPending,
    /// 6010
    #[msg("Only the guardian or the authority may pause or resume: sign with one of those keys")]
    NotGuardian,
    /// 6011
    #[msg("The program is paused: minting, emission and new distributions wait until it is resumed")]
    Paused,
    /// 6012
    #[msg(
        "A parameter is out of range: the split adds up to 10,000 bps, keep_bps is at most 10,000, an epoch has 1 second to 366 days"
    )]
    BadParams,
    /// 6013
    #[msg("The epoch is not over yet: emit it at its end")]
    EpochNotOver,
    /// 6014
    #[msg("There is nothing left to emit: the emission has run out, or the cap is reached")]
    EmissionOver,
    /// 6015
    #[msg("A distribution has 1 to 65,536 claims")]
    BadClaimCount,
    /// 6016
    #[msg("A root of zeros is no Merkle root")]
    EmptyRoot,
    /// 6017
    #[msg("A distribution ends in the future, at most five years ahead")]
    BadExpiry,
    /// 6018
    #[msg("Less than the total arrived in the vault: mints that charge for transfers cannot be distributed")]
    Underfunded,
    /// 6019
    #[msg("The proof does not lead from this claim to the distribution's root")]
    BadProof,
    /// 6020
    #[msg("This claim has been paid already")]
    AlreadyClaimed,
    /// 6021
    #[msg("The distribution has expired: what is left goes back to its opener")]
    Expired,
    /// 6022
    #[msg("The distribution has neither expired nor been claimed in full")]
    NotExpired,
    /// 6023
    #[msg("The claims together exceed the distribution's total: its root was made wrongly")]
    AboveTotal,
    /// 6024
    #[msg("Not the recipient's associated token account; to use another one the recipient must sign")]
    NotAssociated,
    /// 6025
    #[msg("Swaps are into the reserve mint of the parameters only, and one must be set")]
    BadSwap,
    /// 6026
    #[msg("Less of the reserve mint arrived than the swap asks for")]
    BelowMinimum,
}
