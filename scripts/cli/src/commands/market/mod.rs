//! `market`: machines, prices and bids.

pub mod award;
pub mod bids;
mod devices;
mod prices;

pub use self::{devices::devices, prices::prices};
