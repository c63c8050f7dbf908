use anchor_lang::prelude::*;

use super::{Choice, GovernanceParams};
use crate::{GovernanceError, math};

/// Most bytes of a proposal's uri.
pub const MAX_URI: usize = 200;

/// Where a proposal stands. Whatever has not ended by `expires_at` is over then.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposalState {
    /// Actions may be added.
    Draft,
    /// Positions vote until `ends_at`.
    Voting,
    /// Carried: may be executed from `eta` on.
    Queued,
    /// Not carried.
    Defeated,
    /// Every action ran.
    Executed,
    /// The guardian stopped it.
    Vetoed,
    /// The proposer withdrew it.
    Cancelled,
}

/// Something to decide, at `["proposal", id]`. Ids are never used again, so an address means one proposal for ever.
#[account]
#[derive(InitSpace, Debug)]
pub struct Proposal {
    pub version: u8,
    pub bump: u8,
    pub id: u64,
    /// Paid the rent of this account and of its actions.
    pub proposer: Pubkey,
    pub state: ProposalState,
    /// Actions there are.
    pub actions: u8,
    /// Actions that ran, from the first.
    pub executed: u8,
    /// Actions whose accounts are not closed yet.
    pub open_actions: u8,
    /// Every action is about the guardian or the pause of governance: no veto and no pause stops it.
    pub rescue: bool,
    /// Hash of all actions in their order: see `ActionTerms::append_to`.
    pub actions_hash: [u8; 32],
    /// sha256 of the text that explains it.
    pub description_hash: [u8; 32],
    /// Where the text is.
    #[max_len(0)]
    pub uri: String,
    pub created_at: i64,
    /// Staking's epoch at the start: only stake from before it votes.
    pub start_epoch: u64,
    pub ends_at: i64,
    pub eta: i64,
    /// From then on nothing can happen to it but being closed.
    pub expires_at: i64,
    /// All stake at the start.
    pub staked: u64,
    /// Weight that must vote.
    pub quorum: u64,
    pub majority_bps: u16,
    pub yes: u64,
    pub no: u64,
    pub abstain: u64,
}

impl Proposal {
    /// Bytes of the account.
    pub fn space(uri: &str) -> usize {
        8_usize.saturating_add(Self::INIT_SPACE).saturating_add(uri.len())
    }

    /// It must be in `state` and not have expired.
    pub fn require(&self, state: ProposalState, now: i64) -> Result<()> {
        require!(self.state == state, GovernanceError::WrongState);
        require!(now < self.expires_at, GovernanceError::Expired);
        Ok(())
    }

    /// Whether nothing can happen to it any more.
    pub fn over(&self, now: i64) -> bool {
        use ProposalState::*;
        matches!(self.state, Defeated | Executed | Vetoed | Cancelled) || now >= self.expires_at
    }

    /// Start the vote under the rules of now; later changes of the rules do not touch it.
    pub fn start(&mut self, params: &GovernanceParams, now: i64, epoch: u64, staked: u64) -> Result<()> {
        let later = |from: i64, seconds| from.checked_add(seconds).ok_or(GovernanceError::Overflow);
        self.state = ProposalState::Voting;
        self.start_epoch = epoch;
        self.ends_at = later(now, params.vote_seconds)?;
        self.eta = later(self.ends_at, params.timelock_seconds)?;
        self.expires_at = later(self.eta, params.execute_window_seconds)?;
        self.staked = staked;
        self.quorum = math::quorum(staked, params.quorum_bps).ok_or(GovernanceError::Overflow)?;
        self.majority_bps = params.majority_bps;
        self.invariant()
    }

    /// Count a vote.
    pub fn count(&mut self, choice: Choice, weight: u64) -> Result<()> {
        let side = match choice {
            Choice::Yes => &mut self.yes,
            Choice::No => &mut self.no,
            Choice::Abstain => &mut self.abstain,
        };
        *side = side.checked_add(weight).ok_or(GovernanceError::Overflow)?;
        self.invariant()
    }

    /// End the vote.
    pub fn finish(&mut self) -> Result<()> {
        let carried = math::carried(self.yes, self.no, self.abstain, self.quorum, self.majority_bps);
        self.state = if carried { ProposalState::Queued } else { ProposalState::Defeated };
        self.invariant()
    }

    /// Note that the next action runs.
    pub fn advance(&mut self) -> Result<()> {
        self.executed = self.executed.checked_add(1).ok_or(GovernanceError::Overflow)?;
        if self.executed == self.actions {
            self.state = ProposalState::Executed;
        }
        self.invariant()
    }

    /// Holds after every change. Destructures `Self`, so that a new field forces a decision.
    pub fn invariant(&self) -> Result<()> {
        let Self {
            version: _,
            bump: _,
            id: _,
            proposer: _,
            state,
            actions,
            executed,
            open_actions,
            rescue: _,
            actions_hash: _,
            description_hash: _,
            uri: _,
            created_at,
            start_epoch: _,
            ends_at,
            eta,
            expires_at,
            staked: _,
            quorum,
            majority_bps,
            yes,
            no,
            abstain: _,
        } = self;
        use ProposalState::*;
        require!(executed <= actions && open_actions <= actions, GovernanceError::Invariant);
        require!((*state == Executed) == (*actions > 0 && executed == actions), GovernanceError::Invariant);
        // Nothing runs but what was carried.
        let carried = yes > no && *quorum > 0 && *majority_bps >= 5_000;
        require!((*executed == 0 && *state != Queued) || carried, GovernanceError::Invariant);
        let started = *quorum > 0;
        let ordered = created_at < ends_at && ends_at < eta && eta < expires_at;
        require!(if started { ordered } else { created_at < expires_at }, GovernanceError::Invariant);
        require!(started || matches!(state, Draft | Cancelled), GovernanceError::Invariant);
        Ok(())
    }
}
