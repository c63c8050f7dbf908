//! The attack matrix of the reputation program: one line a call.

use super::*;

/// Attacks that land, and why that is right; see [`super::COMMON`].
pub const HARMLESS: &[Harmless] = &[
    ("reputation::record_outcome", "of_another", "record", SIGNED),
    ("reputation::record_outcome", "twice", "-", SIGNED),
    ("reputation::score", "of_another", "record", "anybody may read any score"),
    ("reputation::score", "twice", "-", "it only reads"),
    ("reputation::upgrade_record", "wrong_signer", "payer", "anybody may pay for it"),
    ("reputation::upgrade_record", "of_another", "record", "anybody may bring any record up to date"),
];

/// Every instruction, in a world where it lands.
pub fn cases() -> Vec<Case> {
    let w = World::with_operators(2);
    let [a, b] = [w.operators[0], w.operators[1]];
    let [of_a, of_b] = [a, b].map(|who| addresses::record(&who, 0));
    let record = |record: &Pubkey| ix::reputation::record_outcome(record, verified(Valid, &w.alice));
    let mut old = w.clone();
    crate::reputation::age(&mut old, &of_a);
    crate::reputation::age(&mut old, &of_b);
    vec![
        Case::new(&w, ix::reputation::open_record(&a, 1)).other(ix::reputation::open_record(&b, 0)),
        Case::new(&w, record(&of_a)).other(record(&of_b)),
        Case::new(&w, ix::reputation::score(&of_a)).other(ix::reputation::score(&of_b)),
        Case::new(&old, ix::reputation::upgrade_record(&a, &of_a)).other(ix::reputation::upgrade_record(&b, &of_b)),
    ]
}
