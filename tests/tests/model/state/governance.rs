//! Proposals and votes, as `docs/governance.md` says.

use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    governance::{self, Choice, GovernanceError, GovernanceParams, ProposalState},
    staking::StakingError,
};

use super::{Decree, Model, Position, Program, Verdict, need, require};

/// Seconds after which a draft is over.
const DRAFT: i64 = 30 * 86_400;

#[derive(Clone, Debug)]
pub struct Proposal {
    pub id: u64,
    pub proposer: Pubkey,
    pub state: ProposalState,
    /// What it would run; closed ones are still known here.
    pub actions: Vec<Decree>,
    pub executed: u8,
    pub open_actions: u8,
    pub actions_hash: [u8; 32],
    pub created_at: i64,
    pub start_epoch: u64,
    pub ends_at: i64,
    pub eta: i64,
    pub expires_at: i64,
    pub staked: u64,
    pub quorum: u64,
    pub majority_bps: u16,
    pub yes: u64,
    pub no: u64,
    pub abstain: u64,
}

impl Proposal {
    pub fn new(id: u64, proposer: Pubkey, now: i64) -> Self {
        Self {
            id,
            proposer,
            state: ProposalState::Draft,
            actions: Vec::new(),
            executed: 0,
            open_actions: 0,
            actions_hash: [0; 32],
            created_at: now,
            start_epoch: 0,
            ends_at: 0,
            eta: 0,
            expires_at: now + DRAFT,
            staked: 0,
            quorum: 0,
            majority_bps: 0,
            yes: 0,
            no: 0,
            abstain: 0,
        }
    }

    /// All of it is about governance's guardian or pause: no veto and no pause stops it.
    pub fn rescue(&self) -> bool {
        let own = |decree: &Decree| {
            decree.program() == Program::Governance && matches!(decree, Decree::SetGuardian(..) | Decree::SetPaused(..))
        };
        self.actions.iter().all(own)
    }

    /// It is in `state` and has not expired.
    pub fn require(&self, state: ProposalState, now: i64) -> Verdict {
        require(self.state == state, GovernanceError::WrongState)?;
        require(now < self.expires_at, GovernanceError::Expired)
    }

    /// Nothing can happen to it any more.
    pub fn over(&self, now: i64) -> bool {
        use ProposalState::*;
        matches!(self.state, Defeated | Executed | Vetoed | Cancelled) || now >= self.expires_at
    }
}

/// That a position has voted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    pub proposal: Pubkey,
    pub position: Pubkey,
    pub voter: Pubkey,
    pub choice: Choice,
    pub weight: u64,
    pub ends_at: i64,
}

#[derive(Clone)]
pub struct Governance {
    pub params: GovernanceParams,
    /// Proposals ever made.
    pub count: u64,
    pub proposals: BTreeMap<Pubkey, Proposal>,
    /// By address: proposal, index.
    pub actions: BTreeMap<Pubkey, (Pubkey, u8)>,
    pub votes: BTreeMap<Pubkey, Vote>,
}

impl Governance {
    pub fn new(params: GovernanceParams) -> Self {
        let (count, proposals, actions, votes) = Default::default();
        Self { params, count, proposals, actions, votes }
    }
}

impl Model {
    /// A position, and what it is worth.
    pub fn stake_of(&self, position: &Pubkey) -> Verdict<(&Position, u64)> {
        let position = need(self.staking.positions.get(position))?;
        Ok((position, position.worth(need(self.staking.pools.get(&position.pool))?)))
    }

    fn bind(&mut self, position: &Pubkey, until: i64) -> Verdict {
        require(until <= self.now + 90 * 86_400, StakingError::LockTooLong)?;
        let position = need(self.staking.positions.get_mut(position))?;
        position.locked_until = position.locked_until.max(until);
        Ok(())
    }

    pub fn start_vote(&mut self, address: &Pubkey, position: &Pubkey) -> Verdict {
        let (now, epoch) = (self.now, self.epoch());
        let proposal = need(self.governance.proposals.get(address))?;
        let (stake, worth) = self.stake_of(position)?;
        proposal.require(ProposalState::Draft, now)?;
        require(!proposal.actions.is_empty(), GovernanceError::NoActions)?;
        let paused = self.admins[&governance::ID].paused;
        require(!paused || proposal.rescue(), GovernanceError::Paused)?;
        require(now >= stake.locked_until, GovernanceError::PositionBound)?;
        require(stake.staked_epoch < epoch, GovernanceError::LateStake)?;
        require(worth >= self.governance.params.proposal_stake, GovernanceError::StakeTooLow)?;

        let (params, staked) = (self.governance.params.clone(), self.staking.totals.staked);
        let proposal = need(self.governance.proposals.get_mut(address))?;
        (proposal.state, proposal.start_epoch) = (ProposalState::Voting, epoch);
        proposal.ends_at = now + params.vote_seconds;
        proposal.eta = proposal.ends_at + params.timelock_seconds;
        proposal.expires_at = proposal.eta + params.execute_window_seconds;
        proposal.staked = staked;
        // Rounded up, and never nothing.
        let quorum = (u128::from(staked) * u128::from(params.quorum_bps)).div_ceil(10_000);
        proposal.quorum = (quorum as u64).max(1);
        proposal.majority_bps = params.majority_bps;
        let ends_at = proposal.ends_at;
        self.bind(position, ends_at)
    }

