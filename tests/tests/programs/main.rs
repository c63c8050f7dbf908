//! The five programs, against their built `.so` files: one binary, one module a subject. Tests are named after the
//! attacks of the threat model.

mod accounting;
mod clocks;
mod cu;
mod genesis;
mod life;
mod matrix;
mod random;
mod reputation;
mod sealing;
mod sortition;
mod staking;
mod stale_round;
mod states;
mod terms;
mod token_2022;
mod token_admin;
mod token_distribution;
mod token_distribution_bounds;
mod token_emission;
mod token_fees;
mod write_sets;
