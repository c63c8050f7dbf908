//! The market as a node sees it: a snapshot of the chain, and what to do about it.
//!
//! [`plan::plan`] is a pure function of the snapshot and of what the operator wants, so that every decision can be tested
//! without a chain.

pub mod plan;
pub mod policy;
pub mod question;
pub mod rules;
pub mod schedule;
pub mod snapshot;
#[cfg(test)]
pub(crate) mod tests;

pub use plan::{Action, Decided, decide, plan};
pub use policy::Policy;
pub use question::posting;
pub use rules::{Facts, Refusal, Rules};
pub use snapshot::{Me, Snapshot};
