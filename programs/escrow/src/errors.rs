//! Errors of the escrow program, 6300 and up.

use anchor_lang::prelude::*;

#[error_code(offset = 6300)]
pub enum EscrowError {
    /// 6300
    #[msg("Only the program's upgrade authority may initialize it: sign with that key")]
    NotUpgradeAuthority,
    /// 6301
    #[msg("Only the Config's authority may do this: sign with that key")]
    NotAuthority,
    /// 6302
    #[msg("Only the verification program may do this")]
    NotVerifier,
    /// 6303
    #[msg("Only the job's requester may do this: sign with that key")]
    NotRequester,
    /// 6304
    #[msg("Only the seat's operator may do this: sign with that key")]
    NotOperator,
    /// 6305
    #[msg("A parameter is out of range: see EscrowParams")]
    BadParams,
    /// 6306
    #[msg("A job has 1 to 2^32 units")]
    BadUnits,
    /// 6307
    #[msg("The price is zero: offer at least one base unit for each unit")]
    ZeroPrice,
    /// 6308
    #[msg("Replicas are 2 to 7, and the quorum is more than half of them and at most all")]
    BadQuorum,
    /// 6309
    #[msg("There is no such job class: use 0 to 4")]
    NoSuchClass,
    /// 6310
    #[msg("The uri is 1 to 128 bytes")]
    BadUri,
    /// 6311
    #[msg("The deadline must leave the class its time to compute, and is at most the Config's max_job_seconds away")]
    BadDeadline,
    /// 6312
    #[msg("The job's state does not allow this")]
    WrongState,
    /// 6313
    #[msg("The job's seed is not drawn yet: call verification's draw first")]
    NotDrawn,
    /// 6314
    #[msg("The seed is drawn already")]
    AlreadyDrawn,
    /// 6315
    #[msg("Sortition did not choose this pool (yet): the threshold doubles with time")]
    NotEligible,
    /// 6316
    #[msg("All seats are taken")]
    NoFreeSeat,
    /// 6317
    #[msg("A requester cannot compute its own job")]
    SelfDealing,
    /// 6318
    #[msg("The device does not meet the job's requirements")]
    DeviceUnfit,
    /// 6319
    #[msg("The pool's active stake is below what the job's class asks for: stake more")]
    StakeTooLow,
    /// 6320
    #[msg("Too late: less time is left than the class needs")]
    TooLate,
    /// 6321
    #[msg("Too early: the deadline has not passed")]
    TooEarly,
    /// 6322
    #[msg("The seat's state does not allow this")]
    WrongSeatState,
    /// 6323
    #[msg("This seat lost: use slash_seat")]
    SeatLost,
    /// 6324
    #[msg("This seat did not lose: use settle, or expire_seat if it never sealed")]
    SeatNotLost,
    /// 6325
    #[msg("Seats are still to be settled, slashed or expired first")]
    SeatsLeft,
    /// 6326
    #[msg("The vault is not empty: call refund first")]
    VaultNotEmpty,
    /// 6327
    #[msg("The account given does not belong to this job: derive it from its seeds")]
    WrongAddress,
    /// 6328
    #[msg("Arithmetic overflow: price, units or replicas are too large")]
    Overflow,
    /// 6329
    #[msg("A machine needs a slot, a core, memory and a known engine; names of GPUs are of A-Z and 0-9, regions of two capital letters")]
    BadDevice,
    /// 6330
    #[msg("The round's verdict does not fit the job's seats")]
    BadVerdict,
    /// 6331
    #[msg("A job's accounts broke an invariant: nothing was changed")]
    Invariant,
    /// 6332
    #[msg("The device is not available: its operator set it aside")]
    DeviceUnavailable,
    /// 6333
    #[msg("The device works: all its slots are taken, or what is asked needs them all free")]
    DeviceBusy,
    /// 6334
    #[msg("The device is not what was looked at: it changed in the meantime, look again")]
    DeviceChanged,
    /// 6335
    #[msg("A model has a content hash, a payee, and asks for at most 3,000 bps")]
    BadModel,
    /// 6336
    #[msg("Only the model's author may do this: sign with that key")]
    NotAuthor,
    /// 6337
    #[msg("A bid expires between now and the job's last moment to seal")]
    BadExpiry,
    /// 6338
    #[msg("Bid in a later second than the job was posted in: until then another can be posted at its address")]
    BidTooSoon,
    /// 6339
    #[msg("The bid has expired")]
    BidExpired,
    /// 6340
    #[msg("The job locks more stake than the bid agrees to: it was topped up since, bid again")]
    ExposureRose,
    /// 6341
    #[msg("The bid can still be awarded: only its operator may withdraw it")]
    BidStands,
    /// 6342
    #[msg("A model given with the job is not among its royalties, once, or asks for another share than they say: look at it again")]
    OtherRoyalty,
}
