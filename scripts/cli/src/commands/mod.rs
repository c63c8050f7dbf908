//! One module a command.

pub mod airdrop;
pub mod blob;
pub mod config;
pub mod job;
pub mod manual;
pub mod market;
pub mod operator;
pub mod run;
pub mod stake;
pub mod token;
pub mod wallet;
