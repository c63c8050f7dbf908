//! Governance as a thief sees it: votes counted twice, decisions run twice, early, late or changed, and signatures misused.

use anchor_lang::{
    AnchorSerialize, Discriminator,
    prelude::Pubkey,
    solana_program::instruction::{AccountMeta, Instruction},
};
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        governance::{self, AUTHORITY, Action, Choice, GovernanceError, MAX_VOTE_SECONDS, Proposal, ProposalState},
        ix::{self, governance as gov},
        staking::{self, Position, StakingError},
        token::ASY_MINT,
    },
    chain::wallet,
    governance::*,
    world::*,
};

use super::ruled::rules;

fn pool(operator: &Pubkey) -> Pubkey {
    addresses::pool(operator)
}

/// A world whose governance obeys its own votes only.
fn sovereign(count: usize) -> World {
    let mut w = World::governed(count);
    let authority = w.authority;
    w.ok(&[gov::propose_authority(&authority, &AUTHORITY)]);
    w.enact(&[gov::accept_authority(&AUTHORITY)]);
    w
}

/// Write an action's account as no instruction could: what is behind the check must hold too.
fn forge(w: &mut World, id: u64, index: u8, call: &Instruction) {
    let address = addresses::action(&addresses::proposal(id), index);
    let mut action: Action = w.chain.read(&address);
    action.terms = gov::terms(call);
    let mut account = w.chain.account(&address).expect("it was added");
    account.data = Action::DISCRIMINATOR.to_vec();
    action.serialize(&mut account.data).expect("memory takes all");
    w.chain.set(&address, account);
}

#[test]
fn init_frontrun() {
    let mut w = World::bare();
    let (mallory, authority) = (w.mallory, w.authority);
    w.refused(&[gov::initialize(&mallory, governance_params())], GovernanceError::NotUpgradeAuthority);
    let mut call = gov::initialize(&authority, governance_params());
    let own = addresses::program_data(&governance::ID);
    let data = call.accounts.iter_mut().find(|meta| meta.pubkey == own).expect("initialize names its ProgramData");
    data.pubkey = addresses::program_data(&assay_tests::assay_sdk::staking::ID);
    w.refused(&[call], GovernanceError::NotUpgradeAuthority);
}

#[test]
fn reinit() {
    let mut w = World::governed(1);
    let authority = w.authority;
    let again = w.send(&[gov::initialize(&authority, governance_params())]).expect_err("a Config is made once");
    assert_eq!(again.name, "InvalidInstructionData", "the system program creates no account twice");
}

/// Stake that comes for a vote that is open, or in the very epoch of its start, does not vote; nor does a flash loan,
/// which would have to leave in the same transaction.
#[test]
fn flash_vote() {
    let mut w = World::governed(2);
    let (a, b) = (w.operators[0], w.operators[1]);
    let same_epoch = w.add_operator("same epoch", 100 * STAKE);
    let id = w.put(&a, &[rules(|_| {})]);
    let during = w.add_operator("during", 100 * STAKE);
    for late in [same_epoch, during] {
        let vote = w.vote_ix(&late, id, Choice::Yes);
        w.refused(&[vote], GovernanceError::LateStake);
    }
    // A later epoch makes it no earlier stake.
    w.tick(500, 0);
    let vote = w.vote_ix(&during, id, Choice::Yes);
    w.refused(&[vote], GovernanceError::LateStake);
    // More stake in an old position: the position is late.
    w.ok(&[ix::staking::stake(&b, 1)]);
    let vote = w.vote_ix(&b, id, Choice::Yes);
    w.refused(&[vote], GovernanceError::LateStake);
    // Stake, vote and leave at once.
    let flash = w.add_operator("flash", 1);
    let vote = w.vote_ix(&flash, id, Choice::Yes);
    let shares = u128::from(STAKE);
    w.refused(
        &[ix::staking::stake(&flash, STAKE), vote, ix::staking::request_unstake(&flash, 0, shares)],
        GovernanceError::LateStake,
    );
    assert_eq!(w.proposal(id).yes, 0);
}

