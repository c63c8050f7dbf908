use anchor_lang::prelude::*;
use anchor_spl::token::{Mint, Token};
use assay_escrow::{
    Job, Seat, VERIFIER,
    cpi::accounts::JobByVerifier,
    create::{Create, init_token_account, store},
    program::AssayEscrow,
};
use assay_staking::{PoolHead, cpi::accounts::ChangeCase, program::AssayStaking};
use assay_token::ASY_MINT;

use super::{challenge, money, sample, tie};
use crate::{VerificationError, emit, events::CaseOpened, instructions::SIGNER, state::*};

/// Bytes of a token account.
pub(super) const TOKEN_ACCOUNT: usize = 165;

/// Accounts of `open_case`, in order:
/// 0. `opener` (signer, writable): pays the rent, and puts the bond at stake
/// 1. `config`
/// 2. `job` (writable)
/// 3. `case` (writable, created): `["case", job, subject]`
/// 4. `vault` (writable, created): `["vault", case]`, an ASY token account of the case's
/// 5. `from` (writable): an ASY token account of the opener's
/// 6. `asy_mint`
/// 7. `round`: the job's; this program's address for a kind that needs none
/// 8. `seat`: the executor's; this program's address for a tie
/// 9. `pool` (writable): the executor's; this program's address for a tie
/// 10. `authority`: `["authority"]` of this program
/// 11. `escrow_program`, 12. `staking_program`, 13. `token_program`: SPL Token, 14. `system_program`; then the event accounts
#[event_cpi]
#[derive(Accounts)]
#[instruction(kind: CaseKind)]
pub struct OpenCase<'info> {
    #[account(mut)]
    pub opener: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(mut, dup)]
    pub job: Box<Account<'info, Job>>,
    /// CHECK: created here, at the address that its seeds say.
    #[account(mut, seeds = [CASE_SEED, job.key().as_ref(), &kind.subject().to_le_bytes()], bump)]
    pub case: UncheckedAccount<'info>,
    /// CHECK: created here, at the address that its seeds say.
    #[account(mut, seeds = [VAULT_SEED, case.key().as_ref()], bump)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: an ASY token account of the opener's.
    #[account(mut)]
    pub from: UncheckedAccount<'info>,
    #[account(address = ASY_MINT @ VerificationError::WrongAddress)]
    pub asy_mint: Box<Account<'info, Mint>>,
    #[account(has_one = job @ VerificationError::WrongAddress)]
    pub round: Option<Box<Account<'info, Round>>>,
    #[account(has_one = job @ VerificationError::WrongAddress)]
    pub seat: Option<Box<Account<'info, Seat>>>,
    #[account(mut, dup)]
    pub pool: Option<Box<Account<'info, PoolHead>>>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = VERIFIER @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub escrow_program: Program<'info, AssayEscrow>,
    pub staking_program: Program<'info, AssayStaking>,
    pub token_program: Program<'info, Token>,
    pub system_program: Program<'info, System>,
}

/// What a kind of case begins with.
#[derive(Clone, Copy, Default)]
pub struct Opening {
    /// The operator that it is about, and its seat; default() for no one operator.
    pub executor: Pubkey,
    pub seat: u8,
    /// What the executor delivered.
    pub root: [u8; 32],
    /// What is claimed to be right, where that is known already.
    pub claim: [u8; 32],
    /// The last moment of the executor's answer; `None` calls the jury at once.
    pub answer_by: Option<i64>,
    /// The last moment at which another case of the same subject could be opened.
    pub review_by: i64,
}

pub(crate) fn handler(ctx: Context<OpenCase>, kind: CaseKind) -> Result<()> {
    let clock = Clock::get()?;
    let accounts = &ctx.accounts;
    require!(accounts.job.is_live(), VerificationError::WrongJobState);
    let opening = match kind {
        CaseKind::Challenge { unit } => challenge::opening(accounts, unit, clock.unix_timestamp)?,
        CaseKind::Tie => tie::opening(accounts, clock.unix_timestamp)?,
        CaseKind::Sample => sample::opening(accounts, clock.unix_timestamp)?,
    };
    let case = accounts.new_case(kind, &opening, (ctx.bumps.case, ctx.bumps.vault), &clock)?;
    accounts.create(&case)?;
    money::lock(&accounts.from, &accounts.vault, &accounts.asy_mint, &accounts.opener, case.bond)?;
    accounts.count(&opening)?;

    emit(
        &accounts.event_authority,
        &CaseOpened {
            case: accounts.case.key(),
            job: case.job,
            kind,
            opener: case.opener,
            executor: case.executor,
            bond: case.bond,
            until: case.until,
        },
    )
}

