//! Votes: who may, how much it weighs, when it ends, and what it comes to.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        ASY, addresses,
        governance::{
            self, AUTHORITY, Choice, Config, DRAFT_SECONDS, GovernanceError, GovernanceParams, MAX_DATA, MAX_URI,
            Proposal, ProposalState, Vote,
        },
        ix::{self, governance as gov},
        staking::{self, Position, StakingError},
    },
    chain::wallet,
    governance::*,
    world::*,
};

use super::ruled::rules;

fn pool(operator: &Pubkey) -> Pubkey {
    addresses::pool(operator)
}

fn position(w: &World, operator: &Pubkey) -> Position {
    w.chain.read(&addresses::position(&pool(operator), operator))
}

#[test]
fn a_proposal_from_draft_to_nothing_left() {
    let mut w = World::governed(3);
    let [a, b, c] = [w.operators[0], w.operators[1], w.operators[2]];
    let call = rules(|p| p.vote_seconds = 600);
    let authority = w.authority;
    w.ok(&[gov::propose_authority(&authority, &AUTHORITY)]);
    let calls = [gov::accept_authority(&AUTHORITY), call];
    let rent = [a, b].map(|who| w.chain.lamports(&who));

    let id = w.put(&a, &calls);
    let proposal = w.proposal(id);
    assert_eq!(proposal.actions_hash, gov::actions_hash(&calls));
    assert_eq!((proposal.staked, proposal.quorum), (3 * STAKE, 3 * STAKE / 5));
    assert_eq!(proposal.start_epoch, (w.now / 100) as u64);
    assert_eq!(
        (proposal.ends_at, proposal.eta, proposal.expires_at),
        (w.now + VOTE, w.now + VOTE + TIMELOCK, w.now + VOTE + TIMELOCK + WINDOW)
    );
    let voted = w.vote(&a, id, Choice::Yes);
    assert_eq!(voted.event("Voted").u64("weight"), STAKE);
    w.vote(&b, id, Choice::Yes);
    w.vote(&c, id, Choice::No);
    let proposal = w.proposal(id);
    assert_eq!((proposal.yes, proposal.no, proposal.abstain), (2 * STAKE, STAKE, 0));

    w.at(proposal.ends_at - 1);
    w.refused(&[gov::finish_vote(id)], GovernanceError::VoteOpen);
    w.at(proposal.ends_at);
    let finished = w.ok(&[gov::finish_vote(id)]);
    assert_eq!(finished.event("VoteFinished").json["state"], "Queued");
    w.at(proposal.eta);
    w.ok(&[gov::execute(id, 0, &calls[0])]);
    assert_eq!(w.governance().authority, AUTHORITY);
    let last = w.ok(&[gov::execute(id, 1, &calls[1])]);
    assert_eq!(last.event("ActionExecuted").json["state"], "Executed");
    assert_eq!(w.governance().params.vote_seconds, 600);

    // All rent returns to who paid it.
    w.ok(&[gov::close_action(&a, id, 1)]);
    w.refused(&[gov::close_proposal(&a, id)], GovernanceError::ActionsLeft);
    w.ok(&[gov::close_action(&a, id, 0)]);
    w.ok(&[gov::close_proposal(&a, id)]);
    for who in [a, b, c] {
        w.ok(&[gov::close_vote(&who, &pool(&who), id)]);
    }
    assert_eq!([a, b].map(|who| w.chain.lamports(&who)), rent);
    assert!(w.chain.find::<Proposal>(&addresses::proposal(id)).is_none());
    assert_eq!(w.governance().proposals, 1, "the id is not used again");
}

/// A tie, a missing quorum and a quorum by one base unit.
#[test]
fn quorum_edge() {
    let outcome = |votes: &[Choice]| {
        let mut w = World::governed(10);
        let o = w.operators.clone();
        let id = w.put(&o[0], &[rules(|_| {})]);
        for (operator, choice) in o.iter().zip(votes) {
            w.vote(operator, id, *choice);
        }
        w.at(w.proposal(id).ends_at);
        w.ok(&[gov::finish_vote(id)]);
        w.proposal(id).state
    };
    use Choice::{Abstain, No, Yes};
    use ProposalState::{Defeated, Queued};
    assert_eq!(outcome(&[]), Defeated);
    assert_eq!(outcome(&[Yes]), Defeated, "a tenth of the stake is no quorum");
    assert_eq!(outcome(&[Yes, Yes]), Queued, "a fifth is");
    assert_eq!(outcome(&[Yes, No]), Defeated, "a tie is no majority");
    assert_eq!(outcome(&[Yes, Abstain]), Queued, "an abstention is part of the quorum");
    assert_eq!(outcome(&[Abstain, Abstain]), Defeated);
    assert_eq!(outcome(&[Yes, No, Yes]), Queued);

    // One base unit more of stake in all, and a fifth of it is one unit more.
    let mut w = World::governed(10);
    let o = w.operators.clone();
    w.ok(&[ix::staking::stake(&o[9], 5)]);
    let id = w.put(&o[0], &[rules(|_| {})]);
    w.vote(&o[0], id, Yes);
    w.vote(&o[1], id, Yes);
    w.at(w.proposal(id).ends_at);
    w.ok(&[gov::finish_vote(id)]);
    assert_eq!((w.proposal(id).quorum, w.proposal(id).state), (2 * STAKE + 1, Defeated));
}

