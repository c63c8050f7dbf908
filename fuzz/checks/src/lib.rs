//! What is fuzzed: each target is a function of bytes that panics when a program is wrong. `fuzz/fuzz_targets` calls them
//! from libFuzzer, `tests/corpus.rs` replays the committed corpus, and `scripts/fuzz.sh` runs the fuzzer.

pub mod decode;
pub mod escrow;
pub mod reputation;
pub mod staking;
pub mod token;
pub mod verification;

/// A target: panics when what it checks is broken.
pub type Target = fn(&[u8]);

/// Every target, by the name of its file in `fuzz/fuzz_targets` and of its folder in `fuzz/corpus`.
pub const TARGETS: &[(&str, Target)] = &[
    ("decode", decode::check),
    ("dispatch", decode::dispatch),
    ("escrow", escrow::check),
    ("reputation", reputation::check),
    ("staking", staking::check),
    ("token", token::check),
    ("verification", verification::check),
];

/// Read a value from the fuzzer's bytes; `None` when they are too few.
pub(crate) fn read<'a, T: arbitrary::Arbitrary<'a>>(data: &'a [u8]) -> Option<T> {
    arbitrary::Unstructured::new(data).arbitrary().ok()
}
