//! The six programs, against their built `.so` files: one binary, one module a subject. Tests are named after the
//! attacks of the threat model.

mod accounting;
mod clocks;
mod cu;
mod genesis;
mod governance;
mod governance_attacks;
mod governance_enacts;
mod governance_states;
mod life;
mod matrix;
mod random;
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
mod write_sets;
