//! What the chain holds that something may be due of.

use std::collections::{BTreeMap, HashMap};

use anchor_spl::{token_2022, token_interface::TokenAccount};
use assay_sdk::{
    addresses,
    anchor_lang::{AccountDeserialize, Discriminator},
    escrow::{self, Bid, Job, PaymentMint, Seat},
    governance::{self, Proposal, Vote},
    ix::TOKEN_PROGRAM,
    staking::{self, Pool, REWARDS_VAULT, Ticket, Totals},
    token::{self, ASY_MINT, Distribution, FEE_SHARDS},
    verification::{self, Attestor, Ballot, Canary, Case, ProofKey, Round},
};
use solana_sdk::{clock::Clock, pubkey::Pubkey, sysvar};

use super::kind::Kind;
use crate::{
    context::Context,
    error::{Error, Result},
};

/// Every account that something may be due of, as it was read.
pub struct World {
    /// Who sends.
    pub me: Pubkey,
    /// The chain's clock.
    pub now: i64,
    pub slot: u64,
    pub escrow: escrow::Config,
    pub staking: staking::Config,
    pub verification: verification::Config,
    pub token: token::Config,
    pub totals: Totals,
    pub jobs: BTreeMap<Pubkey, Job>,
    /// By their jobs.
    pub seats: HashMap<Pubkey, Vec<Seat>>,
    /// By their jobs.
    pub rounds: BTreeMap<Pubkey, Round>,
    pub cases: BTreeMap<Pubkey, Case>,
    /// By their cases.
    pub ballots: HashMap<Pubkey, Vec<Ballot>>,
    pub bids: Vec<(Pubkey, Bid)>,
    pub attestors: Vec<(Pubkey, Attestor)>,
    pub keys: Vec<(Pubkey, ProofKey)>,
    pub canaries: Vec<(Pubkey, Canary)>,
    pub pools: BTreeMap<Pubkey, Pool>,
    pub tickets: Vec<(Pubkey, Ticket)>,
    pub distributions: Vec<(Pubkey, Distribution)>,
    pub proposals: BTreeMap<Pubkey, Proposal>,
    pub actions: Vec<(Pubkey, governance::Action)>,
    pub votes: Vec<(Pubkey, Vote)>,
    /// Base units in token accounts that matter: vaults of jobs that ended and of fees, rewards, sureties, and what can take a
    /// royalty.
    pub held: HashMap<Pubkey, u64>,
    /// The mints that jobs are paid in, ASY, and what is distributed, each with its token program.
    pub mints: BTreeMap<Pubkey, Pubkey>,
}

/// What a set of kinds needs to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    pub jobs: bool,
    pub leftovers: bool,
    pub staking: bool,
    pub token: bool,
    pub governance: bool,
}

impl Scope {
    /// What these kinds need.
    pub fn of(wanted: impl Fn(Kind) -> bool) -> Self {
        use Kind::*;
        let any = |kinds: &[Kind]| kinds.iter().any(|kind| wanted(*kind));
        let leftovers = any(&[WithdrawBid, CloseAttestor, CloseKey, CloseCanary]);
        let jobs = [Draw, Finalize, ReleaseMilestone, Settle, SlashSeat, ExpireSeat, ExpireJob, PayRoyalty, Refund];
        let ends = [CloseJob, CloseRound, DrawJury, ResolveCase, ConcludeCase, PayCase, SettleBallot, SlashBallot];
        let jobs = any(&jobs) || any(&ends) || any(&[CloseCase, ReturnSurety, WithdrawBid]);
        Self {
            jobs,
            leftovers,
            staking: any(&[SyncWeight, Withdraw]),
            token: any(&[CollectFees, SweepDistribution]),
            governance: any(&[FinishVote, Execute, CloseAction, CloseProposal, CloseVote]),
        }
    }
}

impl World {
    /// Reads what `scope` says.
    pub async fn read(context: &Context, me: Pubkey, scope: Scope) -> Result<Self> {
        let (jobs, seats, rounds, cases, ballots) = tokio::try_join!(
            scan::<Job>(context, &escrow::ID, scope.jobs),
            scan::<Seat>(context, &escrow::ID, scope.jobs),
            scan::<Round>(context, &verification::ID, scope.jobs),
            scan::<Case>(context, &verification::ID, scope.jobs),
            scan::<Ballot>(context, &verification::ID, scope.jobs),
        )?;
        let (bids, attestors, keys, canaries, pools, tickets) = tokio::try_join!(
            scan::<Bid>(context, &escrow::ID, scope.leftovers),
            scan::<Attestor>(context, &verification::ID, scope.leftovers),
            scan::<ProofKey>(context, &verification::ID, scope.leftovers),
            scan::<Canary>(context, &verification::ID, scope.leftovers),
            scan::<Pool>(context, &staking::ID, scope.staking),
            scan::<Ticket>(context, &staking::ID, scope.staking),
        )?;
        let (payments, distributions, proposals, actions, votes) = tokio::try_join!(
            scan::<PaymentMint>(context, &escrow::ID, scope.token),
            scan::<Distribution>(context, &token::ID, scope.token),
            scan::<Proposal>(context, &governance::ID, scope.governance),
            scan::<governance::Action>(context, &governance::ID, scope.governance),
            scan::<Vote>(context, &governance::ID, scope.governance),
        )?;
        let clock = clock(context).await?;
        let mut world = Self {
            me,
            now: clock.unix_timestamp,
            slot: clock.slot,
            escrow: context.config(&addresses::config(&escrow::ID)).await?,
            staking: context.config(&addresses::config(&staking::ID)).await?,
            verification: context.config(&addresses::config(&verification::ID)).await?,
            token: context.config(&addresses::config(&token::ID)).await?,
            totals: context.config(&addresses::totals()).await?,
            jobs: jobs.into_iter().collect(),
            seats: grouped(seats, |seat| seat.job),
            rounds: rounds.into_iter().map(|(_, round)| (round.job, round)).collect(),
            cases: cases.into_iter().collect(),
            ballots: grouped(ballots, |ballot| ballot.case),
            bids,
            attestors,
            keys,
            canaries,
            pools: pools.into_iter().collect(),
            tickets,
            distributions,
            proposals: proposals.into_iter().collect(),
            actions,
            votes,
            held: HashMap::new(),
            mints: BTreeMap::new(),
        };
        world.mints(context, payments.into_iter().map(|(_, payment)| payment.mint)).await?;
        world.holdings(context, scope).await?;
        Ok(world)
    }

