//! The whole market as a user runs it: the real binaries, a real chain, Postgres, nodes and browser.
//!
//! Run by `scripts/test.sh`, which builds the binaries and says where they are in `ASSAY_BIN_DIR`.

// Everything here is a test, and a panic is how a test fails.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod actions;
mod bids;
mod cli_gov;
mod cli_jobs;
mod dapp;
mod engines;
mod faults;
mod fuzz;
mod kills;
mod leftovers;
mod machine;
mod nodes;
mod operator;
mod paths;
mod private;
mod quantum;
mod settles;
mod soak;
mod strategies;
mod support;
mod validator;
mod wrong_input;
