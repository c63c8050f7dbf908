//! The five programs, against their built `.so` files: one binary, one module a subject.

mod life;
mod stale_round;