impl<'info> OpenCase<'info> {
    /// The seat that the case is about, which is an operator's whose pool was given. The opener is another.
    pub(super) fn accused(&self) -> Result<&Account<'info, Seat>> {
        let (Some(seat), Some(pool)) = (&self.seat, &self.pool) else { return err!(VerificationError::WrongSeats) };
        require_keys_eq!(pool.operator, seat.operator, VerificationError::WrongAddress);
        Ok(seat)
    }

    #[inline(never)]
    fn new_case(
        &self,
        kind: CaseKind,
        opening: &Opening,
        (bump, vault_bump): (u8, u8),
        clock: &Clock,
    ) -> Result<Box<Case>> {
        let (job, params) = (&self.job, &self.config.params);
        let mut case = Box::new(Case {
            version: VERSION,
            bump,
            vault_bump,
            phase: CasePhase::Answering,
            ruling: Ruling::Open,
            level: 0,
            chairs: params.jury,
            joined: 0,
            sealed: 0,
            revealed: 0,
            ballots: 0,
            seat: opening.seat,
            climbed: 0,
            job: job.key(),
            requester: job.requester,
            opener: self.opener.key(),
            executor: opening.executor,
            bond: params.challenge_bond,
            juror_bond: params.juror_bond,
            seal_window: job.seal_window,
            reveal_window: job.reveal_window,
            until: opening.answer_by.unwrap_or_default(),
            review_by: opening.review_by,
            seed_slot: 0,
            seeded_at: 0,
            seed: [0; 32],
            root: opening.root,
            node: [0; 32],
            claim: opening.claim,
            decision: [0; 32],
            appeals: [Appeal::default(); 2],
            each: 0,
            kind,
            dues: Vec::new(),
            votes: Vec::new(),
        });
        if opening.answer_by.is_none() {
            case.call(clock);
        }
        case.invariant()?;
        Ok(case)
    }

    /// Create the case and its vault, also where somebody sent lamports ahead.
    #[inline(never)]
    fn create(&self, case: &Case) -> Result<()> {
        let rent = Rent::get()?;
        let (payer, account, vault) = (self.opener.as_ref(), self.case.as_ref(), self.vault.as_ref());
        let (subject, bump) = (case.kind.subject().to_le_bytes(), [case.bump]);
        let seeds: &[&[u8]] = &[CASE_SEED, case.job.as_ref(), &subject, &bump];
        let lamports = rent.minimum_balance(Case::SPACE);
        Create { payer, account, owner: &crate::ID, space: Case::SPACE, lamports, seeds }.run()?;
        store(account, case)?;

        let (owner, bump) = (self.token_program.key, [case.vault_bump]);
        let seeds: &[&[u8]] = &[VAULT_SEED, account.key.as_ref(), &bump];
        let lamports = rent.minimum_balance(TOKEN_ACCOUNT);
        Create { payer, account: vault, owner, space: TOKEN_ACCOUNT, lamports, seeds }.run()?;
        init_token_account(vault, &self.asy_mint.to_account_info(), account, owner)
    }

    /// Tell escrow, and the staking program where the case is about an operator: its stake stays until the case is closed.
    fn count(&self, opening: &Opening) -> Result<()> {
        let accounts = JobByVerifier { verifier: self.authority.to_account_info(), job: self.job.to_account_info() };
        let context = CpiContext::new_with_signer(assay_escrow::ID, accounts, SIGNER);
        assay_escrow::cpi::change_cases(context, true).map(drop)?;
        if let (Some(pool), true) = (&self.pool, opening.executor != Pubkey::default()) {
            let accounts = ChangeCase { slasher: self.authority.to_account_info(), pool: pool.to_account_info() };
            let context = CpiContext::new_with_signer(assay_staking::ID, accounts, SIGNER);
            assay_staking::cpi::open_case(context).map(drop)?;
        }
        Ok(())
    }
}
