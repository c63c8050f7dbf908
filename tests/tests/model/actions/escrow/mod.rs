//! The escrow program's instructions.

pub mod cancel_job;
pub mod claim_seat;
pub mod close_job;
pub mod expire_job;
pub mod expire_seat;
pub mod post_job;
pub mod refund;
pub mod register_device;
pub mod register_mint;
pub mod retire_device;
pub mod settle;
pub mod slash_seat;