/// `epoch_boundary_gaming`: stake of the last second before the start's epoch votes, and is bound to the end for it.
#[test]
fn epoch_boundary_gaming() {
    let mut w = World::governed(1);
    let a = w.operators[0];
    let id = w.draft(&a, &[rules(|_| {})]);
    let boundary = (w.now / 100 + 3) * 100;
    w.at(boundary - 1);
    let early = w.add_operator("early", STAKE);
    w.at(boundary);
    let late = w.add_operator("late", STAKE);
    w.ok(&[gov::start_vote(&a, &pool(&a), id)]);
    w.vote(&early, id, Choice::No);
    let vote = w.vote_ix(&late, id, Choice::No);
    w.refused(&[vote], GovernanceError::LateStake);
    w.at(w.proposal(id).ends_at - 1);
    w.refused(&[ix::staking::request_unstake(&early, 0, 1)], StakingError::VoteLocked);
}

/// What has voted stays until the end: it cannot come back as another's stake.
#[test]
fn double_vote() {
    let mut w = World::governed(2);
    let (a, b) = (w.operators[0], w.operators[1]);
    let id = w.put(&a, &[rules(|_| {})]);
    w.vote(&b, id, Choice::Yes);
    for choice in [Choice::Yes, Choice::No] {
        let again = w.vote_ix(&b, id, choice);
        let failed = w.send(&[again]).expect_err("a position votes once");
        assert_eq!(failed.name, "InvalidInstructionData", "its Vote exists");
    }
    w.refused(&[ix::staking::request_unstake(&b, 0, 1)], StakingError::VoteLocked);
    assert_eq!(w.proposal(id).yes, STAKE);
    // At the end both change places in the same second: it can leave, and vote no more.
    w.at(w.proposal(id).ends_at);
    let vote = w.vote_ix(&a, id, Choice::Yes);
    w.refused(&[vote], GovernanceError::VoteOver);
    w.tick(200, 0);
    w.ok(&[ix::staking::request_unstake(&b, 0, 1)]);
}

/// `close_then_revive_in_one_tx`: the Vote that keeps a position from voting again outlives the vote, and an address means
/// one proposal for ever.
#[test]
fn close_then_revive_in_one_tx() {
    let mut w = World::governed(2);
    let (a, b) = (w.operators[0], w.operators[1]);
    let id = w.put(&a, &[rules(|_| {})]);
    w.vote(&b, id, Choice::Yes);
    let (close, again) = (gov::close_vote(&b, &pool(&b), id), w.vote_ix(&b, id, Choice::Yes));
    w.refused(&[close.clone(), again.clone()], GovernanceError::VoteOpen);
    w.at(w.proposal(id).ends_at - 1);
    w.refused(&[close.clone(), again.clone()], GovernanceError::VoteOpen);
    w.tick(1, 0);
    w.refused(&[close.clone(), again.clone()], GovernanceError::VoteOver);
    // Not even when the proposal was withdrawn.
    w.tick(VOTE, 0);
    let other = w.put(&a, &[rules(|_| {})]);
    w.vote(&b, other, Choice::Yes);
    w.ok(&[gov::cancel(&a, other)]);
    w.refused(&[gov::close_vote(&b, &pool(&b), other)], GovernanceError::VoteOpen);
    // A closed proposal's address is not taken again.
    w.ok(&[gov::close_action(&a, other, 0)]);
    let failed = w.send(&[gov::close_proposal(&a, other), gov::propose(&a, &pool(&a), other, TEXT, URI)]);
    assert_eq!(failed.expect_err("ids only grow").code, Some(2006), "ConstraintSeeds");
}

