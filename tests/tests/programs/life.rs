//! Whole lives of a job, with everybody's balance to the base unit and to the lamport.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    Receipt, World,
    assay_sdk::{
        addresses,
        escrow::{JobState, JobTerms, SeatState},
        ix,
        reputation::Record,
        verification::Phase,
    },
    market::*,
    world::*,
};

/// Balances that a life must change as said, and in no other way.
#[derive(Debug, PartialEq, Eq)]
struct Books {
    /// tUSD of alice and of operators 0 to 4.
    usd: [u64; 6],
    /// ASY (not staked) of alice, carol and operators 0 to 4.
    asy: [u64; 7],
    /// Active stake of operators 0 to 4; nothing is locked.
    staked: [u64; 5],
    /// tUSD in all fee vaults.
    fees: u64,
    supply: u64,
    /// Lamports of alice, carol and operators 0 to 4.
    lamports: [u64; 7],
}

fn books(w: &World) -> Books {
    let o: [Pubkey; 5] = w.operators.clone().try_into().expect("five operators");
    let [a, b, c, d, e] = o;
    let people = [w.alice, w.carol, a, b, c, d, e];
    o.iter().for_each(|operator| assert_eq!(w.pool(operator).locked, 0, "nothing is locked between jobs"));
    Books {
        usd: [w.alice, a, b, c, d, e].map(|who| w.usd_of(&who)),
        asy: people.map(|who| w.asy_of(&who)),
        staked: o.map(|who| w.pool(&who).active),
        fees: (0..4).map(|shard| w.chain.tokens(&addresses::fee_vault(&w.usd, shard))).sum(),
        supply: w.supply(),
        lamports: people.map(|who| w.chain.lamports(&who)),
    }
}

fn world() -> (World, Pubkey, [Pubkey; 5]) {
    let w = World::with_operators(5);
    let operators = w.operators.clone().try_into().expect("five operators");
    (w.clone(), w.alice, operators)
}

/// Bounties that alice's job paid: to operators that settled their seats, and to carol.
fn bounties(books: &mut Books, settled: &[usize], carol: u64) {
    for operator in settled {
        books.lamports[0] -= BOUNTY;
        books.lamports[2 + operator] += BOUNTY;
    }
    books.lamports[0] -= carol * BOUNTY;
    books.lamports[1] += carol * BOUNTY;
}

fn kinds(receipt: &Receipt) -> Vec<&str> {
    receipt.events.iter().map(|event| event.kind.as_str()).collect()
}

/// (valid, wrong, silent, valid since the last bad one) of an operator in class 0.
fn record(w: &World, operator: &Pubkey) -> (u32, u32, u32, u32) {
    let record: Record = w.chain.read(&addresses::record(operator, 0));
    (record.valid, record.wrong, record.silent, record.consecutive_valid)
}

/// Refund, close job and round; nothing of the job may be left.
fn clear(w: &mut World, job: &Pubkey) {
    assert_eq!(kinds(&w.refund(job)), ["JobRefunded"]);
    assert_eq!(w.chain.tokens(&addresses::job_vault(job)), 0);
    assert_eq!(kinds(&w.close(job)), ["JobClosed"]);
    assert_eq!(kinds(&w.close_round(job).expect("a finished round closes")), ["RoundClosed"]);
    for address in [*job, addresses::job_vault(job), addresses::round(job)] {
        assert_eq!(w.chain.account(&address), None);
    }
}

/// 40 % and 10 % of a ghost's bond, rounded down; the rest is burned.
fn split(amount: u64) -> (u64, u64, u64) {
    let (harmed, caller) = (amount * 4 / 10, amount / 10);
    (amount - harmed - caller, harmed, caller)
}