/// `terms_pinned_at_award`: a vote keeps the rules of its start.
#[test]
fn terms_pinned_at_award() {
    let mut w = World::governed(3);
    let (a, authority) = (w.operators[0], w.authority);
    let id = w.put(&a, &[rules(|_| {})]);
    let before = w.proposal(id);
    let loose = GovernanceParams {
        vote_seconds: 1,
        timelock_seconds: 1,
        execute_window_seconds: 1,
        quorum_bps: 1,
        majority_bps: 9_999,
        proposal_stake: 1,
    };
    w.ok(&[gov::set_params(&authority, loose)]);
    let after = w.proposal(id);
    assert_eq!(
        (before.ends_at, before.eta, before.expires_at, before.quorum, before.majority_bps),
        (after.ends_at, after.eta, after.expires_at, after.quorum, after.majority_bps)
    );
    w.tick(2, 0);
    w.refused(&[gov::finish_vote(id)], GovernanceError::VoteOpen);
}

/// `fee_above_cap` and the other parameters' ranges, at both doors.
#[test]
fn fee_above_cap() {
    let mut w = World::with_operators(1);
    let authority = w.authority;
    let bad: [fn(&mut GovernanceParams); 8] = [
        |p| p.vote_seconds = 0,
        |p| p.vote_seconds = i64::MAX,
        |p| p.timelock_seconds = 0,
        |p| p.execute_window_seconds = -1,
        |p| p.quorum_bps = 0,
        |p| p.quorum_bps = 5_001,
        |p| p.majority_bps = 4_999,
        |p| p.proposal_stake = u64::MAX,
    ];
    let changed = |change: fn(&mut GovernanceParams)| {
        let mut params = governance_params();
        change(&mut params);
        params
    };
    for change in bad {
        w.refused(&[gov::initialize(&authority, changed(change))], GovernanceError::BadParams);
    }
    w.ok(&[gov::initialize(&authority, governance_params())]);
    for change in bad {
        w.refused(&[gov::set_params(&authority, changed(change))], GovernanceError::BadParams);
    }
}

#[test]
fn sizes_are_bounded() {
    let mut w = World::governed(1);
    let a = w.operators[0];
    let long = "x".repeat(MAX_URI + 1);
    w.refused(&[gov::propose(&a, &pool(&a), 0, TEXT, &long)], GovernanceError::TooLarge);
    let id = w.draft(&a, &[]);
    w.refused(&[gov::start_vote(&a, &pool(&a), id)], GovernanceError::NoActions);
    let mut large = rules(|_| {});
    large.data.resize(MAX_DATA + 1, 0);
    large.accounts.clear();
    w.refused(&[gov::add_action(&a, id, 0, &large)], GovernanceError::TooLarge);
    for index in 0..8 {
        w.ok(&[gov::add_action(&a, id, index, &rules(|_| {}))]);
    }
    w.refused(&[gov::add_action(&a, id, 8, &rules(|_| {}))], GovernanceError::TooLarge);
}