/// `close_to_wrong_recipient`: the rent goes to who paid it.
#[test]
fn close_to_wrong_recipient() {
    let mut w = World::governed(2);
    let (a, mallory) = (w.operators[0], w.mallory);
    let id = w.put(&a, &[rules(|_| {})]);
    w.vote(&a, id, Choice::No);
    w.at(w.proposal(id).expires_at);
    for mut call in [gov::close_action(&a, id, 0), gov::close_proposal(&a, id)] {
        call.accounts[0].pubkey = mallory;
        w.refused(&[call], GovernanceError::NotProposer);
    }
    let mut call = gov::close_vote(&a, &pool(&a), id);
    call.accounts[0].pubkey = mallory;
    w.refused(&[call], GovernanceError::NotOwner);
}

/// `deadline_minus_1_s` and `deadline_plus_1_s` of every deadline of a proposal.
#[test]
fn deadline_minus_1_s() {
    let mut w = World::governed(2);
    let (a, b, authority) = (w.operators[0], w.operators[1], w.authority);
    w.ok(&[gov::propose_authority(&authority, &AUTHORITY)]);
    let call = gov::accept_authority(&AUTHORITY);
    let id = w.put(&a, std::slice::from_ref(&call));
    let Proposal { ends_at, eta, expires_at, .. } = w.proposal(id);
    let run = gov::execute(id, 0, &call);
    w.refused(std::slice::from_ref(&run), GovernanceError::WrongState);

    w.at(ends_at - 1);
    w.refused(&[gov::finish_vote(id)], GovernanceError::VoteOpen);
    w.vote(&b, id, Choice::Yes);
    w.at(ends_at);
    let vote = w.vote_ix(&a, id, Choice::Yes);
    w.refused(&[vote], GovernanceError::VoteOver);
    w.ok(&[gov::finish_vote(id)]);
    w.at(eta - 1);
    w.refused(std::slice::from_ref(&run), GovernanceError::TooEarly);
    let mut last = w.clone();
    last.at(expires_at - 1);
    last.ok(std::slice::from_ref(&run));
    let mut late = w.clone();
    late.at(expires_at);
    late.refused(std::slice::from_ref(&run), GovernanceError::Expired);
    w.at(eta);
    w.ok(&[run]);
}

/// A second later than each of them.
#[test]
fn deadline_plus_1_s() {
    let mut w = World::governed(2);
    let (a, b) = (w.operators[0], w.operators[1]);
    let call = rules(|_| {});
    let id = w.put(&a, std::slice::from_ref(&call));
    let Proposal { ends_at, expires_at, .. } = w.proposal(id);
    w.vote(&b, id, Choice::Yes);
    w.at(ends_at + 1);
    let vote = w.vote_ix(&a, id, Choice::Yes);
    w.refused(&[vote], GovernanceError::VoteOver);
    w.refused(&[gov::cancel(&a, id)], GovernanceError::VoteOver);
    // Counting late changes no deadline: whoever counts cannot choose when a decision may be executed.
    w.at(expires_at - 1);
    w.ok(&[gov::finish_vote(id)]);
    assert_eq!(w.proposal(id).expires_at, expires_at);
    w.at(expires_at + 1);
    w.refused(&[gov::execute(id, 0, &call)], GovernanceError::Expired);
}

/// `double_claim`: an action runs once, and each in its turn.
#[test]
fn double_claim() {
    let mut w = sovereign(2);
    let calls = [rules(|p| p.quorum_bps = 1_000), rules(|p| p.quorum_bps = 3_000)];
    let id = w.carry(&calls);
    w.at(w.proposal(id).eta);
    let run = [gov::execute(id, 0, &calls[0]), gov::execute(id, 1, &calls[1])];
    w.refused(&[run[1].clone()], GovernanceError::OutOfOrder);
    w.refused(&[run[0].clone(), run[0].clone()], GovernanceError::OutOfOrder);
    w.ok(&[run[0].clone()]);
    w.refused(&[run[0].clone()], GovernanceError::OutOfOrder);
    w.ok(&[run[1].clone()]);
    w.refused(&[run[1].clone()], GovernanceError::WrongState);
    assert_eq!((w.proposal(id).executed, w.proposal(id).state), (2, ProposalState::Executed));
}