#[test]
fn one_liar_of_three_loses_and_two_are_paid() {
    let (mut w, alice, [a, b, c, ..]) = world();
    let before = books(&w);
    let job = w.open(&alice, 1);
    assert_eq!(w.chain.tokens(&addresses::job_vault(&job)), 3 * SEAT_PRICE);
    assert_eq!(w.usd_of(&alice), FUNDS - 3 * SEAT_PRICE);

    for operator in [a, b, c] {
        assert_eq!(kinds(&w.claim(&job, &operator)), ["SeatClaimed"]);
        assert_eq!(w.pool(&operator).locked, EXPOSURE);
    }
    assert_eq!(w.job(&job).state, JobState::Seated);
    for (operator, digest) in [(a, honest()), (b, lie(&b)), (c, honest())] {
        assert_eq!(kinds(&w.seal(&job, &operator, &digest)), ["ResultSealed"]);
    }
    for (operator, digest) in [(a, honest()), (b, lie(&b)), (c, honest())] {
        assert_eq!(kinds(&w.reveal(&job, &operator, &digest)), ["ResultRevealed"]);
    }
    let finalized = w.finalize(&job);
    assert_eq!(kinds(&finalized), ["RoundFinalized"]);
    let verdict = w.job(&job);
    assert_eq!((verdict.state, verdict.winners, verdict.losers), (JobState::Verified, 0b101, 0b010));
    assert_eq!(verdict.root, honest());

    let settled = w.settle(&job, &a);
    assert_eq!(kinds(&settled), ["SeatSettled"]);
    let told = ["paid", "fee", "released"].map(|field| settled.event("SeatSettled").u64(field));
    assert_eq!(told, [975_032, 25_000, EXPOSURE]);
    let slashed = w.slash(&job, &b);
    assert_eq!(kinds(&slashed), ["Slashed", "SeatSlashed"]);
    assert_eq!(slashed.event("SeatSlashed").json["reason"], "Wrong");
    w.settle(&job, &c);
    assert_eq!(w.job(&job).state, JobState::Settled);
    clear(&mut w, &job);

    let (burned, harmed, bounty) = (EXPOSURE - 2 * HALF_FEE, HALF_FEE, HALF_FEE);
    assert_eq!((burned, harmed, bounty), (250_585_019_982, 7_500_009, 7_500_009));
    let mut expected = before;
    expected.usd[0] -= 2 * SEAT_PRICE;
    expected.usd[1] += SEAT_PRICE - FEE;
    expected.usd[3] += SEAT_PRICE - FEE;
    expected.fees += 2 * FEE;
    expected.asy[0] += harmed;
    expected.asy[1] += bounty;
    expected.staked[1] -= EXPOSURE;
    expected.supply -= burned;
    bounties(&mut expected, &[0, 2], 0);
    assert_eq!(books(&w), expected);
    assert_eq!([a, b, c].map(|who| record(&w, &who)), [(1, 0, 0, 1), (0, 1, 0, 0), (1, 0, 0, 1)]);
}

#[test]
fn a_ghost_loses_its_bond_and_is_replaced() {
    let (mut w, alice, [a, b, ghost, next, _]) = world();
    let before = books(&w);
    let job = w.open(&alice, 1);
    for operator in [a, b, ghost] {
        w.claim(&job, &operator);
    }
    w.seal(&job, &a, &honest());
    w.seal(&job, &b, &honest());
    w.tick(SEAL + 1, 1);
    let expired = w.expire_seat(&job, &ghost);
    assert_eq!(expired.event("SeatSlashed").json["reason"], "Ghost");
    assert_eq!((w.job(&job).state, w.job(&job).seats), (JobState::Open, 0b011));
    w.claim(&job, &next);
    assert_eq!(w.seat(&job, &next).index, 2, "the ghost's seat");
    w.seal(&job, &next, &honest());
    for operator in [a, b, next] {
        w.reveal(&job, &operator, &honest());
    }
    w.finalize(&job);
    for operator in [a, b, next] {
        w.settle(&job, &operator);
    }
    clear(&mut w, &job);

    let (burned, harmed, bounty) = split(BOND);
    let mut expected = before;
    expected.usd[0] -= 3 * SEAT_PRICE;
    for winner in [1, 2, 4] {
        expected.usd[winner] += SEAT_PRICE - FEE;
    }
    expected.fees += 3 * FEE;
    expected.asy[0] += harmed;
    expected.asy[1] += bounty;
    expected.staked[2] -= BOND;
    expected.supply -= burned;
    bounties(&mut expected, &[0, 1, 3], 0);
    assert_eq!(books(&w), expected);
}