    /// A vote's account exists already.
    pub fn vote(&mut self, address: &Pubkey, position: &Pubkey, choice: Choice, hash: [u8; 32]) -> Verdict<Vote> {
        let proposal = need(self.governance.proposals.get(address))?;
        let (stake, weight) = self.stake_of(position)?;
        require(proposal.state == ProposalState::Voting, GovernanceError::WrongState)?;
        require(self.now < proposal.ends_at, GovernanceError::VoteOver)?;
        require(hash == proposal.actions_hash, GovernanceError::ActionsChanged)?;
        require(stake.staked_epoch < proposal.start_epoch, GovernanceError::LateStake)?;
        require(weight > 0, GovernanceError::NoWeight)?;
        let (voter, ends_at) = (stake.owner, proposal.ends_at);
        let proposal = need(self.governance.proposals.get_mut(address))?;
        *match choice {
            Choice::Yes => &mut proposal.yes,
            Choice::No => &mut proposal.no,
            Choice::Abstain => &mut proposal.abstain,
        } += weight;
        self.bind(position, ends_at)?;
        Ok(Vote { proposal: *address, position: *position, voter, choice, weight, ends_at })
    }

    pub fn finish_vote(&mut self, address: &Pubkey) -> Verdict {
        let now = self.now;
        let proposal = need(self.governance.proposals.get_mut(address))?;
        proposal.require(ProposalState::Voting, now)?;
        require(now >= proposal.ends_at, GovernanceError::VoteOpen)?;
        let [yes, no, abstain] = [proposal.yes, proposal.no, proposal.abstain].map(u128::from);
        let quorate = yes + no + abstain >= u128::from(proposal.quorum);
        let carried = quorate && yes * 10_000 > (yes + no) * u128::from(proposal.majority_bps);
        proposal.state = if carried { ProposalState::Queued } else { ProposalState::Defeated };
        Ok(())
    }

    /// Run an action, which `decree` is said to be.
    pub fn execute(&mut self, address: &Pubkey, index: u8, decree: &Decree) -> Verdict {
        let now = self.now;
        let proposal = need(self.governance.proposals.get_mut(address))?;
        proposal.require(ProposalState::Queued, now)?;
        require(now >= proposal.eta, GovernanceError::TooEarly)?;
        require(index == proposal.executed, GovernanceError::OutOfOrder)?;
        proposal.executed += 1;
        if usize::from(proposal.executed) == proposal.actions.len() {
            proposal.state = ProposalState::Executed;
        }
        decree.apply(self, &governance::AUTHORITY)
    }

    pub fn veto(&mut self, address: &Pubkey, guardian: &Pubkey) -> Verdict {
        let now = self.now;
        let proposal = need(self.governance.proposals.get_mut(address))?;
        require(self.admins[&governance::ID].is_guardian(guardian), GovernanceError::NotGuardian)?;
        let stoppable = matches!(proposal.state, ProposalState::Voting | ProposalState::Queued);
        require(stoppable, GovernanceError::WrongState)?;
        require(!proposal.over(now), GovernanceError::Expired)?;
        require(!proposal.rescue(), GovernanceError::NotVetoable)?;
        proposal.state = ProposalState::Vetoed;
        Ok(())
    }

    pub fn cancel(&mut self, address: &Pubkey, by: &Pubkey) -> Verdict {
        let now = self.now;
        let proposal = need(self.governance.proposals.get_mut(address))?;
        require(proposal.proposer == *by, GovernanceError::NotProposer)?;
        match proposal.state {
            ProposalState::Draft => require(!proposal.over(now), GovernanceError::Expired)?,
            ProposalState::Voting => require(now < proposal.ends_at, GovernanceError::VoteOver)?,
            _ => return super::refuse(GovernanceError::WrongState),
        }
        proposal.state = ProposalState::Cancelled;
        Ok(())
    }

    pub fn set_governance_params(&mut self, params: &GovernanceParams) -> Verdict {
        const DAY: i64 = 86_400;
        let within = |number: i64, days: i64| number >= 1 && number <= days * DAY;
        let good = within(params.vote_seconds, 30)
            && within(params.timelock_seconds, 30)
            && within(params.execute_window_seconds, 90)
            && params.quorum_bps >= 1
            && params.quorum_bps <= 5_000
            && params.majority_bps >= 5_000
            && params.majority_bps < 10_000
            && params.proposal_stake >= 1
            && params.proposal_stake <= 10_000_000_000_000_000;
        require(good, GovernanceError::BadParams)?;
        self.governance.params = params.clone();
        Ok(())
    }
}