/// An action that fails takes nothing with it: it can be run again when what it needs is there, until it expires.
#[test]
fn a_failed_action_is_not_done() {
    let mut w = World::governed(2);
    let (authority, call) = (w.authority, gov::accept_authority(&AUTHORITY));
    let id = w.carry(std::slice::from_ref(&call));
    w.at(w.proposal(id).eta);
    w.refused(&[gov::execute(id, 0, &call)], GovernanceError::NotPending);
    assert_eq!((w.proposal(id).executed, w.proposal(id).state), (0, ProposalState::Queued));
    w.ok(&[gov::propose_authority(&authority, &AUTHORITY)]);
    w.ok(&[gov::execute(id, 0, &call)]);
}

/// `self_reentrancy`: of governance an action may be its administration only, and what an action could reach finds it done.
#[test]
fn self_reentrancy() {
    let mut w = sovereign(2);
    let a = w.operators[0];
    w.tick(VOTE, 0);
    let inner = rules(|p| p.quorum_bps = 1_000);
    let id = w.draft(&a, &[]);
    let hash = [0; 32];
    for forbidden in [
        gov::execute(id, 0, &inner),
        gov::finish_vote(id),
        gov::vote(&a, &pool(&a), id, Choice::Yes, hash),
        gov::start_vote(&a, &pool(&a), id),
        gov::add_action(&a, id, 0, &rules(|_| {})),
        gov::veto(&guardian(), id),
        gov::cancel(&a, id),
        gov::close_action(&a, id, 0),
        gov::close_proposal(&a, id),
        gov::close_vote(&a, &pool(&a), id),
        gov::initialize(&a, governance_params()),
        gov::propose(&a, &pool(&a), id + 1, TEXT, ""),
    ] {
        w.refused(&[gov::add_action(&a, id, 0, &forbidden)], GovernanceError::ForbiddenAction);
    }

    // Were that check gone: an action that executes itself finds itself done.
    w.ok(&[gov::cancel(&a, id)]);
    let id = w.carry(std::slice::from_ref(&inner));
    w.at(w.proposal(id).eta);
    let mut itself = gov::execute(id, 0, &inner);
    itself.accounts.truncate(5);
    forge(&mut w, id, 0, &itself);
    // Done is the last action and with it the proposal.
    w.refused(&[gov::execute(id, 0, &itself)], GovernanceError::WrongState);
}

/// `stale_after_cpi`: were an action to run the next one, what that wrote would stand, and it would not run twice.
#[test]
fn stale_after_cpi() {
    let mut w = sovereign(2);
    let calls = [rules(|p| p.quorum_bps = 1_000), rules(|p| p.quorum_bps = 3_000)];
    let id = w.carry(&calls);
    w.at(w.proposal(id).eta);
    let next = gov::execute(id, 1, &calls[1]);
    forge(&mut w, id, 0, &next);
    w.ok(&[gov::execute(id, 0, &next)]);
    assert_eq!((w.proposal(id).executed, w.proposal(id).state), (2, ProposalState::Executed));
    assert_eq!(w.governance().params.quorum_bps, 3_000);
    w.refused(&[next], GovernanceError::WrongState);
}

/// `extra_remaining_accounts`, and too few, others, in another order, or not writable: what was voted on is what runs.
#[test]
fn extra_remaining_accounts() {
    let mut w = sovereign(2);
    let call = rules(|p| p.quorum_bps = 1_000);
    let id = w.carry(std::slice::from_ref(&call));
    w.at(w.proposal(id).eta);
    let run = gov::execute(id, 0, &call);
    let changed = |change: &dyn Fn(&mut Vec<AccountMeta>)| {
        let mut run = run.clone();
        change(&mut run.accounts);
        run
    };
    let first = run.accounts.len() - call.accounts.len();
    let mallory = w.mallory;
    for bad in [
        changed(&|accounts| accounts.push(AccountMeta::new(mallory, false))),
        changed(&|accounts| accounts.truncate(accounts.len() - 1)),
        changed(&|accounts| accounts.truncate(first)),
        changed(&|accounts| accounts.swap(first, first + 1)),
        changed(&|accounts| accounts[first].pubkey = mallory),
        changed(&|accounts| accounts[first + 1].pubkey = addresses::config(&assay_tests::assay_sdk::escrow::ID)),
        changed(&|accounts| accounts[first + 1].is_writable = false),
        // `arbitrary_cpi_target`: another program in place of the one that was voted on.
        changed(&|accounts| accounts[2].pubkey = ix::TOKEN_PROGRAM),
    ] {
        w.refused(&[bad], GovernanceError::WrongAccounts);
    }
    // More rights than were voted for are not passed on.
    w.ok(&[changed(&|accounts| accounts[first].is_writable = true)]);
}

