//! The attack matrix of the escrow program: one line a call.

use assay_tests::assay_sdk::escrow::{JobTerms, Royalty, Strategy};

use super::*;

/// Attacks that land, and why that is right; see [`super::COMMON`].
pub const HARMLESS: &[Harmless] = &[
    ("escrow::register_mint", "wrong_signer", "payer", "whoever signs may pay the rent"),
    ("escrow::initialize", "arbitrary_cpi_target", "program", EVENTS),
    ("escrow::set_seed", "of_another", "job", SIGNED),
    ("escrow::seal_seat", "of_another", "seat", SIGNED),
    ("escrow::reveal_seat", "of_another", "seat", SIGNED),
    ("escrow::record_verdict", "of_another", "job", SIGNED),
    ("escrow::convict", "of_another", "job", SIGNED),
    ("escrow::doubt", "of_another", "job", SIGNED),
    ("escrow::doubt", "twice", "-", "it is doubted all the same"),
    ("escrow::change_cases", "of_another", "job", SIGNED),
    ("escrow::change_cases", "twice", "-", "there may be many cases about a job"),
    ("escrow::ask", "of_another", "job", SIGNED),
    ("escrow::ask", "twice", "-", "it asks for the same number of seats again"),
    ("escrow::set_root", "of_another", "job", SIGNED),
    ("escrow::set_root", "twice", "-", "the same root again"),
    ("escrow::expire_job", "of_another", "job", "the other job is late too, and anybody may expire it"),
    ("escrow::settle", "of_another", "fee_vault", "any account of the fee authority's can be swept"),
    ("escrow::slash_seat", "duplicate_mutable", "caller=harmed", "the harmed party may be the caller"),
    ("escrow::expire_seat", "duplicate_mutable", "caller=harmed", "the harmed party may be the caller"),
    ("escrow::place_bid", "prefunded_pda", "bid", "what was sent ahead pays for the bid's rent, and returns with it"),
    ("escrow::update_device", "twice", "-", "the second says the same of the machine"),
    ("escrow::set_available", "twice", "-", "the second says the same of the machine"),
    ("escrow::verify_device", "twice", "-", "the second vouches for the same"),
    (
        "escrow::verify_device",
        "of_another",
        "device",
        "who signs may vouch for any machine, and names what it saw of it",
    ),
    ("escrow::new_version", "twice", "-", "the author may publish the same content as another revision"),
    ("escrow::set_payee", "twice", "-", "the second names the same payee"),
    ("escrow::refund", "twice", "-", "the second returns nothing"),
    ("escrow::post_job", "prefunded_pda", "*", AHEAD),
    ("escrow::claim_seat", "prefunded_pda", "seat", AHEAD),
    ("escrow::award_bid", "prefunded_pda", "seat", AHEAD),
    ("escrow::unregister_mint", "wrong_address", "to", CHOSEN),
    ("escrow::settle", "duplicate_mutable", "caller=payer", CHOSEN),
    ("escrow::close_job", "duplicate_mutable", "caller=requester", CHOSEN),
    ("escrow::set_params", "twice", "-", "the same parameters again"),
    ("escrow::top_up", "twice", "-", "the requester gives another second each time"),
    ("escrow::propose_authority", "twice", "-", "the same key again"),
    ("escrow::set_guardian", "twice", "-", "the same key again"),
    ("escrow::set_paused", "twice", "-", "it is paused all the same"),
    ("escrow::heartbeat", "twice", "-", "the operator is at work still"),
    ("escrow::release_milestone", "twice", "-", "the requester may pay for the next milestone too, whenever it likes"),
    ("escrow::release_milestone", "of_another", "fee_vault", "any account of the fee authority's can be swept"),
];

const AHEAD: &str = "it is created all the same, and keeps what was sent ahead";
const CHOSEN: &str = "whoever sends it chooses who gets the lamports";

