//! Money: what the requester cannot take back, what a gift does not change, where money may go.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::EscrowError,
        ix,
        token::{ASY_MINT, FEE_AUTHORITY},
    },
    market::*,
    world::*,
};

fn world() -> (World, Pubkey, Pubkey, [Pubkey; 3]) {
    let mut w = World::with_operators(4);
    let alice = w.alice;
    let job = w.open(&alice, 1);
    let operators = [w.operators[0], w.operators[1], w.operators[2]];
    (w, alice, job, operators)
}

/// `requester_withdraws_before_delivery` and `griefing_requester`: once a seat has sealed the money stays.
#[test]
fn requester_withdraws_before_delivery() {
    let (mut w, alice, job, [a, b, c]) = world();
    let cancel = ix::escrow::cancel_job_under(&alice, &job, &[a, b, c]);
    let refund = ix::escrow::refund(&job, &w.job(&job));
    let close = ix::escrow::close_job(&job, &alice, &alice);
    w.refused(std::slice::from_ref(&refund), EscrowError::WrongState);
    w.claim(&job, &a);
    w.refused(&[ix::escrow::cancel_job(&alice, &job)], EscrowError::WrongSeats);
    w.claim(&job, &b);
    w.claim(&job, &c);
    for operator in [a, b, c] {
        w.seal(&job, &operator, &honest());
        w.refused(std::slice::from_ref(&cancel), EscrowError::SeatAtWork);
    }
    for operator in [a, b, c] {
        w.refused(std::slice::from_ref(&refund), EscrowError::WrongState);
        w.refused(std::slice::from_ref(&close), EscrowError::WrongState);
        w.reveal(&job, &operator, &honest());
    }
    w.finalize(&job);
    w.refused(std::slice::from_ref(&cancel), EscrowError::WrongState);
    // After the verdict a refund returns only what no winner is owed: here nothing.
    assert_eq!(w.ok(std::slice::from_ref(&refund)).event("JobRefunded").u64("amount"), 0);
    w.refused(&[close], EscrowError::SeatsLeft);
    w.settle(&job, &a);
    assert_eq!(w.refund(&job).event("JobRefunded").u64("amount"), 0);
    assert_eq!(w.chain.tokens(&addresses::job_vault(&job)), 2 * SEAT_PRICE);
}

/// `donation_changes_no_accounting`: a gift to a job's vault is neither paid out nor stuck: the requester gets it.
#[test]
fn donation_changes_no_accounting() {
    let (mut w, alice, job, [a, b, c]) = world();
    let (bob, usd, vault) = (w.bob, w.usd, addresses::job_vault(&job));
    w.transfer(&bob, &usd, &vault, 777);
    w.judge(&job, &[(a, honest()), (b, lie(&b)), (c, honest())]);
    w.settle(&job, &a);
    w.settle(&job, &c);
    w.slash(&job, &b);
    assert_eq!((w.usd_of(&a), w.usd_of(&c)), (SEAT_PRICE - FEE, SEAT_PRICE - FEE));
    assert_eq!(w.refund(&job).event("JobRefunded").u64("amount"), SEAT_PRICE + 777);
    // A gift after the refund stops the close, until another refund.
    w.transfer(&bob, &usd, &vault, 1);
    w.refused(&[ix::escrow::close_job(&job, &alice, &alice)], EscrowError::VaultNotEmpty);
    w.refund(&job);
    w.close(&job);
    assert_eq!(w.usd_of(&alice), FUNDS - 2 * SEAT_PRICE + 778);
}

