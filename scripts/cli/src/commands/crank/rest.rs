//! What is due of stake, of the token, of proposals, and of accounts that nobody needs any more.

use assay_sdk::{
    addresses,
    governance::{Action, Proposal, ProposalState},
    ix,
    staking::REWARDS_VAULT,
    token::{ASY_MINT, FEE_SHARDS},
    verification::CANARY_LIFE,
};
use solana_sdk::{
    instruction::{AccountMeta, Instruction},
    pubkey::Pubkey,
};

use super::{
    kind::{Crank, Kind},
    world::World,
};

impl World {
    /// Accounts whose rent goes back to who paid it.
    pub(super) fn leftovers(&self) -> Vec<Crank> {
        let now = self.now;
        let bids = self.bids.iter().filter(|(_, bid)| !bid.stands(self.jobs.get(&bid.job), now));
        let bids = bids.map(|(at, bid)| {
            let work = vec![ix::escrow::withdraw_bid(&self.me, &bid.job, &bid.operator)];
            Crank::new(Kind::WithdrawBid, at, work)
        });
        let attestors = self.attestors.iter().filter(|(_, attestor)| attestor.is_over(now)).map(|(at, attestor)| {
            let work = vec![ix::verification::close_attestor(at, &attestor.payer)];
            Crank::new(Kind::CloseAttestor, at, work)
        });
        let keys = self.keys.iter().filter(|(_, key)| key.is_over(now)).map(|(at, key)| {
            Crank::new(Kind::CloseKey, at, vec![ix::verification::close_key(at, &key.payer)]) //
        });
        let old = self.canaries.iter().filter(|(_, canary)| now > canary.created_at.saturating_add(CANARY_LIFE));
        let canaries = old.map(|(at, canary)| {
            let work = vec![ix::verification::close_canary(&canary.commitment, &canary.payer)];
            Crank::new(Kind::CloseCanary, at, work)
        });
        bids.chain(attestors).chain(keys).chain(canaries).collect()
    }

    pub(super) fn of_staking(&self) -> Vec<Crank> {
        let (totals, epoch) = (&self.totals, self.staking.epoch(self.now));
        let found = self.held.get(&REWARDS_VAULT).is_some_and(|held| *held > totals.accounted);
        // An epoch in which nothing is to be distributed need not be begun.
        let waits = epoch > totals.epoch && totals.pending > 0 && totals.weight.now > 0;
        let advance = (found || waits).then(|| {
            Crank::new(Kind::AdvanceEpoch, &addresses::totals(), vec![ix::staking::advance_epoch()]).nth(epoch)
        });
        let weight = |pool: &assay_sdk::staking::Pool| pool.weight_at(&self.staking.params, self.now);
        let light = self.pools.iter().filter(|(_, pool)| {
            pool.counted != weight(pool) || pool.counted_stake != pool.active //
        });
        let sync = light.map(|(at, _)| Crank::new(Kind::SyncWeight, at, vec![ix::staking::sync_weight(at)]));
        let ripe = self.tickets.iter().filter_map(|(at, ticket)| {
            let pool = self.pools.get(&ticket.pool).filter(|pool| pool.open_cases == 0)?;
            let work = vec![ix::staking::withdraw_of(&pool.operator, &ticket.owner, ticket.nonce)];
            let due = self.now >= ticket.ready_at;
            due.then(|| Crank::new(Kind::Withdraw, at, work).into(&ticket.owner, &ASY_MINT))
        });
        advance.into_iter().chain(sync).chain(ripe).collect()
    }

    pub(super) fn of_token(&self) -> Vec<Crank> {
        let token = &self.token;
        let left = token.next_amount > 0 && token.minted < token.max_supply;
        let emits = left && !token.paused && self.now >= token.next_at;
        let emit = emits.then(|| {
            let config = addresses::config(&assay_sdk::token::ID);
            Crank::new(Kind::EmitEpoch, &config, vec![ix::token::emit_epoch()]).nth(token.next_epoch)
        });
        let shards = self.mints.iter().flat_map(|(mint, program)| (0..FEE_SHARDS).map(move |n| (mint, program, n)));
        let collect = shards.filter_map(|(mint, program, shard)| {
            let vault = addresses::fee_vault(mint, shard);
            let held = self.held.get(&vault).copied().filter(|held| *held > 0)?;
            let work = vec![ix::token::collect_fees_of(program, mint, &vault)];
            Some(Crank::new(Kind::CollectFees, &vault, work).nth(held))
        });
        let over = self.distributions.iter().filter(|(_, distribution)| distribution.is_over(self.now));
        let sweep = over.map(|(at, of)| {
            let mint = (of.mint, self.program(&of.mint));
            let work = vec![ix::token::sweep_distribution(at, mint, &of.opener, &of.payer)];
            Crank::new(Kind::SweepDistribution, at, work).into(&of.opener, &of.mint)
        });
        emit.into_iter().chain(collect).chain(sweep).collect()
    }

    pub(super) fn of_governance(&self) -> Vec<Crank> {
        let proposals = self.proposals.iter().filter_map(|(at, proposal)| self.of_proposal(at, proposal));
        let over = |at: &Pubkey| self.proposals.get(at).filter(|proposal| proposal.over(self.now));
        let actions = self.actions.iter().filter_map(|(at, action)| {
            let proposal = over(&action.proposal)?;
            let work = vec![ix::governance::close_action(&proposal.proposer, proposal.id, action.index)];
            Some(Crank::new(Kind::CloseAction, at, work))
        });
        let cast = self.votes.iter().filter(|(_, vote)| self.now >= vote.ends_at);
        let votes = cast.map(|(at, vote)| Crank::new(Kind::CloseVote, at, vec![close_vote(at, &vote.voter)]));
        proposals.chain(actions).chain(votes).collect()
    }

    fn of_proposal(&self, at: &Pubkey, proposal: &Proposal) -> Option<Crank> {
        let (id, now) = (proposal.id, self.now);
        if proposal.over(now) {
            let work = vec![ix::governance::close_proposal(&proposal.proposer, id)];
            return (proposal.open_actions == 0).then(|| Crank::new(Kind::CloseProposal, at, work));
        }
        match proposal.state {
            ProposalState::Voting if now >= proposal.ends_at => {
                Some(Crank::new(Kind::FinishVote, at, vec![ix::governance::finish_vote(id)]))
            }
            ProposalState::Queued if now >= proposal.eta => {
                let next = |action: &&(Pubkey, Action)| action.1.proposal == *at && action.1.index == proposal.executed;
                let (_, action) = self.actions.iter().find(next)?;
                // What others must sign besides, they send themselves.
                if action.terms.cosigners() > 0 {
                    return None;
                }
                let call = instruction(action);
                let work = vec![ix::governance::execute(id, action.index, &call)];
                Some(Crank::new(Kind::Execute, at, work).nth(action.index.into()))
            }
            _ => None,
        }
    }
}

/// The instruction that an action would run.
pub fn instruction(action: &Action) -> Instruction {
    let terms = &action.terms;
    Instruction { program_id: terms.program, accounts: terms.metas(), data: terms.data.clone() }
}

/// Closing a vote by its own address: whose pool the position is in need not be known.
pub fn close_vote(vote: &Pubkey, voter: &Pubkey) -> Instruction {
    let mut close = ix::governance::close_vote(voter, &Pubkey::default(), 0);
    if let Some(account) = close.accounts.get_mut(1) {
        *account = AccountMeta::new(*vote, false);
    }
    close
}
