//! Auctions: what a bid agrees to, what an award may do with it, and that bids stand in nobody's way.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::{Bid, BidTerms, Capabilities, EscrowError, EscrowParams, JobState, JobTerms, Requirements, Royalty},
        ix,
        staking::StakingError,
    },
    auction::auction,
    market::*,
    world::*,
};

/// Alice's auction and three operators.
fn world() -> (World, Pubkey, Pubkey, [Pubkey; 3]) {
    let mut w = World::with_operators(3);
    let alice = w.alice;
    let job = w.auction(&alice, auction(1));
    let operators = [w.operators[0], w.operators[1], w.operators[2]];
    (w, alice, job, operators)
}

fn place(
    w: &World,
    job: &Pubkey,
    operator: &Pubkey,
    terms: BidTerms,
) -> anchor_lang::solana_program::instruction::Instruction {
    ix::escrow::place_bid(operator, job, w.job(job).class, 0, terms)
}

/// A spammer pays for each bid: a staked pool of its own, a second's rent, a transaction. Others bid, are awarded and
/// are computed for as if it were not there: bids write nothing that others read.
#[test]
fn spam_bids() {
    let (mut w, alice, job, [a, ..]) = world();
    let alone = w.clone().bid(&job, &a, 900_000);
    let before = w.chain.account(&job);
    let spammers: Vec<_> = (0..20).map(|i| w.add_operator(&format!("spammer {i}"), CLASS_STAKE)).collect();
    let poor = w.add_operator("poor spammer", CLASS_STAKE - 1);
    let mut rents = 0;
    for spammer in &spammers {
        let lamports = w.chain.lamports(spammer);
        let bid = w.bid(&job, spammer, 1);
        let own: Vec<_> = bid.written.iter().copied().collect();
        let mut expected = vec![*spammer, addresses::bid(&job, spammer)];
        expected.sort();
        assert_eq!(own, expected, "a bid writes what is the bidder's own");
        let rent = lamports - w.chain.lamports(spammer);
        assert!(rent >= 1_300_000, "a bid holds {rent} lamports");
        rents += rent;
        // One bid an operator and job, whatever it offers.
        let again = w.offer(&job, 2);
        let again = place(&w, &job, spammer, again);
        assert_eq!(w.send(&[again]).expect_err("it has bid").name, "3007 AccountOwnedByWrongProgram");
    }
    let terms = w.offer(&job, 1);
    w.refused(&[place(&w, &job, &poor, terms)], EscrowError::StakeTooLow);
    assert_eq!(w.chain.account(&job), before, "the job does not know of its bids");

    let among = w.bid(&job, &a, 900_000);
    assert_eq!(among.compute_units, alone.compute_units, "the twenty-first bid costs what the first does");
    w.award(&job, &a);
    assert_eq!(w.job(&job).state, JobState::Seated);
    for spammer in &spammers {
        w.refused(&[ix::escrow::award_bid(&alice, &w.bid_of(&job, spammer))], EscrowError::WrongState);
    }
    // What is left of them is cleared away by anybody, and gains nobody anything.
    w.at(w.job(&job).seal_by + 1);
    let (carol, lamports) = (w.carol, w.chain.lamports(&w.carol));
    for spammer in &spammers {
        let had = w.chain.lamports(spammer);
        w.ok(&[ix::escrow::withdraw_bid(&carol, &job, spammer)]);
        rents -= w.chain.lamports(spammer) - had;
    }
    assert_eq!((rents, w.chain.lamports(&carol)), (0, lamports));
}

