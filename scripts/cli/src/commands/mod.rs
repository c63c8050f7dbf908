//! One module a command.

pub mod airdrop;
pub mod job;
pub mod run;
pub mod stake;
pub mod wallet;
