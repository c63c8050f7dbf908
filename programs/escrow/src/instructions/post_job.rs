use anchor_lang::prelude::*;
use anchor_spl::token_interface::{self, TokenInterface};

use super::{
    create::{Create, init_token_account, store, token_account_space},
    model,
    vault::gross,
};
use crate::{EscrowError, emit, events::JobPosted, holding::Holding, math, state::*};

/// Accounts of `post_job`, in order:
/// 0. `requester` (signer, writable): pays rent, bounties and payment
/// 1. `config`
/// 2. `payment`: `["payment", mint]`
/// 3. `job` (writable, created): `["job", requester, nonce]`
/// 4. `vault` (writable, created): `["vault", job]`, owned by the job
/// 5. `from` (writable): the requester's token account
/// 6. `mint`
/// 7. `token_program`: the mint's, 8. `system_program`, then the event accounts
/// 9. every Model whose address is among the terms' royalties
#[event_cpi]
#[derive(Accounts)]
pub struct PostJob<'info> {
    #[account(mut)]
    pub requester: Signer<'info>,
    pub config: Box<Account<'info, Config>>,
    #[account(has_one = mint @ EscrowError::WrongAddress)]
    pub payment: Account<'info, PaymentMint>,
    /// CHECK: created here, at the address that its seeds say. The handler derives it: Anchor would read the terms twice.
    #[account(mut)]
    pub job: UncheckedAccount<'info>,
    /// CHECK: created here, at the address that its seeds say.
    #[account(mut, seeds = [VAULT_SEED, job.key().as_ref()], bump)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: a token account of the requester's.
    #[account(
        mut, constraint = Holding::read(&from)?.is_of(mint.key, requester.key) @ EscrowError::WrongAddress
    )]
    pub from: UncheckedAccount<'info>,
    /// CHECK: named by `payment`: it was read as a mint when it was registered, and no mint with a close authority is.
    pub mint: UncheckedAccount<'info>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

pub(crate) fn handler<'info>(ctx: Context<'info, PostJob<'info>>, terms: JobTerms) -> Result<()> {
    let accounts = &ctx.accounts;
    require!(!accounts.config.paused, EscrowError::Paused);
    let params = &accounts.config.params;
    let class = validate(&terms, params)?;
    let legs = legs(&terms, params, ctx.remaining_accounts)?;
    let seeds: &[&[u8]] = &[JOB_SEED, accounts.requester.key.as_ref(), &terms.nonce.to_le_bytes()];
    let (address, bump) = Pubkey::find_program_address(seeds, &crate::ID);
    require_keys_eq!(address, accounts.job.key(), ErrorCode::ConstraintSeeds);
    let job = accounts.job(terms, class, legs, (bump, ctx.bumps.vault))?;
    let deposit = job.owed()?;
    job.invariant()?;
    accounts.create(&job)?;
    accounts.deposit(deposit)?;

    emit(
        &ctx.accounts.event_authority,
        &JobPosted {
            job: ctx.accounts.job.key(),
            requester: job.requester,
            mint: job.mint,
            spec_hash: job.spec_hash,
            units: job.units,
            strategy: job.strategy,
            seat_price: job.seat_price,
            deposit,
            seal_by: job.seal_by,
        },
    )?;
    Ok(())
}