/// What the operator agreed to, and what the requester saw, is what is awarded: nothing that either changes meanwhile
/// gets in.
#[test]
fn terms_pinned_at_award() {
    let (mut w, alice, job, [a, b, _]) = world();
    w.bid(&job, &a, 700_000);
    let seen = ix::escrow::award_bid(&alice, &w.bid_of(&job, &a));
    // The bidder asks for more just before the award lands.
    let mut dearer = w.clone();
    dearer.ok(&[ix::escrow::withdraw_bid(&a, &job, &a)]);
    dearer.bid(&job, &a, SEAT_PRICE);
    dearer.refused(std::slice::from_ref(&seen), EscrowError::BadPrice);
    // Or has another machine at the same address.
    let mut weaker = w.clone();
    weaker.ok(&[ix::escrow::update_device(&a, 0, Capabilities { cores: 1, ..MACHINE }, SLOTS, 0)]);
    weaker.refused(std::slice::from_ref(&seen), EscrowError::DeviceUnfit);
    // The requester raises the price, and with it what the bidder would lose.
    let raise = ix::escrow::top_up(&alice, &w.usd, &job, terms(1).price_per_unit + 1, 0);
    let mut riskier = w.clone();
    riskier.ok(std::slice::from_ref(&raise));
    riskier.refused(std::slice::from_ref(&seen), EscrowError::ExposureRose);
    riskier.ok(&[ix::escrow::withdraw_bid(&b, &job, &a)]);
    riskier.bid(&job, &b, SEAT_PRICE);
    riskier.award(&job, &b);

    w.ok(&[seen]);
    assert_eq!((w.job(&job).price_of(0), w.pool(&a).locked), (700_000, EXPOSURE));
    assert_eq!(w.chain.account(&addresses::bid(&job, &a)), None);
    let seat = w.seat(&job, &a);
    assert_eq!((seat.payer, seat.device, seat.seal_by), (alice, addresses::device(&a, 0), w.now + SEAL));
    w.refused(&[raise], EscrowError::WrongState);
    // What governance changes meanwhile is not this job's.
    let params = EscrowParams { fee_bps: 2_000, bond_bps: 10_000, cancel_floor_bps: 0, ..escrow_params() };
    w.ok(&[ix::escrow::set_params(&w.authority, params)]);
    let job = w.job(&job);
    assert_eq!((job.price_of(0), job.fee_bps, job.exposure), (700_000, 250, EXPOSURE));
}

/// What a bid may say.
#[test]
fn bounds_of_a_bid() {
    let (mut w, _, job, [a, ..]) = world();
    let usual = w.offer(&job, 1_000);
    let cases = [
        (BidTerms { price: 0, ..usual }, EscrowError::BadPrice),
        (BidTerms { price: SEAT_PRICE + 1, ..usual }, EscrowError::BadPrice),
        (BidTerms { price: u64::MAX, ..usual }, EscrowError::BadPrice),
        (BidTerms { exposure: EXPOSURE - 1, ..usual }, EscrowError::ExposureRose),
        (BidTerms { expires_at: w.now - 1, ..usual }, EscrowError::BadExpiry),
        (BidTerms { expires_at: usual.expires_at + 1, ..usual }, EscrowError::BadExpiry),
        (BidTerms { expires_at: i64::MAX, ..usual }, EscrowError::BadExpiry),
        (BidTerms { expires_at: i64::MIN, ..usual }, EscrowError::BadExpiry),
        (BidTerms { posted_at: usual.posted_at - 1, ..usual }, EscrowError::OtherPosting),
        (BidTerms { posted_at: usual.posted_at + 1, ..usual }, EscrowError::OtherPosting),
    ];
    for (terms, error) in cases {
        w.refused(&[place(&w, &job, &a, terms)], error);
    }
    w.ok(&[place(&w, &job, &a, BidTerms { price: SEAT_PRICE, exposure: u64::MAX, ..usual })]);
}

