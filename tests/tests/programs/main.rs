//! The five programs, against their built `.so` files: one binary, one module a subject. Tests are named after the
//! attacks of the threat model.

mod accounting;
mod clocks;
mod costs;
mod cu;
mod genesis;
mod layouts;
mod life;
mod matrix;
mod named;
mod names;
mod random;
mod sealing;
mod security_txt;
mod sortition;
mod staking;
mod stale_round;
mod states;
mod terms;
mod write_sets;
