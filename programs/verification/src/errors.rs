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
    /// 6423
    #[msg("This is for sampled jobs: the job is judged by other instructions")]
    NotSampled = 23,
    /// 6424
    #[msg("Seat 0 computed the job: it shows root and leaves; the other seats reveal what they computed again")]
    WrongSeat,
    /// 6425
    #[msg("The root is revealed: go on with prove_sample")]
    RootRevealed,
    /// 6426
    #[msg("The root must be revealed first: with reveal_root")]
    RootHidden,
    /// 6427
    #[msg("The leaves go on elsewhere: the round says at which leaf and height, and each leaf may begin anew")]
    OtherPiece,
    /// 6428
    #[msg("These hashes do not lead from the drawn unit to the revealed root: begin this leaf anew")]
    WrongLeaf,
    /// 6429
    #[msg("Too early: a jury may still be called, or has not come to its end")]
    AuditOpen,
    /// 6430
    #[msg("The job is verified by another strategy")]
    WrongStrategy = 30,
    /// 6431
    #[msg("Give the verifying key that the job names: it must be registered")]
    WrongKey,
    /// 6432
    #[msg(
        "A point of the verifying key is not of its group or at infinity, or the setup was not finished: numbers are big-endian, and a point of G2 has its imaginary parts first"
    )]
    BadKey,
    /// 6433
    #[msg("Only who paid for the verifying key may retire it: sign with that key")]
    NotKeyPayer,
    /// 6434
    #[msg("The verifying key is retired: it starts no job, and is not retired twice")]
    KeyRetired,
    /// 6435
    #[msg("Too early: the verifying key must be retired, and its notice over")]
    KeyNotOver,
    /// 6436
    #[msg("The proof does not show this root for this posting of this job")]
    BadProof,
    /// 6437
    #[msg("An attestor's key is 32 bytes that are not all zero (Ed25519), or a compressed point (secp256r1)")]
    BadAttestorKey,
    /// 6438
    #[msg("An attestor expires in the future")]
    BadExpiry,
    /// 6439
    #[msg("Only the attestor's registrar may revoke it: sign with that key")]
    NotRegistrar,
    /// 6440
    #[msg("Too early: the attestor is neither revoked nor expired")]
    AttestorNotOver,
    /// 6441
    #[msg("This attestor is not one of the job's registrar's")]
    WrongAttestor,
    /// 6442
    #[msg("This attestor is revoked")]
    AttestorRevoked,
    /// 6443
    #[msg("This attestor has expired")]
    AttestorExpired,
    /// 6444
    #[msg("An attestor counts once: give each only once")]
    AttestorTwice,
    /// 6445
    #[msg("An attestor was given whose signature is not in this transaction")]
    NotSigned,
    /// 6446
    #[msg("Too few attestors: as many as the job's threshold must sign")]
    TooFewAttestors,
    /// 6447
    #[msg("A signature's instruction is cut short, or a part of it lies beyond its end")]
    BadSignature,
    /// 6448
    #[msg("Signature, key and message must be in the very instruction that verifies them")]
    SignatureElsewhere,
    /// 6449
    #[msg("Something else was signed: the message is sha256 of what assay_verification::attest::message says")]
    OtherMessage,
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
    /// 6470
    #[msg("A case of this kind does not go with the job's strategy, with its round's phase, or with this instruction")]
    WrongKind = 70,
    /// 6471
    #[msg("Too late: what the case would be about can be objected to no more")]
    CaseTooLate,
    /// 6472
    #[msg(
        "The executor may not open a case against itself, and a delivery for review is rejected by its requester alone"
    )]
    NotOpener,
    /// 6473
    #[msg("The job has no such unit: count from 0")]
    NoSuchUnit,
    /// 6474
    #[msg("The case's phase does not allow this")]
    WrongCasePhase,
    /// 6475
    #[msg("Only the operator that the case is about may answer it: sign with that key")]
    NotExecutor,
    /// 6476
    #[msg("Too late: the time to answer is over")]
    AnswerTooLate,
    /// 6477
    #[msg("This piece of the proof begins at another level than the last one ended: look at the case again")]
    WrongPiece,
    /// 6478
    #[msg("The proof does not lead to the root: the digest, a neighbour or their number is another one")]
    WrongProof,
    /// 6479
    #[msg("A party to the case, or an operator with a seat in its job, cannot judge it")]
    PartyCannotJudge,
    /// 6480
    #[msg("Sortition did not choose this pool for the jury: it widens with time")]
    NotChosen,
    /// 6481
    #[msg("The pool's active stake is below the class's minimum")]
    StakeTooLow,
    /// 6482
    #[msg("Too late: the time to take a chair is over")]
    JoinTooLate,
    /// 6483
    #[msg("All chairs of this jury are taken")]
    JuryFull,
    /// 6484
    #[msg("The ballot's state, or the jury it belongs to, does not allow this")]
    WrongBallotState,
    /// 6485
    #[msg("Too early to count: seals or reveals may still come in")]
    ResolveTooEarly,
    /// 6486
    #[msg("Too late: the time to appeal is over")]
    AppealTooLate,
    /// 6487
    #[msg("A case is appealed twice at most")]
    AppealsExhausted,
    /// 6488
    #[msg("Too early to conclude: an answer, or an appeal, may still come in")]
    ConcludeTooEarly,
    /// 6489
    #[msg("The job has ended: this case is moot")]
    CaseMoot,
    /// 6490
    #[msg("The job has not ended: this case is not moot")]
    NotMoot,
    /// 6491
    #[msg("Nothing is owed under this number")]
    NothingDue,
    /// 6492
    #[msg("This juror lost its bond: use slash_ballot")]
    BallotLost,
    /// 6493
    #[msg("This juror did not lose its bond: use settle_ballot")]
    BallotNotLost,
    /// 6494
    #[msg("The case cannot be closed yet: pay what it owes, settle its ballots, or wait for the end of the review")]
    CaseNotOver,
    /// 6495
    #[msg("The surety is needed as long as a case about the job is open")]
    SuretyNeeded,
    /// 6496
    #[msg("A case's accounts broke an invariant: nothing was changed")]
    CaseInvariant,
}