/// `close_to_wrong_recipient` for tokens: pay, refund and compensation go to accounts of who they are due to.
#[test]
fn money_goes_to_whom_it_is_due() {
    let (mut w, alice, job, [a, b, c]) = world();
    w.judge(&job, &[(a, honest()), (b, lie(&b)), (c, honest())]);
    let (mallory, usd) = (w.mallory, w.usd);
    let ata = |who: &Pubkey, mint: &Pubkey| addresses::ata(who, mint);
    let mut pay = ix::escrow::settle(&job, &w.job(&job), &a);
    pay.accounts[6].pubkey = ata(&mallory, &usd);
    w.refused(&[pay], EscrowError::WrongAddress);
    let mut rent = ix::escrow::settle(&job, &w.job(&job), &a);
    rent.accounts[3].pubkey = mallory;
    w.refused(&[rent], EscrowError::WrongAddress);
    let mut fee = ix::escrow::settle(&job, &w.job(&job), &a);
    fee.accounts[7].pubkey = ata(&mallory, &usd);
    w.refused(&[fee], EscrowError::WrongAddress);
    let mut refund = ix::escrow::refund(&job, &w.job(&job));
    refund.accounts[2].pubkey = ata(&mallory, &usd);
    w.refused(&[refund], EscrowError::WrongAddress);
    let mut harmed = w.slash_ix(&job, &b);
    harmed.accounts[8].pubkey = ata(&mallory, &ASY_MINT);
    w.refused(&[harmed], EscrowError::WrongAddress);
    let mut close = ix::escrow::close_job(&job, &alice, &alice);
    close.accounts[2].pubkey = mallory;
    w.refused(&[close], EscrowError::NotRequester);
    let mut round = ix::verification::close_round(&job, &alice);
    round.accounts[2].pubkey = mallory;
    w.refused(&[round], assay_tests::assay_sdk::verification::VerificationError::WrongAddress);
}

/// Winners are not slashed, losers not paid, and the seal-less neither.
#[test]
fn settle_and_slash_follow_the_verdict() {
    let (mut w, _, job, [a, b, c]) = world();
    w.judge(&job, &[(a, honest()), (b, lie(&b)), (c, honest())]);
    w.refused(&[w.slash_ix(&job, &a)], EscrowError::SeatNotLost);
    w.refused(&[ix::escrow::settle(&job, &w.job(&job), &b)], EscrowError::SeatLost);
    w.refused(&[w.expire_seat_ix(&job, &b)], EscrowError::WrongSeatState);
    w.slash(&job, &b);
    // `slash_twice_same_evidence`: the seat is gone.
    w.refused(&[w.slash_ix(&job, &b)], 3012_u32);
}

/// Fees that a caller sends to an account of the fee authority's that is no shard are swept like the others.
#[test]
fn fees_are_stranded_nowhere() {
    let (mut w, _, job, [a, b, c]) = world();
    w.judge(&job, &[(a, honest()), (b, honest()), (c, honest())]);
    let usd = w.usd;
    let odd = w.token_account("an odd fee account", &usd, &FEE_AUTHORITY);
    let mut settle = ix::escrow::settle(&job, &w.job(&job), &a);
    settle.accounts[7].pubkey = odd;
    w.ok(&[settle]);
    assert_eq!(w.chain.tokens(&odd), FEE);
    w.ok(&[ix::token::collect_fees(&usd, &odd)]);
    let swept = [odd, addresses::treasury(&usd), addresses::reserve(&usd)].map(|vault| w.chain.tokens(&vault));
    assert_eq!(swept, [0, FEE - FEE / 2, FEE / 2]);
}

/// `frozen_vault_locks_nobody_else`: who issues a payment mint can freeze a job's vault, and with it that job alone.
#[test]
fn frozen_vault_locks_nobody_else() {
    let mut w = World::with_operators(4);
    let (alice, bob) = (w.alice, w.bob);
    let jobs = [w.open(&alice, 1), w.open(&bob, 1)];
    let [a, b, c] = [w.operators[0], w.operators[1], w.operators[2]];
    for job in &jobs {
        w.judge(job, &[(a, honest()), (b, honest()), (c, honest())]);
    }
    let vault = addresses::job_vault(&jobs[0]);
    let mut frozen = w.chain.account(&vault).expect("the job has a vault");
    // State of an SPL token account: 1 is initialized, 2 frozen.
    frozen.data[108] = 2;
    w.chain.set(&vault, frozen);
    // 17 is SPL Token's AccountFrozen.
    w.refused(&[ix::escrow::settle(&jobs[0], &w.job(&jobs[0]), &a)], 17_u32);
    for operator in [a, b, c] {
        w.settle(&jobs[1], &operator);
    }
    w.refund(&jobs[1]);
    w.close(&jobs[1]);
    assert_eq!(w.pool(&a).locked, EXPOSURE, "the frozen job's bond stays locked until it is thawed");
}
