//! **assay-node**: the agent that operators run.
//!
//! [`agent`] looks at the [`chain`], decides with [`market`], and acts; [`work`] fetches ([`artifacts`]), computes
//! ([`compute`], [`runtime`]) and hands over; [`journal`] keeps what must survive a crash; [`operation`] is for who runs it.

pub mod agent;
pub mod artifacts;
pub mod attempt;
pub mod chain;
pub mod compute;
pub mod crash;
pub mod journal;
pub mod market;
pub mod operation;
mod private;
pub mod runtime;
pub mod work;
