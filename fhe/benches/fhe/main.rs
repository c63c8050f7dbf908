//! Encrypted operations a second, on one thread, as one JSON: `scripts/bench.sh fhe`.

// It measures: whatever goes wrong ends it.
#![allow(clippy::expect_used)]

mod rates;

use assay_fhe::Integers;

fn main() {
    println!("{:#}", rates::fhe(&[Integers::Int16, Integers::Int32, Integers::Int64]));
}
