//! The six programs, against their built `.so` files: one binary, one module a subject. Tests are named after the
//! attacks of the threat model.

mod accounting;
mod clocks;
mod costs;
mod cu;
mod escrow_bids;
mod escrow_devices;
mod escrow_models;
mod genesis;
mod governance;
mod governance_attacks;
mod governance_enacts;
mod governance_states;
mod life;
mod matrix;
mod named;
mod names;
mod random;
mod reputation;
mod ruled;
mod sealing;
mod sortition;
mod staking;
mod staking_admin;
mod staking_delegation;
mod staking_life;
mod staking_rewards;
mod stale_round;
mod states;
mod terms;
mod token_2022;
mod token_admin;
mod token_distribution;
mod token_emission;
mod token_fees;
mod write_sets;