/// A bid means one posting. A requester that takes its job back and posts another at the same address, with the same
/// nonce and in whatever second, gets no bid of the first.
#[test]
fn a_bid_for_another_posting() {
    let mut w = World::with_operators(1);
    let (alice, carol, a) = (w.alice, w.carol, w.operators[0]);
    let job = w.post_only(&alice, auction(1));
    // In the posting's own second another can still be posted: a bid then would fit both.
    let early = w.offer(&job, 1_000);
    w.refused(&[place(&w, &job, &a, early)], EscrowError::BidTooSoon);
    w.tick(1, 2);
    w.bid(&job, &a, 1_000);
    let bid = w.bid_of(&job, &a);
    let again = |w: &mut World| {
        let state = w.job(&job);
        w.ok(&[ix::escrow::cancel_job(&alice, &job)]);
        w.ok(&[ix::escrow::refund(&job, &state)]);
        w.close(&job);
        w.post_only(&alice, JobTerms { spec_hash: [9; 32], ..auction(1) });
    };
    again(&mut w);
    w.refused(&[ix::escrow::award_bid(&alice, &bid)], EscrowError::OtherPosting);
    w.tick(1, 2);
    w.refused(&[ix::escrow::award_bid(&alice, &bid)], EscrowError::OtherPosting);
    // It is in the way of its operator's next bid: anybody may clear it away.
    w.ok(&[ix::escrow::withdraw_bid(&carol, &job, &a)]);
    w.bid(&job, &a, 1_000);
    w.award(&job, &a);
}

/// `deadline_minus_1_s`, `deadline_plus_1_s`: the last moment of a bid, and the last in which a seat can be given.
#[test]
fn the_last_moment_of_a_bid() {
    let (mut w, alice, job, [a, b, c]) = world();
    let terms = BidTerms { expires_at: w.now + 20, ..w.offer(&job, 1_000) };
    w.ok(&[place(&w, &job, &a, terms)]);
    w.bid(&job, &b, 1_000);
    let award = |w: &World, who: &Pubkey| ix::escrow::award_bid(&alice, &w.bid_of(&job, who));
    w.at(terms.expires_at);
    let last = award(&w, &a);
    w.clone().ok(std::slice::from_ref(&last));
    w.refused(&[ix::escrow::withdraw_bid(&c, &job, &a)], EscrowError::BidStands);
    w.tick(1, 0);
    w.refused(&[last], EscrowError::BidExpired);
    w.clone().ok(&[ix::escrow::withdraw_bid(&c, &job, &a)]);

    w.at(w.job(&job).seal_by - SEAL);
    let last = award(&w, &b);
    w.clone().ok(std::slice::from_ref(&last));
    let late = w.offer(&job, 1_000);
    w.clone().ok(&[place(&w, &job, &c, late)]);
    w.tick(1, 0);
    w.refused(&[last], EscrowError::TooLate);
    w.refused(&[place(&w, &job, &c, late)], EscrowError::TooLate);
}

/// A bid that can be awarded is removed by its operator alone; one that cannot, by anybody, for its operator's good.
#[test]
fn who_may_withdraw_a_bid() {
    let (mut w, alice, job, [a, b, _]) = world();
    let (carol, lamports) = (w.carol, w.chain.lamports(&a));
    w.bid(&job, &a, 1_000);
    let clear = ix::escrow::withdraw_bid(&carol, &job, &a);
    for who in [carol, alice, b] {
        w.refused(&[ix::escrow::withdraw_bid(&who, &job, &a)], EscrowError::BidStands);
    }
    let mut own = w.clone();
    let withdrawn = own.ok(&[ix::escrow::withdraw_bid(&a, &job, &a)]);
    assert_eq!(withdrawn.event("BidWithdrawn").json["last"]["price"], "1000");
    assert_eq!(own.chain.lamports(&a), lamports);
    // While another has the seat it stands: a ghost's seat is given again.
    let mut seated = w.clone();
    seated.bid(&job, &b, 2_000);
    seated.award(&job, &b);
    seated.refused(std::slice::from_ref(&clear), EscrowError::BidStands);
    // Cancelled, then closed.
    let state = w.job(&job);
    w.ok(&[ix::escrow::cancel_job(&alice, &job)]);
    w.clone().ok(std::slice::from_ref(&clear));
    w.ok(&[ix::escrow::refund(&job, &state)]);
    w.close(&job);
    // Lamports sent to the address make no job.
    w.chain.fund(&job, 5_000_000);
    w.ok(&[clear]);
    assert_eq!(w.chain.lamports(&a), lamports);
}

