//! Encrypted operations a second, on one thread, as one JSON: `scripts/bench.sh fhe`.

// It measures: whatever goes wrong ends it.
#![allow(clippy::expect_used)]

mod rates;

fn main() {
    println!("{:#}", rates::fhe());
}