impl PostJob<'_> {
    /// The job as it is posted: the Config's terms of this moment are its own from now on.
    #[inline(never)]
    fn job(
        &self,
        terms: JobTerms,
        class: ClassParams,
        legs: Vec<Leg>,
        (bump, vault_bump): (u8, u8),
    ) -> Result<Box<Job>> {
        let params = &self.config.params;
        let seat_price = math::seat_price(terms.units, terms.price_per_unit).ok_or(EscrowError::Overflow)?;
        let (bond, exposure) = exposure(seat_price, params, class, self.payment.bond_rate)?;
        let clock = Clock::get()?;
        let seal_by = clock.unix_timestamp.checked_add(terms.deadline_seconds.into()).ok_or(EscrowError::Overflow)?;
        let window = |factor: u8| class.seconds.checked_mul(u32::from(factor)).ok_or(EscrowError::Overflow);
        let mut job = Box::new(Job {
            version: VERSION,
            bump,
            vault_bump,
            state: JobState::Open,
            class: terms.class,
            replicas: terms.strategy.first(),
            cases: 0,
            seats: 0,
            winners: 0,
            losers: 0,
            released: 0,
            fee_bps: params.fee_bps,
            cancel_floor_bps: params.cancel_floor_bps,
            requester: self.requester.key(),
            mint: self.mint.key(),
            nonce: terms.nonce,
            spec_hash: terms.spec_hash,
            units: terms.units,
            seat_price,
            bond,
            exposure,
            posted_at: clock.unix_timestamp,
            seal_by,
            seal_window: window(params.seal_factor)?,
            reveal_window: window(params.reveal_factor)?,
            bounty: params.bounty_lamports,
            requirements: terms.requirements,
            seed_slot: clock.slot,
            seeded_at: 0,
            seed: [0; 32],
            ended_at: 0,
            root: [0; 32],
            strategy: terms.strategy,
            uri: terms.uri,
            prices: Vec::new(),
            milestones: terms.milestones,
            legs,
        });
        job.price_seats(terms.assignment)?;
        Ok(job)
    }

    /// Create the job with all the bounties it may pay, and its vault.
    #[inline(never)]
    fn create(&self, job: &Job) -> Result<()> {
        let rent = Rent::get()?;
        let (payer, account, vault) = (self.requester.as_ref(), self.job.as_ref(), self.vault.as_ref());
        let space = Job::space(&job.strategy, job.uri.len(), job.prices.len(), job.milestones.len(), job.legs.len());
        let bounties = math::bounties(job.bounty, &job.strategy).ok_or(EscrowError::Overflow)?;
        let lamports = rent.minimum_balance(space).checked_add(bounties).ok_or(EscrowError::Overflow)?;
        let (nonce, bump) = (job.nonce.to_le_bytes(), [job.bump]);
        let seeds: &[&[u8]] = &[JOB_SEED, payer.key.as_ref(), &nonce, &bump];
        Create { payer, account, owner: &crate::ID, space, lamports, seeds }.run()?;
        store(account, job)?;

        let (mint, owner) = (self.mint.as_ref(), self.token_program.key);
        let (space, bump) = (token_account_space(mint)?, [job.vault_bump]);
        let (lamports, seeds) = (rent.minimum_balance(space), [VAULT_SEED, account.key.as_ref(), &bump]);
        Create { payer, account: vault, owner, space, lamports, seeds: &seeds }.run()?;
        init_token_account(vault, mint, account, owner)
    }

    /// Pay in so much that `deposit` arrives.
    #[inline(never)]
    fn deposit(&self, deposit: u64) -> Result<()> {
        let sent = gross(&self.mint, deposit)?;
        let accounts = token_interface::TransferChecked {
            from: self.from.to_account_info(),
            mint: self.mint.to_account_info(),
            to: self.vault.to_account_info(),
            authority: self.requester.to_account_info(),
        };
        let context = CpiContext::new(*self.token_program.key, accounts);
        token_interface::transfer_checked(context, sent, self.payment.decimals)?;
        require!(Holding::read(&self.vault)?.amount >= deposit, EscrowError::Shortfall);
        Ok(())
    }
}

/// (bond, exposure) of a seat: the bond, and what a wrong result costs on top.
pub(crate) fn exposure(price: u64, params: &EscrowParams, class: ClassParams, bond_rate: u64) -> Result<(u64, u64)> {
    let bond = math::bond(price, params.bond_bps, bond_rate).ok_or(EscrowError::Overflow)?;
    let at_risk = math::bps_up(class.stake, params.wrong_bps).ok_or(EscrowError::Overflow)?;
    Ok((bond, bond.checked_add(at_risk).ok_or(EscrowError::Overflow)?))
}

