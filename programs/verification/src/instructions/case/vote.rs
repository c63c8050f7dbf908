use anchor_lang::prelude::*;

use crate::{
    VerificationError, emit,
    events::{BallotRevealed, BallotSealed},
    seal,
    state::*,
};

/// Accounts of `ballot_seal`, in order:
/// 0. `operator` (signer): the ballot's
/// 1. `case` (writable)
/// 2. `ballot` (writable); then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct SealBallot<'info> {
    pub operator: Signer<'info>,
    #[account(mut, dup)]
    pub case: Box<Account<'info, Case>>,
    #[account(
        mut, dup, has_one = case @ VerificationError::WrongAddress, has_one = operator @ VerificationError::NotOperator
    )]
    pub ballot: Box<Account<'info, Ballot>>,
}

/// Accounts of `ballot_reveal`, in order:
/// 0. `operator` (signer): the ballot's
/// 1. `config`
/// 2. `case` (writable)
/// 3. `ballot` (writable); then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct RevealBallot<'info> {
    pub operator: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(mut, dup)]
    pub case: Box<Account<'info, Case>>,
    #[account(
        mut, dup, has_one = case @ VerificationError::WrongAddress, has_one = operator @ VerificationError::NotOperator
    )]
    pub ballot: Box<Account<'info, Ballot>>,
}

pub(crate) fn seal_vote(ctx: Context<SealBallot>, seal: [u8; 32]) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let (case, ballot) = (&mut ctx.accounts.case, &mut ctx.accounts.ballot);
    require!(seal != [0; 32], VerificationError::EmptyCommitment);
    let present = ballot.state == BallotState::Joined && ballot.level == case.level;
    require!(present, VerificationError::WrongBallotState);
    require!(now <= ballot.seal_by, VerificationError::SealTooLate);
    case.seal(now)?;
    (ballot.state, ballot.commitment) = (BallotState::Sealed, seal);
    case.invariant()?;

    let (case, operator, ballot) = (ctx.accounts.case.key(), ctx.accounts.operator.key(), ctx.accounts.ballot.key());
    emit(&ctx.accounts.event_authority, &BallotSealed { case, ballot, operator, seal })
}

pub(crate) fn reveal_vote(ctx: Context<RevealBallot>, digest: [u8; 32], salt: [u8; 32]) -> Result<()> {
    let (now, address) = (Clock::get()?.unix_timestamp, ctx.accounts.case.key());
    let (case, ballot) = (&mut ctx.accounts.case, &mut ctx.accounts.ballot);
    require!(digest != [0; 32], VerificationError::EmptyCommitment);
    let present = ballot.state == BallotState::Sealed && ballot.level == case.level;
    require!(present, VerificationError::WrongBallotState);
    let sealed = seal::seal(&ctx.accounts.config.genesis, &address, &ballot.operator, &digest, &salt);
    require!(sealed == ballot.commitment, VerificationError::WrongPreimage);
    case.reveal(digest, now)?;
    (ballot.state, ballot.commitment) = (BallotState::Revealed, digest);

    let (operator, ballot) = (ctx.accounts.operator.key(), ctx.accounts.ballot.key());
    emit(&ctx.accounts.event_authority, &BallotRevealed { case: address, ballot, operator, digest })
}