/// An action of another proposal, which was never carried.
#[test]
fn action_of_another_proposal() {
    let mut w = sovereign(2);
    let (a, b) = (w.operators[0], w.operators[1]);
    let call = rules(|p| p.quorum_bps = 1_000);
    let evil = rules(|p| p.quorum_bps = 1);
    let id = w.carry(std::slice::from_ref(&call));
    let other = w.draft(&b, std::slice::from_ref(&evil));
    w.at(w.proposal(id).eta);
    let mut run = gov::execute(id, 0, &evil);
    run.accounts[1].pubkey = addresses::action(&addresses::proposal(other), 0);
    w.refused(&[run], GovernanceError::WrongAddress);
    let mut close = gov::close_action(&a, id, 0);
    close.accounts[2].pubkey = addresses::action(&addresses::proposal(other), 0);
    w.ok(&[gov::execute(id, 0, &call)]);
    w.refused(&[close], GovernanceError::WrongAddress);
}

/// Actions cannot change under the voters: they are fixed when the vote starts, and a vote names them.
#[test]
fn bait_and_switch() {
    let mut w = World::governed(2);
    let (a, b) = (w.operators[0], w.operators[1]);
    let id = w.draft(&a, &[rules(|_| {})]);
    let read = w.proposal(id).actions_hash;
    let signed = gov::vote(&b, &pool(&b), id, Choice::Yes, read);
    w.ok(&[gov::add_action(&a, id, 1, &rules(|p| p.quorum_bps = 1))]);
    w.ok(&[gov::start_vote(&a, &pool(&a), id)]);
    w.refused(&[signed], GovernanceError::ActionsChanged);
    w.refused(&[gov::vote(&b, &pool(&b), id, Choice::Yes, other_actions())], GovernanceError::ActionsChanged);
    w.refused(&[gov::add_action(&a, id, 2, &rules(|_| {}))], GovernanceError::WrongState);
    w.vote(&b, id, Choice::Yes);
}

/// The one who executes signs the transaction: an action that would use that signature needs its word for it.
#[test]
fn executor_is_not_robbed() {
    let mut w = World::governed(2);
    let (a, carol, mallory) = (w.operators[0], w.carol, w.mallory);
    let robbery = Instruction {
        program_id: ix::SYSTEM_PROGRAM,
        accounts: vec![AccountMeta::new(carol, true), AccountMeta::new(mallory, false)],
        data: [2_u32.to_le_bytes().as_slice(), &1_000_u64.to_le_bytes()].concat(),
    };
    let id = w.carry(std::slice::from_ref(&robbery));
    w.at(w.proposal(id).eta);
    let before = w.chain.lamports(&carol);
    // As a crank would send it, with its own signature on the transaction for another reason.
    let pays = Instruction {
        program_id: ix::SYSTEM_PROGRAM,
        accounts: vec![AccountMeta::new(carol, true), AccountMeta::new(a, false)],
        data: [2_u32.to_le_bytes().as_slice(), &1_u64.to_le_bytes()].concat(),
    };
    w.refused(&[pays, gov::execute(id, 0, &robbery)], GovernanceError::Cosigners);
    w.refused(&[gov::execute_with(id, 0, &robbery, 2)], GovernanceError::Cosigners);
    assert_eq!(w.chain.lamports(&carol), before);
    // Without the signature there is nothing to pass on.
    let mut unsigned = gov::execute_with(id, 0, &robbery, 1);
    unsigned.accounts.iter_mut().for_each(|meta| meta.is_signer = false);
    assert_eq!(w.send(&[unsigned]).expect_err("carol did not sign").name, "PrivilegeEscalation");
    // Whoever means it signs and says so.
    w.ok(&[gov::execute_with(id, 0, &robbery, 1)]);
    assert_eq!(w.chain.lamports(&carol), before - 1_000);
}