    /// The token program of every mint that matters.
    async fn mints(&mut self, context: &Context, payments: impl Iterator<Item = Pubkey>) -> Result<()> {
        let of_jobs = self.jobs.values().map(|job| job.mint);
        let given = self.distributions.iter().map(|(_, distribution)| distribution.mint);
        let mut mints: Vec<_> = payments.chain(of_jobs).chain(given).chain([ASY_MINT]).collect();
        mints.sort_unstable();
        mints.dedup();
        let found = context.raw_accounts(&mints).await?;
        let programs = mints.into_iter().zip(found).filter_map(|(mint, found)| Some((mint, found?.owner)));
        self.mints = programs.collect();
        Ok(())
    }

    /// What token accounts hold that something may be due of.
    async fn holdings(&mut self, context: &Context, scope: Scope) -> Result<()> {
        let mut wanted = vec![REWARDS_VAULT];
        if scope.token {
            let shards = |mint| (0..FEE_SHARDS).map(move |shard| addresses::fee_vault(mint, shard));
            wanted.extend(self.mints.keys().flat_map(shards));
        }
        let over = self.jobs.iter().filter(|(_, job)| !job.is_live());
        wanted.extend(over.map(|(address, _)| addresses::job_vault(address)));
        let legs = self.jobs.values().flat_map(|job| job.legs.iter().map(move |leg| (job, leg)));
        wanted.extend(legs.filter(|(_, leg)| leg.due > 0).map(|(job, leg)| self.takes(job, leg)));
        wanted.extend(self.sureties().into_iter().map(|(job, operator)| addresses::surety(&job, &operator)));
        let found = context.raw_accounts(&wanted).await?;
        let amount = |data: &[u8]| {
            let account = TokenAccount::try_deserialize(&mut &*data).ok();
            account.filter(|account| !account.is_frozen()).map(|account| account.amount)
        };
        let pairs = wanted.into_iter().zip(found);
        self.held = pairs.filter_map(|(address, found)| Some((address, amount(&found?.data)?))).collect();
        Ok(())
    }

    /// Who may have something at stake in cases about which job.
    pub fn sureties(&self) -> Vec<(Pubkey, Pubkey)> {
        let reviewed = |job: &Pubkey| self.jobs.get(job).is_none_or(|job| job.strategy.is_reviewed());
        let seated = self.seats.values().flatten().map(|seat| (seat.job, seat.operator));
        let accused = self.cases.values().map(|case| (case.job, case.executor));
        let accused = accused.filter(|(_, executor)| *executor != Pubkey::default());
        let mut all: Vec<_> = seated.chain(accused).filter(|(job, _)| reviewed(job)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The seats of a job.
    pub fn seats(&self, job: &Pubkey) -> &[Seat] {
        self.seats.get(job).map_or(&[], Vec::as_slice)
    }

    /// The ballots of a case.
    pub fn ballots(&self, case: &Pubkey) -> &[Ballot] {
        self.ballots.get(case).map_or(&[], Vec::as_slice)
    }

    /// The program of a mint.
    pub fn program(&self, mint: &Pubkey) -> Pubkey {
        self.mints.get(mint).copied().unwrap_or(TOKEN_PROGRAM)
    }

    /// Whether a mint is of the newer token program.
    pub fn is_2022(&self, mint: &Pubkey) -> bool {
        self.program(mint) == token_2022::ID
    }
}

async fn scan<T: AccountDeserialize + Discriminator>(
    context: &Context,
    program: &Pubkey,
    wanted: bool,
) -> Result<Vec<(Pubkey, T)>> {
    if wanted { context.readable_of::<T>(program).await } else { Ok(vec![]) }
}

async fn clock(context: &Context) -> Result<Clock> {
    let found = context.raw_accounts(&[sysvar::clock::ID]).await?.into_iter().next().flatten();
    let clock = found.and_then(|found| bincode::deserialize(&found.data).ok());
    clock.ok_or_else(|| Error::BadAccount(sysvar::clock::ID.to_string()))
}

/// By what each belongs to.
fn grouped<T>(all: Vec<(Pubkey, T)>, of: impl Fn(&T) -> Pubkey) -> HashMap<Pubkey, Vec<T>> {
    let mut groups: HashMap<Pubkey, Vec<T>> = HashMap::new();
    for (_, one) in all {
        groups.entry(of(&one)).or_default().push(one);
    }
    groups
}
