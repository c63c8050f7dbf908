//! Signatures that were seen and held back.

use assay_tests::{
    assay_sdk::{escrow::SeatState, ix, verification::VerificationError},
    market::*,
};

use super::attest::{attestation, seated};

/// What attestors signed for one operator is worth nothing to the next that has the seat.
#[test]
fn an_attestation_is_its_operators() {
    let (mut w, job, a) = seated(1);
    let b = w.operators[1];
    let seen = attestation(&w, &job, &a, &[0]).remove(0);
    w.at(w.seat(&job, &a).seal_by + 1);
    w.expire_seat(&job, &a);
    w.ok(&[ix::escrow::top_up(&w.alice, &w.usd, &job, terms(1).price_per_unit, 100)]);
    w.claim(&job, &b);
    let own = attestation(&w, &job, &b, &[0]);
    w.refused(&[seen, own[1].clone()], VerificationError::OtherMessage);
    assert_eq!((w.seat(&job, &b).state, w.usd_of(&b)), (SeatState::Claimed, 0));
    w.ok(&own);
    w.settle(&job, &b);
    assert_eq!((w.usd_of(&a), w.usd_of(&b)), (0, SEAT_PRICE - FEE));
}
