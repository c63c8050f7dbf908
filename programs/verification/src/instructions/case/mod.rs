//! Cases: disputes about a job, judged by juries. What all kinds share is here, one file a step; what is a kind's own is in a
//! file of that kind: who may open it, and what its decision means for the job.

pub mod answer;
mod challenge;
pub mod close;
pub mod conclude;
pub mod draw;
pub mod join;
mod money;
pub mod open;
pub mod resolve;
mod sample;
pub mod settle;
pub mod surety;
mod tie;
pub mod vote;

#[allow(ambiguous_glob_reexports)]
pub use self::{
    answer::*, close::*, conclude::*, draw::*, join::*, open::*, resolve::*, settle::*, surety::*, vote::*,
};
