//! Governance over a world: proposals drafted, voted on and enacted by the operators' stake.
//!
//! A vote takes 1,000 seconds, the timelock 500, the window 2,000; a fifth of all stake is a quorum.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_sdk::{
    ASY, addresses,
    governance::{self, Choice, GovernanceParams, Proposal},
    ix::governance as ix,
};

use crate::{
    chain::{Receipt, hash, wallet},
    world::World,
};

/// Seconds of a vote.
pub const VOTE: i64 = 1_000;
/// Seconds of the timelock.
pub const TIMELOCK: i64 = 500;
/// Seconds in which a decision may be executed.
pub const WINDOW: i64 = 2_000;
/// Least stake to propose with.
pub const PROPOSAL_STAKE: u64 = 1_000 * ASY;
/// sha256 of what a proposal says.
pub const TEXT: [u8; 32] = [7; 32];
/// Where it says so.
pub const URI: &str = "https://assay.example/p/0";

/// What governance is initialized with.
pub fn governance_params() -> GovernanceParams {
    GovernanceParams {
        vote_seconds: VOTE,
        timelock_seconds: TIMELOCK,
        execute_window_seconds: WINDOW,
        quorum_bps: 2_000,
        majority_bps: 5_000,
        proposal_stake: PROPOSAL_STAKE,
    }
}

/// May veto and pause.
pub fn guardian() -> Pubkey {
    wallet("guardian")
}

impl World {
    /// A world with `count` operators and governance, which has a guardian. The deployer is still its authority.
    pub fn governed(count: usize) -> Self {
        let mut world = Self::with_operators(count);
        world.found_governance();
        world
    }

    /// Initialize governance and give it a guardian.
    pub fn found_governance(&mut self) {
        let authority = self.authority;
        self.ok(&[ix::initialize(&authority, governance_params())]);
        self.ok(&[ix::set_guardian(&authority, &guardian())]);
    }

    /// Governance's Config.
    pub fn governance(&self) -> governance::Config {
        self.chain.read(&addresses::config(&governance::ID))
    }

    /// A proposal.
    pub fn proposal(&self, id: u64) -> Proposal {
        self.chain.read(&addresses::proposal(id))
    }

    /// Draft a proposal to run `calls`, by an operator.
    pub fn draft(&mut self, operator: &Pubkey, calls: &[Instruction]) -> u64 {
        let id = self.governance().proposals;
        self.ok(&[ix::propose(operator, &addresses::pool(operator), id, TEXT, URI)]);
        for (index, call) in (0..).zip(calls) {
            self.ok(&[ix::add_action(operator, id, index, call)]);
        }
        id
    }

    /// Draft it and put it to the vote.
    pub fn put(&mut self, operator: &Pubkey, calls: &[Instruction]) -> u64 {
        let id = self.draft(operator, calls);
        self.ok(&[ix::start_vote(operator, &addresses::pool(operator), id)]);
        id
    }

    /// An operator's vote with its own position, on the actions that the proposal has.
    pub fn vote_ix(&self, operator: &Pubkey, id: u64, choice: Choice) -> Instruction {
        ix::vote(operator, &addresses::pool(operator), id, choice, self.proposal(id).actions_hash)
    }

    /// Vote.
    pub fn vote(&mut self, operator: &Pubkey, id: u64, choice: Choice) -> Receipt {
        self.ok(&[self.vote_ix(operator, id, choice)])
    }

    /// Put it to the vote; every operator is for it; the vote ends and is counted: it is queued.
    pub fn carry(&mut self, calls: &[Instruction]) -> u64 {
        // A position that the last vote still binds starts no other.
        self.tick(VOTE, 0);
        let operators = self.operators.clone();
        let id = self.put(&operators[0], calls);
        for operator in &operators {
            self.vote(operator, id, Choice::Yes);
        }
        self.at(self.proposal(id).ends_at);
        self.ok(&[ix::finish_vote(id)]);
        id
    }

    /// Carry it, wait for the timelock, and run every action.
    pub fn enact(&mut self, calls: &[Instruction]) -> u64 {
        let id = self.carry(calls);
        self.at(self.proposal(id).eta);
        for (index, call) in (0..).zip(calls) {
            self.ok(&[ix::execute(id, index, call)]);
        }
        id
    }
}

/// A hash that no list of actions has.
pub fn other_actions() -> [u8; 32] {
    hash(&[b"other actions"])
}

/// Every instruction of governance at least once, each alone in its transaction, in a world that has operators and no
/// governance yet. It ends as governance's own authority.
pub fn every_instruction(w: &mut World) {
    let (authority, operators) = (w.authority, w.operators.clone());
    let (first, pool) = (operators[0], addresses::pool(&operators[0]));
    w.found_governance();
    w.ok(&[ix::set_params(&authority, governance_params())]);
    w.ok(&[ix::propose_authority(&authority, &governance::AUTHORITY)]);
    w.ok(&[ix::set_paused(&guardian(), true)]);
    w.ok(&[ix::set_paused(&guardian(), false)]);
    w.tick(200, 0);
    let draft = w.draft(&first, &[]);
    w.ok(&[ix::cancel(&first, draft)]);
    w.ok(&[ix::close_proposal(&first, draft)]);
    let accept = ix::accept_authority(&governance::AUTHORITY);
    let id = w.enact(&[accept]);
    w.ok(&[ix::close_vote(&first, &pool, id)]);
    w.ok(&[ix::close_action(&first, id, 0)]);
    w.tick(VOTE, 0);
    let stopped = w.put(&first, &[ix::set_params(&governance::AUTHORITY, governance_params())]);
    w.ok(&[ix::veto(&guardian(), stopped)]);
    // Alone, as an offered authority may: the vote above did it from within.
    let mut alone = w.clone();
    alone.chain.usage.clear();
    let back = ix::propose_authority(&governance::AUTHORITY, &authority);
    alone.enact(&[back]);
    alone.ok(&[ix::accept_authority(&authority)]);
    w.chain.usage.extend(alone.chain.usage);
}
