//! Encrypted operations a second, on one thread, as one JSON: `scripts/bench.sh fhe`.

// It measures: whatever goes wrong ends it.
#![allow(clippy::expect_used)]

mod rates;

use assay_fhe::Integers;

fn main() {
    println!("{:#}", rates::fhe(&[("int16", Integers::Int16), ("int32", Integers::Int32), ("int64", Integers::Int64)]));
}
