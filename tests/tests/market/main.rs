//! The whole market as a user runs it: the real binaries, a real chain, Postgres, nodes and browser.
//!
//! Run by `scripts/test.sh`, which builds the binaries and says where they are in `ASSAY_BIN_DIR`.

mod faults;
mod settles;
mod support;
mod wrong_input;