/// Who has too little may not propose, and a position stands behind one vote at a time.
#[test]
fn proposal_spam() {
    let mut w = World::governed(2);
    let (a, b) = (w.operators[0], w.operators[1]);
    let poor = w.add_operator("poor", PROPOSAL_STAKE - 1);
    w.tick(100, 0);
    w.refused(&[gov::propose(&poor, &pool(&poor), 0, TEXT, URI)], GovernanceError::StakeTooLow);
    w.ok(&[ix::staking::stake(&poor, 1)]);
    w.ok(&[gov::propose(&poor, &pool(&poor), 0, TEXT, URI)]);
    w.ok(&[gov::add_action(&poor, 0, 0, &rules(|_| {}))]);
    w.refused(&[gov::start_vote(&poor, &pool(&poor), 0)], GovernanceError::LateStake);

    let first = w.put(&a, &[rules(|_| {})]);
    let second = w.draft(&a, &[rules(|_| {})]);
    w.refused(&[gov::start_vote(&a, &pool(&a), second)], GovernanceError::PositionBound);
    w.vote(&b, first, Choice::No);
    let third = w.draft(&b, &[rules(|_| {})]);
    w.refused(&[gov::start_vote(&b, &pool(&b), third)], GovernanceError::PositionBound);
    // Withdrawing it does not free the position: the stake stays bound for as long as the vote would have lasted.
    let ends_at = w.proposal(first).ends_at;
    w.ok(&[gov::cancel(&a, first)]);
    w.refused(&[gov::start_vote(&a, &pool(&a), second)], GovernanceError::PositionBound);
    w.at(ends_at - 1);
    w.refused(&[ix::staking::request_unstake(&a, 0, 1)], StakingError::VoteLocked);
    w.at(ends_at);
    w.ok(&[gov::start_vote(&a, &pool(&a), second)]);
    assert_eq!(position(&w, &a).locked_until, ends_at + VOTE);
}

/// Stake that falls below the least after the draft starts no vote.
#[test]
fn stake_is_there_when_the_vote_starts() {
    let mut w = World::governed(1);
    let a = w.operators[0];
    let id = w.draft(&a, &[rules(|_| {})]);
    let shares = position(&w, &a).shares;
    w.tick(200, 0);
    w.ok(&[ix::staking::request_unstake(&a, 0, shares - u128::from(PROPOSAL_STAKE) + 1)]);
    w.refused(&[gov::start_vote(&a, &pool(&a), id)], GovernanceError::StakeTooLow);
}

/// The proposer may withdraw while the vote is open, and not once it has ended.
#[test]
fn a_decision_is_the_voters() {
    let mut w = World::governed(2);
    let (a, b) = (w.operators[0], w.operators[1]);
    let draft = w.draft(&a, &[rules(|_| {})]);
    w.refused(&[gov::cancel(&b, draft)], GovernanceError::NotProposer);
    w.ok(&[gov::cancel(&a, draft)]);
    w.refused(&[gov::cancel(&a, draft)], GovernanceError::WrongState);
    w.refused(&[gov::add_action(&a, draft, 1, &rules(|_| {}))], GovernanceError::WrongState);
    w.refused(&[gov::start_vote(&a, &pool(&a), draft)], GovernanceError::WrongState);

    let id = w.put(&a, &[rules(|_| {})]);
    w.vote(&b, id, Choice::Yes);
    w.at(w.proposal(id).ends_at);
    w.refused(&[gov::cancel(&a, id)], GovernanceError::VoteOver);
    w.ok(&[gov::finish_vote(id)]);
    w.refused(&[gov::cancel(&a, id)], GovernanceError::WrongState);
}

/// Every account of a proposal has a way out that needs nobody's goodwill, after its time.
#[test]
fn every_state_has_a_permissionless_exit() {
    let mut w = World::governed(2);
    let (a, b) = (w.operators[0], w.operators[1]);
    let close = |w: &mut World, id: u64| {
        w.ok(&[gov::close_action(&a, id, 0)]);
        w.ok(&[gov::close_proposal(&a, id)]);
    };
    // A draft that nobody starts.
    let draft = w.draft(&a, &[rules(|_| {})]);
    w.tick(DRAFT_SECONDS - 1, 0);
    w.refused(&[gov::close_action(&a, draft, 0)], GovernanceError::NotOver);
    w.refused(&[gov::close_proposal(&a, draft)], GovernanceError::NotOver);
    w.tick(1, 0);
    w.refused(&[gov::add_action(&a, draft, 1, &rules(|_| {}))], GovernanceError::Expired);
    w.refused(&[gov::start_vote(&a, &pool(&a), draft)], GovernanceError::Expired);
    close(&mut w, draft);
    // A vote that nobody counts, and a decision that nobody executes.
    for count in [false, true] {
        w.tick(VOTE, 0);
        let id = w.put(&a, &[rules(|_| {})]);
        w.vote(&b, id, Choice::Yes);
        w.at(w.proposal(id).ends_at);
        if count {
            w.ok(&[gov::finish_vote(id)]);
        }
        w.at(w.proposal(id).expires_at - 1);
        w.refused(&[gov::close_action(&a, id, 0)], GovernanceError::NotOver);
        w.tick(1, 0);
        w.refused(&[gov::finish_vote(id)], if count { GovernanceError::WrongState } else { GovernanceError::Expired });
        close(&mut w, id);
        w.ok(&[gov::close_vote(&b, &pool(&b), id)]);
    }
    // Defeated, vetoed, cancelled.
    let veto = gov::veto(&guardian(), 4);
    for ending in [None, Some(veto), Some(gov::cancel(&a, 5))] {
        w.tick(VOTE, 0);
        let id = w.put(&a, &[rules(|_| {})]);
        match ending {
            Some(call) => drop(w.ok(&[call])),
            None => {
                w.at(w.proposal(id).ends_at);
                w.ok(&[gov::finish_vote(id)]);
                assert_eq!(w.proposal(id).state, ProposalState::Defeated);
            }
        }
        close(&mut w, id);
    }
    assert_eq!(w.governance().proposals, 6);
}

