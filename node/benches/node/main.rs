//! `scripts/bench.sh node`: how fast this machine runs units, beside what bounds it, in one run. One JSON.
//!
//! Times are those of the processor that a thread had, so that other work on the machine does not count; where the time of
//! the clock is told too, its name says `wall`.

// It measures: whatever goes wrong ends it.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod job;
#[path = "../kernels/src/kernels.rs"]
mod kernels;
mod measure;
#[cfg(feature = "fhe")]
#[path = "../../../fhe/benches/fhe/rates.rs"]
mod rates;
mod sections;

use serde_json::json;

fn main() {
    let units = measure::number("UNITS", 1000);
    let figures = json!({
        "machine": sections::machine(),
        "dispatch": sections::dispatch(units),
        "module": sections::module(),
        "kernels": sections::kernels(),
        "memory": sections::memory(),
        "job": sections::whole_job(units),
        "fhe": encrypted(),
    });
    println!("{}", serde_json::to_string_pretty(&figures).expect("JSON"));
}

/// Encrypted operations on the shortest numbers, in a build that has them: longer ones take many minutes.
#[cfg(feature = "fhe")]
fn encrypted() -> serde_json::Value {
    rates::fhe(&[assay_fhe::Integers::Int16])
}

#[cfg(not(feature = "fhe"))]
fn encrypted() -> serde_json::Value {
    serde_json::Value::Null
}