/// `griefing_requester`, by quorum: whoever may choose the seats of a replicated job could seat itself under other names,
/// outvote the honest bidder and take its stake. Replicated jobs are drawn, never auctioned.
#[test]
fn a_quorum_is_not_auctioned() {
    let mut w = World::with_operators(1);
    let (alice, usd) = (w.alice, w.usd);
    let hand_picked = JobTerms { strategy: terms(1).strategy, ..auction(1) };
    w.refused(&[ix::escrow::post_job(&alice, &usd, hand_picked)], EscrowError::WrongAssignment);
}

/// Each way to a seat is closed to jobs of the other.
#[test]
fn two_ways_to_a_seat() {
    let (mut w, alice, job, [a, ..]) = world();
    let drawn = w.open(&alice, 2);
    w.tick(1, 0);
    let terms = w.offer(&drawn, 1_000);
    w.refused(&[place(&w, &drawn, &a, terms)], EscrowError::WrongAssignment);
    w.refused(&[ix::escrow::claim_seat(&a, &job, &w.job(&job), 0)], EscrowError::WrongAssignment);
}

/// Nobody bids for its own job, with a machine that does not fit, or with stake that is gone when it is awarded.
#[test]
fn who_may_bid() {
    let (mut w, alice, job, [a, b, c]) = world();
    let rich = JobTerms { requirements: Requirements { cores: 5, ..terms(2).requirements }, ..auction(2) };
    let dear = w.auction(&alice, rich);
    let terms = w.offer(&dear, 1_000);
    w.refused(&[place(&w, &dear, &a, terms)], EscrowError::DeviceUnfit);
    let proven = JobTerms { requirements: Requirements { verified: true, ..auction(3).requirements }, ..auction(3) };
    let proven = w.auction(&alice, proven);
    let terms = w.offer(&proven, 1_000);
    w.refused(&[place(&w, &proven, &a, terms)], EscrowError::DeviceUnfit);
    w.ok(&[ix::escrow::verify_device(&w.authority, &addresses::device(&a, 0), MACHINE, SLOTS, true)]);
    w.bid(&proven, &a, 1_000);

    w.mint_usd(&b, FUNDS);
    let own = w.auction(&b, auction(1));
    let terms = w.offer(&own, 1_000);
    w.refused(&[place(&w, &own, &b, terms)], EscrowError::SelfDealing);

    // Staked when it bid, and not when it is awarded.
    w.bid(&job, &c, 1_000);
    let award = ix::escrow::award_bid(&alice, &w.bid_of(&job, &c));
    let mut left = w.clone();
    left.ok(&[ix::staking::request_unstake(&c, 0, u128::from(STAKE - CLASS_STAKE + 1))]);
    left.refused(std::slice::from_ref(&award), EscrowError::StakeTooLow);
    // Or locked elsewhere meanwhile.
    w.locks_are_exposures = false;
    w.ok(&[ix::staking::lock_bond(&addresses::pool(&c), STAKE - EXPOSURE + 1)]);
    w.refused(&[award], StakingError::StakeLocked);
    assert_eq!(w.chain.account(&addresses::seat(&job, &c)), None);
}

/// A machine works for as many seats as it has slots; while it works it stays what it is, and is not retired.
#[test]
fn slots_of_a_machine() {
    let mut w = World::with_operators(1);
    let (alice, a) = (w.alice, w.operators[0]);
    w.ok(&[ix::escrow::update_device(&a, 0, MACHINE, 2, 0)]);
    let jobs = [1, 2, 3].map(|nonce| w.auction(&alice, auction(nonce)));
    jobs.iter().for_each(|job| drop(w.bid(job, &a, 1_000)));
    w.award(&jobs[0], &a);
    w.refused(&[ix::escrow::retire_device(&a, 0)], EscrowError::DeviceBusy);
    w.refused(&[ix::escrow::update_device(&a, 0, MACHINE, 3, 0)], EscrowError::DeviceBusy);
    w.ok(&[ix::escrow::update_device(&a, 0, MACHINE, 2, 5)]);
    w.award(&jobs[1], &a);
    let third = ix::escrow::award_bid(&alice, &w.bid_of(&jobs[2], &a));
    w.refused(std::slice::from_ref(&third), EscrowError::DeviceBusy);
    assert_eq!(w.device(&a, 0).busy, 2);
    // A ghost gives its slot back.
    w.tick(SEAL + 1, 0);
    w.ok(&[w.expire_awarded_ix(&jobs[0], &a)]);
    assert_eq!(w.device(&a, 0).busy, 1);
    w.ok(&[ix::escrow::set_available(&a, 0, false)]);
    w.refused(std::slice::from_ref(&third), EscrowError::DeviceUnavailable);
    w.ok(&[ix::escrow::set_available(&a, 0, true)]);
    w.ok(&[third]);
    w.ok(&[w.expire_awarded_ix(&jobs[1], &a)]);
    w.refused(&[ix::escrow::retire_device(&a, 0)], EscrowError::DeviceBusy);
    w.tick(SEAL + 1, 0);
    w.ok(&[w.expire_awarded_ix(&jobs[2], &a)]);
    w.ok(&[ix::escrow::retire_device(&a, 0)]);
}

