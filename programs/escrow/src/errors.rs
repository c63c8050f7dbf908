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
    #[msg(
        "Replicas are 2 to 7, as many or more may be asked, and the quorum is more than half of the replicas and at most all"
    )]
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
    #[msg(
        "A machine needs a slot, a core, memory and a known engine; names of GPUs are of A-Z and 0-9, regions of two capital letters"
    )]
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
    #[msg("The job locks more stake than was agreed to: it was topped up since; look at it again")]
    ExposureRose,
    /// 6341
    #[msg("The bid can still be awarded: only its operator may withdraw it")]
    BidStands,
    /// 6342
    #[msg(
        "A model given with the job is not among its royalties, once, or asks for another share than they say: look at it again"
    )]
    OtherRoyalty,
    /// 6350
    #[msg("Only the key that the authority proposed may do this: sign with that key")]
    NotPending = 50,
    /// 6351
    #[msg("Only the Config's authority or guardian may do this: sign with one of them")]
    NotGuardian,
    /// 6352
    #[msg("The market is paused: nothing new begins, what began can be ended")]
    Paused,
    /// 6353
    #[msg("Another job was posted at this address: look at it again before you take part")]
    OtherPosting,
    /// 6354
    #[msg("Seats of this job are given in another way: by sortition (claim_seat) or by auction (place_bid, award_bid)")]
    WrongAssignment,
    /// 6355
    #[msg("The price is zero or above what the job offers")]
    BadPrice,
    /// 6356
    #[msg("A job has at most 4 royalties, each to somebody and above zero")]
    BadRoyalties,
    /// 6357
    #[msg("Fee and royalties leave the operator less than its floor: see EscrowParams.worker_floor_bps")]
    RoyaltiesTooHigh,
    /// 6358
    #[msg("Only accepted jobs have milestones: at most 8, each above zero, 10,000 bps in all")]
    BadMilestones,
    /// 6359
    #[msg("The time to review is out of range: see EscrowParams")]
    BadReview,
    /// 6360
    #[msg("The job's strategy does not know this instruction")]
    WrongStrategy,
    /// 6361
    #[msg("A job is only topped up: a price or a deadline may rise, and one of them must")]
    BadTopUp,
    /// 6362
    #[msg("This royalty has nothing due")]
    NothingDue,
    /// 6363
    #[msg("Progress goes up, and to the job's units at most")]
    BadProgress,
    /// 6364
    #[msg("Name every taken seat of the job, each once, as remaining accounts")]
    WrongSeats,
    /// 6365
    #[msg("A seat has sealed or delivered its work: the job cannot be cancelled any more")]
    SeatAtWork,
    /// 6366
    #[msg("This mint's delegate could take tokens out of any vault: not allowed as payment")]
    MintPermanentDelegate,
    /// 6367
    #[msg("This mint runs a program at each transfer, which could stop them: not allowed as payment")]
    MintTransferHook,
    /// 6368
    #[msg("This mint's accounts may begin frozen: not allowed as payment")]
    MintDefaultState,
    /// 6369
    #[msg("This mint's tokens cannot be moved: not allowed as payment")]
    MintNonTransferable,
    /// 6370
    #[msg("This mint can be closed and made anew with other properties: not allowed as payment")]
    MintCloseAuthority,
    /// 6371
    #[msg("This mint's transfers can be stopped for all: not allowed as payment")]
    MintPausable,
    /// 6372
    #[msg("This mint has balances that cannot be seen: not allowed as payment")]
    MintConfidential,
    /// 6373
    #[msg("This mint has an extension that nobody has checked: not allowed as payment")]
    MintExtension,
    /// 6374
    #[msg("Less arrived in the vault than the job promises: the mint takes more than its transfer fee")]
    Shortfall,
    /// 6375
    #[msg("A case about this job is open: it must be concluded first")]
    CasesOpen,
    /// 6376
    #[msg("Between 1 and 16 samples, computed again by a committee of 1 to 6")]
    BadSamples,
    /// 6377
    #[msg("Between 1 and 4 attestors must sign")]
    BadThreshold,
}