#[test]
fn a_ghost_that_nobody_replaces_stops_nobody() {
    let (mut w, alice, [a, b, ghost, ..]) = world();
    let before = books(&w);
    let job = w.open(&alice, 1);
    for operator in [a, b, ghost] {
        w.claim(&job, &operator);
    }
    w.seal(&job, &a, &honest());
    w.seal(&job, &b, &honest());
    w.at(w.job(&job).seal_by + 1);
    w.reveal(&job, &a, &honest());
    w.reveal(&job, &b, &honest());
    w.finalize(&job);
    assert_eq!((w.job(&job).winners, w.job(&job).losers), (0b011, 0));
    w.expire_seat(&job, &ghost);
    w.settle(&job, &a);
    w.settle(&job, &b);
    assert_eq!(w.job(&job).state, JobState::Settled);
    clear(&mut w, &job);

    let (burned, harmed, bounty) = split(BOND);
    let mut expected = before;
    expected.usd[0] -= 2 * SEAT_PRICE;
    expected.usd[1] += SEAT_PRICE - FEE;
    expected.usd[2] += SEAT_PRICE - FEE;
    expected.fees += 2 * FEE;
    expected.asy[0] += harmed;
    expected.asy[1] += bounty;
    expected.staked[2] -= BOND;
    expected.supply -= burned;
    bounties(&mut expected, &[0, 1], 0);
    assert_eq!(books(&w), expected);
    assert_eq!(record(&w, &ghost), (0, 0, 1, 0));
}

/// `no_reveal_penalised`: withholding costs as much as lying.
#[test]
fn no_reveal_penalised() {
    let (mut w, alice, [a, b, silent, ..]) = world();
    let before = books(&w);
    let job = w.open(&alice, 1);
    w.claim_and_seal(&job, &[(a, honest()), (b, honest()), (silent, honest())]);
    w.reveal(&job, &a, &honest());
    w.reveal(&job, &b, &honest());
    w.at(w.round(&job).reveal_by + 1);
    w.finalize(&job);
    let slashed = w.slash(&job, &silent);
    assert_eq!(slashed.event("SeatSlashed").json["reason"], "Silent");
    assert_eq!(slashed.event("Slashed").u64("amount"), EXPOSURE);
    w.settle(&job, &a);
    w.settle(&job, &b);
    clear(&mut w, &job);
    assert_eq!(record(&w, &silent), (0, 0, 1, 0));
    assert_eq!(books(&w).staked[2], before.staked[2] - EXPOSURE);
    assert_eq!(books(&w).usd[0], before.usd[0] - 2 * SEAT_PRICE);
}

#[test]
fn cancelled_before_anybody_came_costs_nothing() {
    let (mut w, alice, _) = world();
    let before = books(&w);
    let job = w.open(&alice, 1);
    let cancel = ix::escrow::cancel_job(&alice, &job);
    assert_eq!(kinds(&w.ok(&[cancel])), ["JobCancelled"]);
    clear(&mut w, &job);
    assert_eq!(books(&w), before);
}

#[test]
fn expired_with_nobody_seated_costs_a_bounty() {
    let (mut w, alice, _) = world();
    let mut before = books(&w);
    let job = w.open(&alice, 1);
    w.at(w.job(&job).seal_by + 1);
    let expire = ix::escrow::expire_job(&job, &w.carol);
    assert_eq!(kinds(&w.ok(&[expire])), ["JobExpired"]);
    clear(&mut w, &job);
    bounties(&mut before, &[], 1);
    assert_eq!(books(&w), before);
}

