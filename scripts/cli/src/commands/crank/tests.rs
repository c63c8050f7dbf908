//! What is due, of accounts made up.

use std::collections::{BTreeMap, HashMap};

use assay_sdk::{
    addresses,
    anchor_lang::AnchorDeserialize,
    escrow::{Job, JobState, Leg, Seat, SeatState, Strategy},
    governance::{self, ActionAccount, Proposal, ProposalState},
    ix,
    staking::{self, Pool, REWARDS_VAULT, Ticket, Totals, Weight},
    token::{ASY_MINT, FEE_SHARDS},
    verification::{Ballot, BallotState, Case, CaseKind, CasePhase, Due, Phase, Round, Ruling},
};
use solana_sdk::pubkey::Pubkey;

use super::{
    kind::Kind::{self, *},
    world::{Scope, World},
};

const NOW: i64 = 1_000;

fn key(n: u8) -> Pubkey {
    Pubkey::new_from_array([n; 32])
}

/// An account of zeros.
fn blank<T: AnchorDeserialize>() -> T {
    T::deserialize(&mut &[0; 8_192][..]).unwrap()
}

fn world() -> World {
    World {
        me: key(1),
        now: NOW,
        slot: 50,
        escrow: blank(),
        staking: staking::Config {
            params: staking::StakingParams { epoch_seconds: 100, weight_cap: 1_000, ..Default::default() },
            ..Default::default()
        },
        verification: blank(),
        token: blank(),
        totals: Totals { epoch: 10, ..Default::default() },
        jobs: BTreeMap::new(),
        seats: HashMap::new(),
        rounds: BTreeMap::new(),
        cases: BTreeMap::new(),
        ballots: HashMap::new(),
        bids: vec![],
        attestors: vec![],
        keys: vec![],
        canaries: vec![],
        pools: BTreeMap::new(),
        tickets: vec![],
        distributions: vec![],
        proposals: BTreeMap::new(),
        actions: vec![],
        votes: vec![],
        held: HashMap::new(),
        mints: BTreeMap::new(),
    }
}

/// Of an ordinary job at key 9, asked by key 2, of whose round nothing is known.
fn job(state: JobState) -> Job {
    let live = matches!(state, JobState::Open | JobState::Seated | JobState::Doubted);
    Job {
        state,
        strategy: Strategy::ORDINARY,
        replicas: 3,
        requester: key(2),
        mint: ASY_MINT,
        bounty: 5_000,
        seal_by: NOW + 100,
        seed_slot: 49,
        ended_at: if live { 0 } else { NOW - 1 },
        ..blank()
    }
}

fn seat(index: u8, state: SeatState) -> Seat {
    Seat { index, state, job: key(9), operator: key(20 + index), payer: key(20 + index), seal_by: NOW + 5, ..blank() }
}

fn with(job: Job, seats: Vec<Seat>) -> World {
    World { jobs: [(key(9), job)].into(), seats: [(key(9), seats)].into(), ..world() }
}

/// Kinds, and whether each pays.
fn due(world: &World) -> Vec<(Kind, bool)> {
    world.due().into_iter().map(|crank| (crank.kind, crank.pays)).collect()
}

#[test]
fn a_job_is_drawn_as_soon_as_its_seed_is_known_and_expired_when_nobody_came() {
    let round = |job: &Job| Round {
        phase: Phase::Sealing,
        replicas: job.replicas,
        quorum: Round::quorum_for(job),
        seal_by: job.seal_by,
        reveal_window: job.reveal_window,
        job: key(9),
        ..blank()
    };
    let of = |job: Job| World { rounds: [(key(9), round(&job))].into(), ..with(job, vec![]) };
    assert_eq!(due(&of(job(JobState::Open))), [(Draw, true)]);
    assert_eq!(due(&of(Job { seed_slot: 50, ..job(JobState::Open) })), []);
    assert_eq!(due(&of(Job { seeded_at: 5, ..job(JobState::Open) })), []);
    assert_eq!(due(&of(Job { seal_by: NOW, ..job(JobState::Open) })), [(Draw, true)]);
    let late = Job { seal_by: NOW - 1, ..job(JobState::Open) };
    assert_eq!(due(&of(late.clone())), [(ExpireJob, true)]);
    assert_eq!(due(&of(Job { bounty: 0, ..late })), [(ExpireJob, false)]);
    // A round of another posting keeps everybody from a seat.
    let stale = World {
        rounds: [(key(9), Round { replicas: 5, ..round(&job(JobState::Open)) })].into(),
        ..of(job(JobState::Open))
    };
    assert_eq!(due(&stale), [(CloseRound, false)]);
    assert_eq!(due(&World { jobs: BTreeMap::new(), ..stale }), [(CloseRound, false)]);
}

