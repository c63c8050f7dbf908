//! Errors of the verification program, 6400 and up.

use anchor_lang::prelude::*;

#[error_code(offset = 6400)]
pub enum VerificationError {
    /// 6400
    #[msg("Only the program's upgrade authority may initialize it: sign with that key")]
    NotUpgradeAuthority,
    /// 6401
    #[msg("Only the job's requester may open its round: sign with that key")]
    NotRequester,
    /// 6402
    #[msg("Only the seat's operator may do this: sign with that key")]
    NotOperator,
    /// 6403
    #[msg("The job's state does not allow this")]
    WrongJobState,
    /// 6404
    #[msg("The round's phase does not allow this")]
    WrongPhase,
    /// 6405
    #[msg("The seat's state does not allow this")]
    WrongSeatState,
    /// 6406
    #[msg("Too early: the slot that seeds this job has not passed yet")]
    SeedNotReady,
    /// 6407
    #[msg("The slot hashes could not be read")]
    BadSlotHashes,
    /// 6408
    #[msg("Too late: the window to seal has closed")]
    SealTooLate,
    /// 6409
    #[msg("Too early to reveal: wait until all have sealed, or sealing is over")]
    RevealTooEarly,
    /// 6410
    #[msg("Too late: the window to reveal has closed")]
    RevealTooLate,
    /// 6411
    #[msg("Digest and salt do not open this seal")]
    WrongPreimage,
    /// 6412
    #[msg("Too early to finalize: seals or reveals may still come in")]
    FinalizeTooEarly,
    /// 6413
    #[msg("Give every taken seat of the job once, each followed by its operator's record")]
    WrongSeats,
    /// 6414
    #[msg("The account given does not belong to this job: derive it from its seeds")]
    WrongAddress,
    /// 6415
    #[msg("Arithmetic overflow")]
    Overflow,
    /// 6416
    #[msg("An all-zero seal or digest commits to nothing")]
    EmptyCommitment,
    /// 6417
    #[msg("This round was opened for an earlier job at the same address: close it with close_round and open another")]
    StaleRound,
    /// 6418
    #[msg("Only the Config's authority may do this: sign with that key")]
    NotAuthority,
    /// 6419
    #[msg("Only the pending authority may accept: sign with the key that was proposed")]
    NotPending,
    /// 6420
    #[msg("Only the guardian or the authority may pause or resume: sign with one of those keys")]
    NotGuardian,
    /// 6421
    #[msg("The program is paused: new rounds wait until it is resumed; open ones go on")]
    Paused,
    /// 6422
    #[msg(
        "Parameters out of bounds: an odd jury of at most 7, bonds and class values above 0, at most 600 s for canaries"
    )]
    BadParams,
    /// 6450
    #[msg("The job must be given, as the first further account: it asks one operator first, and others after this")]
    JobMissing = 50,
    /// 6451
    #[msg("This seat did not reveal when it was time to, before more were asked: it has lost")]
    NotRevealedInTime,
    /// 6452
    #[msg("Give the seat and the record of the one operator that sealed: whether it is checked is being drawn")]
    SeatMissing,
    /// 6453
    #[msg("This is for replicated jobs: the job's strategy is judged by other instructions")]
    NotReplicated,
    /// 6454
    #[msg("A case about this job is open: it must be concluded first")]
    CasesOpen,
    /// 6455
    #[msg("Only the Config's canary keeper may do this: sign with that key")]
    NotKeeper,
    /// 6456
    #[msg("Root and salt do not open this canary for this job")]
    WrongCanary,
    /// 6457
    #[msg("This canary was committed to when the job was posted already, or after")]
    CanaryTooYoung,
    /// 6458
    #[msg("This round's answer has been told already")]
    AlreadyKnown,
    /// 6459
    #[msg("Too early: whoever keeps this canary may still reveal it")]
    CanaryKept,
}