/// The guardian may veto, pause and unpause, nothing else; and it can be replaced against its will.
#[test]
fn a_guardian_cannot_keep_itself() {
    let mut w = World::governed(2);
    let (a, b, authority) = (w.operators[0], w.operators[1], w.authority);
    w.ok(&[gov::propose_authority(&authority, &AUTHORITY)]);
    w.enact(&[gov::accept_authority(&AUTHORITY)]);
    let g = guardian();
    w.refused(&[gov::set_guardian(&g, &g)], GovernanceError::NotAuthority);
    w.refused(&[gov::set_params(&g, governance_params())], GovernanceError::NotAuthority);
    w.refused(&[gov::propose_authority(&g, &g)], GovernanceError::NotAuthority);

    w.ok(&[gov::set_paused(&g, true)]);
    w.tick(VOTE, 0);
    // Mixed with anything else, it is an ordinary proposal.
    let replace = gov::set_guardian(&AUTHORITY, &w.alice.clone());
    let mixed = w.draft(&a, &[replace.clone(), rules(|_| {})]);
    w.refused(&[gov::start_vote(&a, &pool(&a), mixed)], GovernanceError::Paused);
    let calls = [replace, gov::set_paused(&AUTHORITY, false)];
    let id = w.put(&a, &calls);
    w.refused(&[gov::veto(&g, id)], GovernanceError::NotVetoable);
    w.vote(&a, id, Choice::Yes);
    w.vote(&b, id, Choice::Yes);
    w.at(w.proposal(id).ends_at);
    w.ok(&[gov::finish_vote(id)]);
    w.refused(&[gov::veto(&g, id)], GovernanceError::NotVetoable);
    w.at(w.proposal(id).eta);
    w.ok(&[gov::execute(id, 0, &calls[0])]);
    w.ok(&[gov::execute(id, 1, &calls[1])]);
    w.refused(&[gov::set_paused(&g, true)], GovernanceError::NotGuardian);
    assert_eq!((w.governance().guardian, w.governance().paused), (w.alice, false));
}

/// A slash lowers what a position's later votes weigh, and takes nothing back from a vote that was cast.
#[test]
fn a_slash_lowers_the_weight() {
    let mut w = World::governed(2);
    let (a, b) = (w.operators[0], w.operators[1]);
    w.locks_are_exposures = false;
    let first = w.put(&a, &[rules(|_| {})]);
    w.vote(&a, first, Choice::Yes);
    let ata = |who: &Pubkey| addresses::ata(who, &assay_tests::assay_sdk::token::ASY_MINT);
    w.ok(&[ix::staking::lock_bond(&pool(&a), 500 * ASY)]);
    let slash = super::ruled::slash(&w, &a, &ata(&w.alice), &ata(&w.carol), 500 * ASY);
    w.ok(&[slash]);
    assert_eq!(w.proposal(first).yes, STAKE);
    let second = w.put(&b, &[rules(|_| {})]);
    w.vote(&a, second, Choice::Yes);
    assert_eq!(w.proposal(second).yes, STAKE - 500 * ASY);
    // The totals learn of the slash at the next sync: until then the quorum asks for a little more.
    assert_eq!(w.proposal(second).staked, 2 * STAKE);
}

#[test]
fn nobody_is_the_guardian_where_there_is_none() {
    let mut w = World::with_operators(1);
    let (authority, a, nobody) = (w.authority, w.operators[0], Pubkey::default());
    w.ok(&[gov::initialize(&authority, governance_params())]);
    let config: Config = w.chain.read(&addresses::config(&governance::ID));
    assert_eq!((config.guardian, config.pending), (nobody, nobody));
    let id = w.put(&a, &[rules(|_| {})]);
    w.refused(&[gov::veto(&nobody, id)], GovernanceError::NotGuardian);
    w.refused(&[gov::set_paused(&nobody, true)], GovernanceError::NotGuardian);
    w.refused(&[gov::accept_authority(&nobody)], GovernanceError::NotPending);
    w.ok(&[gov::set_paused(&authority, true)]);
}