#[test]
fn a_draw_names_whom_it_pays_and_the_key_that_proofs_are_for() {
    let work = |strategy| with(Job { strategy, ..job(JobState::Open) }, vec![]).due().remove(0).work;
    let me = key(1);
    assert_eq!(work(Strategy::Proven { key: key(6) }), [ix::verification::draw_proven_by(Some(&me), &key(9), &key(6))]);
    assert_eq!(work(Strategy::Optimistic { window: 9 }), [ix::verification::draw_roundless_by(Some(&me), &key(9))]);
}

#[test]
fn a_verdict_is_carried_out_seat_by_seat() {
    let verified = Job { seats: 0b1111, winners: 0b0001, losers: 0b0010, ..job(JobState::Verified) };
    let seats = vec![
        seat(0, SeatState::Revealed),
        seat(1, SeatState::Revealed),
        Seat { seal_by: NOW - 1, ..seat(2, SeatState::Claimed) },
        seat(3, SeatState::Sealed),
    ];
    let found = with(verified, seats).due();
    let named: Vec<_> = found.iter().map(|crank| (crank.kind, crank.nth, crank.pays)).collect();
    assert_eq!(named, [(Settle, 0, true), (SlashSeat, 1, true), (Settle, 3, true), (ExpireSeat, 2, true)]);
    let into: Vec<_> = found[1].into.iter().map(|into| (into.owner, into.mint, into.worth_making)).collect();
    assert_eq!(into, [(key(2), ASY_MINT, true), (key(1), ASY_MINT, true)], "the requester and I get parts of a slash");
    assert_eq!((found[0].into[0].owner, found[0].into[0].worth_making), (key(20), false));

    // What a case found out pays who opened it.
    let convicted = Job {
        seats: 1,
        losers: 1,
        root: [7; 32],
        strategy: Strategy::Optimistic { window: 9 },
        ..job(JobState::Unresolved)
    };
    let found = with(convicted, vec![seat(0, SeatState::Delivered)]).due();
    assert_eq!((found[0].kind, found[0].pays, found[0].into[1].owner), (SlashSeat, false, key(7)));
}

#[test]
fn what_is_owed_is_paid_before_a_job_is_closed() {
    let ended = |due| Job { legs: vec![Leg { to: key(5), bps: 100, due }], ..job(JobState::Settled) };
    let holds =
        |job: Job, amount| World { held: [(addresses::job_vault(&key(9)), amount)].into(), ..with(job, vec![]) };
    assert_eq!(due(&holds(ended(30), 30)), [(PayRoyalty, false)]);
    assert_eq!(due(&holds(ended(30), 31)), [(PayRoyalty, false), (Refund, false)]);
    let closing = holds(ended(0), 31).due();
    assert_eq!((closing.len(), closing[0].kind, closing[0].work.len()), (1, CloseJob, 2), "refund and close");
    assert_eq!(due(&holds(Job { cases: 1, ..ended(0) }, 31)), [(Refund, false)], "cases are closed before it");
}

/// A payee that could not be paid in all the time there was keeps no job open.
#[test]
fn a_royalty_that_nobody_can_take_goes_to_the_protocol_once_its_time_is_over() {
    let ended = Job { legs: vec![Leg { to: key(5), bps: 100, due: 30 }], ..job(JobState::Settled) };
    let payee = addresses::ata(&key(5), &ASY_MINT);
    let to = |world: World| {
        let found = world.due();
        let royalty = found.iter().find(|crank| crank.kind == PayRoyalty).unwrap();
        (royalty.work[0].accounts[3].pubkey, royalty.into.len())
    };
    let after = |grace, held: &[Pubkey]| {
        let mut world = with(ended.clone(), vec![]);
        world.escrow.params.royalty_grace_seconds = grace;
        world.held = held.iter().map(|at| (*at, 0)).collect();
        to(world)
    };
    assert_eq!(after(1, &[]), (payee, 1), "it waits for its account");
    assert_eq!(after(0, &[]), (addresses::fee_vault_of_job(&ASY_MINT, &key(9)), 0));
    assert_eq!(after(0, &[payee]), (payee, 1), "as long as it can be paid, it is");
}

