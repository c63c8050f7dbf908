use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token};
use assay_escrow::{
    Job, VERIFIER,
    create::{Create, init_token_account},
    holding::Holding,
};
use assay_token::ASY_MINT;

use super::{money, open::TOKEN_ACCOUNT};
use crate::{VerificationError, emit, events::CaseAnswered, merkle::Step, state::*};

/// Accounts of `answer_case`, in order:
/// 0. `operator` (signer, writable): whom the case is about; pays the surety's rent
/// 1. `job`
/// 2. `case` (writable): a challenge
/// 3. `surety` (writable, created by the first answer about the job): `["surety", job, operator]`, an ASY token account of
///    `authority`'s
/// 4. `from` (writable): an ASY token account of the operator's
/// 5. `asy_mint`
/// 6. `authority`: `["authority"]` of this program
/// 7. `token_program`: SPL Token, 8. `system_program`; then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct AnswerCase<'info> {
    #[account(mut)]
    pub operator: Signer<'info>,
    pub job: Box<Account<'info, Job>>,
    #[account(mut, dup, has_one = job @ VerificationError::WrongAddress)]
    pub case: Box<Account<'info, Case>>,
    /// CHECK: where its seeds say, only this program can have made an account, and it makes a token account.
    #[account(mut, seeds = [SURETY_SEED, job.key().as_ref(), operator.key().as_ref()], bump)]
    pub surety: UncheckedAccount<'info>,
    /// CHECK: an ASY token account of the operator's.
    #[account(mut)]
    pub from: UncheckedAccount<'info>,
    #[account(address = ASY_MINT @ VerificationError::WrongAddress)]
    pub asy_mint: Box<Account<'info, Mint>>,
    /// CHECK: a PDA of this program that owns every surety.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub token_program: Program<'info, Token>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<AnswerCase>, level: u8, digest: [u8; 32], siblings: Vec<[u8; 32]>) -> Result<()> {
    let clock = Clock::get()?;
    let (job, case) = (&ctx.accounts.job, &ctx.accounts.case);
    let CaseKind::Challenge { unit } = case.kind else { return err!(VerificationError::WrongKind) };
    require!(case.phase == CasePhase::Answering, VerificationError::WrongCasePhase);
    require_keys_eq!(ctx.accounts.operator.key(), case.executor, VerificationError::NotExecutor);
    require!(job.is_live(), VerificationError::CaseMoot);
    require!(clock.unix_timestamp <= case.until, VerificationError::AnswerTooLate);
    require!(digest != [0; 32], VerificationError::EmptyCommitment);

    let from = begin(case, level, &digest)?;
    let step = from.climb(unit, job.units, &siblings).ok_or(VerificationError::WrongProof)?;
    let complete = step.is_top(job.units);
    require!(!complete || step.node == case.root, VerificationError::WrongProof);
    let bump = ctx.bumps.surety;
    let case = &mut ctx.accounts.case;
    (case.claim, case.node, case.climbed) = (digest, step.node, step.level);
    if complete {
        case.call(&clock);
        ctx.accounts.stand_surety(bump)?;
    }
    ctx.accounts.case.invariant()?;

    let (case, job, operator) = (ctx.accounts.case.key(), ctx.accounts.job.key(), ctx.accounts.operator.key());
    emit(&ctx.accounts.event_authority, &CaseAnswered { case, job, operator, digest, climbed: step.level, complete })
}

/// Where a piece goes on: level 0 begins anew, with whatever digest; any other must be where the last piece ended, of the same
/// digest. So two proofs that are sent at once never mix.
fn begin(case: &Case, level: u8, digest: &[u8; 32]) -> Result<Step> {
    if level == 0 {
        return Ok(Step::leaf(digest));
    }
    require!(level == case.climbed && *digest == case.claim, VerificationError::WrongPiece);
    Ok(Step { node: case.node, level })
}

impl<'info> AnswerCase<'info> {
    /// Put at stake what the opener did, but once for all cases about the job: it can be lost once only, because the first
    /// case that is lost ends the job. A bond for each would let the richer one win by opening more cases than the
    /// other has bonds for.
    #[inline(never)]
    fn stand_surety(&self, bump: u8) -> Result<()> {
        let held = if self.surety.owner == &System::id() { self.create_surety(bump)? } else { self.held()? };
        let missing = self.case.bond.saturating_sub(held);
        if missing > 0 {
            money::lock(&self.from, &self.surety, &self.asy_mint, &self.operator, missing)?;
        }
        Ok(())
    }

    fn held(&self) -> Result<u64> {
        Ok(Holding::read(&self.surety)?.amount)
    }

    fn create_surety(&self, bump: u8) -> Result<u64> {
        let (payer, account, job) = (self.operator.as_ref(), self.surety.as_ref(), self.job.key());
        let seeds: &[&[u8]] = &[SURETY_SEED, job.as_ref(), payer.key.as_ref(), &[bump]];
        let lamports = Rent::get()?.minimum_balance(TOKEN_ACCOUNT);
        let owner = self.token_program.key;
        Create { payer, account, owner, space: TOKEN_ACCOUNT, lamports, seeds }.run()?;
        init_token_account(account, &self.asy_mint.to_account_info(), &self.authority, owner)?;
        Ok(0)
    }
}