#[test]
fn all_ghosts_and_the_requester_has_its_money_back() {
    let (mut w, alice, [a, b, c, ..]) = world();
    let before = books(&w);
    let job = w.open(&alice, 1);
    for operator in [a, b, c] {
        w.claim(&job, &operator);
    }
    w.at(w.job(&job).seal_by + 1);
    w.finalize(&job);
    assert_eq!(w.job(&job).state, JobState::Unresolved);
    for operator in [a, b, c] {
        w.expire_seat(&job, &operator);
    }
    clear(&mut w, &job);
    let after = books(&w);
    assert_eq!((after.usd, after.fees, after.lamports), (before.usd, before.fees, before.lamports));
    assert_eq!(before.supply - after.supply, 3 * split(BOND).0);
    assert_eq!([a, b, c].map(|who| record(&w, &who)), [(0, 0, 1, 0); 3]);
}

/// `all_wrong`: three digests, no quorum, and nobody who calls a jury. Nobody is paid and nobody is slashed.
#[test]
fn all_wrong() {
    let (mut w, alice, [a, b, c, ..]) = world();
    let before = books(&w);
    let job = w.open(&alice, 1);
    w.judge(&job, &[a, b, c].map(|who| (who, lie(&who))));
    assert_eq!((w.job(&job).state, w.round(&job).phase), (JobState::Seated, Phase::Tied));
    w.untie(&job);
    assert_eq!((w.job(&job).state, w.job(&job).root), (JobState::Unresolved, [0; 32]));
    let mut before = before;
    bounties(&mut before, &[0, 1, 2], 0);
    assert_eq!(w.seat(&job, &a).state, SeatState::Revealed);
    for operator in [a, b, c] {
        let settled = w.settle(&job, &operator);
        assert_eq!(settled.event("SeatSettled").u64("paid"), 0);
    }
    clear(&mut w, &job);
    assert_eq!(books(&w), before);
    assert_eq!([a, b, c].map(|who| record(&w, &who)), [(0, 0, 0, 0); 3]);
}

/// `quorum_edge`: with quorum 3 of 3 two equal digests are not enough; with quorum 2 they are.
#[test]
fn quorum_edge() {
    let (mut w, alice, [a, b, c, d, e]) = world();
    let strict = JobTerms { strategy: of(3, 3), ..terms(1) };
    let job = w.open_with(&alice, strict);
    w.judge(&job, &[(a, honest()), (b, honest()), (c, lie(&c))]);
    w.untie(&job);
    assert_eq!((w.job(&job).state, w.job(&job).losers), (JobState::Unresolved, 0));
    let wide = JobTerms { strategy: of(5, 3), ..terms(2) };
    let job = w.open_with(&alice, wide);
    w.judge(&job, &[(a, honest()), (b, lie(&a)), (c, honest()), (d, lie(&a)), (e, honest())]);
    assert_eq!((w.job(&job).state, w.job(&job).winners, w.job(&job).losers), (JobState::Verified, 0b10101, 0b01010));
}

/// `seven seats`: the widest job there is still fits a transaction and the compute budget.
#[test]
fn the_widest_job() {
    let mut w = World::with_operators(7);
    let (alice, operators) = (w.alice, w.operators.clone());
    let job = w.open_with(&alice, JobTerms { strategy: of(7, 4), ..terms(1) });
    let digests: Vec<_> = operators.iter().map(|who| (*who, honest())).collect();
    let finalized = w.judge(&job, &digests);
    assert_eq!(w.job(&job).winners, 0b111_1111);
    println!("finalize_round with 7 seats: {} CU", finalized.compute_units);
    assert!(finalized.compute_units <= 76_000, "{}", finalized.compute_units);
    operators.iter().for_each(|who| drop(w.settle(&job, who)));
    clear(&mut w, &job);
    assert_eq!(w.usd_of(&alice), FUNDS - 7 * SEAT_PRICE);
}