/// Every instruction, in a world where it lands.
pub fn cases() -> Vec<Case> {
    let bare = World::bare();
    let empty = World::empty();
    let (mut w, [job, other]) = two_jobs();
    let (authority, alice, bob, usd) = (w.authority, w.alice, w.bob, w.usd);
    let o = w.operators.clone();
    let post = |who: &Pubkey, nonce| ix::escrow::post_job(who, &usd, terms(nonce));
    let claim = |w: &World, who: &Pubkey, job: &Pubkey| w.claim_ix(job, who, 0);
    let round = ix::verification::open_round;
    // Somebody else pays: one key in two roles hides which of them signs.
    let register = |mint: &Pubkey| {
        let mut call = ix::escrow::register_mint(&authority, mint, 5);
        call.accounts[1].pubkey = bob;
        call
    };
    let mut fresh = empty.clone();
    fresh.jobs = vec![addresses::job(&alice, 1), addresses::job(&bob, 1)];
    fresh.ok(&[post(&bob, 1), round(&bob, &fresh.jobs[1])]);
    let cancel = |who: &Pubkey, job: &Pubkey| ix::escrow::cancel_job(who, job);
    let mut cases = vec![
        Case::new(&bare, ix::escrow::initialize(&authority, escrow_params())),
        Case::new(&empty, register(&ASY_MINT)).other(register(&usd)),
        Case::new(&fresh, post(&alice, 1)).other(post(&bob, 1)),
        Case::new(&w, cancel(&alice, &job)).other(cancel(&bob, &other)),
        Case::new(&w, claim(&w, &o[0], &job)).other(claim(&w, &o[1], &other)),
    ];
    let mut late = w.clone();
    late.at(w.job(&job).seal_by + 1);
    cases
        .push(Case::new(&late, ix::escrow::expire_job(&job, &w.carol)).other(ix::escrow::expire_job(&other, &w.carol)));
    let mut ghosts = w.clone();
    ghosts.claim(&job, &o[0]);
    ghosts.claim(&other, &o[3]);
    ghosts.tick(SEAL + 1, 1);
    let expire = |w: &World, job: &Pubkey, who: &Pubkey| w.expire_seat_ix(job, who);
    cases.push(Case::new(&ghosts, expire(&ghosts, &job, &o[0])).other(expire(&ghosts, &other, &o[3])));

    for (i, job) in [job, other].iter().enumerate() {
        w.judge(job, &digests(&w, i));
    }
    let settle =
        |w: &World, job: &Pubkey, who: &Pubkey| ix::escrow::settle_seat(job, &w.job(job), &w.seat(job, who), &w.carol);
    cases.push(Case::new(&w, settle(&w, &job, &o[0])).other(settle(&w, &other, &o[3])));
    cases.push(Case::new(&w, w.slash_ix(&job, &o[2])).other(w.slash_ix(&other, &o[5])));
    let refund = |w: &World, job: &Pubkey| ix::escrow::refund(job, &w.job(job));
    cases.push(Case::new(&w, refund(&w, &job)).other(refund(&w, &other)));
    for (i, job) in [job, other].iter().enumerate() {
        w.settle(job, &o[i * 3]);
        w.settle(job, &o[i * 3 + 1]);
        w.slash(job, &o[i * 3 + 2]);
        w.refund(job);
    }
    cases.push(
        Case::new(&w, ix::escrow::close_job(&job, &alice, &w.carol))
            .other(ix::escrow::close_job(&other, &bob, &w.carol)),
    );
    cases.extend(by_the_verifier());
    cases.extend(governed());
    cases.extend(reviewed());
    cases.extend(bids());
    cases.extend(devices());
    cases.extend(models());
    cases
}

