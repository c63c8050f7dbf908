//! The attack matrix of the reputation program: one line a call.

use super::*;

/// Attacks that land, and why that is right; see [`super::COMMON`].
pub const HARMLESS: &[Harmless] = &[
    ("reputation::record_outcome", "of_another", "record", SIGNED),
    ("reputation::record_outcome", "twice", "-", SIGNED),
];

/// Every instruction, in a world where it lands.
pub fn cases() -> Vec<Case> {
    let w = World::with_operators(2);
    let [a, b] = [w.operators[0], w.operators[1]];
    let record = |who: &Pubkey| ix::reputation::record_outcome(&addresses::record(who, 0), Valid);
    vec![
        Case::new(&w, ix::reputation::open_record(&a, 1)).other(ix::reputation::open_record(&b, 0)),
        Case::new(&w, record(&a)).other(record(&b)),
    ]
}
