//! The market's economics, played with the programs' own pure functions: who is drawn (`sortition`), what counts
//! (`tally`), who is trusted (`Record`, `recheck_bps`), what it costs (`escrow::math`, `split_proceeds`). What is only
//! here are the actors ([`policy`]), the money's accounts ([`ledger`]) and the order of things.
//!
//! A run is fixed by its seed: the same seed gives the same bytes. `docs/economics.md` says what the figures mean.

pub mod exact;
pub mod jury;
pub mod ledger;
pub mod market;
pub mod params;
pub mod plot;
pub mod policy;
pub mod population;
pub mod replicated;
pub mod report;
pub mod reviewed;
pub mod rules;
pub mod sampled;
pub mod strategy;
pub mod sweep;

pub use params::Params;
pub use policy::Policy;
pub use strategy::Strategy;
pub use sweep::{Cell, Row, Sweep};
