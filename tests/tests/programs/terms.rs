//! What a job may ask for, and in which money.

use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::{EscrowError, JobTerms, MAX_UNITS, Requirements},
        ix,
        token::ASY_MINT,
    },
    market::*,
    world::*,
};

/// `overflow_price_times_units`, `zero_amount`, `max_u64` and every bound of the terms.
#[test]
fn bounds_of_a_job() {
    let mut w = World::empty();
    let (alice, usd) = (w.alice, w.usd);
    let usual = || terms(1);
    let cases = [
        (JobTerms { units: 0, ..usual() }, EscrowError::BadUnits),
        (JobTerms { units: MAX_UNITS + 1, ..usual() }, EscrowError::BadUnits),
        (JobTerms { units: u64::MAX, ..usual() }, EscrowError::BadUnits),
        (JobTerms { price_per_unit: 0, ..usual() }, EscrowError::ZeroPrice),
        (JobTerms { price_per_unit: u64::MAX, ..usual() }, EscrowError::Overflow),
        (JobTerms { units: 1, price_per_unit: u64::MAX, ..usual() }, EscrowError::Overflow),
        (JobTerms { units: 1, price_per_unit: u64::MAX / 3, ..usual() }, EscrowError::Overflow),
        (JobTerms { strategy: of(1, 1), ..usual() }, EscrowError::BadQuorum),
        (JobTerms { strategy: of(8, 5), ..usual() }, EscrowError::BadQuorum),
        (JobTerms { strategy: of(255, 255), ..usual() }, EscrowError::BadQuorum),
        (JobTerms { strategy: of(4, 2), ..usual() }, EscrowError::BadQuorum),
        (JobTerms { strategy: of(3, 1), ..usual() }, EscrowError::BadQuorum),
        (JobTerms { strategy: of(3, 4), ..usual() }, EscrowError::BadQuorum),
        (JobTerms { class: 5, ..usual() }, EscrowError::NoSuchClass),
        (
            JobTerms { requirements: Requirements { engine: 3, ..usual().requirements }, ..usual() },
            EscrowError::BadDevice,
        ),
        (
            JobTerms { requirements: Requirements { engine: 255, ..usual().requirements }, ..usual() },
            EscrowError::BadDevice,
        ),
        (JobTerms { uri: String::new(), ..usual() }, EscrowError::BadUri),
        (JobTerms { uri: "u".repeat(129), ..usual() }, EscrowError::BadUri),
        (JobTerms { deadline_seconds: 69, ..usual() }, EscrowError::BadDeadline),
        (JobTerms { deadline_seconds: 2_001, ..usual() }, EscrowError::BadDeadline),
        (JobTerms { deadline_seconds: u32::MAX, ..usual() }, EscrowError::BadDeadline),
    ];
    for (terms, error) in cases {
        w.refused(&[ix::escrow::post_job(&alice, &usd, terms)], error);
    }
    // 1 is SPL Token's InsufficientFunds: nothing is posted that is not paid in the same transaction.
    let dear = JobTerms { price_per_unit: 1_000_000_000, ..usual() };
    w.refused(&[ix::escrow::post_job(&alice, &usd, dear)], 1_u32);
    assert_eq!(w.usd_of(&alice), FUNDS);
    w.post(&alice, JobTerms { uri: "u".repeat(128), deadline_seconds: 70, ..terms(1) });
    w.mint_usd(&alice, 2 * MAX_UNITS);
    let largest = w.post(&alice, JobTerms { units: MAX_UNITS, price_per_unit: 1, strategy: of(2, 2), ..terms(2) });
    assert_eq!(w.job(&largest).seat_price, MAX_UNITS);
}

/// Mints that are not allowed, and an allowance that is another mint's.
#[test]
fn mint_allow_list() {
    let mut w = World::empty();
    let (alice, authority, usd) = (w.alice, w.authority, w.usd);
    w.mint_asy(&alice, FUNDS);
    w.refused(&[ix::escrow::post_job(&alice, &ASY_MINT, terms(1))], 3012_u32);
    let mut borrowed = ix::escrow::post_job(&alice, &ASY_MINT, terms(1));
    borrowed.accounts[2].pubkey = addresses::payment(&usd);
    w.refused(&[borrowed], EscrowError::WrongAddress);
    w.ok(&[ix::escrow::register_mint(&authority, &ASY_MINT, 1)]);
    w.post(&alice, terms(1));
}

/// The same address cannot be posted to twice.
#[test]
fn a_nonce_in_use() {
    let mut w = World::with_operators(0);
    let alice = w.alice;
    w.post(&alice, terms(1));
    let usd = w.usd;
    let again = w.send(&[ix::escrow::post_job(&alice, &usd, terms(1))]).expect_err("the job is there");
    assert_eq!(again.name, "3007 AccountOwnedByWrongProgram", "no account is created twice");
}
