//! One file per instruction, or per group that shares its accounts: accounts, handler. `create` and `vault` are what
//! several of them do.
//!
//! `dup` is on every account that is written: without it Anchor puts their addresses into a HashSet to see that no two are
//! the same, for 700 CU each. Wherever it stands, no two of an instruction's written accounts are of one type, and an
//! account can be read as one type only: its owner and its first bytes say which.

pub mod administration;
pub mod award_bid;
pub mod bid;
pub mod claim_seat;
pub mod close_job;
pub mod create;
pub mod deliver;
pub mod device;
pub mod end_job;
pub mod heartbeat;
pub mod initialize;
pub mod mint;
pub mod model;
pub mod post_job;
pub mod refund;
pub mod royalty;
pub mod set_params;
pub mod settle;
pub mod slash_seat;
pub mod top_up;
mod vault;
pub mod verdict;

#[allow(ambiguous_glob_reexports)]
pub use self::{
    administration::*, award_bid::*, bid::*, claim_seat::*, close_job::*, deliver::*, device::*, end_job::*,
    heartbeat::*, initialize::*, mint::*, model::*, post_job::*, refund::*, royalty::*, settle::*, slash_seat::*,
    top_up::*, verdict::*,
};