/// A ghost's seat is given to another bid, at its own price; the requester, who paid the ghost's rent, gets it back.
#[test]
fn ghost_provider_of_an_auction() {
    let (mut w, alice, job, [a, b, _]) = world();
    w.bid(&job, &a, 1_000);
    w.bid(&job, &b, 900_000);
    let lamports = w.chain.lamports(&alice);
    w.award(&job, &a);
    let staked = w.pool(&a).active;
    w.tick(SEAL + 1, 0);
    w.ok(&[w.expire_awarded_ix(&job, &a)]);
    assert_eq!(w.chain.lamports(&alice), lamports, "the seat's rent is back");
    assert_eq!((w.pool(&a).active, w.pool(&a).locked), (staked - BOND, 0));
    assert_eq!((w.job(&job).state, w.job(&job).seats), (JobState::Open, 0));
    w.award(&job, &b);
    assert_eq!(w.job(&job).price_of(0), 900_000);
    assert!(w.chain.find::<Bid>(&addresses::bid(&job, &a)).is_none(), "a bid is awarded once");
}

/// A whole auction with a model's royalty, to the base unit: the bidder gets its price less fee and royalty, the requester
/// what it offered above the price, and nothing is left.
#[test]
fn an_auction_to_the_base_unit() {
    let (mut w, alice, _, [a, b, _]) = world();
    let (bob, carol, usd) = (w.bob, w.carol, w.usd);
    w.ok(&[ix::escrow::publish_model(&bob, 1, model(&bob, 500))]);
    let to = addresses::model(&bob, 1);
    let terms = JobTerms { royalties: vec![Royalty { to, bps: 500 }], ..auction(2) };
    let (requester, author, operator) = (w.usd_of(&alice), w.usd_of(&bob), w.usd_of(&a));
    let lamports = [a, b].map(|who| w.chain.lamports(&who));
    let job = addresses::job(&alice, 2);
    w.jobs.push(job);
    w.ok(&[ix::escrow::post_job_with(&alice, &usd, terms, &[to])]);
    w.tick(1, 2);
    w.bid(&job, &a, 700_000);
    w.bid(&job, &b, 800_000);
    let awarded = w.award(&job, &a);
    assert_eq!(awarded.event("BidAwarded").u64("price"), 700_000);
    assert_eq!(awarded.event("SeatClaimed").u64("exposure"), EXPOSURE);
    assert_eq!((w.device(&a, 0).busy, w.chain.lamports(&a)), (1, lamports[0]), "the bid's rent is back");

    w.ok(&[ix::escrow::deliver(&a, &job, honest())]);
    let state = w.job(&job);
    w.ok(&[ix::escrow::release_milestone(&alice, &job, &state, &a)]);
    let seat = w.seat(&job, &a);
    w.ok(&[ix::escrow::settle_seat(&job, &state, &seat, &carol)]);
    assert_eq!((w.device(&a, 0).busy, w.pool(&a).locked), (0, 0));
    w.ok(&[ix::escrow::pay_royalty(&job, &state, 0, &addresses::ata(&bob, &usd))]);
    w.refund(&job);
    w.close(&job);
    w.ok(&[ix::escrow::withdraw_bid(&carol, &job, &b)]);

    assert_eq!(w.usd_of(&a), operator + 700_000 - 17_500 - 35_000);
    assert_eq!(w.usd_of(&bob), author + 35_000);
    assert_eq!(w.usd_of(&alice), requester - 700_000);
    assert_eq!(w.chain.tokens(&addresses::fee_vault_of_job(&usd, &job)), 17_500);
    assert_eq!([a, b].map(|who| w.chain.lamports(&who)), lamports);
    let seat = addresses::seat(&job, &a);
    for address in [job, addresses::job_vault(&job), seat, addresses::bid(&job, &a), addresses::bid(&job, &b)] {
        assert_eq!(w.chain.account(&address), None);
    }
}