fn bids() -> Vec<Case> {
    let mut w = World::with_operators(2);
    let (alice, bob) = (w.alice, w.bob);
    let [a, b] = [w.operators[0], w.operators[1]];
    let (job, other) = (w.auction(&alice, auction(1)), w.auction(&bob, auction(1)));
    let place = |w: &World, who: &Pubkey, job: &Pubkey| ix::escrow::place_bid(who, job, 0, 0, w.offer(job, 1_000));
    let placed = Case::new(&w, place(&w, &a, &job)).other(place(&w, &b, &other));
    w.bid(&job, &a, 1_000);
    w.bid(&other, &b, 1_000);
    let withdraw = ix::escrow::withdraw_bid;
    let award = |requester: &Pubkey, job: &Pubkey, who: &Pubkey| ix::escrow::award_bid(requester, &w.bid_of(job, who));
    vec![
        placed,
        Case::new(&w, withdraw(&a, &job, &a)).other(withdraw(&b, &other, &b)),
        Case::new(&w, award(&alice, &job, &a)).other(award(&bob, &other, &b)),
    ]
}

fn devices() -> Vec<Case> {
    let w = World::with_operators(2);
    let [a, b] = [w.operators[0], w.operators[1]];
    let register = |who: &Pubkey, index| ix::escrow::register_device(who, index, MACHINE, 1, 0);
    let update = |who: &Pubkey| ix::escrow::update_device(who, 0, MACHINE, 1, 7);
    let verify =
        |who: &Pubkey| ix::escrow::verify_device(&w.authority, &addresses::device(who, 0), MACHINE, SLOTS, true);
    vec![
        Case::new(&w, register(&a, 1)).other(register(&b, 0)),
        Case::new(&w, update(&a)).other(update(&b)),
        Case::new(&w, ix::escrow::set_available(&a, 0, false)).other(ix::escrow::set_available(&b, 0, false)),
        Case::new(&w, verify(&a)).other(verify(&b)),
        Case::new(&w, ix::escrow::retire_device(&a, 0)).other(ix::escrow::retire_device(&b, 0)),
    ]
}

fn models() -> Vec<Case> {
    let mut w = World::empty();
    let [a, b] = [w.alice, w.bob];
    let publish = |who: &Pubkey| ix::escrow::publish_model(who, 7, model(who, 500));
    let published = Case::new(&w, publish(&a));
    w.ok(&[publish(&a)]);
    w.ok(&[publish(&b)]);
    let revise = |who: &Pubkey| ix::escrow::new_version(who, 7, [9; 32], "ipfs://two".into());
    let pay = |who: &Pubkey| ix::escrow::set_payee(who, 7, w.carol);
    vec![
        published,
        Case::new(&w, revise(&a)).other(revise(&b)),
        Case::new(&w, pay(&a)).other(pay(&b)),
        Case::new(&w, ix::escrow::retire_model(&a, 7)).other(ix::escrow::retire_model(&b, 7)),
    ]
}

/// Called by verification alone: with its PDA's signature, as only verification has it.
fn by_the_verifier() -> Vec<Case> {
    let mut posted = World::with_operators(4);
    let (alice, bob) = (posted.alice, posted.bob);
    let jobs = [posted.post(&alice, terms(1)), posted.post(&bob, terms(1))];
    let seed = |job: &Pubkey| ix::escrow::set_seed(job, Some([1; 32]));
    let (mut w, [job, other]) = two_jobs();
    let o = w.operators.clone();
    w.claim(&job, &o[0]);
    w.claim(&other, &o[3]);
    let seats = [addresses::seat(&job, &o[0]), addresses::seat(&other, &o[3])];
    let seal = |seat: &Pubkey| ix::escrow::seal_seat(seat, [1; 32]);
    let reveal = |seat: &Pubkey| ix::escrow::reveal_seat(seat, [1; 32]);
    let verdict = |job: &Pubkey| ix::escrow::record_verdict(job, [1; 32], 0, 1);
    let convict = |job: &Pubkey| ix::escrow::convict(job, 1, &w.carol);
    let mut disputed = w.clone();
    // As verification would count two cases; the invariants look for their accounts.
    disputed.jobs.clear();
    disputed.locks_are_exposures = false;
    [job, other].iter().for_each(|job| drop(disputed.ok(&[ix::escrow::change_cases(job, true)])));
    let mut counted = w.clone();
    counted.jobs.clear();
    counted.locks_are_exposures = false;
    let mut cases = vec![
        Case::new(&posted, seed(&jobs[0])).other(seed(&jobs[1])),
        Case::new(&w, seal(&seats[0])).other(seal(&seats[1])),
        Case::new(&w, verdict(&job)).other(verdict(&other)),
        Case::new(&w, convict(&job)).other(convict(&other)),
        Case::new(&disputed, ix::escrow::doubt(&job)).other(ix::escrow::doubt(&other)),
        Case::new(&counted, ix::escrow::change_cases(&job, true)).other(ix::escrow::change_cases(&other, true)),
        Case::new(&w, ix::escrow::ask(&job, 3, false)).other(ix::escrow::ask(&other, 3, false)),
        Case::new(&w, ix::escrow::set_root(&job, [1; 32])).other(ix::escrow::set_root(&other, [1; 32])),
    ];
    w.seal(&job, &o[0], &honest());
    w.seal(&other, &o[3], &honest());
    cases.push(Case::new(&w, reveal(&seats[0])).other(reveal(&seats[1])));
    cases
}

