//! One module a command.

pub mod airdrop;
pub mod config;
#[cfg(feature = "fhe")]
pub mod fhe;
pub mod job;
pub mod manual;
pub mod operator;
pub mod run;
pub mod stake;
pub mod token;
pub mod wallet;
