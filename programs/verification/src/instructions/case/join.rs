use anchor_lang::prelude::*;
use assay_escrow::{
    Job, SEAT_SEED,
    create::{Create, store},
};
use assay_reputation::Record;
use assay_staking::{JUDGE, PoolHead, Totals, cpi::accounts::LockBond, program::AssayStaking, sortition};

use crate::{VerificationError, emit, events::JurorJoined, instructions::SIGNER, state::*};

/// Accounts of `join_jury`, in order:
/// 0. `operator` (signer, writable): pays the ballot's rent
/// 1. `job`
/// 2. `case` (writable): its jury is drawn
/// 3. `ballot` (writable, created): `["ballot", case, operator]`
/// 4. `seat`: `["seat", job, operator]` of the escrow program, where there must be nothing
/// 5. `record`: the operator's reputation in the job's class
/// 6. `pool` (writable): its stake, where the juror's bond is locked
/// 7. `escrow_config`, 8. `staking_config`, 9. `totals`: of the staking program
/// 10. `authority`: `["authority"]` of this program, which locks the bond
/// 11. `staking_program`, 12. `system_program`; then the event accounts
#[event_cpi]
#[derive(Accounts)]
pub struct JoinJury<'info> {
    #[account(mut)]
    pub operator: Signer<'info>,
    pub job: Box<Account<'info, Job>>,
    #[account(mut, dup, has_one = job @ VerificationError::WrongAddress)]
    pub case: Box<Account<'info, Case>>,
    /// CHECK: created here, at the address that its seeds say.
    #[account(mut, seeds = [BALLOT_SEED, case.key().as_ref(), operator.key().as_ref()], bump)]
    pub ballot: UncheckedAccount<'info>,
    /// CHECK: only whether it is there.
    #[account(
        seeds = [SEAT_SEED, job.key().as_ref(), operator.key().as_ref()], bump, seeds::program = assay_escrow::ID,
        constraint = seat.owner == &System::id() @ VerificationError::PartyCannotJudge
    )]
    pub seat: UncheckedAccount<'info>,
    #[account(
        has_one = operator @ VerificationError::NotOperator,
        constraint = record.class == job.class @ VerificationError::WrongAddress
    )]
    pub record: Box<Account<'info, Record>>,
    #[account(mut, dup, has_one = operator @ VerificationError::NotOperator)]
    pub pool: Box<Account<'info, PoolHead>>,
    // Singletons of their programs: type and owner name them.
    pub escrow_config: Box<Account<'info, assay_escrow::Config>>,
    pub staking_config: Box<Account<'info, assay_staking::Config>>,
    pub totals: Box<Account<'info, Totals>>,
    /// CHECK: a PDA of this program that only signs.
    #[account(address = JUDGE @ VerificationError::WrongAddress)]
    pub authority: UncheckedAccount<'info>,
    pub staking_program: Program<'info, AssayStaking>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler(ctx: Context<JoinJury>) -> Result<()> {
    let (now, operator) = (Clock::get()?.unix_timestamp, ctx.accounts.operator.key());
    let accounts = &ctx.accounts;
    require!(accounts.job.is_live(), VerificationError::CaseMoot);
    require!(accounts.case.phase == CasePhase::Judging, VerificationError::WrongCasePhase);
    require!(!accounts.case.is_party(&operator), VerificationError::PartyCannotJudge);
    accounts.drawn(now)?;
    let seal_by = ctx.accounts.case.join(now)?;
    ctx.accounts.case.invariant()?;
    let accounts = &ctx.accounts;
    let ballot = Ballot {
        version: VERSION,
        bump: ctx.bumps.ballot,
        state: BallotState::Joined,
        level: accounts.case.level,
        case: accounts.case.key(),
        operator,
        payer: operator,
        bond: accounts.case.juror_bond,
        seal_by,
        commitment: [0; 32],
    };
    accounts.create(&ballot)?;
    accounts.lock(ballot.bond)?;

    let (job, address) = (accounts.job.key(), accounts.ballot.key());
    let event = JurorJoined {
        case: ballot.case,
        job,
        ballot: address,
        operator,
        level: ballot.level,
        bond: ballot.bond,
        seal_by,
    };
    emit(&accounts.event_authority, &event)
}

impl JoinJury<'_> {
    /// Whether sortition chose the pool: as for a seat, by another role and for this case. At first as many pools as there are
    /// chairs are chosen, not several times as many: who comes first would be who is fastest, and a majority of three chairs
    /// is bought with far less than half of the stake where a dozen pools may race for them.
    #[inline(never)]
    fn drawn(&self, now: i64) -> Result<()> {
        let (case, params) = (&self.case, &self.escrow_config.params);
        let class = params.classes.get(usize::from(self.job.class)).ok_or(VerificationError::Overflow)?;
        require!(self.pool.active >= class.stake, VerificationError::StakeTooLow);
        let epoch = self.staking_config.epoch(now);
        let score = self.record.score_bps(now).ok_or(VerificationError::Overflow)?;
        let weight = sortition::with_reputation(self.pool.weight.effective(epoch), score);
        let waited = now.checked_sub(case.seeded_at).ok_or(VerificationError::Overflow)?;
        let k = sortition::widened(case.chairs.into(), waited, params.widen_seconds.into());
        let draw = sortition::draw(&case.seed, sortition::ROLE_JURY, &case.key(), &self.pool.key());
        let total = self.totals.weight.settled(epoch);
        require!(sortition::eligible(draw, k, weight, total), VerificationError::NotChosen);
        Ok(())
    }

    #[inline(never)]
    fn create(&self, ballot: &Ballot) -> Result<()> {
        let (payer, account) = (self.operator.as_ref(), self.ballot.as_ref());
        let seeds: &[&[u8]] = &[BALLOT_SEED, ballot.case.as_ref(), ballot.operator.as_ref(), &[ballot.bump]];
        let lamports = Rent::get()?.minimum_balance(Ballot::SPACE);
        Create { payer, account, owner: &crate::ID, space: Ballot::SPACE, lamports, seeds }.run()?;
        store(account, ballot)
    }

    fn lock(&self, bond: u64) -> Result<()> {
        let accounts = LockBond {
            slasher: self.authority.to_account_info(),
            config: self.staking_config.to_account_info(),
            pool: self.pool.to_account_info(),
        };
        let context = CpiContext::new_with_signer(assay_staking::ID, accounts, SIGNER);
        assay_staking::cpi::lock_bond(context, bond).map(drop)
    }
}
