//! One module a command.

pub mod airdrop;
pub mod bench;
pub mod blob;
pub mod config;
pub mod crank;
#[cfg(feature = "fhe")]
pub mod fhe;
pub mod gov;
pub mod job;
pub mod manual;
pub mod market;
pub mod model;
pub mod node;
pub mod operator;
pub mod private;
pub mod reputation;
pub mod run;
pub mod stake;
pub mod token;
pub mod validator;
pub mod wallet;
