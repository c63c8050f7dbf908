//! One module a command.

pub mod airdrop;
pub mod config;
pub mod job;
pub mod manual;
pub mod operator;
pub mod private;
pub mod run;
pub mod stake;
pub mod token;
pub mod wallet;