#[inline(never)]
fn validate(terms: &JobTerms, params: &EscrowParams) -> Result<ClassParams> {
    require!((1..=MAX_UNITS).contains(&terms.units), EscrowError::BadUnits);
    require!(terms.price_per_unit > 0, EscrowError::ZeroPrice);
    strategy(terms, params)?;
    require!((1..=MAX_URI).contains(&terms.uri.len()), EscrowError::BadUri);
    terms.requirements.validate()?;
    let class = *params.classes.get(usize::from(terms.class)).ok_or(EscrowError::NoSuchClass)?;
    let least = class.seconds.checked_mul(params.seal_factor.into()).ok_or(EscrowError::Overflow)?;
    require!((least..=params.max_job_seconds).contains(&terms.deadline_seconds), EscrowError::BadDeadline);
    Ok(class)
}

/// The strategy's own terms: seats that must agree, or a time to review and milestones.
fn strategy(terms: &JobTerms, params: &EscrowParams) -> Result<()> {
    let milestones = terms.milestones.as_slice();
    match terms.strategy {
        Strategy::Replicated { replicas, quorum, most, .. } => {
            require!((2..=MAX_REPLICAS).contains(&replicas), EscrowError::BadQuorum);
            require!((replicas..=MAX_REPLICAS).contains(&most), EscrowError::BadQuorum);
            let majority = quorum > replicas >> 1 && quorum <= replicas;
            require!(majority, EscrowError::BadQuorum);
        }
        Strategy::Sampled { samples, committee } => {
            require!((1..=MAX_SAMPLES).contains(&samples), EscrowError::BadSamples);
            require!((1..MAX_REPLICAS).contains(&committee), EscrowError::BadSamples);
        }
        Strategy::Attested { threshold, .. } => {
            require!((1..=MAX_ATTESTORS).contains(&threshold), EscrowError::BadThreshold);
        }
        Strategy::Proven { .. } => {}
        Strategy::Optimistic { window } | Strategy::Accepted { window } => {
            let allowed = params.review_min_seconds..=params.review_max_seconds;
            require!(allowed.contains(&window), EscrowError::BadReview);
            let most = if matches!(terms.strategy, Strategy::Accepted { .. }) { MAX_MILESTONES } else { 0 };
            require!(milestones.len() <= most, EscrowError::BadMilestones);
            let sum = milestones.iter().fold(0_u64, |sum, bps| sum.saturating_add((*bps).into()));
            let whole = milestones.is_empty() || (sum == math::BPS && !milestones.contains(&0));
            require!(whole, EscrowError::BadMilestones);
        }
    }
    require!(milestones.is_empty() || terms.strategy.is_reviewed(), EscrowError::BadMilestones);
    // Who picks the seats could pick itself, outvote an honest one and get the harmed party's part of its stake.
    let picked = terms.assignment == Assignment::Auction;
    require!(!(picked && terms.strategy.has_round()), EscrowError::WrongAssignment);
    Ok(())
}

/// Who gets royalties. They are few, and with the fee they leave the operator its floor.
fn legs<'info>(terms: &JobTerms, params: &EscrowParams, models: &'info [AccountInfo<'info>]) -> Result<Vec<Leg>> {
    let legs = model::legs(&terms.royalties, models)?;
    let sound = legs.iter().all(|leg| leg.to != Pubkey::default() && leg.bps > 0);
    require!(sound && legs.len() <= MAX_LEGS, EscrowError::BadRoyalties);
    let taken = legs.iter().fold(u64::from(params.fee_bps), |sum, leg| sum.saturating_add(leg.bps.into()));
    let least = taken.saturating_add(params.worker_floor_bps.into());
    require!(least <= math::BPS, EscrowError::RoyaltiesTooHigh);
    Ok(legs)
}