/// A majority cannot hold the stake of the others: binding a position is no action.
#[test]
fn a_majority_binds_nobody() {
    let mut w = World::governed(2);
    let (a, b) = (w.operators[0], w.operators[1]);
    let target = addresses::position(&pool(&b), &b);
    let call = ix::staking::lock_position(&target, w.now + MAX_VOTE_SECONDS);
    let id = w.draft(&a, &[]);
    w.refused(&[gov::add_action(&a, id, 0, &call)], GovernanceError::ForbiddenAction);
    assert_eq!(w.chain.read::<Position>(&target).locked_until, 0);
}

/// A vetoed proposal neither runs nor comes back; half-run, the rest is stopped.
#[test]
fn vetoed() {
    let mut w = sovereign(2);
    let calls = [rules(|p| p.quorum_bps = 1_000), rules(|p| p.quorum_bps = 3_000)];
    let id = w.carry(&calls);
    let mut w2 = w.clone();
    let mallory = w.mallory;
    w.refused(&[gov::veto(&mallory, id)], GovernanceError::NotGuardian);
    w.ok(&[gov::veto(&guardian(), id)]);
    w.at(w.proposal(id).eta);
    w.refused(&[gov::execute(id, 0, &calls[0])], GovernanceError::WrongState);
    w.refused(&[gov::finish_vote(id)], GovernanceError::WrongState);
    w.refused(&[gov::veto(&guardian(), id)], GovernanceError::WrongState);

    w2.at(w2.proposal(id).eta);
    w2.ok(&[gov::execute(id, 0, &calls[0])]);
    w2.ok(&[gov::veto(&guardian(), id)]);
    w2.refused(&[gov::execute(id, 1, &calls[1])], GovernanceError::WrongState);
    assert_eq!(w2.governance().params.quorum_bps, 1_000);
}

/// `donation_changes_no_accounting`: a gift to a pool's vault gives its voters no weight.
#[test]
fn donation_changes_no_accounting() {
    let mut w = World::governed(2);
    let (a, alice) = (w.operators[0], w.alice);
    w.mint_asy(&alice, 10 * STAKE);
    w.transfer(&alice, &ASY_MINT, &addresses::pool_vault(&pool(&a)), 10 * STAKE);
    let id = w.put(&a, &[rules(|_| {})]);
    w.vote(&a, id, Choice::Yes);
    assert_eq!((w.proposal(id).yes, w.proposal(id).staked), (STAKE, 2 * STAKE));
}

/// A delegator with `amount` in an operator's pool, staked before this epoch.
fn delegator(w: &mut World, name: &str, operators: &[Pubkey], amount: u64) -> Pubkey {
    let owner = wallet(name);
    w.chain.fund(&owner, WALLET);
    w.open_accounts(&owner);
    w.mint_asy(&owner, amount * operators.len() as u64);
    for operator in operators {
        w.ok(&[ix::staking::open_position(operator, &owner, 10_000)]);
        w.ok(&[ix::staking::delegate(operator, &owner, amount)]);
    }
    w.tick(200, 0);
    owner
}

/// A delegator's vote with its position in an operator's pool.
fn vote_in(w: &World, owner: &Pubkey, operator: &Pubkey, id: u64) -> Instruction {
    gov::vote(owner, &pool(operator), id, Choice::Yes, w.proposal(id).actions_hash)
}

