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
    /// 6005
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
}