#[test]
fn a_review_that_is_over_pays() {
    let reviewed =
        Job { seats: 1, seeded_at: 1, strategy: Strategy::Optimistic { window: 9 }, ..job(JobState::Seated) };
    let delivered = |seal_by| vec![Seat { seal_by, ..seat(0, SeatState::Delivered) }];
    assert_eq!(due(&with(reviewed.clone(), delivered(NOW))), []);
    assert_eq!(due(&with(reviewed.clone(), delivered(NOW - 1))), [(ReleaseMilestone, false)]);
    assert_eq!(due(&with(Job { cases: 1, ..reviewed }, delivered(NOW - 1))), []);
}

#[test]
fn a_case_goes_on_by_its_phase() {
    let live =
        Job { seats: 1, seeded_at: 1, cases: 1, strategy: Strategy::Optimistic { window: 9 }, ..job(JobState::Seated) };
    let case = Case {
        job: key(9),
        kind: CaseKind::Challenge { unit: 3 },
        executor: key(20),
        opener: key(4),
        chairs: 3,
        ..blank()
    };
    let of = |job: &Job, case: &Case| {
        let world = World { cases: [(key(8), case.clone())].into(), ..with(job.clone(), vec![]) };
        due(&world).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>()
    };
    let phase = |phase, until| Case { phase, until, ..case.clone() };
    assert_eq!(of(&live, &phase(CasePhase::Answering, NOW)), []);
    assert_eq!(of(&live, &phase(CasePhase::Answering, NOW - 1)), [ConcludeCase]);
    assert_eq!(of(&live, &Case { seed_slot: 49, ..phase(CasePhase::Called, 0) }), [DrawJury]);
    assert_eq!(of(&live, &Case { seed_slot: 50, ..phase(CasePhase::Called, 0) }), []);
    assert_eq!(of(&live, &Case { seeded_at: NOW, ..phase(CasePhase::Judging, NOW) }), []);
    assert_eq!(of(&live, &Case { seeded_at: NOW, ..phase(CasePhase::Judging, NOW - 1) }), [ResolveCase]);
    assert_eq!(of(&live, &phase(CasePhase::Resolved, NOW)), [], "an appeal may come");
    assert_eq!(of(&live, &phase(CasePhase::Resolved, NOW - 1)), [ConcludeCase]);
    let over = Job { cases: 1, ..job(JobState::Unresolved) };
    assert_eq!(of(&over, &phase(CasePhase::Judging, NOW)), [ConcludeCase], "its job has ended: moot");
    let ruled = Case { ruling: Ruling::Moot, ..phase(CasePhase::Concluded, 0) };
    assert_eq!(of(&over, &ruled), [CloseCase]);
    let owes = Case { dues: vec![Due { to: key(4), amount: 0 }, Due { to: key(5), amount: 7 }], ballots: 1, ..ruled };
    let world = World { cases: [(key(8), owes)].into(), ..with(over, vec![]) };
    let ballot = Ballot { case: key(8), operator: key(30), state: BallotState::Joined, ..blank() };
    let world = World { ballots: [(key(8), vec![ballot])].into(), ..world };
    let found = world.due();
    let named: Vec<_> = found.iter().map(|crank| (crank.kind, crank.into[0].owner)).collect();
    assert_eq!(named, [(SettleBallot, key(30)), (PayCase, key(5))]);
    assert_eq!(found[1].nth, 1);
}

#[test]
fn stake_goes_home_and_weighs_anew() {
    let pool =
        Pool { operator: key(3), active: 70, active_shares: 70, counted: 70, counted_stake: 70, ..Default::default() };
    let ticket = |ready_at| Ticket { pool: key(6), owner: key(4), ready_at, ..blank() };
    let of = |pool: Pool, ticket| World { pools: [(key(6), pool)].into(), tickets: vec![(key(7), ticket)], ..world() };
    assert_eq!(due(&of(pool.clone(), ticket(NOW + 1))), []);
    assert_eq!(due(&of(pool.clone(), ticket(NOW))), [(Withdraw, false)]);
    assert_eq!(due(&of(Pool { open_cases: 1, ..pool.clone() }, ticket(NOW))), []);
    assert_eq!(due(&of(Pool { counted: 71, ..pool.clone() }, ticket(NOW + 1))), [(SyncWeight, false)]);
    assert_eq!(due(&of(Pool { jailed_until: NOW + 1, ..pool }, ticket(NOW + 1))), [(SyncWeight, false)]);
}

