//! The two sources of truth: the chain, and the indexer that mirrors it.

pub mod api;
pub mod chain;
pub mod history;
pub mod kept;
pub mod private;
pub mod send;
pub mod session;
pub mod shown;
pub mod signers;
pub mod store;
