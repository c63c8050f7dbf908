//! The five programs, against their built `.so` files: one binary, one module a subject. Tests are named after the
//! attacks of the threat model.

mod accounting;
mod clocks;
mod cu;
mod escrow_bids;
mod escrow_core;
mod escrow_devices;
mod escrow_models;
mod escrow_money;
mod genesis;
mod life;
mod matrix;
mod random;
mod sealing;
mod sortition;
mod staking;
mod stale_round;
mod states;
mod terms;
mod write_sets;