/// `one_step_authority_transfer`: the offer alone moves nothing, can be withdrawn, and only the one named may accept.
#[test]
fn one_step_authority_transfer() {
    let mut w = World::governed(1);
    let (authority, alice, mallory, nobody) = (w.authority, w.alice, w.mallory, Pubkey::default());
    w.refused(&[gov::propose_authority(&mallory, &mallory)], GovernanceError::NotAuthority);
    w.ok(&[gov::propose_authority(&authority, &alice)]);
    w.refused(&[gov::set_params(&alice, governance_params())], GovernanceError::NotAuthority);
    w.refused(&[gov::accept_authority(&mallory)], GovernanceError::NotPending);
    w.ok(&[gov::propose_authority(&authority, &nobody)]);
    w.refused(&[gov::accept_authority(&alice)], GovernanceError::NotPending);
    w.ok(&[gov::propose_authority(&authority, &alice)]);
    w.ok(&[gov::accept_authority(&alice)]);
    assert_eq!((w.governance().authority, w.governance().pending), (alice, nobody));
    assert_eq!(w.governance().guardian, guardian(), "the guardian stays");
    w.refused(&[gov::accept_authority(&alice)], GovernanceError::NotPending);
    w.refused(&[gov::set_params(&authority, governance_params())], GovernanceError::NotAuthority);
    w.ok(&[gov::set_params(&alice, governance_params())]);
}

/// `pause_stops_entry_not_exit`: no vote starts; what has started is voted on, counted, executed and closed.
#[test]
fn pause_stops_entry_not_exit() {
    let mut w = World::governed(2);
    let (a, b, authority) = (w.operators[0], w.operators[1], w.authority);
    w.ok(&[gov::propose_authority(&authority, &AUTHORITY)]);
    let calls = [gov::accept_authority(&AUTHORITY)];
    let id = w.put(&a, &calls);
    w.ok(&[gov::set_paused(&guardian(), true)]);
    let other = w.draft(&b, &calls);
    w.refused(&[gov::start_vote(&b, &pool(&b), other)], GovernanceError::Paused);
    w.vote(&a, id, Choice::Yes);
    w.vote(&b, id, Choice::Yes);
    w.at(w.proposal(id).ends_at);
    w.ok(&[gov::finish_vote(id)]);
    w.at(w.proposal(id).eta);
    w.ok(&[gov::execute(id, 0, &calls[0])]);
    w.ok(&[gov::close_action(&a, id, 0)]);
    w.ok(&[gov::close_proposal(&a, id)]);
    w.ok(&[gov::close_vote(&b, &pool(&b), id)]);
    w.ok(&[gov::cancel(&b, other)]);
    w.ok(&[gov::set_paused(&guardian(), false)]);
    w.put(&b, &calls);
}

/// A position's accounts are its own: nobody votes with another's, and a vote's rent goes to its voter.
#[test]
fn votes_are_their_owners() {
    let mut w = World::governed(2);
    let (a, b, mallory) = (w.operators[0], w.operators[1], w.mallory);
    let id = w.put(&a, &[rules(|_| {})]);
    let hash = w.proposal(id).actions_hash;
    let mut theft = gov::vote(&a, &pool(&a), id, Choice::No, hash);
    theft.accounts[0].pubkey = mallory;
    w.refused(&[theft], GovernanceError::NotOwner);
    // Another pool, in which the shares would be worth more.
    let mut richer = gov::vote(&a, &pool(&a), id, Choice::No, hash);
    richer.accounts[2].pubkey = pool(&b);
    w.refused(&[richer], GovernanceError::WrongAddress);
    w.vote(&a, id, Choice::Yes);
    w.at(w.proposal(id).ends_at);
    let mut theft = gov::close_vote(&a, &pool(&a), id);
    theft.accounts[0].pubkey = mallory;
    w.refused(&[theft], GovernanceError::NotOwner);
    let vote: Vote = w.chain.read(&addresses::vote(&addresses::proposal(id), &addresses::position(&pool(&a), &a)));
    assert_eq!((vote.voter, vote.choice, vote.weight), (a, Choice::Yes, STAKE));
    assert_eq!(staking::GOVERNOR, AUTHORITY);
    assert_ne!(wallet("guardian"), AUTHORITY);
}