/// Whoever has several positions votes with each, in one transaction; none of them can move its stake to another to vote
/// again, and what moves without having voted is late where it arrives.
#[test]
fn double_vote_through_redelegate() {
    let mut w = World::governed(3);
    let [a, b, c] = [w.operators[0], w.operators[1], w.operators[2]];
    let owner = delegator(&mut w, "delegator", &[a, b], STAKE);
    w.ok(&[ix::staking::open_position(&c, &owner, 10_000)]);
    let shares = u128::from(STAKE);
    let id = w.put(&c, &[rules(|_| {})]);
    let mut both = w.clone();
    let votes = [vote_in(&w, &owner, &a, id), vote_in(&w, &owner, &b, id)];
    both.ok(&votes);
    assert_eq!(both.proposal(id).yes, 2 * STAKE);
    for (from, to) in [(a, b), (b, a), (a, c)] {
        both.refused(&[ix::staking::redelegate(&owner, &from, &to, shares)], StakingError::VoteLocked);
        both.refused(&[ix::staking::undelegate(&from, &owner, 0, shares)], StakingError::VoteLocked);
    }

    // One voted, one moved: the moved stake is late, in an empty position and in one that was old.
    w.ok(&[votes[0].clone()]);
    w.refused(&[ix::staking::redelegate(&owner, &a, &c, shares)], StakingError::VoteLocked);
    w.ok(&[ix::staking::redelegate(&owner, &b, &c, shares)]);
    let moved = vote_in(&w, &owner, &c, id);
    w.refused(&[moved], GovernanceError::LateStake);
    let empty = vote_in(&w, &owner, &b, id);
    w.refused(&[empty], GovernanceError::NoWeight);
    assert_eq!(w.proposal(id).yes, STAKE);
    // To the last second, and not a second longer.
    w.at(w.proposal(id).ends_at - 1);
    w.refused(&[ix::staking::redelegate(&owner, &a, &c, shares)], StakingError::VoteLocked);
    w.tick(1, 0);
    w.ok(&[ix::staking::redelegate(&owner, &a, &c, shares)]);
    let late = vote_in(&w, &owner, &c, id);
    w.refused(&[late], GovernanceError::VoteOver);
}

/// A position that comes and goes within the vote: neither closing it nor opening it anew makes it vote again.
#[test]
fn a_position_opened_again_is_late() {
    let mut w = World::governed(2);
    let [a, b] = [w.operators[0], w.operators[1]];
    let owner = delegator(&mut w, "delegator", &[a], STAKE);
    let id = w.put(&b, &[rules(|_| {})]);
    let shares = u128::from(STAKE);
    w.ok(&[ix::staking::undelegate(&a, &owner, 0, shares)]);
    w.tick(1_000 - 1, 0);
    // The ticket ripens with the vote's last second gone: within it, what left cannot come back.
    w.refused(&[ix::staking::withdraw_of(&a, &owner, 0)], StakingError::StillUnbonding);
    let empty = vote_in(&w, &owner, &a, id);
    w.refused(&[empty], GovernanceError::NoWeight);
    w.mint_asy(&owner, 1);
    w.ok(&[ix::staking::delegate(&a, &owner, 1)]);
    let late = vote_in(&w, &owner, &a, id);
    w.refused(&[late], GovernanceError::LateStake);
}

/// When the length of staking's epochs changes during a vote, their number does not fall: late stake stays late.
#[test]
fn late_stake_stays_late_when_epochs_change() {
    let mut w = World::governed(2);
    let (a, authority) = (w.operators[0], w.authority);
    let id = w.put(&a, &[rules(|_| {})]);
    for epoch_seconds in [100_000, 1] {
        let params = staking::StakingParams { epoch_seconds, ..staking_params() };
        w.ok(&[ix::staking::set_params(&authority, params)]);
        let late = w.add_operator(&format!("late {epoch_seconds}"), STAKE);
        let vote = w.vote_ix(&late, id, Choice::Yes);
        w.refused(&[vote], GovernanceError::LateStake);
        w.tick(2, 0);
    }
}
