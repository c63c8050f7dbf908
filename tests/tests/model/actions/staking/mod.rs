//! The staking program's instructions.

pub mod open_pool;
pub mod request_unstake;
pub mod stake;
pub mod sync_weight;
pub mod withdraw;
