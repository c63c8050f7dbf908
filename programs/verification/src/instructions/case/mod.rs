//! Cases: disputes about a job, judged by juries. What all kinds share is here, one file a step; what is a kind's own is in a
//! file of that kind: who may open it, and what its decision means for the job.

mod challenge;
mod money;
pub mod open;
mod sample;
mod tie;

#[allow(ambiguous_glob_reexports)]
pub use self::open::*;