/// `pause_stops_entry_not_exit` of machines, bids and models: nothing new begins, everything can be ended.
#[test]
fn pause_stops_new_bids_machines_and_models() {
    let (mut w, alice, job, [a, b, _]) = world();
    let (authority, bob) = (w.authority, w.bob);
    w.bid(&job, &a, 1_000);
    w.ok(&[ix::escrow::publish_model(&bob, 1, model(&bob, 500))]);
    w.ok(&[ix::escrow::set_paused(&authority, true)]);
    w.refused(&[place(&w, &job, &b, w.offer(&job, 1_000))], EscrowError::Paused);
    w.refused(&[ix::escrow::award_bid(&alice, &w.bid_of(&job, &a))], EscrowError::Paused);
    w.refused(&[ix::escrow::register_device(&a, 1, MACHINE, 1, 0)], EscrowError::Paused);
    w.refused(&[ix::escrow::publish_model(&bob, 2, model(&bob, 500))], EscrowError::Paused);
    w.ok(&[ix::escrow::withdraw_bid(&a, &job, &a)]);
    w.ok(&[ix::escrow::set_available(&a, 0, false)]);
    w.ok(&[ix::escrow::update_device(&a, 0, MACHINE, 1, 0)]);
    w.ok(&[ix::escrow::verify_device(&authority, &addresses::device(&a, 0), MACHINE, 1, true)]);
    w.ok(&[ix::escrow::retire_device(&a, 0)]);
    w.ok(&[ix::escrow::new_version(&bob, 1, [1; 32], "ipfs://two".into())]);
    w.ok(&[ix::escrow::set_payee(&bob, 1, alice)]);
    w.ok(&[ix::escrow::retire_model(&bob, 1)]);
}

/// Two auctions with different parties share no writable account, from the bid to the settlement.
#[test]
fn two_auctions_share_nothing_writable() {
    let mut w = World::with_operators(2);
    let (alice, bob, carol, mallory) = (w.alice, w.bob, w.carol, w.mallory);
    let [a, b] = [w.operators[0], w.operators[1]];
    let shard = |w: &World, job: &Pubkey| addresses::fee_vault_of_job(&w.usd, job);
    let first = shard(&w, &addresses::job(&alice, 1));
    // Fee vaults are sharded by the job's address: take two jobs of different shards, as three of four pairs are.
    let nonce = (1..).find(|nonce| shard(&w, &addresses::job(&bob, *nonce)) != first).expect("another shard");
    let mut live = |requester: Pubkey, nonce, operator: Pubkey, caller: Pubkey| {
        let job = w.auction(&requester, auction(nonce));
        let mut written = w.bid(&job, &operator, 1_000).written;
        written.extend(w.award(&job, &operator).written);
        written.extend(w.ok(&[ix::escrow::deliver(&operator, &job, honest())]).written);
        let (state, seat) = (w.job(&job), w.seat(&job, &operator));
        written.extend(w.ok(&[ix::escrow::release_milestone(&requester, &job, &state, &operator)]).written);
        written.extend(w.ok(&[ix::escrow::settle_seat(&job, &state, &seat, &caller)]).written);
        assert!(written.contains(&job) && written.contains(&addresses::device(&operator, 0)));
        written
    };
    let (one, two) = (live(alice, 1, a, carol), live(bob, nonce, b, mallory));
    assert_eq!(one.intersection(&two).collect::<Vec<_>>(), Vec::<&Pubkey>::new());
}
