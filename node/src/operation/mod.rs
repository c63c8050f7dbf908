//! Running a node: what the machine is ([`hardware`], [`speed`]) and says of itself ([`profile`]), how it is seen
//! ([`serve`], [`metrics`], [`dashboard`], [`log`]) and how it is set up ([`init`], [`check`]).

pub mod check;
pub mod dashboard;
pub mod gpu;
pub mod hardware;
pub mod init;
pub mod log;
pub mod metrics;
pub mod profile;
pub mod serve;
pub mod speed;
pub mod supervisor;
