//! One file per instruction, or per group that shares its accounts: accounts, handler.

pub mod award_bid;
pub mod bid;
pub mod claim_seat;
pub mod close_job;
pub mod device;
pub mod end_job;
pub mod initialize;
pub mod model;
pub mod post_job;
pub mod refund;
pub mod register_mint;
pub mod settle;
pub mod slash_seat;
pub mod verdict;

#[allow(ambiguous_glob_reexports)]
pub use self::{
    award_bid::*, bid::*, claim_seat::*, close_job::*, device::*, end_job::*, initialize::*, model::*, post_job::*, refund::*, register_mint::*,
    settle::*, slash_seat::*, verdict::*,
};