#[test]
fn epochs_begin_when_there_is_something_to_share() {
    let totals = |pending, weight| Totals {
        epoch: 9,
        pending,
        accounted: 5,
        weight: Weight { now: weight, ..Default::default() },
        ..Default::default()
    };
    let of = |totals, held| World { totals, held: [(REWARDS_VAULT, held)].into(), ..world() };
    assert_eq!(due(&of(totals(5, 1), 5)), [(AdvanceEpoch, false)]);
    assert_eq!(due(&of(totals(0, 1), 6)), [(AdvanceEpoch, false)], "new rewards are found");
    assert_eq!(due(&of(totals(0, 1), 5)), []);
    assert_eq!(due(&of(totals(5, 0), 5)), []);
    assert_eq!(due(&of(Totals { epoch: 10, ..totals(5, 1) }, 5)), []);

    let mut emitting = world();
    (emitting.token.next_amount, emitting.token.max_supply, emitting.token.next_at) = (1, 9, NOW);
    assert_eq!(due(&emitting), [(EmitEpoch, false)]);
    emitting.token.paused = true;
    assert_eq!(due(&emitting), []);
    let vault = addresses::fee_vault(&ASY_MINT, FEE_SHARDS - 1);
    let collected =
        World { mints: [(ASY_MINT, assay_sdk::ix::TOKEN_PROGRAM)].into(), held: [(vault, 3)].into(), ..world() };
    assert_eq!(
        collected.due().iter().map(|crank| (crank.kind, crank.subject)).collect::<Vec<_>>(),
        [(CollectFees, vault)]
    );
}

#[test]
fn proposals_go_on_without_anybody_in_particular() {
    let proposal = |state, moment| Proposal {
        state,
        actions: 1,
        open_actions: 1,
        ends_at: moment,
        eta: moment,
        expires_at: NOW + 9,
        ..blank()
    };
    let action = |signer: u8| {
        let mut action: governance::Action = blank();
        action.proposal = key(8);
        action.terms.accounts = vec![ActionAccount { address: key(signer), signer: signer > 0, writable: false }];
        action
    };
    let of = |proposal, action| {
        let world = World { proposals: [(key(8), proposal)].into(), actions: vec![(key(7), action)], ..world() };
        due(&world).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>()
    };
    assert_eq!(of(proposal(ProposalState::Voting, NOW + 1), action(0)), []);
    assert_eq!(of(proposal(ProposalState::Voting, NOW), action(0)), [FinishVote]);
    assert_eq!(of(proposal(ProposalState::Queued, NOW + 1), action(0)), []);
    assert_eq!(of(proposal(ProposalState::Queued, NOW), action(0)), [Execute]);
    assert_eq!(of(proposal(ProposalState::Queued, NOW), action(5)), [], "somebody else must sign it too");
    assert_eq!(of(proposal(ProposalState::Defeated, NOW), action(0)), [CloseAction]);
    let closed = Proposal { open_actions: 0, ..proposal(ProposalState::Executed, NOW) };
    let world = World { proposals: [(key(8), closed)].into(), ..world() };
    assert_eq!(due(&world), [(CloseProposal, false)]);
}

#[test]
fn only_what_is_asked_for_is_read() {
    let none = Scope { jobs: false, leftovers: false, staking: false, token: false, governance: false };
    assert_eq!(Scope::of(|kind| kind == EmitEpoch), none);
    assert_eq!(Scope::of(|kind| kind == Withdraw), Scope { staking: true, ..none });
    assert_eq!(Scope::of(Kind::may_pay), Scope { jobs: true, ..none });
    assert_eq!(Scope::of(|kind| kind == WithdrawBid), Scope { jobs: true, leftovers: true, ..none });
    let all = Scope { jobs: true, leftovers: true, staking: true, token: true, governance: true };
    assert_eq!(Scope::of(|_| true), all);
}