/// Who governs the market.
fn governed() -> Vec<Case> {
    let mut w = World::empty();
    let (authority, usd, carol, alice) = (w.authority, w.usd, w.carol, w.alice);
    w.ok(&[ix::escrow::propose_authority(&authority, &alice)]);
    vec![
        Case::new(&w, ix::escrow::set_params(&authority, escrow_params())),
        Case::new(&w, ix::escrow::propose_authority(&authority, &carol)),
        Case::new(&w, ix::escrow::accept_authority(&alice)),
        Case::new(&w, ix::escrow::set_guardian(&authority, &carol)),
        Case::new(&w, ix::escrow::set_paused(&authority, true)),
        Case::new(&w, ix::escrow::unregister_mint(&authority, &usd, &carol)),
    ]
}

/// Jobs that alice and bob review: topped up, at work, delivered, with royalties due.
fn reviewed() -> Vec<Case> {
    let mut w = World::with_operators(2);
    let (people, usd) = ([w.alice, w.bob], w.usd);
    let o = [w.operators[0], w.operators[1]];
    let royalties = vec![Royalty { to: w.carol, bps: 100 }];
    let strategy = Strategy::Accepted { window: REVIEW };
    let terms = JobTerms { strategy, royalties, milestones: vec![4_000, 6_000], ..terms(1) };
    let jobs = people.map(|who| w.post_only(&who, terms.clone()));
    let top_up = |i: usize| ix::escrow::top_up(&people[i], &usd, &jobs[i], terms.price_per_unit + 1, 1);
    let mut cases = vec![Case::new(&w, top_up(0)).other(top_up(1))];
    w.tick(0, 2);
    for (job, operator) in jobs.iter().zip(&o) {
        w.ok(&[ix::verification::draw_roundless(job)]);
        w.claim(job, operator);
    }
    let beat = |i: usize| ix::escrow::heartbeat(&o[i], &jobs[i], 3);
    let deliver = |i: usize| ix::escrow::deliver(&o[i], &jobs[i], [5; 32]);
    cases.push(Case::new(&w, beat(0)).other(beat(1)));
    cases.push(Case::new(&w, deliver(0)).other(deliver(1)));
    let accept = |w: &World, i: usize| ix::escrow::release_milestone(&people[i], &jobs[i], &w.job(&jobs[i]), &o[i]);
    cases.push(Case::new(&w, accept(&w, 0)).other(accept(&w, 1)));
    for i in 0..2 {
        let accept = accept(&w, i);
        w.ok(&[accept]);
    }
    let to = addresses::ata(&w.carol, &usd);
    let pay = |w: &World, i: usize| ix::escrow::pay_royalty(&jobs[i], &w.job(&jobs[i]), 0, &to);
    cases.push(Case::new(&w, pay(&w, 0)).other(pay(&w, 1)));
    cases
}
