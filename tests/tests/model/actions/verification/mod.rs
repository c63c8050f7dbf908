//! The verification program's instructions.

pub mod close_round;
pub mod draw;
pub mod finalize_round;
pub mod open_round;
pub mod reveal_result;
pub mod seal_result;
